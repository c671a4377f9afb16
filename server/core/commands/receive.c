/* receive: what another store has sent arrives.
 * Prepared on the main loop; the ledger writer posts it, and a shortfall as lost at the source.
 * Touches no database itself. */
#include <string.h>

#include "server/core/commands/commands.h"
#include "server/core/commands/movement_args.h"

/* STORE:SEQ, as `transfer` has answered. */
static enum err parse_transfer(struct request *request, const char **ret_store, int64_t *ret_seq,
                               struct err_info *ret_info)
{
    const char *word = request->args.words[0];
    const char *colon = strchr(word, ':');

    if (colon == NULL || values_parse_integer(colon + 1, 1, INT64_MAX, ret_seq, NULL) != ERR_OK) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.60s' is no transfer: those are named STORE:SEQ", word);
    }
    *ret_store = arena_strndup(&request->arena, word, (size_t)(colon - word));
    return values_check_store_code(*ret_store, ret_info);
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    const char *source = NULL;
    int64_t seq = 0, quantity_milli = 0;
    bool receives_all = request->args.word_count == 1;
    enum err err = parse_transfer(request, &source, &seq, ret_info);

    if (err == ERR_OK && !receives_all) {
        err = values_parse_quantity(request->args.words[1], &quantity_milli, ret_info);
    }
    if (err == ERR_OK) {
        err = movement_args_begin(request, MOVEMENT_TRANSFER_IN, ret_info);
    }
    if (err == ERR_OK) {
        request->movement->other_store = source;
        request->movement->transfer_seq = seq;
        request->movement->quantity_milli = quantity_milli;
        request->movement->receives_all = receives_all;
    }
    return err;
}

static const struct option_spec options[] = {
    MOVEMENT_OPTIONS,
    OPTION_END,
};

const struct command command_receive = {
    .name = "receive",
    .arguments = "TRANSFER [QTY]",
    .arguments_min = 1,
    .arguments_max = 2,
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_WRITE,
    .summary = "receive what another store has sent",
    .help =
        "TRANSFER is STORE:SEQ, as `transfer` answered at the other store. Without QTY all of it has "
        "arrived;\n"
        "with less, the rest is posted as lost at the store that sent it, in the same transaction, and the\n"
        "transfer is over. `reverse` of the receipt puts what arrived on its way again.\n"
        "  receive S001:1042 --store S002\n"
        "  receive S001:1042 4 --store S002",
    .prepare = prepare,
};
