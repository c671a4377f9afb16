/* remove: stock leaves the store otherwise than by a sale, for a reason.
 * Prepared on the main loop; the ledger writer posts it.
 * Touches no database itself. */
#include "server/core/commands/commands.h"
#include "server/core/commands/movement_args.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    const char *text = args_option(&request->args, "reason");
    enum movement_reason reason;
    enum err err;

    if (text == NULL) {
        return err_set(ret_info, ERR_USAGE, "remove needs --reason damaged|expired|lost|theft|sample|other");
    }
    if (!movement_parse_reason(text, &reason)) {
        return err_set(ret_info, ERR_BAD_VALUE,
                       "'%.40s' is no reason: damaged, expired, lost, theft, sample or other", text);
    }
    err = movement_args_prepare(request, MOVEMENT_REMOVE, ret_info);
    if (err == ERR_OK) {
        request->movement->reason = reason;
    }
    return err;
}

static const struct option_spec options[] = {
    {"reason", "damaged|expired|lost|theft|sample|other", "why", false, true},
    MOVEMENT_OPTIONS,
    OPTION_END,
};

const struct command command_remove = {
    .name = "remove",
    .arguments = "SKU QTY",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_WRITE,
    .summary = "write off some of a product",
    .help = "For stock that is gone without a sale. SKU is the product's SKU or one of its barcodes. QTY is "
            "greater\n"
            "than 0 and at most what the store has.\n"
            "  remove OAT-1 1 --reason damaged --store S001",
    .prepare = prepare,
};
