/* user list: the users that the caller may see, a page at a time by name.
 * Prepared on the main loop; its query runs on a worker's thread.
 * An admin sees all, an owner the staff of the own stores and themselves. */
#include "common/cleanup.h"
#include "server/core/commands/cells.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/filters.h"
#include "server/core/commands/people.h"

static const struct column columns[] = {
    {"user", COLUMN_TEXT, 0},       {"role", COLUMN_TEXT, 0},    {"stores", COLUMN_LIST, 0},
    {"disabled", COLUMN_BOOL, 0},   {"pending", COLUMN_BOOL, 0}, {"keys", COLUMN_INTEGER, 0},
    {"created_at", COLUMN_TIME, 0},
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct filters_page *page = arena_calloc(&request->arena, 1, sizeof *page);

    request->data = page;
    return filters_parse_page(request, 'u', 1, page, ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct filters_page *page = request->data;
    static const int key_columns[] = {PEOPLE_USER_NAME};
    const struct people_page wanted = {.after_name = page->after[0],
                                       .limit = page->limit + 1,
                                       .is_pending_only = args_flag(&request->args, "pending")};
    enum err err = people_read(request, db, &wanted, &result, ret_info);
    int rows;

    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    rows = filters_cut_page(page, result, key_columns, &request->table);
    for (int i = 0; i < rows; i++) {
        struct cells_source source = {&request->arena, result, i};
        struct cell *row = table_add_row(&request->table);

        for (int column = PEOPLE_USER_NAME; column <= PEOPLE_KEYS; column++) {
            cells_set(&row[column - PEOPLE_USER_NAME], &source, column);
        }
        cells_set_time(&row[PEOPLE_CREATED_AT - PEOPLE_USER_NAME], &source, PEOPLE_CREATED_AT, -1);
    }
    return ERR_OK;
}

static const struct option_spec options[] = {
    {"pending", NULL, "only those who have signed up and wait for `user approve`", false, false},
    OPTION_LIMIT,
    OPTION_AFTER,
    OPTION_END};

const struct command command_user_list = {
    .name = "user list",
    .arguments = "",
    .options = options,
    .roles = ROLE_ADMIN | ROLE_OWNER,
    .cost = COST_READ,
    .summary = "show the users",
    .help =
        "An admin sees everybody, an owner the staff of their stores. keys counts the public keys that open\n"
        "the account.\n"
        "  user list --pending\n"
        "  user list --format csv",
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
