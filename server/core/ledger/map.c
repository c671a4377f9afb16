#include "server/core/ledger/map.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct map_slot {
    const void *key; /* NULL: free */
    size_t len;
    uint64_t hash;
    union map_value value;
};

/* One secret for all maps of the process, so that nobody outside can make keys collide. Not one a thread: a
 * dry run's map goes from one worker to another. */
static unsigned char map_secret[crypto_shorthash_KEYBYTES];
static pthread_once_t map_secret_once = PTHREAD_ONCE_INIT;

static void map_make_secret(void)
{
    randombytes_buf(map_secret, sizeof(map_secret));
}

static uint64_t map_hash(const void *key, size_t len)
{
    uint64_t hash;

    pthread_once(&map_secret_once, map_make_secret);
    _Static_assert(sizeof(hash) == crypto_shorthash_BYTES, "a hash is 64 bits");
    crypto_shorthash((unsigned char *)&hash, key, len, map_secret);
    return hash;
}

/* The slot of a key, or the free one where it would go. The table is never full. */
static struct map_slot *map_find(struct map_slot *slots, size_t slot_count, uint64_t hash, const void *key,
                                 size_t len)
{
    size_t i = (size_t)hash & (slot_count - 1);

    while (slots[i].key != NULL) {
        if (slots[i].hash == hash && slots[i].len == len && memcmp(slots[i].key, key, len) == 0) {
            break;
        }
        i = (i + 1) & (slot_count - 1);
    }
    return &slots[i];
}

union map_value *map_get(const struct map *map, const void *key, size_t len)
{
    if (map->used == 0) {
        return NULL;
    }
    struct map_slot *slot = map_find(map->slots, map->slot_count, map_hash(key, len), key, len);
    return slot->key == NULL ? NULL : &slot->value;
}

static void map_grow(struct map *map)
{
    size_t slot_count = map->slot_count == 0 ? 64 : map->slot_count * 2;
    struct map_slot *slots = calloc(slot_count, sizeof(*slots));

    if (slots == NULL) {
        abort();
    }
    for (size_t i = 0; i < map->slot_count; i++) {
        const struct map_slot *old = &map->slots[i];
        if (old->key != NULL) {
            *map_find(slots, slot_count, old->hash, old->key, old->len) = *old;
        }
    }
    free(map->slots);
    map->slots = slots;
    map->slot_count = slot_count;
}

union map_value *map_put(struct map *map, const void *key, size_t len, int *ret_new)
{
    if (map->used + 1 > map->slot_count / 2) {
        map_grow(map);
    }
    uint64_t hash = map_hash(key, len);
    struct map_slot *slot = map_find(map->slots, map->slot_count, hash, key, len);
    *ret_new = slot->key == NULL;
    if (*ret_new) {
        *slot = (struct map_slot){.key = key, .len = len, .hash = hash};
        map->used++;
    }
    return &slot->value;
}

void map_clear(struct map *map)
{
    if (map->used > 0) {
        memset(map->slots, 0, map->slot_count * sizeof(*map->slots));
        map->used = 0;
    }
}

void map_done(struct map *map)
{
    free(map->slots);
    *map = (struct map){0};
}
