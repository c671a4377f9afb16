/* A stream of bytes cut into numbered lines, in bounded memory whatever comes. Called by the batch on the
 * main loop. Pure. */
#ifndef STOCKROOM_SERVER_CORE_LINES_H
#define STOCKROOM_SERVER_CORE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

/* Zero-initialised is empty and valid. */
struct lines {
    struct buf buf;
    size_t start;     /* where the next line begins */
    size_t scanned;   /* up to where no line end was seen */
    uint64_t number;  /* of the last line that was handed out */
    bool is_skipping; /* the rest of a line that was too long is not kept */
    bool is_ended;    /* nothing more comes: what is left is the last line */
};

enum lines_kind {
    LINES_NONE,    /* no whole line is there */
    LINES_LINE,    /* a line, without its \n or \r\n */
    LINES_TOO_LONG /* one of more than LEXER_LINE_MAX bytes: told once, its bytes are gone */
};

/* Add what came. Keeps at most a line, and what was added since lines_next last said LINES_NONE. */
void lines_add(struct lines *lines, const char *data, size_t len);
void lines_end(struct lines *lines);

/* The next line, valid until the next lines_add or lines_compact. lines->number is its number. */
enum lines_kind lines_next(struct lines *lines, const char **ret_line, size_t *ret_len);

/* Would lines_next find one? */
bool lines_has_next(struct lines *lines);

/* Give back the memory of lines that were handed out. */
void lines_compact(struct lines *lines);

void lines_done(struct lines *lines);

#endif
