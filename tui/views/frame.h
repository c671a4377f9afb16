/* The frame of every view: where title, heads, rows, status and legend stand on screens of any size, and
 * their drawing. Called by the views. Touches the screen only. */
#ifndef STOCKROOM_TUI_VIEWS_FRAME_H
#define STOCKROOM_TUI_VIEWS_FRAME_H

#include "tui/views/view.h"

enum {
    FRAME_COLUMNS = 80, /* what shows everything */
    FRAME_ROWS = 24
};

/* Rows of the screen; -1 for what has no room. The list always has at least one. */
struct frame {
    int columns;
    int rows;
    int title;
    int head;
    int list;
    int list_rows;
    int status;
    int legend;
};

/* The frame of a screen of this size. */
struct frame frame_fit(int columns, int rows);

/* Is the screen of another size than the frame was made for? */
bool frame_is_stale(const struct frame *frame, const struct screen *screen);

/* left always; at the right end the first of the texts (a NULL ends them) that fits beside it. */
void frame_draw_title(const struct frame *frame, struct screen *screen, const char *left,
                      const char *const *rights);

/* A message, and where in the list we are (selected counts from 0). An empty message on a small screen says
 * that. */
void frame_draw_status(const struct frame *frame, struct screen *screen, enum style style,
                       const char *message, size_t selected, size_t count);

void frame_draw_legend(const struct frame *frame, struct screen *screen, unsigned scope);

#endif
