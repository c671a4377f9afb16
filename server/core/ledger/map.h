/* A hash map from bytes to a number or a pointer, for hostile keys (keyed hash). Used by the ledger's
 * modules, each map by one thread. Keys are borrowed: they must live as long as the map or until it is
 * cleared. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_MAP_H
#define STOCKROOM_SERVER_CORE_LEDGER_MAP_H

#include <stddef.h>
#include <stdint.h>

union map_value {
    void *pointer;
    int64_t number;
};

struct map_slot;

/* Zero-initialised is empty and valid. */
struct map {
    struct map_slot *slots;
    size_t slot_count; /* a power of two, or 0 */
    size_t used;
};

/* The value of a key, NULL when there is none; valid until the next map_put. */
union map_value *map_get(const struct map *map, const void *key, size_t len);

/* The same, put in (zeroed) when it was not there: *ret_new tells. Aborts when there is no memory: callers
 * bound how much they put in. */
union map_value *map_put(struct map *map, const void *key, size_t len, int *ret_new);

/* Forget all keys, keep the memory. */
void map_clear(struct map *map);
void map_done(struct map *map);

#endif
