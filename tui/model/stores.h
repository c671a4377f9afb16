/* Who the user is, and the stores that the user may see.
 * Fed by the app, read by the views.
 * Touches neither the socket nor the screen. */
#ifndef STOCKROOM_TUI_MODEL_STORES_H
#define STOCKROOM_TUI_MODEL_STORES_H

#include <stdbool.h>
#include <stddef.h>

enum { STORES_MAX = 10000, STORE_CODE_SIZE = 33, STORE_NAME_SIZE = 201 };

struct store {
    char *code; /* both clean text, owned by the list */
    char *name; /* "" while unknown */
};

struct stores;

struct stores *stores_new(void);
void stores_free(struct stores *stores);

/* Forget them: the list comes again. */
void stores_clear(struct stores *stores);

/* Add a store, or learn the name of one. False when there are STORES_MAX already. */
bool stores_put(struct stores *stores, const char *code, const char *name);

size_t stores_count(const struct stores *stores);
const struct store *stores_at(const struct stores *stores, size_t index); /* sorted by code */
const struct store *stores_find(const struct stores *stores, const char *code);

#endif
