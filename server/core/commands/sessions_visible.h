/* Which sessions a caller may know of: what `sessions` and `session end` share.
 * Called by their prepare functions, on the main loop.
 * Pure. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_SESSIONS_VISIBLE_H
#define STOCKROOM_SERVER_CORE_COMMANDS_SESSIONS_VISIBLE_H

#include <stdbool.h>

#include "server/core/identity.h"

/* One's own; an admin knows of all, an owner of those of the staff of the own stores. */
bool sessions_visible(const struct identity *who, const struct identity *other);

#endif
