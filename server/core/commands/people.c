/* What the commands on users, passwords and keys share: who may see whom, passwords, the row of a user.
 * Called by the commands on users, keys and passwords, and by user-add of the command line; what takes a
 * struct db runs on a worker's thread. Whom a caller may not see is answered like one who does not exist. */
#include "server/core/commands/people.h"

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "server/core/commands/cells.h"
#include "server/core/commands/filters.h"
#include "server/core/passwords.h"

enum { MADE_PASSWORD_LEN = 20 };

static const struct column shown_columns[] = {
    {"user", COLUMN_TEXT, 0},     {"role", COLUMN_TEXT, 0},     {"stores", COLUMN_LIST, 0},
    {"disabled", COLUMN_BOOL, 0}, {"password", COLUMN_TEXT, 0},
};

enum err people_read(struct request *request, struct db *db, const char *name, const char *after_name,
                     int64_t limit, struct db_result **ret_result, struct err_info *ret_info)
{
    struct db_params params;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, identity_role_text(request->who->role));
    db_bind_i32(&params, request->who->user_id);
    filters_bind_own_stores(&params, request);
    db_bind_text(&params, after_name);
    db_bind_i64(&params, limit);
    db_bind_text(&params, name);
    return db_query(db, SQL_QUERY_USER_LIST, &params, ret_result, ret_info);
}

enum err people_find(struct request *request, struct db *db, const char *name, struct people_user *ret_user,
                     struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    enum role role;
    enum err err = people_read(request, db, name, NULL, 1, &result, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) == 0 || !identity_parse_role(db_result_text(result, 0, PEOPLE_ROLE), &role)) {
        return err_set(ret_info, ERR_UNKNOWN_USER, "no user %s", name);
    }
    ret_user->user_id = (int32_t)db_result_i64(result, 0, PEOPLE_USER_ID);
    ret_user->role = role;
    ret_user->is_disabled = db_result_bool(result, 0, PEOPLE_DISABLED);
    return ERR_OK;
}

enum err people_check_target(const struct request *request, struct err_info *ret_info)
{
    const char *name = args_option(&request->args, "user");

    return name != NULL ? values_check_user_name(name, ret_info) : ERR_OK;
}

enum err people_find_target(struct request *request, struct db *db, int32_t *ret_user_id,
                            struct err_info *ret_info)
{
    const char *name = args_option(&request->args, "user");
    struct people_user user;
    enum err err;

    if (name == NULL) {
        *ret_user_id = request->who->user_id;
        return ERR_OK;
    }
    err = people_find(request, db, name, &user, ret_info);
    if (err == ERR_OK) {
        *ret_user_id = user.user_id;
    }
    return err;
}

enum err people_check_password(const char *password, const char *user, struct err_info *ret_info)
{
    size_t len = strlen(password);

    if (len < VALUES_PASSWORD_MIN) {
        return err_set(ret_info, ERR_BAD_VALUE, "a password has at least %d characters", VALUES_PASSWORD_MIN);
    }
    if (len > VALUES_PASSWORD_MAX) {
        return err_set(ret_info, ERR_BAD_VALUE, "a password has at most %d bytes", VALUES_PASSWORD_MAX);
    }
    if (!text_is_utf8(password, len)) {
        return err_set(ret_info, ERR_BAD_VALUE, "the password is not UTF-8");
    }
    if (strcmp(password, user) == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "the password must not be the user's name");
    }
    return ERR_OK;
}

enum err people_check_new(const struct people_new *person, struct err_info *ret_info)
{
    enum err err = values_check_user_name(person->name, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if (strcmp(person->name, "signup") == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "signup is not for a user: it is the door for new owners");
    }
    if (person->role == ROLE_STAFF && person->store_count == 0) {
        return err_set(ret_info, ERR_USAGE, "staff work in a store: give --store CODE");
    }
    if (person->role == ROLE_ADMIN && person->store_count > 0) {
        return err_set(ret_info, ERR_USAGE, "an admin has every store: leave --store out");
    }
    for (unsigned i = 0; i < person->store_count; i++) {
        err = values_check_store_code(person->store_codes[i], ret_info);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

char *people_make_password(struct arena *arena)
{
    static const char alphabet[] = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    char *password = arena_alloc(arena, MADE_PASSWORD_LEN + 1);

    for (int i = 0; i < MADE_PASSWORD_LEN; i++) {
        password[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
    }
    password[MADE_PASSWORD_LEN] = '\0';
    return password;
}

enum err people_hash(const struct config *config, struct people_new *person, struct err_info *ret_info)
{
    enum err err;

    if (person->password == NULL) {
        return ERR_OK;
    }
    err = passwords_hash(config, person->password, person->hash, ret_info);
    if (!person->is_shown) {
        sodium_memzero(person->password, strlen(person->password));
    }
    return err;
}

static enum err insert_user(struct db *db, struct arena *arena, const struct people_new *person,
                            int32_t *ret_user_id, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, arena);
    db_bind_text(&params, person->name);
    db_bind_text(&params, identity_role_text(person->role));
    db_bind_text(&params, person->hash[0] != '\0' ? person->hash : NULL);
    err = db_query(db, SQL_QUERY_USER_INSERT, &params, &result, ret_info);
    if (err == ERR_ALREADY_EXISTS) {
        return err_set(ret_info, err, "there is already a user %s", person->name);
    }
    if (err == ERR_OK) {
        *ret_user_id = (int32_t)db_result_i64(result, 0, 0);
    }
    return err;
}

static enum err insert_stores(struct db *db, struct arena *arena, const struct people_new *person,
                              int32_t user_id, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *missing = NULL;
    struct db_params params;
    enum err err;

    if (person->store_count == 0) {
        return ERR_OK;
    }
    db_params_init(&params, arena);
    db_bind_text_array(&params, person->store_codes, person->store_count);
    err = db_query(db, SQL_QUERY_STORES_MISSING, &params, &missing, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(missing) > 0) {
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", db_result_text(missing, 0, 0));
    }
    db_params_init(&params, arena);
    db_bind_i32(&params, user_id);
    db_bind_text_array(&params, person->store_codes, person->store_count);
    return db_query(db, SQL_QUERY_USER_STORES_INSERT, &params, NULL, ret_info);
}

enum err people_insert(struct db *db, struct arena *arena, const struct people_new *person,
                       int32_t *ret_user_id, struct err_info *ret_info)
{
    int32_t user_id = 0;
    enum err err = db_begin_nested(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = insert_user(db, arena, person, &user_id, ret_info);
    if (err == ERR_OK) {
        err = insert_stores(db, arena, person, user_id, ret_info);
    }
    if (err == ERR_OK) {
        err = db_commit_nested(db, ret_info);
    }
    if (err != ERR_OK) {
        db_rollback_nested(db);
        return err;
    }
    *ret_user_id = user_id;
    return ERR_OK;
}

enum err people_show(struct request *request, struct db *db, const char *name, const char *password,
                     struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    unsigned column_count = sizeof shown_columns / sizeof shown_columns[0] - (password == NULL ? 1 : 0);
    enum err err = people_read(request, db, name, NULL, 1, &result, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, shown_columns, column_count);
    request->table.single = true;
    if (db_result_rows(result) == 1) {
        struct cells_source source = {&request->arena, result, 0};
        struct cell *row = table_add_row(&request->table);

        for (int i = 0; i < 4; i++) {
            cells_set(&row[i], &source, PEOPLE_USER_NAME + i);
        }
        if (password != NULL) {
            row[4].value = password;
        }
    }
    return ERR_OK;
}
