/* movements (stock-movements): the ledger of stores, the newest first, a page at a time.
 * Prepared on the main loop; its query runs on a worker's thread.
 * Shows only stores of the caller, and cost only to owners and admins. */
#include <string.h>

#include "common/cleanup.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/filters.h"
#include "server/core/commands/movement_rows.h"

struct movements_filters {
    struct filters_page page;
    struct filters_time from, to;
    int64_t after_seq;
    enum movement_type type; /* 0: any */
    const char *user;
    const char *product;
    const char *ref;
    const char *batch_key; /* when ref may be KEY:LINE */
    int64_t batch_line;
};

static enum err parse_page(struct request *request, struct movements_filters *filters,
                           struct err_info *ret_info)
{
    enum err err = filters_parse_page(request, 'm', 2, &filters->page, ret_info);

    if (err == ERR_OK && filters->page.after[1] != NULL &&
        (!values_parse_i64(filters->page.after[1], &filters->after_seq) || filters->after_seq <= 0)) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is no cursor of this command",
                       args_option(&request->args, "after"));
    }
    return err;
}

/* A ref that ends in a colon and a line's number may be the one of a batch's line. */
static void split_ref(struct request *request, struct movements_filters *filters)
{
    const char *colon = strrchr(filters->ref, ':');

    if (colon == NULL || colon == filters->ref || colon[1] < '1' || colon[1] > '9' ||
        !values_parse_i64(colon + 1, &filters->batch_line)) {
        return;
    }
    filters->batch_key = arena_strndup(&request->arena, filters->ref, (size_t)(colon - filters->ref));
}

static enum err parse_names(struct request *request, struct movements_filters *filters,
                            struct err_info *ret_info)
{
    const char *type = args_option(&request->args, "type");
    enum err err = ERR_OK;

    if (type != NULL && !movement_parse_type(type, &filters->type)) {
        return err_set(ret_info, ERR_BAD_VALUE,
                       "'%.40s' is no type: IN, SELL, REMOVE, RETURN, COUNT, TRANSFER_OUT or TRANSFER_IN",
                       type);
    }
    filters->user = args_option(&request->args, "user");
    filters->product = args_option(&request->args, "product");
    filters->ref = args_option(&request->args, "ref");
    if (filters->user != NULL) {
        err = values_check_user_name(filters->user, ret_info);
    }
    if (err == ERR_OK && filters->product != NULL) {
        err = values_check_sku(filters->product, ret_info);
    }
    if (err == ERR_OK && filters->ref != NULL) {
        err = values_check_ref(filters->ref, ret_info);
        if (err == ERR_OK) {
            split_ref(request, filters);
        }
    }
    return err;
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct movements_filters *filters = arena_calloc(&request->arena, 1, sizeof *filters);
    enum err err = filters_parse_stores(request, ret_info);

    if (err == ERR_OK) {
        err = parse_page(request, filters, ret_info);
    }
    if (err == ERR_OK) {
        err = parse_names(request, filters, ret_info);
    }
    if (err == ERR_OK) {
        err = filters_parse_time(request, "from", &filters->from, ret_info);
    }
    if (err == ERR_OK) {
        err = filters_parse_time(request, "to", &filters->to, ret_info);
    }
    request->data = filters;
    return err;
}

static void bind_filters(struct db_params *params, struct request *request,
                         const struct movements_filters *filters)
{
    db_params_init(params, &request->arena);
    filters_bind_stores(params, request);
    db_bind_text(params, filters->page.after[0]);
    if (filters->page.after[0] != NULL) {
        db_bind_i64(params, filters->after_seq);
    } else {
        db_bind_null(params);
    }
    db_bind_i64(params, filters->page.limit + 1);
    if (filters->type != 0) {
        db_bind_i32(params, (int32_t)filters->type);
    } else {
        db_bind_null(params);
    }
    db_bind_text(params, filters->user);
    filters_bind_time(params, &filters->from);
    filters_bind_time(params, &filters->to);
}

/* Which of the three statements, and what it wants besides. */
static enum err choose_query(struct request *request, struct db *db, const struct movements_filters *filters,
                             struct db_params *params, enum sql_query *ret_query, struct err_info *ret_info)
{
    int32_t product_id = 0;
    enum err err = ERR_OK;

    if (filters->product != NULL) {
        err = filters_find_product(request, db, filters->product, &product_id, NULL, ret_info);
        if (err != ERR_OK) {
            return err;
        }
    }
    *ret_query = filters->product != NULL ? SQL_QUERY_MOVEMENTS_PRODUCT : SQL_QUERY_MOVEMENTS_LIST;
    if (filters->ref != NULL) {
        *ret_query = SQL_QUERY_MOVEMENTS_REF;
        db_bind_text(params, filters->ref);
        db_bind_text(params, filters->batch_key);
        db_bind_i64(params, filters->batch_line);
        if (filters->product == NULL) {
            db_bind_null(params);
        }
    }
    if (filters->product != NULL) {
        db_bind_i32(params, product_id);
    }
    return ERR_OK;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    static const int key_columns[] = {MOVEMENT_ROWS_STORE, MOVEMENT_ROWS_SEQ};
    const struct movements_filters *filters = request->data;
    enum sql_query query;
    struct db_params params;
    int rows;
    enum err err = filters_check_store(request, db, ret_info);

    bind_filters(&params, request, filters);
    if (err == ERR_OK) {
        err = choose_query(request, db, filters, &params, &query, ret_info);
    }
    if (err == ERR_OK) {
        err = filters_query(db, query, &params, &result, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    movement_rows_init(&request->table, &request->arena);
    rows = filters_cut_page(&filters->page, result, key_columns, &request->table);
    for (int i = 0; i < rows; i++) {
        movement_rows_add(&request->table, result, i, request->who->role != ROLE_STAFF);
    }
    return ERR_OK;
}

static const struct option_spec options[] = {
    {"product", "SKU", "only this product, by SKU or barcode", false, false},
    {"type", "T", "only IN, SELL, REMOVE, RETURN, COUNT, TRANSFER_OUT or TRANSFER_IN", false, false},
    {"user", "U", "only what this user posted", false, false},
    {"from", "TIME", "only what happened at this time or later", false, false},
    {"to", "TIME", "only what happened before", false, false},
    {"ref", "REF", "only the movement that was posted with this ref; KEY:N is line N of batch KEY", false,
     false},
    OPTION_STORE,
    OPTION_ALL_STORES,
    OPTION_LIMIT,
    OPTION_AFTER,
    OPTION_END,
};

const struct command command_movements = {
    .name = "movements",
    .alias = "stock-movements",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "show stock movements, the newest first",
    .help =
        "Stores by code, within a store by seq downwards. Where more follow, the answer names a cursor for\n"
        "--after. Times may be RFC 3339, today, yesterday, -7d, -3h; days are those of the store's time "
        "zone,\n"
        "and of when it happened, which --at may have set back from when it was recorded.\n"
        "  movements --type SELL --from today\n"
        "  movements --product OAT-1 --from -7d --to today",
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
