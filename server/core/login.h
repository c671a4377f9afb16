/* Logins: checking a password, a token or a public key; a password and a key against the database, a token
 * against the directory. Called by peers on the main loop; the work is done on the query workers and the
 * password pool. Every failure costs the same, takes as long and says the same. */
#ifndef STOCKROOM_SERVER_CORE_LOGIN_H
#define STOCKROOM_SERVER_CORE_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/core/identity.h"

struct core;
struct login;
struct logins;

struct login_credential {
    const char *user; /* not NUL-terminated; any bytes */
    size_t user_len;
    const char *password; /* or a token in its place. NULL: a key, or nothing */
    size_t password_len;
    const char *key_type; /* NULL: nothing, as `signup` may come in */
    size_t key_type_len;
    const char *key_blob;
    size_t key_blob_len;
    bool is_question;   /* a key whose signature was not checked: only asks whether it would do */
    const char *source; /* the client's address */
    uint64_t session;
};

struct login_answer {
    struct identity *identity; /* one reference, the callee's; NULL: a failure, and */
    bool is_offence;     /* the client's: a wrong credential, or one more for an account that is held up */
    const char *message; /* for the client; "": the credential was simply wrong */
};

/* Told on the main loop. Not told after login_abandon. */
typedef void (*login_done_fn)(void *argument, const struct login_answer *answer);

/* What all logins of a server share; for core. */
struct logins *logins_new(void);
void logins_free(struct logins *logins);

/* Check a credential; it is copied, and wiped when the check is over. NULL: it has been answered already.
 * A wrong one that was proven is answered no sooner than [passwords] failure_floor_ms after it came. */
struct login *login_start(struct core *core, const struct login_credential *credential, login_done_fn done,
                          void *argument);

/* Nobody waits for the answer any more. */
void login_abandon(struct login *login);

#endif
