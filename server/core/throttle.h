/* Throttling: a token bucket for each user and class of cost, shared by all of the user's sessions. Asked by
 * dispatch and by batches on the main loop only. Pure but for its table; time is what the caller says it is.
 */
#ifndef STOCKROOM_SERVER_CORE_THROTTLE_H
#define STOCKROOM_SERVER_CORE_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "server/core/identity.h"

/* X(name, text in limits, stats and `user set --limit`); the first four in the order of enum cost_class. */
#define THROTTLE_BUCKET_LIST(X)                                                                              \
    X(READ, "read")                                                                                          \
    X(WRITE, "write")                                                                                        \
    X(SCAN, "scan")                                                                                          \
    X(LOGIN, "login")                                                                                        \
    X(BATCH, "batch") /* stock lines of batches */

enum throttle_bucket {
#define X(name, text) THROTTLE_##name,
    THROTTLE_BUCKET_LIST(X)
#undef X
        THROTTLE_BUCKETS
};

const char *throttle_bucket_text(enum throttle_bucket bucket);
bool throttle_parse_bucket(const char *text, enum throttle_bucket *ret_bucket);

struct directory_user;
struct throttle;
struct throttle_user;

struct throttle *throttle_new(const struct config *config);
void throttle_free(struct throttle *throttle); /* nobody has entered any more */

/* Users that have buckets. */
unsigned throttle_count(const struct throttle *throttle);

/* What the configuration gives a role. */
struct config_rate throttle_role_rate(const struct throttle *throttle, enum role role,
                                      enum throttle_bucket bucket);

/* The buckets of a user, for one session more; they begin full. They are kept until no session is left and
 * all are full again, so that reconnecting buys nothing. user: for limits of the user's own; NULL: those that
 * are remembered, else the role's. user_id 0 (signup) gets buckets for this session alone. */
struct throttle_user *throttle_enter(struct throttle *throttle, int32_t user_id, enum role role,
                                     const struct directory_user *user);
/* The same buckets for one more: a session's screen. */
struct throttle_user *throttle_join(struct throttle_user *user);
/* NULL is fine. */
void throttle_leave(struct throttle_user *user, uint64_t now_ms);

/* The buckets of a user, NULL: none, so all of them are full. Borrowed until the next call of another
 * function. */
struct throttle_user *throttle_find(struct throttle *throttle, int32_t user_id);

/* The user changed. Does nothing for one who has no buckets. */
void throttle_change(struct throttle *throttle, const struct directory_user *user, uint64_t now_ms);

/* Take `count` tokens (a batch takes several at once). False: there are not as many yet; *ret_wait_ms tells
 * how long that will take, and nothing was taken. count is at most the bucket's burst, else the burst is what
 * it waits for. */
bool throttle_take(struct throttle_user *user, enum throttle_bucket bucket, unsigned count, uint64_t now_ms,
                   uint64_t *ret_wait_ms);

/* How long until throttle_take would take so many; 0: it would. */
uint64_t throttle_wait_ms(struct throttle_user *user, enum throttle_bucket bucket, unsigned count,
                          uint64_t now_ms);

/* How many could be taken now (UINT32_MAX without a limit), and the limit. For batches and `limits`. */
unsigned throttle_available(struct throttle_user *user, enum throttle_bucket bucket, uint64_t now_ms);
struct config_rate throttle_rate(const struct throttle_user *user, enum throttle_bucket bucket);

#endif
