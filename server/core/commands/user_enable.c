/* user enable: a disabled account opens again.
 * Prepared on the main loop; written on a worker's thread.
 * Admins enable anybody, owners the staff of their own stores alone. */
#include "common/cleanup.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/user_switch.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return values_check_user_name(request->args.words[0], ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    return user_switch(request, db, false, ret_info);
}

const struct command command_user_enable = {
    .name = "user enable",
    .arguments = "NAME",
    .arguments_min = 1,
    .arguments_max = 1,
    .roles = ROLE_ADMIN | ROLE_OWNER,
    .cost = COST_WRITE,
    .summary = "let a disabled user in again",
    .help = "Owners enable staff who work for their stores only.\n"
            "  user enable ben",
    .changes = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
