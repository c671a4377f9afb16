/* Which terminal description to use. Called by draw/screen.c while it opens.
 * Apart from it because <term.h> makes macros of words like `columns`.
 * Touches terminfo's files. */
#ifndef STOCKROOM_TUI_DRAW_TERMINFO_H
#define STOCKROOM_TUI_DRAW_TERMINFO_H

/* The client's own TERM when it is known here and can place text, else its nearest relative, else vt100; NULL
 * when there is not even that. Static or borrowed from term. term may be hostile or NULL. */
const char *terminfo_choose(const char *term, int fd);

#endif
