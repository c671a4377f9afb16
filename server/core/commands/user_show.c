/* user show: all that is known of one user.
 * Prepared on the main loop; its queries run on a worker's thread.
 * For admins; for owners of themselves and the staff of their own stores. */
#include "common/cleanup.h"
#include "server/core/commands/cells.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/filters.h"
#include "server/core/commands/people.h"

static const struct column columns[] = {
    {"user", COLUMN_TEXT, 0},         {"role", COLUMN_TEXT, 0},
    {"stores", COLUMN_LIST, 0},       {"disabled", COLUMN_BOOL, 0},
    {"pending", COLUMN_BOOL, 0},      {"must_change_password", COLUMN_BOOL, 0},
    {"has_password", COLUMN_BOOL, 0}, {"keys", COLUMN_INTEGER, 0},
    {"limits", COLUMN_LIST, 0},       {"created_at", COLUMN_TIME, 0},
    {"changed_at", COLUMN_TIME, 0},
};
enum { COLUMN_COUNT = sizeof columns / sizeof columns[0], FIRST_TIME = COLUMN_COUNT - 2 };

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return values_check_user_name(request->args.words[0], ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct people_user user;
    struct db_params params;
    enum err err = people_find(request, db, request->args.words[0], &user, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, user.user_id);
    filters_bind_own_stores(&params, request);
    err = db_query(db, SQL_QUERY_USER_SHOW, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, columns, COLUMN_COUNT);
    request->table.single = true;
    for (int i = 0; i < db_result_rows(result); i++) {
        struct cells_source source = {&request->arena, result, i};
        struct cell *row = table_add_row(&request->table);

        for (int column = 0; column < FIRST_TIME; column++) {
            cells_set(&row[column], &source, column);
        }
        for (int column = FIRST_TIME; column < COLUMN_COUNT; column++) {
            cells_set_time(&row[column], &source, column, -1);
        }
    }
    return ERR_OK;
}

const struct command command_user_show = {
    .name = "user show",
    .arguments = "NAME",
    .arguments_min = 1,
    .arguments_max = 1,
    .roles = ROLE_ADMIN | ROLE_OWNER,
    .cost = COST_READ,
    .summary = "show a user",
    .help =
        "pending: has signed up and waits for `user approve`. must_change_password: at the next login with "
        "it.\n"
        "limits: those that `user set --limit` has given, instead of the role's. changed_at: when anybody "
        "last\n"
        "changed the user. Owners see the staff of their stores.\n"
        "  user show ben",
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
