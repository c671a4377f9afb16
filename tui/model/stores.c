/* The list of stores: see stores.h.
 * Fed by the app, read by the views.
 * Touches only its own memory: an array sorted by code. */
#include "tui/model/stores.h"

#include <stdlib.h>
#include <string.h>

struct stores {
    struct store *items;
    size_t count;
    size_t cap;
};

static char *copy(const char *text)
{
    char *made = strdup(text);
    if (made == NULL) {
        abort();
    }
    return made;
}

struct stores *stores_new(void)
{
    struct stores *stores = calloc(1, sizeof(*stores));
    if (stores == NULL) {
        abort();
    }
    return stores;
}

void stores_clear(struct stores *stores)
{
    for (size_t i = 0; i < stores->count; i++) {
        free(stores->items[i].code);
        free(stores->items[i].name);
    }
    free(stores->items);
    *stores = (struct stores){0};
}

void stores_free(struct stores *stores)
{
    if (stores != NULL) {
        stores_clear(stores);
        free(stores);
    }
}

/* Where a code is, or where it belongs. */
static size_t find_place(const struct stores *stores, const char *code)
{
    size_t low = 0;
    size_t high = stores->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(stores->items[middle].code, code) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool stores_put(struct stores *stores, const char *code, const char *name)
{
    size_t place = find_place(stores, code);
    if (place < stores->count && strcmp(stores->items[place].code, code) == 0) {
        if (name[0] != '\0') {
            free(stores->items[place].name);
            stores->items[place].name = copy(name);
        }
        return true;
    }
    if (stores->count >= STORES_MAX) {
        return false;
    }
    if (stores->count == stores->cap) {
        size_t cap = stores->cap > 0 ? stores->cap * 2 : 8;
        struct store *items = realloc(stores->items, cap * sizeof(*items));
        if (items == NULL) {
            abort();
        }
        stores->items = items;
        stores->cap = cap;
    }
    memmove(stores->items + place + 1, stores->items + place,
            (stores->count - place) * sizeof(*stores->items));
    stores->items[place] = (struct store){.code = copy(code), .name = copy(name)};
    stores->count++;
    return true;
}

size_t stores_count(const struct stores *stores)
{
    return stores->count;
}

const struct store *stores_at(const struct stores *stores, size_t index)
{
    return &stores->items[index];
}

const struct store *stores_find(const struct stores *stores, const char *code)
{
    size_t place = find_place(stores, code);
    bool found = place < stores->count && strcmp(stores->items[place].code, code) == 0;
    return found ? &stores->items[place] : NULL;
}
