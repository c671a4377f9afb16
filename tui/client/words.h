/* Words of the command language: quoted so that the server's lexer reads them back as they were.
 * Called by the client.
 * Pure. */
#ifndef STOCKROOM_TUI_CLIENT_WORDS_H
#define STOCKROOM_TUI_CLIENT_WORDS_H

#include "common/buf.h"

/* Append one word, in quotes if it needs them: blanks, quotes, backslashes, # and every other mark stay what
 * they are. word: printable UTF-8 (a line holds nothing else). */
void words_append(struct buf *buf, const char *word);

#endif
