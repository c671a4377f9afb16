/* An arena: blocks from malloc, handed out from the front, freed together. One for each request, so
 * one thread at a time. Aborts when memory is out: callers bound what they ask for. */
#include "common/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALIGN = _Alignof(max_align_t),
    BLOCK_FIRST = 2048, /* most requests are one short line */
    BLOCK_LARGEST = 64 * 1024
};

struct arena_block {
    struct arena_block *older;
    size_t size;
    max_align_t data[];
};

static struct arena_block *new_block(struct arena *arena, size_t size)
{
    struct arena_block *block;

    if (size > SIZE_MAX / 2) {
        abort();
    }
    block = malloc(sizeof *block + size);
    if (block == NULL) {
        abort();
    }
    block->size = size;
    arena->total += sizeof *block + size;
    return block;
}

/* A large piece gets a block of its own, behind the current one, whose rest stays in use. */
static void *alloc_apart(struct arena *arena, size_t len)
{
    struct arena_block *block = new_block(arena, len);

    if (arena->blocks == NULL) {
        block->older = NULL;
        arena->blocks = block;
    } else {
        block->older = arena->blocks->older;
        arena->blocks->older = block;
    }
    return block->data;
}

static void grow(struct arena *arena)
{
    size_t size = BLOCK_FIRST;
    struct arena_block *block;

    if (arena->blocks != NULL && arena->blocks->size >= BLOCK_FIRST) {
        size = arena->blocks->size * 2;
    }
    if (size > BLOCK_LARGEST) {
        size = BLOCK_LARGEST;
    }
    block = new_block(arena, size);
    block->older = arena->blocks;
    arena->blocks = block;
    arena->next = (char *)block->data;
    arena->left = size;
}

void *arena_alloc(struct arena *arena, size_t len)
{
    size_t rounded = (len + (ALIGN - 1)) & ~(size_t)(ALIGN - 1);
    char *piece;

    if (rounded < len) {
        abort();
    }
    if (rounded == 0) {
        rounded = ALIGN;
    }
    if (rounded > arena->left) {
        if (rounded > BLOCK_FIRST / 2) {
            return alloc_apart(arena, rounded);
        }
        grow(arena);
    }
    piece = arena->next;
    arena->next += rounded;
    arena->left -= rounded;
    return piece;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
    size_t len;
    void *piece;

    if (__builtin_mul_overflow(count, size, &len)) {
        abort();
    }
    piece = arena_alloc(arena, len);
    memset(piece, 0, len);
    return piece;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_alloc(arena, len + 1);

    if (len > 0) {
        memcpy(copy, text, len);
    }
    copy[len] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_list again;
    char *text;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) {
        abort();
    }
    text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

void arena_done(struct arena *arena)
{
    struct arena_block *block = arena->blocks;

    while (block != NULL) {
        struct arena_block *older = block->older;

        free(block);
        block = older;
    }
    *arena = (struct arena){0};
}
