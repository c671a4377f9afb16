/* reverse: a movement is taken back by its opposite.
 * Prepared on the main loop; the ledger writer finds the movement and posts.
 * Touches no database itself. */
#include "server/core/commands/commands.h"
#include "server/core/commands/movement_args.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    int64_t seq = 0;
    enum err err = values_parse_integer(request->args.words[0], 1, INT64_MAX, &seq, ret_info);

    if (err == ERR_OK) {
        err = movement_args_begin(request, MOVEMENT_IN,
                                  ret_info); /* the type is the movement's own: the plan's to fill */
    }
    if (err == ERR_OK) {
        request->movement->reverses = seq;
    }
    return err;
}

static const struct option_spec options[] = {
    MOVEMENT_OPTIONS,
    OPTION_END,
};

const struct command command_reverse = {
    .name = "reverse",
    .arguments = "SEQ",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_WRITE,
    .summary = "take a movement back",
    .help =
        "Posts an equal and opposite movement of the same type, linked to the first; once per movement. A\n"
        "reversal cannot be reversed: post the movement again instead. A transfer that nobody has received\n"
        "is called back; a receipt puts what arrived on its way again; the shortfall of a receipt stays.\n"
        "What was sold meanwhile cannot be taken back: that is insufficient-stock.\n"
        "  reverse 1042 --store S001",
    .prepare = prepare,
};
