/* The users, as the database last told: who may come in, with what, and what they may see. Filled by access.c
 * from what the listener hears; asked at logins with a token and whenever a user changed. On the main loop
 * only, but for directory_user_read. Knows nothing while the listener's link is down: better ask the database
 * than be wrong. */
#ifndef STOCKROOM_SERVER_CORE_DIRECTORY_H
#define STOCKROOM_SERVER_CORE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "server/core/db/db.h"
#include "server/core/identity.h"
#include "server/core/throttle.h"

struct directory;

/* A user. Everything is in one piece of memory: free() it. */
struct directory_user {
    int32_t user_id;
    enum role role;
    bool is_enabled; /* neither disabled nor waiting for approval */
    bool has_password;
    bool must_change_password;
    int64_t password_epoch;
    int64_t token_epoch;
    const char *user;
    unsigned store_count; /* sorted by code */
    const char **store_codes;
    unsigned key_count; /* the ids of the keys that open the account, sorted */
    const int32_t *key_ids;
    bool has_limit[THROTTLE_BUCKETS]; /* instead of the role's */
    struct config_rate limits[THROTTLE_BUCKETS];
};

/* Columns of user_access.sql, with which login_user.sql and login_key.sql begin too. */
enum {
    DIRECTORY_USER_ID,
    DIRECTORY_USER_NAME,
    DIRECTORY_ROLE,
    DIRECTORY_ENABLED,
    DIRECTORY_HAS_PASSWORD,
    DIRECTORY_MUST_CHANGE_PASSWORD,
    DIRECTORY_PASSWORD_EPOCH,
    DIRECTORY_TOKEN_EPOCH,
    DIRECTORY_STORES, /* codes, a line each */
    DIRECTORY_KEYS,   /* ids, a line each */
    DIRECTORY_LIMITS, /* "CLASS PER_SECOND BURST", a line each */
    DIRECTORY_COLUMNS
};

/* A row of such a result; NULL: it holds what it must not. The caller's to free. Any thread. */
struct directory_user *directory_user_read(const struct db_result *result, int row);

/* most: users that are remembered; of more, those beyond are unknown. */
struct directory *directory_new(unsigned most);
void directory_free(struct directory *directory);

/* Add, or replace by id. Takes the user. */
void directory_put(struct directory *directory, struct directory_user *user);

/* There is no such user any more. */
void directory_remove(struct directory *directory, int32_t user_id);

/* Forget everybody, and tell so until directory_set_fresh. */
void directory_forget(struct directory *directory);
void directory_set_fresh(struct directory *directory);
bool directory_is_fresh(const struct directory *directory);

/* NULL: not known here, ask the database. Borrowed until the next directory_put or directory_forget. */
const struct directory_user *directory_find(const struct directory *directory, const char *name);
const struct directory_user *directory_find_id(const struct directory *directory, int32_t user_id);

unsigned directory_count(const struct directory *directory);

#endif
