/* store list: the stores that the caller may see, a page at a time by code.
 * Prepared on the main loop; its query runs on a worker's thread.
 * An admin sees all, everybody else the own ones. */
#include "common/cleanup.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/filters.h"
#include "server/core/commands/stores.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct filters_page *page = arena_calloc(&request->arena, 1, sizeof *page);

    request->data = page;
    return filters_parse_page(request, 's', 1, page, ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct filters_page *page = request->data;
    static const int key_columns[] = {0};
    struct db_params params;
    int rows;
    enum err err;

    db_params_init(&params, &request->arena);
    filters_bind_own_stores(&params, request);
    db_bind_text(&params, page->after[0]);
    db_bind_i64(&params, page->limit + 1);
    err = db_query(db, SQL_QUERY_STORE_LIST, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    stores_init_table(request);
    rows = filters_cut_page(page, result, key_columns, &request->table);
    for (int i = 0; i < rows; i++) {
        stores_add_row(request, result, i);
    }
    return ERR_OK;
}

static const struct option_spec options[] = {OPTION_LIMIT, OPTION_AFTER, OPTION_END};

const struct command command_store_list = {
    .name = "store list",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "show the stores",
    .help =
        "An admin sees every store, also those that wait for `user approve` (pending), others their own.\n"
        "  store list --format json",
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
