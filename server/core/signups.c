/* How often each address has tried to sign up: so many an hour, and no more.
 * Asked by `signup` on the main loop, where a look through the whole table is nothing beside the password
 * that is hashed next. Touches nothing but its table. */
#include "server/core/signups.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "config/network.h"

enum { HOUR_MS = 3600 * 1000, SUBNET_BYTES = 8 };

struct source {
    unsigned char key[NETWORK_ADDRESS_BYTES];
    uint64_t end_ms; /* of its hour */
    unsigned attempts;
};

struct signups {
    unsigned per_source;
    unsigned count;
    struct source sources[SIGNUPS_SOURCES_MAX];
};

struct signups *signups_new(unsigned per_source)
{
    struct signups *signups = calloc(1, sizeof *signups);

    if (signups == NULL) {
        abort();
    }
    signups->per_source = per_source;
    return signups;
}

void signups_free(struct signups *signups)
{
    free(signups);
}

/* Like front's limits: one customer usually has a whole /64. */
static void make_key(const char *text, unsigned char *ret_key)
{
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    struct network network;

    if (!network_parse(text, &network)) {
        crypto_generichash(ret_key, NETWORK_ADDRESS_BYTES, (const unsigned char *)text, strlen(text), NULL,
                           0);
        return;
    }
    memcpy(ret_key, network.address, NETWORK_ADDRESS_BYTES);
    if (memcmp(ret_key, mapped, sizeof mapped) != 0) {
        memset(ret_key + SUBNET_BYTES, 0, NETWORK_ADDRESS_BYTES - SUBNET_BYTES);
    }
}

/* The source's entry, or one that makes room for it. */
static struct source *find(struct signups *signups, const unsigned char *key)
{
    struct source *next = &signups->sources[0];

    for (unsigned i = 0; i < signups->count; i++) {
        struct source *source = &signups->sources[i];

        if (memcmp(source->key, key, sizeof source->key) == 0) {
            return source;
        }
        if (source->end_ms < next->end_ms) {
            next = source;
        }
    }
    if (signups->count < SIGNUPS_SOURCES_MAX) {
        next = &signups->sources[signups->count++];
    }
    memset(next, 0, sizeof *next);
    memcpy(next->key, key, sizeof next->key);
    return next;
}

bool signups_allow(struct signups *signups, const char *source, uint64_t now_ms, uint64_t *ret_wait_seconds)
{
    unsigned char key[NETWORK_ADDRESS_BYTES];
    struct source *entry;

    make_key(source, key);
    entry = find(signups, key);
    if (now_ms >= entry->end_ms) {
        entry->end_ms = now_ms + HOUR_MS;
        entry->attempts = 0;
    }
    if (entry->attempts >= signups->per_source) {
        *ret_wait_seconds = (entry->end_ms - now_ms + 999) / 1000;
        return false;
    }
    entry->attempts++;
    return true;
}
