/* The lines that a single command wants besides its words: the first of stdin, or asked for on a terminal,
 * which does not show them. Called by single.c on the main loop. Pure but for the request it fills. */
#ifndef STOCKROOM_SERVER_CORE_PROMPT_H
#define STOCKROOM_SERVER_CORE_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "server/core/request.h"

struct prompt;

enum prompt_state {
    PROMPT_MORE, /* not all lines are there yet */
    PROMPT_DONE, /* request->inputs holds what came */
    PROMPT_BAD   /* request->error says why */
};

/* NULL: the command wants none. is_terminal: prompts are shown, and Backspace, ^U, ^C and ^D work. */
struct prompt *prompt_new(struct request *request, bool is_terminal);

/* Wipes what was typed. */
void prompt_free(struct prompt *prompt);

/* What the terminal shows first. */
void prompt_begin(const struct prompt *prompt, struct buf *out);

/* Take bytes of stdin, or its end. What a terminal shall show is appended to out. What follows the last line
 * is left. */
enum prompt_state prompt_take(struct prompt *prompt, const char *data, size_t len, struct buf *out);
enum prompt_state prompt_end(struct prompt *prompt);

#endif
