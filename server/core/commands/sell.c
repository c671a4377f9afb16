/* sell: stock leaves the store for a customer.
 * Prepared on the main loop; the ledger writer posts it.
 * Touches no database itself. */
#include "server/core/commands/commands.h"
#include "server/core/commands/movement_args.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    int64_t price_milli;
    enum err err = movement_args_money(request, "price", &price_milli, ret_info);

    if (err == ERR_OK) {
        err = movement_args_prepare(request, MOVEMENT_SELL, ret_info);
    }
    if (err == ERR_OK) {
        request->movement->price_milli = price_milli;
    }
    return err;
}

static const struct option_spec options[] = {
    {"price", "MONEY", "the price of one unit; the product's own unless told", false, false},
    MOVEMENT_OPTIONS,
    OPTION_END,
};

const struct command command_sell = {
    .name = "sell",
    .arguments = "SKU QTY",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_WRITE,
    .summary = "sell some of a product",
    .help =
        "SKU is the product's SKU or one of its barcodes. QTY is greater than 0; whole for products counted\n"
        "each, with up to three decimals for those sold by weight or length. A store never sells more than "
        "it\n"
        "has: that is insufficient-stock, and nothing is posted.\n"
        "  sell OAT-1 3 --store S001\n"
        "  sell 4006381333931 1 --price 1.49 --note \"last day\" --ref till-1-4711 --store S001",
    .prepare = prepare,
};
