/* Penalties by account: wrong passwords for a name, whether or not a user has it, make it refuse passwords
 * for a while, longer each time ([penalties] account_*). Sources that have logged in to the account with its
 * password before are exempt, so that nobody can lock a user out; keys and tokens never come here. Bounded:
 * the name nearest to forgiveness makes room. Any thread (a mutex); pure but for its tables, time is what the
 * caller says it is. */
#ifndef STOCKROOM_SERVER_CORE_ACCOUNTS_H
#define STOCKROOM_SERVER_CORE_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

enum { ACCOUNTS_KEY_BYTES = 16, ACCOUNTS_TAG_SIZE = 17 };

struct accounts;

enum accounts_answer {
    ACCOUNTS_GO,     /* check the password, then tell by accounts_end */
    ACCOUNTS_WAIT,   /* others are being checked that may use up what costs nothing: ask again after them */
    ACCOUNTS_REFUSED /* there is a penalty */
};

enum accounts_outcome {
    ACCOUNTS_UNKNOWN, /* it was not checked after all */
    ACCOUNTS_WRONG,
    ACCOUNTS_RIGHT
};

/* A password being checked. Zeroed: none. */
struct accounts_try {
    unsigned char account[ACCOUNTS_KEY_BYTES];
    unsigned char source[ACCOUNTS_KEY_BYTES];
    bool has_source;
    bool is_open;
};

struct accounts *accounts_new(const struct config *config);
void accounts_free(struct accounts *accounts);

/* May a password for this name be checked now? GO opens the try. user: any bytes. source: the client's
 * address; "" never is exempt. now_ms never goes back.
 * *ret_seconds: of REFUSED, how long it lasts. */
enum accounts_answer accounts_begin(struct accounts *accounts, const char *user, size_t len,
                                    const char *source, uint64_t now_ms, struct accounts_try *ret_try,
                                    unsigned *ret_seconds);

/* Ends an open try; does nothing for another. RIGHT: the source is exempt from now on. */
void accounts_end(struct accounts *accounts, struct accounts_try *attempt, enum accounts_outcome outcome,
                  uint64_t now_ms);

/* The source has logged in to the account by other means. */
void accounts_remember(struct accounts *accounts, const char *user, size_t len, const char *source);

/* A name for the log, which is to hold no names of those who failed: the same for the same user until core
 * ends, and nobody can tell the user from it. */
void accounts_tag(const struct accounts *accounts, const char *user, size_t len,
                  char ret_tag[ACCOUNTS_TAG_SIZE]);

#endif
