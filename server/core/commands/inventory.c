/* inventory: what stores have, a page at a time by store and SKU.
 * Prepared on the main loop; its query runs on a worker's thread.
 * Shows only stores of the caller. */
#include "server/core/commands/cells.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/filters.h"
#include "server/core/commands/inventory_till.h"

#include <string.h>

#include "common/cleanup.h"

/* Columns of inventory_list.sql, inventory_product.sql and inventory_as_of.sql. */
enum {
    ROW_STORE,
    ROW_CURRENCY,
    ROW_SKU,
    ROW_NAME,
    ROW_CATEGORY,
    ROW_UNIT,
    ROW_QUANTITY,
    ROW_REORDER_POINT,
    ROW_LOW,
    ROW_PRICE_MILLI,
    ROW_UPDATED_AT,
    ROW_UPDATED_LOCAL
};

static const struct column columns[] = {
    {"store", COLUMN_TEXT, 0},
    {"sku", COLUMN_TEXT, 0},
    {"name", COLUMN_TEXT, 0},
    {"category", COLUMN_TEXT, 0},
    {"unit", COLUMN_TEXT, 0},
    {"quantity", COLUMN_QUANTITY, 0},
    {"reorder_point", COLUMN_QUANTITY, 0},
    {"low", COLUMN_BOOL, 0},
    {"price", COLUMN_MONEY, 0},
    {"updated_at", COLUMN_TIME, 0},
};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

struct inventory_filters {
    struct filters_page page;
    struct filters_time from, to, as_of;
    const char *search;
    const char *category;
    const char *product;
    bool low;
    bool is_as_of;
    bool is_till; /* one store and one product, and nothing else */
    struct inventory_till till;
};

static enum err parse_times(struct request *request, struct inventory_filters *filters,
                            struct err_info *ret_info)
{
    bool is_updated = args_option(&request->args, "updated-from") != NULL ||
                      args_option(&request->args, "updated-to") != NULL;
    enum err err = filters_parse_time(request, "updated-from", &filters->from, ret_info);

    if (err == ERR_OK) {
        err = filters_parse_time(request, "updated-to", &filters->to, ret_info);
    }
    if (err == ERR_OK) {
        err = filters_parse_time(request, "as-of", &filters->as_of, ret_info);
    }
    filters->is_as_of = args_option(&request->args, "as-of") != NULL;
    if (err == ERR_OK && filters->is_as_of && is_updated) {
        return err_set(ret_info, ERR_USAGE, "--as-of and --updated-from or --updated-to exclude each other");
    }
    return err;
}

/* Who asks like this wants a number quickly: options other than these are for looking around. */
static bool is_till_question(const struct request *request)
{
    for (unsigned i = 0; i < request->args.option_count; i++) {
        const char *name = request->args.options[i].name;
        if (strcmp(name, "product") != 0 && strcmp(name, "store") != 0) {
            return false;
        }
    }
    return request->store != NULL && args_option(&request->args, "product") != NULL;
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct inventory_filters *filters = arena_calloc(&request->arena, 1, sizeof *filters);
    enum err err = filters_parse_stores(request, ret_info);

    if (err == ERR_OK) {
        err = filters_parse_page(request, 'i', 2, &filters->page, ret_info);
    }
    if (err == ERR_OK) {
        err = filters_parse_search(request, &filters->search, ret_info);
    }
    if (err == ERR_OK) {
        err = filters_parse_category(request, &filters->category, ret_info);
    }
    if (err == ERR_OK) {
        err = parse_times(request, filters, ret_info);
    }
    filters->product = args_option(&request->args, "product");
    if (err == ERR_OK && filters->product != NULL) {
        err = values_check_sku(filters->product, ret_info);
    }
    filters->low = args_flag(&request->args, "low");
    filters->is_till = err == ERR_OK && is_till_question(request);
    filters->till.code = filters->product;
    request->data = filters;
    return err;
}

static void fill_row(struct cell *row, const struct cells_source *source)
{
    int places = values_currency_places(db_result_text(source->result, source->row, ROW_CURRENCY));

    cells_set(&row[0], source, ROW_STORE);
    cells_set(&row[1], source, ROW_SKU);
    cells_set(&row[2], source, ROW_NAME);
    cells_set(&row[3], source, ROW_CATEGORY);
    cells_set(&row[4], source, ROW_UNIT);
    cells_set(&row[5], source, ROW_QUANTITY);
    cells_set(&row[6], source, ROW_REORDER_POINT);
    cells_set(&row[7], source, ROW_LOW);
    cells_set_milli(&row[8], source, ROW_PRICE_MILLI, places);
    cells_set_time(&row[9], source, ROW_UPDATED_AT, ROW_UPDATED_LOCAL);
}

static void bind_filters(struct db_params *params, struct request *request,
                         const struct inventory_filters *filters)
{
    db_params_init(params, &request->arena);
    filters_bind_stores(params, request);
    db_bind_text(params, filters->page.after[0]);
    db_bind_text(params, filters->page.after[1]);
    db_bind_i64(params, filters->page.limit + 1);
    db_bind_text(params, filters->search);
    db_bind_bool(params, filters->low);
    db_bind_text(params, filters->category);
    if (filters->is_as_of) {
        filters_bind_time(params, &filters->as_of);
    } else {
        filters_bind_time(params, &filters->from);
        filters_bind_time(params, &filters->to);
    }
}

static void bind_id(struct db_params *params, int32_t id)
{
    if (id != 0) {
        db_bind_i32(params, id);
    } else {
        db_bind_null(params);
    }
}

/* Which statement is fast however many rows fit: reading all of a store, or what its filters and the order
 * lead to. */
static enum err choose_list(struct request *request, struct db *db, int32_t store_id,
                            enum sql_query *ret_query, struct err_info *ret_info)
{
    enum { SMALL_STORE_PRODUCTS = 20000 };
    const struct inventory_filters *filters = request->data;
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    *ret_query = filters->is_as_of ? SQL_QUERY_INVENTORY_AS_OF : SQL_QUERY_INVENTORY_LIST;
    if (filters->is_as_of || store_id == 0) {
        return ERR_OK;
    }
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, store_id);
    db_bind_i64(&params, SMALL_STORE_PRODUCTS + 1);
    err = db_query(db, SQL_QUERY_INVENTORY_SIZE, &params, &result, ret_info);
    if (err == ERR_OK && db_result_i64(result, 0, 0) <= SMALL_STORE_PRODUCTS) {
        *ret_query = SQL_QUERY_INVENTORY_STORE;
    }
    return err;
}

/* One product is looked up as it is; lists are planned for the filters that they have. */
static enum err read_rows(struct request *request, struct db *db, struct db_result **ret_result,
                          struct err_info *ret_info)
{
    const struct inventory_filters *filters = request->data;
    struct db_params params;
    bool is_list = filters->is_as_of || filters->product == NULL;
    enum sql_query query = SQL_QUERY_INVENTORY_PRODUCT;
    int32_t product_id = 0, store_id = 0;
    enum err err = is_list ? filters_find_store(request, db, &store_id, ret_info)
                           : filters_check_store(request, db, ret_info);

    if (err == ERR_OK && filters->product != NULL) {
        err = filters_find_product(request, db, filters->product, &product_id, NULL, ret_info);
    }
    if (err == ERR_OK && is_list) {
        err = choose_list(request, db, store_id, &query, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    bind_filters(&params, request, filters);
    if (!is_list) {
        db_bind_i32(&params, product_id);
        return db_query(db, query, &params, ret_result, ret_info);
    }
    if (filters->is_as_of) {
        bind_id(&params, product_id);
    }
    bind_id(&params, store_id);
    return filters_query(db, query, &params, ret_result, ret_info);
}

static bool recall(struct request *request)
{
    struct inventory_filters *filters = request->data;

    return filters->is_till && inventory_till_recall(request, &filters->till, columns, COLUMNS);
}

static void finish(struct request *request)
{
    struct inventory_filters *filters = request->data;

    inventory_till_keep(request, &filters->till);
}

/* *ret_found: it has been answered; else look again, and say what there is not. */
static enum err run_till(struct request *request, struct db *db, bool *ret_found, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct inventory_filters *filters = request->data;
    enum err err = inventory_till_read(request, db, &filters->till, &result, ret_info);

    *ret_found = err == ERR_OK && db_result_rows(result) == 1;
    if (*ret_found) {
        table_init(&request->table, &request->arena, columns, COLUMNS);
        fill_row(table_add_row(&request->table), &(struct cells_source){&request->arena, result, 0});
    }
    return err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct inventory_filters *filters = request->data;
    static const int key_columns[] = {ROW_STORE, ROW_SKU};
    bool is_found = false;
    enum err err = filters->is_till ? run_till(request, db, &is_found, ret_info) : ERR_OK;

    if (err != ERR_OK || is_found) {
        return err;
    }
    err = read_rows(request, db, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, columns, COLUMNS);
    int rows = filters_cut_page(&filters->page, result, key_columns, &request->table);
    for (int i = 0; i < rows; i++) {
        fill_row(table_add_row(&request->table), &(struct cells_source){&request->arena, result, i});
    }
    return ERR_OK;
}

static const struct option_spec options[] = {
    {"product", "SKU", "only this product, by SKU or barcode; shown even where there is none", false, false},
    {"search", "TEXT", "only products with words in SKU or name that begin with these", false, false},
    {"low", NULL, "only what is at or below its reorder point", false, false},
    {"category", "C", "only this category", false, false},
    {"updated-from", "TIME", "only balances that changed since", false, false},
    {"updated-to", "TIME", "only balances that last changed before", false, false},
    {"as-of", "TIME", "what there was then, by when it was recorded", false, false},
    OPTION_STORE,
    OPTION_ALL_STORES,
    OPTION_LIMIT,
    OPTION_AFTER,
    OPTION_END,
};

const struct command command_inventory = {
    .name = "inventory",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "show what is in stock",
    .help =
        "Rows by store and SKU. Where more follow, the answer names a cursor for --after. Times may be\n"
        "RFC 3339, today, yesterday, -7d, -3h; days are those of the store's time zone. The price is the\n"
        "store's own, or the catalogue's. With --as-of, what had no movement yet is left out; reorder\n"
        "points and prices are today's.\n"
        "  inventory --search \"oat mil\" --low\n"
        "  inventory --all-stores --category Milk\n"
        "  inventory --as-of today",
    .prepare = prepare,
    .recall = recall,
    .steps = {{STEP_QUERY, run}},
    .finish = finish,
};
