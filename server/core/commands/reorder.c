/* reorder: when a store shall order more of a product, and how much.
 * Prepared on the main loop; written on a worker's thread, under the lock of the store's ledger.
 * For owners and admins. */
#include <string.h>

#include "common/cleanup.h"
#include "server/core/commands/cells.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/stocking.h"

static const struct column columns[] = {
    {"store", COLUMN_TEXT, 0},
    {"sku", COLUMN_TEXT, 0},
    {"name", COLUMN_TEXT, 0},
    {"unit", COLUMN_TEXT, 0},
    {"quantity", COLUMN_QUANTITY, 0},
    {"reorder_point", COLUMN_QUANTITY, 0},
    {"reorder_quantity", COLUMN_QUANTITY, 0},
    {"low", COLUMN_BOOL, 0},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

struct reorder {
    int64_t point_milli; /* -1: none */
    bool sets_quantity;
    int64_t quantity_milli; /* -1: none */
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct reorder *reorder = arena_calloc(&request->arena, 1, sizeof *reorder);
    const char *point = args_option(&request->args, "point");
    const char *quantity = args_option(&request->args, "quantity");
    enum err err = values_check_sku(request->args.words[0], ret_info);

    *reorder = (struct reorder){.point_milli = -1, .quantity_milli = -1};
    if (err == ERR_OK && point == NULL) {
        return err_set(ret_info, ERR_USAGE, "reorder needs --point N");
    }
    if (err == ERR_OK && strcmp(point, "none") != 0) {
        err = values_parse_counted(point, &reorder->point_milli, ret_info);
    }
    /* Without a point there is nothing to order. */
    reorder->sets_quantity = quantity != NULL || reorder->point_milli < 0;
    if (err == ERR_OK && quantity != NULL && strcmp(quantity, "none") != 0) {
        if (reorder->point_milli < 0) {
            return err_set(ret_info, ERR_USAGE, "--quantity needs a --point at which it is ordered");
        }
        err = values_parse_quantity(quantity, &reorder->quantity_milli, ret_info);
    }
    request->data = reorder;
    return err == ERR_OK ? request_resolve_store(request, ret_info) : err;
}

static void bind_quantity(struct db_params *params, int64_t quantity_milli)
{
    if (quantity_milli >= 0) {
        db_bind_i64(params, quantity_milli);
    } else {
        db_bind_null(params);
    }
}

static bool is_whole(int64_t quantity_milli)
{
    return quantity_milli < 0 || quantity_milli % 1000 == 0;
}

static enum err set_reorder(struct request *request, struct db *db, const struct stocking *stocking,
                            struct err_info *ret_info)
{
    const struct reorder *reorder = request->data;
    struct db_params params;

    if (stocking->product.whole_units &&
        !(is_whole(reorder->point_milli) && is_whole(reorder->quantity_milli))) {
        return err_set(ret_info, ERR_BAD_VALUE, "%s is counted in whole units", stocking->product.sku);
    }
    if (stocking->product.retired && reorder->point_milli >= 0) {
        return err_set(ret_info, ERR_RETIRED_PRODUCT, "%s is retired", stocking->product.sku);
    }
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, stocking->store_id);
    db_bind_i32(&params, stocking->product.product_id);
    bind_quantity(&params, reorder->point_milli);
    db_bind_bool(&params, reorder->sets_quantity);
    bind_quantity(&params, reorder->quantity_milli);
    return db_query(db, SQL_QUERY_REORDER_SET, &params, NULL, ret_info);
}

static enum err show(struct request *request, struct db *db, const struct stocking *stocking,
                     struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, stocking->store_id);
    db_bind_i32(&params, stocking->product.product_id);
    err = db_query(db, SQL_QUERY_REORDER_SHOW, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, columns, COLUMNS);
    request->table.single = true;
    for (int i = 0; i < db_result_rows(result); i++) {
        struct cells_source source = {&request->arena, result, i};
        struct cell *cells = table_add_row(&request->table);

        for (int column = 0; column < COLUMNS; column++) {
            cells_set(&cells[column], &source, column);
        }
    }
    return ERR_OK;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    struct stocking stocking;
    enum err err = stocking_begin(request, db, request->args.words[0], &stocking, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = set_reorder(request, db, &stocking, ret_info);
    if (err == ERR_OK) {
        err = show(request, db, &stocking, ret_info);
    }
    return stocking_end(request, db, &stocking, err, ret_info);
}

static const struct option_spec options[] = {
    {"point", "N", "it is low at this many or fewer; none: never", false, true},
    {"quantity", "N", "how many to order then; none: as one likes", false, false},
    OPTION_STORE,
    OPTION_END,
};

const struct command command_reorder = {
    .name = "reorder",
    .arguments = "SKU",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .roles = ROLE_ADMIN | ROLE_OWNER,
    .cost = COST_WRITE,
    .summary = "set when a store shall order more of a product",
    .help =
        "`inventory --low` shows what is at or below its point. Without --quantity, the one it has stays.\n"
        "  reorder OAT-1 --point 12 --quantity 48 --store S001\n"
        "  reorder OAT-1 --point none --store S001",
    .changes = true,
    .catalogue = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
