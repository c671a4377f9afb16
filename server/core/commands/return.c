/* return: a customer brings something back.
 * Prepared on the main loop; the ledger writer posts it.
 * Touches no database itself. */
#include "server/core/commands/commands.h"
#include "server/core/commands/movement_args.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    int64_t price_milli;
    enum err err = movement_args_money(request, "price", &price_milli, ret_info);

    if (err == ERR_OK) {
        err = movement_args_prepare(request, MOVEMENT_RETURN, ret_info);
    }
    if (err == ERR_OK) {
        request->movement->price_milli = price_milli;
    }
    return err;
}

static const struct option_spec options[] = {
    {"price", "MONEY", "what was paid back for one unit; the product's price unless told", false, false},
    MOVEMENT_OPTIONS,
    OPTION_END,
};

const struct command command_return = {
    .name = "return",
    .arguments = "SKU QTY",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_WRITE,
    .summary = "take back some of a product from a customer",
    .help =
        "The stock can be sold again; what cannot is removed afterwards. To take back a wrong entry of the\n"
        "same day, `reverse` names the movement and is exact.\n"
        "  return OAT-1 1 --store S001",
    .prepare = prepare,
};
