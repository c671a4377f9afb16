/* The table of addresses: a hash with a random seed, since clients choose their IPv6 networks. Called by
 * door.c. Touches only itself. */
#include "server/front/sources.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { BUCKETS_LEAST = 64 };

struct source {
    unsigned char key[ADDRESS_KEY_BYTES];
    unsigned sessions;
    unsigned unauthenticated; /* of these */
    struct source *next;
};

struct sources {
    uint64_t seeds[2];
    size_t mask;
    struct source **buckets;
};

struct sources *sources_new(unsigned expected)
{
    struct sources *sources = calloc(1, sizeof *sources);
    size_t size = BUCKETS_LEAST;
    while (size < expected) {
        size *= 2;
    }
    struct source **buckets = calloc(size, sizeof(struct source *));
    if (sources == NULL || buckets == NULL ||
        getrandom(sources->seeds, sizeof sources->seeds, 0) != (ssize_t)sizeof sources->seeds) {
        abort();
    }
    sources->mask = size - 1;
    sources->buckets = buckets;
    return sources;
}

void sources_free(struct sources *sources)
{
    if (sources == NULL) {
        return;
    }
    for (size_t i = 0; i <= sources->mask; i++) {
        while (sources->buckets[i] != NULL) {
            struct source *source = sources->buckets[i];
            sources->buckets[i] = source->next;
            free(source);
        }
    }
    free(sources->buckets);
    free(sources);
}

static struct source **bucket_of(const struct sources *sources, const unsigned char *key)
{
    return &sources->buckets[address_hash(key, sources->seeds) & sources->mask];
}

enum sources_entry sources_enter(struct sources *sources, const struct address *address, unsigned limit,
                                 unsigned limit_unauthenticated, struct source **ret_source)
{
    struct source **bucket = bucket_of(sources, address->key);
    struct source *source = *bucket;
    while (source != NULL && memcmp(source->key, address->key, ADDRESS_KEY_BYTES) != 0) {
        source = source->next;
    }
    if (source == NULL) {
        source = calloc(1, sizeof *source);
        if (source == NULL) {
            abort();
        }
        memcpy(source->key, address->key, ADDRESS_KEY_BYTES);
        source->next = *bucket;
        *bucket = source;
    } else if (source->sessions >= limit) {
        return SOURCES_FULL;
    } else if (source->unauthenticated >= limit_unauthenticated) {
        return SOURCES_FULL_UNAUTHENTICATED;
    }
    source->sessions++;
    source->unauthenticated++;
    *ret_source = source;
    return SOURCES_ENTERED;
}

void sources_logged_in(struct source *source)
{
    source->unauthenticated--;
}

bool sources_have_login(const struct source *source)
{
    return source->sessions > source->unauthenticated;
}

void sources_leave(struct sources *sources, struct source *source, bool has_logged_in)
{
    source->unauthenticated -= has_logged_in ? 0 : 1;
    if (--source->sessions > 0) {
        return;
    }
    struct source **place = bucket_of(sources, source->key);
    while (*place != source) {
        place = &(*place)->next;
    }
    *place = source->next;
    free(source);
}
