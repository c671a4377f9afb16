/* The lexer of the command language: a line into words. Used by core (and by fuzzing); pure.
 * Words are split by blanks; '…' and "…" quote, \ escapes outside single quotes, # at the start of a word begins
 * a comment. UTF-8 only; NUL and other control characters (a tab is a blank) are refused. */
#ifndef STOCKROOM_COMMON_LEXER_H
#define STOCKROOM_COMMON_LEXER_H

#include <stddef.h>

#include "common/arena.h"
#include "common/err.h"

enum {
    LEXER_LINE_MAX = 64 * 1024,
    LEXER_WORD_MAX = 4 * 1024,
    LEXER_WORDS_MAX = 1024
};

struct words {
    char **texts; /* NUL-terminated, in the arena */
    size_t *lens;
    size_t count; /* 0 for an empty line or a comment */
};

/* Split a line (without its line end). Everything returned lives in the arena.
 * ERR_TOO_LONG: line, word or number of words over the limit. ERR_BAD_ENCODING: not UTF-8, or a control
 * character. ERR_USAGE: a quote left open, a lone \ at the end. */
enum err lexer_split(struct arena *arena, const char *line, size_t len, struct words *ret_words,
                     struct err_info *ret_info);

#endif
