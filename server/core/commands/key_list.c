/* key list: the public keys that open an account.
 * Prepared on the main loop; its query runs on a worker's thread.
 * One's own; admins anybody's, owners those of the staff of their own stores. */
#include "server/core/commands/commands.h"
#include "server/core/commands/key_rows.h"
#include "server/core/commands/people.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return people_check_target(request, ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    struct people_user user = {.user_id = request->who->user_id};
    enum err err = ERR_OK;

    if (!people_target_is_caller(request)) {
        err = people_find(request, db, people_target(request), &user, ret_info);
    }
    return err == ERR_OK ? key_rows_show(request, db, user.user_id, 0, ret_info) : err;
}

static const struct option_spec options[] = {
    {"user", "NAME", "whose keys; your own unless told", false, false},
    OPTION_END,
};

const struct command command_key_list = {
    .name = "key list",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "show public keys",
    .help = "Admins may see anybody's, owners their staff's.\n"
            "  key list --format json",
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
