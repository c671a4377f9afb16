/* Giving up root. Called once by core, before its threads start. Touches only the process's own credentials.
 */
#ifndef STOCKROOM_SERVER_CORE_PRIVILEGES_H
#define STOCKROOM_SERVER_CORE_PRIVILEGES_H

#include "common/err.h"

/* When root: become the user, for good. Always: no debugger, no dumps of the secrets in memory, no new
 * privileges. ERR_USAGE: no such user. ERR_INTERNAL: the system refused. */
enum err privileges_drop(const char *user, struct err_info *ret_info);

#endif
