/* What the tables have in common: moving about, the search and filter fields, and what of the screen is
 * dirty. Called by the inventory and stores views, which own one each and draw its rows. Touches the screen
 * only to draw the status line. */
#ifndef STOCKROOM_TUI_VIEWS_LISTING_H
#define STOCKROOM_TUI_VIEWS_LISTING_H

#include "tui/views/frame.h"
#include "tui/widgets/list.h"

enum listing_mode { LISTING_BROWSING, LISTING_SEARCHING, LISTING_FILTERING };

/* What a key came to. */
enum listing_event {
    LISTING_DONE,           /* dealt with */
    LISTING_ACTION,         /* an action that is the view's business */
    LISTING_SEARCH_FORWARD, /* look for listing->search */
    LISTING_SEARCH_BACKWARD,
    LISTING_FILTER_CHANGED, /* listing->field.text is the new filter */
    LISTING_FILTER_ACCEPTED /* the same, and Enter was pressed */
};

/* Zero-initialised is valid. */
struct listing {
    struct frame frame;
    struct list list;
    struct field field;
    enum listing_mode mode;
    char search[FIELD_BYTES_MAX + 1];
    char filter[FIELD_BYTES_MAX + 1]; /* as it stands */
    char note[80];                    /* the view's own word in the status line, until the next key */
    bool dirty_title;
    bool dirty_head;
    bool dirty_status;
    bool dirty_legend;
    bool touched; /* the user has moved: the selection is no accident */
};

/* Everything must be drawn again. */
void listing_touch_all(struct listing *listing);

/* Fit the frame to the screen if its size changed. */
void listing_fit(struct listing *listing, const struct screen *screen);

/* Take a key. ret_action is set with LISTING_ACTION. */
enum listing_event listing_key(struct listing *listing, unsigned scope, const struct key_event *event,
                               enum action *ret_action);

/* Select what a search found: a position below the list's count, or anything else for "not found". */
void listing_found(struct listing *listing, size_t position);

/* Draw the status line (or the field that is open in its place) and the legend, where dirty. */
void listing_draw_foot(struct listing *listing, struct screen *screen, const struct view *view);

#endif
