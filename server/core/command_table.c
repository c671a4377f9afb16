/* The one list of commands, in the order of `help`.
 * Read by dispatch, help and the terminal interface's completion.
 * Each entry is described in its own file of server/core/commands. */
#include <stddef.h>

#include "server/core/command.h"
#include "server/core/commands/commands.h"

const struct command *const command_table[] = {
    &command_sell,
    &command_stock_in,
    &command_remove,
    &command_return,
    &command_count,
    &command_transfer,
    &command_receive,
    &command_reverse,
    &command_inventory,
    &command_movements,
    &command_watch,
    &command_product_add,
    &command_product_set,
    &command_product_show,
    &command_product_list,
    &command_store_add,
    &command_store_set,
    &command_store_list,
    &command_signup,
    &command_user_add,
    &command_user_set,
    &command_user_show,
    &command_user_list,
    &command_user_approve,
    &command_user_disable,
    &command_user_enable,
    &command_key_add,
    &command_key_list,
    &command_key_remove,
    &command_passwd,
    &command_login,
    &command_logout,
    &command_unlock,
    &command_whoami,
    &command_sessions,
    &command_session_end,
    &command_audit,
    &command_limits,
    &command_stats,
    &command_batch,
    &command_use,
    &command_help,
    NULL,
};
