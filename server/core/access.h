/* Access: who may stay. Keeps the directory by what the listener hears, and lets every session go whose user
 * may not go on as it is: disabled, another role, other stores, another password, a removed key, ended
 * tokens. Called by core.c; on the main loop, but for access_announce. */
#ifndef STOCKROOM_SERVER_CORE_ACCESS_H
#define STOCKROOM_SERVER_CORE_ACCESS_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/err.h"
#include "server/core/db/db.h"
#include "server/core/directory.h"
#include "server/core/identity.h"

struct access;
struct core;

/* Starts the listener's thread with a connection of its own. NULL with errno. */
struct access *access_new(struct core *core, const struct db_settings *database);
void access_close(struct access *access, void (*closed)(void *argument), void *argument);

struct directory *access_directory(struct access *access);

/* Somebody has logged in as this, by what the database said before a credential was checked: have it checked
 * at once when that does not fit what was heard. */
void access_admit(struct access *access, const struct identity *who);

/* Is the link over which changes are heard up? */
bool access_is_fresh(const struct access *access);

/* Tell every server, this one included, that a user changed; heard when the open transaction commits. origin:
 * who changed it: the session that changed its own password goes on (NULL: nobody's session). On a worker's
 * thread, inside the transaction. */
enum err access_announce(struct db *db, struct arena *arena, int32_t user_id, const struct identity *origin,
                         struct err_info *ret_info);

/* Why an identity may not go on as its user is now; NULL: it may. Static text, for the client. Pure. */
const char *access_reason(const struct identity *who, const struct directory_user *user);

#endif
