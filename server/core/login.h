/* Logins: checking a password or a public key against the database. Called by peers on the main loop; the
 * work is done on the query workers and the password pool. Every failure costs the same and says the same. */
#ifndef STOCKROOM_SERVER_CORE_LOGIN_H
#define STOCKROOM_SERVER_CORE_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "server/core/identity.h"

struct core;
struct login;

struct login_credential {
    const char *user; /* not NUL-terminated; any bytes */
    size_t user_len;
    const char *password; /* NULL: a key */
    size_t password_len;
    const char *key_type;
    size_t key_type_len;
    const char *key_blob;
    size_t key_blob_len;
};

/* Told on the main loop. identity: one reference, the callee's, or NULL for a failure, whose text for the
 * client is message ("" when the credential was simply wrong). Not told after login_abandon. */
typedef void (*login_done_fn)(void *argument, struct identity *identity, const char *message);

/* Check a credential; it is copied, and wiped when the check is over. */
struct login *login_start(struct core *core, const struct login_credential *credential, login_done_fn done,
                          void *argument);

/* Nobody waits for the answer any more. */
void login_abandon(struct login *login);

#endif
