/* count: what a stocktake found on the shelf.
 * Prepared on the main loop; the ledger writer posts what was counted less the balance at that moment.
 * Touches no database itself. */
#include <string.h>

#include "common/text.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/movement_args.h"

enum { SESSION_MAX = 64 };

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    const char *session = args_option(&request->args, "session");
    size_t len = session != NULL ? strlen(session) : 0;
    enum err err;

    if (session != NULL && (len == 0 || len > SESSION_MAX || !text_is_printable(session, len))) {
        return err_set(ret_info, ERR_BAD_VALUE, "a session's name has 1 to %d printable bytes", SESSION_MAX);
    }
    err = movement_args_prepare(request, MOVEMENT_COUNT, ret_info);
    if (err == ERR_OK) {
        request->movement->stocktake = session;
    }
    return err;
}

static const struct option_spec options[] = {
    {"session", "NAME", "the stocktake that it belongs to", false, false},
    MOVEMENT_OPTIONS,
    OPTION_END,
};

const struct command command_count = {
    .name = "count",
    .arguments = "SKU QTY",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_WRITE,
    .summary = "record what a stocktake found",
    .help =
        "QTY is what is there, 0 too. What is posted is QTY less the balance at that moment, so that "
        "selling\n"
        "goes on meanwhile; a count that found what the books say posts a movement of 0, as a proof that it\n"
        "was counted. Counts of one stocktake have one --session.\n"
        "  count OAT-1 17 --session \"Autumn 2026\" --store S001",
    .prepare = prepare,
};
