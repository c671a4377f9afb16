/* product list: the catalogue, a page at a time by SKU.
 * Prepared on the main loop; its query runs on a worker's thread.
 * For everybody: all stores share the catalogue. */
#include "common/cleanup.h"
#include "server/core/commands/catalogue.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/filters.h"

struct list_filters {
    struct filters_page page;
    const char *search;
    const char *category;
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct list_filters *filters = arena_calloc(&request->arena, 1, sizeof *filters);
    enum err err = filters_parse_page(request, 'p', 1, &filters->page, ret_info);

    if (err == ERR_OK) {
        err = filters_parse_search(request, &filters->search, ret_info);
    }
    if (err == ERR_OK) {
        err = filters_parse_category(request, &filters->category, ret_info);
    }
    request->data = filters;
    return err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct list_filters *filters = request->data;
    static const int key_columns[] = {0};
    struct db_params params;
    int rows;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, filters->page.after[0]);
    db_bind_i64(&params, filters->page.limit + 1);
    db_bind_text(&params, filters->search);
    db_bind_text(&params, filters->category);
    db_bind_bool(&params, args_flag(&request->args, "retired"));
    err = filters_query(db, SQL_QUERY_PRODUCT_LIST, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    catalogue_init_table(request);
    rows = filters_cut_page(&filters->page, result, key_columns, &request->table);
    for (int i = 0; i < rows; i++) {
        catalogue_add_row(request, result, i);
    }
    return ERR_OK;
}

static const struct option_spec options[] = {
    {"search", "TEXT", "only products with words in SKU or name that begin with these", false, false},
    {"category", "C", "only this category", false, false},
    {"retired", NULL, "those that are retired, in place of those that are not", false, false},
    OPTION_LIMIT,
    OPTION_AFTER,
    OPTION_END,
};

const struct command command_product_list = {
    .name = "product list",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "show the catalogue",
    .help = "By SKU. Where more follow, the answer names a cursor for --after.\n"
            "  product list --search \"oat mil\"\n"
            "  product list --category Milk --format csv",
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
