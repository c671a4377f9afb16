/* Disabling and enabling users: what `user disable` and `user enable` share.
 * Called by their query steps, on a worker's thread.
 * Keeps one admin enabled, whoever disables whom at the same moment. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_USER_SWITCH_H
#define STOCKROOM_SERVER_CORE_COMMANDS_USER_SWITCH_H

#include "server/core/db/db.h"
#include "server/core/request.h"

/* Disable or enable the user that the first argument names, in one transaction, and answer with the user.
 * ERR_UNKNOWN_USER; ERR_NOT_PERMITTED for the last enabled admin, and what an owner may not change. */
enum err user_switch(struct request *request, struct db *db, bool disable, struct err_info *ret_info);

#endif
