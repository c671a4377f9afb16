/* Token buckets by user and class. Asked by peers, dispatch and batches; on the main loop only. Counts in
 * thousandths of a token, of which a millisecond brings exactly `per_second`: nothing is rounded, so nothing
 * drifts. Users without a session stay in a list, whose full ones go whenever somebody leaves. */
#include "server/core/throttle.h"

#include <stdlib.h>
#include <string.h>

#include "server/core/directory.h"

enum {
    MILLI = 1000,
    SIZE_FIRST = 64, /* a power of two */
    LEFT_A_LEAVE = 4 /* users without sessions that are looked at when one leaves: more than can come */
};

struct bucket {
    struct config_rate rate;
    uint64_t milli; /* tokens at `at_ms`; no limit: not kept */
    uint64_t at_ms;
};

struct throttle_user {
    struct throttle *throttle;
    int32_t user_id;
    enum role role;
    unsigned sessions;
    struct bucket buckets[THROTTLE_BUCKETS];
    struct throttle_user *hash_next;
    struct throttle_user *next; /* of those without sessions, the one that left first first */
    struct throttle_user *previous;
};

struct throttle {
    const struct config *config;
    uint64_t now_ms; /* the latest that was told */
    struct throttle_user **table;
    size_t size;
    unsigned count;
    struct throttle_user left; /* ring */
};

/* A signup is one command, or a few when the first ones were wrong; how many succeed is [signup]'s to say. */
static const struct config_rate signup_rates[THROTTLE_BUCKETS] = {
    [THROTTLE_READ] = {5, 20}, [THROTTLE_WRITE] = {1, 5},  [THROTTLE_SCAN] = {1, 5},
    [THROTTLE_LOGIN] = {1, 5}, [THROTTLE_BATCH] = {5, 20},
};

static const char *const texts[THROTTLE_BUCKETS] = {
#define X(name, text) [THROTTLE_##name] = text,
    THROTTLE_BUCKET_LIST(X)
#undef X
};

const char *throttle_bucket_text(enum throttle_bucket bucket)
{
    return texts[bucket];
}

bool throttle_parse_bucket(const char *text, enum throttle_bucket *ret_bucket)
{
    for (unsigned i = 0; i < THROTTLE_BUCKETS; i++) {
        if (strcmp(texts[i], text) == 0) {
            *ret_bucket = (enum throttle_bucket)i;
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ a bucket */

static uint64_t full_milli(const struct bucket *bucket)
{
    return (uint64_t)bucket->rate.burst * MILLI;
}

/* What time has brought. A clock that went back brings nothing. */
static void refill(struct bucket *bucket, uint64_t now_ms)
{
    uint64_t full = full_milli(bucket);
    if (now_ms <= bucket->at_ms || bucket->rate.per_second == 0) {
        return;
    }
    uint64_t passed_ms = now_ms - bucket->at_ms;
    bucket->at_ms = now_ms;
    if (bucket->milli >= full || passed_ms > (full - bucket->milli) / bucket->rate.per_second) {
        bucket->milli = full;
    } else {
        bucket->milli += passed_ms * bucket->rate.per_second;
    }
}

static bool is_full(struct bucket *bucket, uint64_t now_ms)
{
    refill(bucket, now_ms);
    return bucket->rate.per_second == 0 || bucket->milli >= full_milli(bucket);
}

/* Another limit: what was there stays, as far as it fits. One that had none begins full. A burst of none
 * could never be taken from. */
static void set_rate(struct bucket *bucket, struct config_rate rate, uint64_t now_ms)
{
    bool had_limit = bucket->rate.per_second > 0;
    refill(bucket, now_ms);
    bucket->rate = rate;
    if (rate.per_second > 0 && rate.burst == 0) {
        bucket->rate.burst = 1;
    }
    if (!had_limit || bucket->milli > full_milli(bucket)) {
        bucket->milli = full_milli(bucket);
        bucket->at_ms = now_ms;
    }
}

/* ------------------------------------------------------------------ the table */

struct throttle *throttle_new(const struct config *config)
{
    struct throttle *throttle = calloc(1, sizeof *throttle);
    struct throttle_user **table = calloc(SIZE_FIRST, sizeof *table);
    if (!throttle || !table) {
        abort();
    }
    throttle->config = config;
    throttle->table = table;
    throttle->size = SIZE_FIRST;
    throttle->left.next = &throttle->left;
    throttle->left.previous = &throttle->left;
    return throttle;
}

unsigned throttle_count(const struct throttle *throttle)
{
    return throttle->count;
}

/* Ids are counted up by the database: they spread well by themselves. */
static struct throttle_user **place_of(const struct throttle *throttle, int32_t user_id)
{
    return &throttle->table[(uint32_t)user_id & (throttle->size - 1)];
}

static void grow(struct throttle *throttle)
{
    struct throttle_user **old = throttle->table;
    size_t old_size = throttle->size;
    throttle->size *= 2;
    throttle->table = calloc(throttle->size, sizeof *throttle->table);
    if (!throttle->table) {
        abort();
    }
    for (size_t i = 0; i < old_size; i++) {
        while (old[i]) {
            struct throttle_user *user = old[i];
            old[i] = user->hash_next;
            struct throttle_user **place = place_of(throttle, user->user_id);
            user->hash_next = *place;
            *place = user;
        }
    }
    free(old);
}

struct throttle_user *throttle_find(struct throttle *throttle, int32_t user_id)
{
    struct throttle_user *user = *place_of(throttle, user_id);
    while (user && user->user_id != user_id) {
        user = user->hash_next;
    }
    return user;
}

static void ring_remove(struct throttle_user *user)
{
    if (user->next) {
        user->next->previous = user->previous;
        user->previous->next = user->next;
        user->next = NULL;
        user->previous = NULL;
    }
}

static void ring_add(struct throttle *throttle, struct throttle_user *user)
{
    user->next = &throttle->left;
    user->previous = throttle->left.previous;
    throttle->left.previous->next = user;
    throttle->left.previous = user;
}

static void forget(struct throttle *throttle, struct throttle_user *user)
{
    struct throttle_user **place = place_of(throttle, user->user_id);
    while (*place != user) {
        place = &(*place)->hash_next;
    }
    *place = user->hash_next;
    ring_remove(user);
    throttle->count--;
    free(user);
}

void throttle_free(struct throttle *throttle)
{
    while (throttle->left.next != &throttle->left) {
        forget(throttle, throttle->left.next);
    }
    free(throttle->table);
    free(throttle);
}

/* ------------------------------------------------------------------ users */

struct config_rate throttle_role_rate(const struct throttle *throttle, enum role role,
                                      enum throttle_bucket bucket)
{
    const struct config *config = throttle->config;
    if (role == ROLE_SIGNUP) {
        return signup_rates[bucket];
    }
    const struct config_rates *rates = role == ROLE_ADMIN   ? &config->throttle.admin
                                       : role == ROLE_OWNER ? &config->throttle.owner
                                                            : &config->throttle.staff;
    const struct config_rate in_order[THROTTLE_BUCKETS] = {[THROTTLE_READ] = rates->read,
                                                           [THROTTLE_WRITE] = rates->write,
                                                           [THROTTLE_SCAN] = rates->scan,
                                                           [THROTTLE_LOGIN] = rates->login,
                                                           [THROTTLE_BATCH] = rates->batch};
    return in_order[bucket];
}

static void set_rates(struct throttle_user *entry, enum role role, const struct directory_user *user)
{
    entry->role = role;
    for (unsigned i = 0; i < THROTTLE_BUCKETS; i++) {
        enum throttle_bucket bucket = (enum throttle_bucket)i;
        struct config_rate rate =
            user && user->has_limit[i] ? user->limits[i] : throttle_role_rate(entry->throttle, role, bucket);
        set_rate(&entry->buckets[i], rate, entry->throttle->now_ms);
    }
}

static struct throttle_user *add(struct throttle *throttle, int32_t user_id)
{
    struct throttle_user *user = calloc(1, sizeof *user);
    if (!user) {
        abort();
    }
    user->throttle = throttle;
    user->user_id = user_id;
    if (user_id == 0) {
        return user;
    }
    if (throttle->count == throttle->size) {
        grow(throttle);
    }
    struct throttle_user **place = place_of(throttle, user_id);
    user->hash_next = *place;
    *place = user;
    throttle->count++;
    return user;
}

struct throttle_user *throttle_enter(struct throttle *throttle, int32_t user_id, enum role role,
                                     const struct directory_user *user)
{
    struct throttle_user *entry = user_id != 0 ? throttle_find(throttle, user_id) : NULL;
    bool is_new = entry == NULL;
    if (is_new) {
        entry = add(throttle, user_id);
    }
    if (is_new || user || entry->role != role) {
        set_rates(entry, role, user);
    }
    ring_remove(entry);
    entry->sessions++;
    return entry;
}

struct throttle_user *throttle_join(struct throttle_user *user)
{
    user->sessions++;
    return user;
}

static bool is_rested(struct throttle_user *user, uint64_t now_ms)
{
    bool rested = true;
    for (unsigned i = 0; i < THROTTLE_BUCKETS; i++) {
        rested = is_full(&user->buckets[i], now_ms) && rested;
    }
    return rested;
}

/* Forget those at the head that are full by now; the others go behind. More are looked at than come, so that
 * the list gets shorter as soon as they are full. */
static void forget_rested(struct throttle *throttle)
{
    for (unsigned i = 0; i < LEFT_A_LEAVE && throttle->left.next != &throttle->left; i++) {
        struct throttle_user *user = throttle->left.next;
        if (is_rested(user, throttle->now_ms)) {
            forget(throttle, user);
        } else {
            ring_remove(user);
            ring_add(throttle, user);
        }
    }
}

static void tell_time(struct throttle *throttle, uint64_t now_ms)
{
    if (now_ms > throttle->now_ms) {
        throttle->now_ms = now_ms;
    }
}

void throttle_leave(struct throttle_user *user, uint64_t now_ms)
{
    if (!user || --user->sessions > 0) {
        return;
    }
    if (user->user_id == 0) {
        free(user);
        return;
    }
    struct throttle *throttle = user->throttle;
    tell_time(throttle, now_ms);
    ring_add(throttle, user);
    if (is_rested(user, throttle->now_ms)) {
        forget(throttle, user);
    }
    forget_rested(throttle);
}

void throttle_change(struct throttle *throttle, const struct directory_user *user, uint64_t now_ms)
{
    struct throttle_user *entry = throttle_find(throttle, user->user_id);
    tell_time(throttle, now_ms);
    if (entry) {
        set_rates(entry, user->role, user);
    }
}

/* ------------------------------------------------------------------ tokens */

/* Nobody waits for more than a full bucket. */
static uint64_t needed_milli(const struct bucket *bucket, unsigned count)
{
    return (uint64_t)(count < bucket->rate.burst ? count : bucket->rate.burst) * MILLI;
}

uint64_t throttle_wait_ms(struct throttle_user *user, enum throttle_bucket which, unsigned count,
                          uint64_t now_ms)
{
    struct bucket *bucket = &user->buckets[which];
    if (bucket->rate.per_second == 0) {
        return 0;
    }
    tell_time(user->throttle, now_ms);
    refill(bucket, now_ms);
    uint64_t needed = needed_milli(bucket, count);
    return bucket->milli >= needed
               ? 0
               : (needed - bucket->milli + bucket->rate.per_second - 1) / bucket->rate.per_second;
}

bool throttle_take(struct throttle_user *user, enum throttle_bucket which, unsigned count, uint64_t now_ms,
                   uint64_t *ret_wait_ms)
{
    struct bucket *bucket = &user->buckets[which];
    uint64_t wait_ms = throttle_wait_ms(user, which, count, now_ms);
    if (wait_ms > 0) {
        *ret_wait_ms = wait_ms;
        return false;
    }
    if (bucket->rate.per_second > 0) {
        bucket->milli -= needed_milli(bucket, count);
    }
    return true;
}

unsigned throttle_available(struct throttle_user *user, enum throttle_bucket which, uint64_t now_ms)
{
    struct bucket *bucket = &user->buckets[which];
    if (bucket->rate.per_second == 0) {
        return UINT32_MAX;
    }
    refill(bucket, now_ms);
    return (unsigned)(bucket->milli / MILLI);
}

struct config_rate throttle_rate(const struct throttle_user *user, enum throttle_bucket bucket)
{
    return user->buckets[bucket].rate;
}
