/* user disable: an account opens no more, and its sessions end.
 * Prepared on the main loop; written on a worker's thread.
 * Admins disable anybody but the last of themselves, owners the staff of their own stores alone. */
#include "common/cleanup.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/people.h"
#include "server/core/commands/user_switch.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return values_check_user_name(request->args.words[0], ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    return user_switch(request, db, true, ret_info);
}

const struct command command_user_disable = {
    .name = "user disable",
    .arguments = "NAME",
    .arguments_min = 1,
    .arguments_max = 1,
    .roles = ROLE_ADMIN | ROLE_OWNER,
    .cost = COST_WRITE,
    .summary = "keep a user out",
    .help = "The user's sessions end, on every server, and no new one begins until `user enable`. The last "
            "admin\n"
            "who is enabled cannot be disabled. Owners disable staff who work for their stores only. "
            "Somebody who\n"
            "has signed up and waits for approval is rejected by it.\n"
            "  user disable ben",
    .changes = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
