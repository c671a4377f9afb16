/* stock-in: stock arrives in the store.
 * Prepared on the main loop; the ledger writer posts it.
 * Touches no database itself. */
#include "server/core/commands/commands.h"
#include "server/core/commands/movement_args.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    int64_t cost_milli;
    enum err err = movement_args_money(request, "cost", &cost_milli, ret_info);

    if (err == ERR_OK) {
        err = movement_args_prepare(request, MOVEMENT_IN, ret_info);
    }
    if (err == ERR_OK) {
        request->movement->cost_milli = cost_milli;
    }
    return err;
}

static const struct option_spec options[] = {
    {"cost", "MONEY", "what one unit cost", false, false},
    MOVEMENT_OPTIONS,
    OPTION_END,
};

const struct command command_stock_in = {
    .name = "stock-in",
    .arguments = "SKU QTY",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_WRITE,
    .summary = "receive some of a product",
    .help =
        "SKU is the product's SKU or one of its barcodes. QTY is greater than 0. The cost is kept with the\n"
        "movement and shown to owners and admins only.\n"
        "  stock-in OAT-1 24 --cost 1.10 --store S001\n"
        "  stock-in RICE 12.5 --note \"delivery 4711\" --store S001",
    .prepare = prepare,
};
