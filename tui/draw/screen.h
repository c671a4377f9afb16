/* The terminal: the one place that knows ncurses. Cells go in by row and column, keys come out as
 * tui/keymap.h's codes. Called by the views and widgets (cells) and the main loop (everything else), in the
 * one thread of the program. Touches the terminal's descriptors only; knows nothing of stock, views or the
 * server. */
#ifndef STOCKROOM_TUI_DRAW_SCREEN_H
#define STOCKROOM_TUI_DRAW_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/keymap.h"

struct screen;

enum style {
    STYLE_PLAIN,
    STYLE_TITLE,  /* the first line */
    STYLE_HEAD,   /* names of columns */
    STYLE_CHOSEN, /* the key cell of the selected row */
    STYLE_LOW,    /* stock at or under its reorder point */
    STYLE_NOTICE, /* a toast */
    STYLE_ERROR,
    STYLE_LEGEND
};

enum { SCREEN_COLUMNS_MAX = 500, SCREEN_ROWS_MAX = 200 };

struct screen_options {
    int in_fd;        /* borrowed; a terminal or a socket whose other end is one */
    int out_fd;       /* borrowed; may be the same */
    const char *term; /* the client's word: an unknown or impossible name falls back */
    int columns;      /* 0: ask the terminal */
    int rows;
    bool colours; /* false: never, whatever the terminal could */
};

/* Take the terminal over. One screen at a time. On failure NULL, and ret_reason (size bytes) says why. */
struct screen *screen_open(const struct screen_options *options, char *ret_reason, size_t size);

/* Give the terminal back as it was found, and free. NULL is allowed. */
void screen_close(struct screen *screen);

/* The terminal has another size now (clamped to 1..500 x 1..200); everything must be drawn again. */
void screen_resize(struct screen *screen, int columns, int rows);

int screen_columns(const struct screen *screen);
int screen_rows(const struct screen *screen);

/* Can the terminal show more than ASCII? */
bool screen_is_utf8(const struct screen *screen);

/* Fill `width` cells from (row, column) with text: cut by cells, padded with blanks, what is not printable as
 * '?'. What lies outside the screen is dropped. Nothing is sent before screen_flush. */
void screen_put(struct screen *screen, int row, int column, int width, enum style style, const char *text);

/* The same, at the right end of the cells. */
void screen_put_right(struct screen *screen, int row, int column, int width, enum style style,
                      const char *text);

/* Show the cursor there, or hide it (row < 0). */
void screen_set_cursor(struct screen *screen, int row, int column);

/* The terminal's content is not to be trusted any more: the next flush sends everything. */
void screen_forget(struct screen *screen);

/* Send what changed. May block while the terminal does not read. */
void screen_flush(struct screen *screen);

/* The next key that has arrived; false when there is none. Waits at most 100 ms, and only after an Esc. */
bool screen_read_key(struct screen *screen, struct key_event *ret_event);

#endif
