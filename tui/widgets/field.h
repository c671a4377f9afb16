/* A one-line text field. Called by the views, which say where on the screen it stands.
 * Holds clean, printable UTF-8 only: what is not printable never gets in.
 * Touches the screen when drawn, nothing else. */
#ifndef STOCKROOM_TUI_WIDGETS_FIELD_H
#define STOCKROOM_TUI_WIDGETS_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/draw/screen.h"
#include "tui/keymap.h"

enum { FIELD_BYTES_MAX = 1000 }; /* the longest password */

/* What the screen shows of it. */
enum field_look {
    FIELD_SHOWN,
    FIELD_STARS, /* a star for each character */
    FIELD_HIDDEN /* nothing, not even how long it is */
};

/* Zero-initialised is empty and valid. */
struct field {
    char text[FIELD_BYTES_MAX + 1]; /* NUL-terminated */
    size_t len;
    size_t cursor; /* in bytes, at the start of a character */
    enum field_look look;
};

/* Empties it, and leaves nothing of what was typed in memory. */
void field_clear(struct field *field);

/* Take text over, the cursor after it. Cut to what fits. */
void field_set(struct field *field, const char *text);

/* A key that is text (typed or pasted) or one of the editing actions. True when the text changed; moving the
 * cursor is done but returns false. What it does not know it ignores. */
bool field_key(struct field *field, const struct key_event *event, enum action action);

/* Draw "label" and the text into width cells, and put the cursor there. */
void field_draw(const struct field *field, struct screen *screen, int row, int width, const char *label);

/* Draw the text alone into the cells from (row, column); the cursor goes there when it has the focus. */
void field_draw_at(const struct field *field, struct screen *screen, int row, int column, int width,
                   bool has_focus);

#endif
