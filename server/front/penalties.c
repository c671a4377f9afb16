/* The table of penalties. Called by door.c on front's only thread. Of a sum that runs down a second a second
 * only the moment of its end is kept: a hash finds a source, a heap has the one nearest to forgiveness on
 * top. Touches only itself. */
#include "server/front/penalties.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { BUCKETS_LEAST = 64, MS_PER_SECOND = 1000, FORGIVEN_A_TURN = 1024 };

struct penalty {
    unsigned char key[ADDRESS_KEY_BYTES];
    int64_t forgiven_ms;
    unsigned place; /* in the heap */
    bool is_refused;
    struct penalty *next;
};

struct penalties {
    const struct config *config;
    uint64_t seeds[2];
    size_t mask;
    struct penalty **buckets;
    struct penalty **heap; /* by forgiven_ms; the earliest is at 0 */
    unsigned count;
    unsigned limit; /* of count: room in the heap */
    unsigned refused;
};

/* ------------------------------------------------------------------ the hash */

static struct penalty **bucket_of(const struct penalties *penalties, const unsigned char *key)
{
    return &penalties->buckets[address_hash(key, penalties->seeds) & penalties->mask];
}

static struct penalty *find(const struct penalties *penalties, const unsigned char *key)
{
    struct penalty *penalty = *bucket_of(penalties, key);
    while (penalty != NULL && memcmp(penalty->key, key, ADDRESS_KEY_BYTES) != 0) {
        penalty = penalty->next;
    }
    return penalty;
}

static void insert(struct penalties *penalties, struct penalty *penalty)
{
    struct penalty **bucket = bucket_of(penalties, penalty->key);
    penalty->next = *bucket;
    *bucket = penalty;
}

/* ------------------------------------------------------------------ the heap */

static void put(struct penalties *penalties, unsigned place, struct penalty *penalty)
{
    penalties->heap[place] = penalty;
    penalty->place = place;
}

/* From `place` on up to where it belongs. */
static void rise(struct penalties *penalties, struct penalty *penalty, unsigned place)
{
    while (place > 0) {
        struct penalty *above = penalties->heap[(place - 1) / 2];
        if (above->forgiven_ms <= penalty->forgiven_ms) {
            break;
        }
        put(penalties, place, above);
        place = (place - 1) / 2;
    }
    put(penalties, place, penalty);
}

/* And down. */
static void sink(struct penalties *penalties, struct penalty *penalty, unsigned place)
{
    for (size_t below = (size_t)place * 2 + 1; below < penalties->count; below = (size_t)place * 2 + 1) {
        if (below + 1 < penalties->count &&
            penalties->heap[below + 1]->forgiven_ms < penalties->heap[below]->forgiven_ms) {
            below++;
        }
        if (penalty->forgiven_ms <= penalties->heap[below]->forgiven_ms) {
            break;
        }
        put(penalties, place, penalties->heap[below]);
        place = (unsigned)below;
    }
    put(penalties, place, penalty);
}

/* ------------------------------------------------------------------ remembering and forgetting */

/* The one on top of the heap. */
static void forget_nearest(struct penalties *penalties)
{
    struct penalty *penalty = penalties->heap[0];
    struct penalty **link = bucket_of(penalties, penalty->key);
    while (*link != penalty) {
        link = &(*link)->next;
    }
    *link = penalty->next;
    penalties->count--;
    if (penalties->count > 0) {
        sink(penalties, penalties->heap[penalties->count], 0);
    }
    penalties->refused -= penalty->is_refused ? 1 : 0;
    free(penalty);
}

/* NULL: all places are taken by sources that are further from forgiveness than this one would be. */
static struct penalty *remember(struct penalties *penalties, const unsigned char *key, int64_t forgiven_ms)
{
    if (penalties->count == penalties->limit) {
        if (forgiven_ms <= penalties->heap[0]->forgiven_ms) {
            return NULL;
        }
        forget_nearest(penalties);
    }
    struct penalty *penalty = calloc(1, sizeof *penalty);
    if (penalty == NULL) {
        abort();
    }
    memcpy(penalty->key, key, sizeof penalty->key);
    penalty->forgiven_ms = forgiven_ms;
    insert(penalties, penalty);
    penalties->count++;
    rise(penalties, penalty, penalties->count - 1);
    return penalty;
}

static unsigned seconds_of(const struct config *config, enum offence offence)
{
    switch (offence) {
    case OFFENCE_LOGIN_FAILURE:
        return config->penalties.login_failure_seconds;
    case OFFENCE_NO_LOGIN:
        return config->penalties.no_login_seconds;
    case OFFENCE_GRACE:
        return config->penalties.grace_seconds;
    case OFFENCE_CRASH:
        return config->penalties.crash_seconds;
    case OFFENCE_NONE:
        break;
    }
    return 0;
}

/* Rounded up: nobody is told to come too early. */
static unsigned seconds_until(int64_t end_ms, int64_t now_ms)
{
    return (unsigned)((end_ms - now_ms + MS_PER_SECOND - 1) / MS_PER_SECOND);
}

bool penalties_add(struct penalties *penalties, const struct address *address, enum offence offence,
                   int64_t now_ms, unsigned *ret_seconds)
{
    const struct config *config = penalties->config;
    int64_t price_ms = (int64_t)seconds_of(config, offence) * MS_PER_SECOND;
    int64_t most_ms = (int64_t)config->penalties.most_seconds * MS_PER_SECOND;
    *ret_seconds = 0;
    if (price_ms == 0 || address_is_in(address, &config->penalties.exempt)) {
        return false;
    }
    struct penalty *penalty = find(penalties, address->key);
    bool is_running = penalty != NULL && penalty->forgiven_ms > now_ms;
    int64_t sum_ms = price_ms + (is_running ? penalty->forgiven_ms - now_ms : 0);
    sum_ms = sum_ms < most_ms ? sum_ms : most_ms;
    if (penalty == NULL) {
        penalty = remember(penalties, address->key, now_ms + sum_ms);
    } else {
        penalties->refused -= penalty->is_refused && !is_running ? 1 : 0;
        penalty->is_refused = penalty->is_refused && is_running;
        penalty->forgiven_ms = now_ms + sum_ms;
        rise(penalties, penalty, penalty->place);
        sink(penalties, penalty, penalty->place);
    }
    if (penalty != NULL && !penalty->is_refused &&
        sum_ms >= (int64_t)config->penalties.enforce_seconds * MS_PER_SECOND) {
        penalty->is_refused = true;
        penalties->refused++;
        *ret_seconds = seconds_until(penalty->forgiven_ms, now_ms);
    }
    return true;
}

/* ------------------------------------------------------------------ asking */

unsigned penalties_left(const struct penalties *penalties, const struct address *address, int64_t now_ms)
{
    const struct penalty *penalty = find(penalties, address->key);
    if (penalty == NULL || !penalty->is_refused || penalty->forgiven_ms <= now_ms ||
        address_is_in(address, &penalties->config->penalties.exempt)) {
        return 0;
    }
    return seconds_until(penalty->forgiven_ms, now_ms);
}

unsigned penalties_count_refused(const struct penalties *penalties)
{
    return penalties->refused;
}

int64_t penalties_next_ms(const struct penalties *penalties)
{
    return penalties->count > 0 ? penalties->heap[0]->forgiven_ms : INT64_MAX;
}

void penalties_tick(struct penalties *penalties, int64_t now_ms)
{
    for (int i = 0; i < FORGIVEN_A_TURN && now_ms >= penalties_next_ms(penalties); i++) {
        forget_nearest(penalties);
    }
}

/* ------------------------------------------------------------------ its size */

/* Room for so many; those that are there are kept. */
static void make_room(struct penalties *penalties, unsigned limit)
{
    size_t size = BUCKETS_LEAST;
    while (size < limit) {
        size *= 2;
    }
    struct penalty **buckets = calloc(size, sizeof(struct penalty *));
    struct penalty **heap = realloc(penalties->heap, limit * sizeof(struct penalty *));
    if (buckets == NULL || heap == NULL) {
        abort();
    }
    free(penalties->buckets);
    penalties->buckets = buckets;
    penalties->heap = heap;
    penalties->mask = size - 1;
    penalties->limit = limit;
    for (unsigned i = 0; i < penalties->count; i++) {
        insert(penalties, heap[i]);
    }
}

void penalties_resize(struct penalties *penalties)
{
    unsigned limit = penalties->config->penalties.sources;
    if (limit == penalties->limit) {
        return;
    }
    while (penalties->count > limit) {
        forget_nearest(penalties);
    }
    make_room(penalties, limit);
}

struct penalties *penalties_new(const struct config *config)
{
    struct penalties *penalties = calloc(1, sizeof *penalties);
    if (penalties == NULL ||
        getrandom(penalties->seeds, sizeof penalties->seeds, 0) != (ssize_t)sizeof penalties->seeds) {
        abort();
    }
    penalties->config = config;
    make_room(penalties, config->penalties.sources);
    return penalties;
}

void penalties_free(struct penalties *penalties)
{
    if (penalties == NULL) {
        return;
    }
    while (penalties->count > 0) {
        forget_nearest(penalties);
    }
    free(penalties->buckets);
    free(penalties->heap);
    free(penalties);
}
