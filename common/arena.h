/* An arena: many small allocations, freed together. One for each request; owned by one thread at a time. */
#ifndef STOCKROOM_COMMON_ARENA_H
#define STOCKROOM_COMMON_ARENA_H

#include <stddef.h>

struct arena_block;

/* Zero-initialised is empty and valid. */
struct arena {
    struct arena_block *blocks;
    char *next;
    size_t left;
    size_t total; /* bytes taken from malloc, for those who keep a bound */
};

/* Memory aligned for any type, not cleared; aborts when there is none. len 0 is allowed. */
void *arena_alloc(struct arena *arena, size_t len);

/* The same, zeroed: for count things of size bytes; aborts on overflow. */
void *arena_calloc(struct arena *arena, size_t count, size_t size);

/* Copies, NUL-terminated. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Free everything; the arena is empty and usable again. */
void arena_done(struct arena *arena);

#endif
