/* What the commands that post stock movements share: their options and how they become a struct movement.
 * Called by prepare functions on the main loop.
 * Touches no database: the ledger writer decides. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_MOVEMENT_ARGS_H
#define STOCKROOM_SERVER_CORE_COMMANDS_MOVEMENT_ARGS_H

#include "server/core/command.h"
#include "server/core/request.h"

#define MOVEMENT_OPTIONS                                                                                     \
    OPTION_STORE, {"note", "TEXT", "a remark kept with the movement", false, false},                         \
        {"ref", "REF", "post once: the same REF again returns the first result", false, false},              \
    {                                                                                                        \
        "at", "TIME", "when it happened, if not now: 2026-03-01T09:30:00Z, -3h", false, false                \
    }

/* Check the common options, resolve the store, and set request->movement, without product and quantity. */
enum err movement_args_begin(struct request *request, enum movement_type type, struct err_info *ret_info);

/* The same, and check SKU and QTY, the first two words. */
enum err movement_args_prepare(struct request *request, enum movement_type type, struct err_info *ret_info);

/* An option that takes money, in thousandths; -1 when it was not given. */
enum err movement_args_money(const struct request *request, const char *option, int64_t *ret_milli,
                             struct err_info *ret_info);

#endif
