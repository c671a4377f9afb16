/* What the commands on users, passwords and keys share: who may see and change whom, the row of a user.
 * Called by those commands; what takes a struct db runs on a worker's thread. Whom a caller may not see is
 * answered like one who does not exist. */
#include "server/core/commands/people.h"

#include <string.h>

#include "common/cleanup.h"
#include "server/core/command.h"
#include "server/core/commands/cells.h"
#include "server/core/commands/filters.h"

static const struct column shown_columns[] = {
    {"user", COLUMN_TEXT, 0},     {"role", COLUMN_TEXT, 0},    {"stores", COLUMN_LIST, 0},
    {"disabled", COLUMN_BOOL, 0}, {"pending", COLUMN_BOOL, 0}, {"password", COLUMN_TEXT, 0},
};
enum { SHOWN_PASSWORD = sizeof shown_columns / sizeof shown_columns[0] - 1 };

enum err people_read(struct request *request, struct db *db, const struct people_page *page,
                     struct db_result **ret_result, struct err_info *ret_info)
{
    struct db_params params;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, identity_role_text(request->who->role));
    db_bind_i32(&params, request->who->user_id);
    filters_bind_own_stores(&params, request);
    db_bind_text(&params, page->after_name);
    db_bind_i64(&params, page->limit);
    db_bind_text(&params, page->name);
    db_bind_bool(&params, page->is_pending_only);
    return db_query(db, SQL_QUERY_USER_LIST, &params, ret_result, ret_info);
}

enum err people_find(struct request *request, struct db *db, const char *name, struct people_user *ret_user,
                     struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct people_page page = {.name = name, .limit = 1};
    enum role role;
    enum err err = people_read(request, db, &page, &result, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) == 0 || !identity_parse_role(db_result_text(result, 0, PEOPLE_ROLE), &role)) {
        return err_set(ret_info, ERR_UNKNOWN_USER, "no user %s", name);
    }
    *ret_user = (struct people_user){.user_id = (int32_t)db_result_i64(result, 0, PEOPLE_USER_ID),
                                     .role = role,
                                     .is_disabled = db_result_bool(result, 0, PEOPLE_DISABLED),
                                     .is_pending = db_result_bool(result, 0, PEOPLE_PENDING),
                                     .is_elsewhere = db_result_bool(result, 0, PEOPLE_ELSEWHERE)};
    return ERR_OK;
}

enum err people_find_to_change(struct request *request, struct db *db, const char *name,
                               struct people_user *ret_user, struct err_info *ret_info)
{
    struct people_user user;
    enum err err = people_find(request, db, name, &user, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if (request->who->role != ROLE_ADMIN && user.role != ROLE_STAFF) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "an owner changes staff only");
    }
    if (user.is_elsewhere) {
        return err_set(ret_info, ERR_NOT_PERMITTED,
                       "%s works for stores that are not yours too: ask an admin", name);
    }
    *ret_user = user;
    return ERR_OK;
}

enum err people_check_target(const struct request *request, struct err_info *ret_info)
{
    const char *name = args_option(&request->args, "user");

    return name != NULL ? values_check_user_name(name, ret_info) : ERR_OK;
}

const char *people_target(const struct request *request)
{
    const char *name = args_option(&request->args, "user");

    return name != NULL ? name : request->who->user;
}

bool people_target_is_caller(const struct request *request)
{
    return strcmp(people_target(request), request->who->user) == 0;
}

enum err people_find_target(struct request *request, struct db *db, int32_t *ret_user_id,
                            struct err_info *ret_info)
{
    struct people_user user;
    enum err err;

    if (people_target_is_caller(request)) {
        *ret_user_id = request->who->user_id;
        return ERR_OK;
    }
    err = people_find_to_change(request, db, people_target(request), &user, ret_info);
    if (err == ERR_OK) {
        *ret_user_id = user.user_id;
    }
    return err;
}

enum err people_refuse_token(const struct request *request, struct err_info *ret_info)
{
    if (request->who->method == LOGIN_TOKEN) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "%s is not for a session that a token opened",
                       request->command->name);
    }
    return ERR_OK;
}

enum err people_show(struct request *request, struct db *db, const char *name, const char *password,
                     struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct people_page page = {.name = name, .limit = 1};
    enum err err = people_read(request, db, &page, &result, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, shown_columns, SHOWN_PASSWORD + (password != NULL ? 1 : 0));
    request->table.single = true;
    if (db_result_rows(result) == 1) {
        struct cells_source source = {&request->arena, result, 0};
        struct cell *row = table_add_row(&request->table);

        for (int i = 0; i < SHOWN_PASSWORD; i++) {
            cells_set(&row[i], &source, PEOPLE_USER_NAME + i);
        }
        if (password != NULL) {
            row[SHOWN_PASSWORD].value = password;
        }
    }
    return ERR_OK;
}
