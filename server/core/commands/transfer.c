/* transfer: stock leaves for another store.
 * Prepared on the main loop; the ledger writer posts it. It is on its way until the other store receives it.
 * Touches no database itself. */
#include "server/core/commands/commands.h"
#include "server/core/commands/movement_args.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    const char *to = args_option(&request->args, "to");
    enum err err;

    if (to == NULL) {
        return err_set(ret_info, ERR_USAGE, "transfer needs --to CODE");
    }
    err = values_check_store_code(to, ret_info);
    if (err == ERR_OK) {
        err = movement_args_prepare(request, MOVEMENT_TRANSFER_OUT, ret_info);
    }
    if (err == ERR_OK) {
        request->movement->other_store = to;
    }
    return err;
}

static const struct option_spec options[] = {
    {"to", "CODE", "the store that shall receive it", false, true},
    MOVEMENT_OPTIONS,
    OPTION_END,
};

const struct command command_transfer = {
    .name = "transfer",
    .arguments = "SKU QTY",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_WRITE,
    .summary = "send some of a product to another store",
    .help =
        "It leaves the store at once and is on its way until the other store receives it, by the name that\n"
        "the answer gives: STORE:SEQ. `reverse SEQ` calls it back while nothing of it has been received.\n"
        "The other store need not be one of yours.\n"
        "  transfer OAT-1 5 --to S002 --store S001",
    .prepare = prepare,
};
