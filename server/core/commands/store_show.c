/* store show: one store.
 * Prepared on the main loop; its query runs on a worker's thread.
 * An admin sees every store, everybody else the own ones. */
#include "server/core/commands/commands.h"
#include "server/core/commands/stores.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return values_check_store_code(request->args.words[0], ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    return stores_show(request, db, request->args.words[0], ret_info);
}

const struct command command_store_show = {
    .name = "store show",
    .arguments = "CODE",
    .arguments_min = 1,
    .arguments_max = 1,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "show a store",
    .help = "  store show S001",
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
