/* The common half of the tables: see listing.h.
 * Called by the inventory and stores views.
 * Touches the screen only to draw the last lines. */
#include "tui/views/listing.h"

#include <stdio.h>
#include <string.h>

void listing_touch_all(struct listing *listing)
{
    list_touch_all(&listing->list);
    listing->dirty_title = true;
    listing->dirty_head = true;
    listing->dirty_status = true;
    listing->dirty_legend = true;
}

void listing_fit(struct listing *listing, const struct screen *screen)
{
    if (frame_is_stale(&listing->frame, screen)) {
        listing->frame = frame_fit(screen_columns(screen), screen_rows(screen));
        list_set_page(&listing->list, (size_t)listing->frame.list_rows);
        listing_touch_all(listing);
    }
}

static void set_mode(struct listing *listing, enum listing_mode mode)
{
    listing->mode = mode;
    listing->dirty_status = true;
    listing->dirty_legend = true;
    if (mode == LISTING_BROWSING) {
        list_touch_all(&listing->list); /* on a screen of one line the field stood on the list */
    }
}

static void take_filter(struct listing *listing)
{
    memcpy(listing->filter, listing->field.text, sizeof(listing->filter));
    listing->touched = false;
}

/* A key while a field is open. */
static enum listing_event key_in_field(struct listing *listing, const struct key_event *event)
{
    enum action action = event->pasted ? ACTION_NONE : keymap_find_action(SCOPE_FIELD, event->key);
    bool searching = listing->mode == LISTING_SEARCHING;
    listing->dirty_status = true;
    if (action == ACTION_ACCEPT) {
        set_mode(listing, LISTING_BROWSING);
        if (!searching) {
            return LISTING_FILTER_ACCEPTED;
        }
        if (listing->field.len > 0) {
            memcpy(listing->search, listing->field.text, sizeof(listing->search));
        }
        return listing->search[0] != '\0' ? LISTING_SEARCH_FORWARD : LISTING_DONE;
    }
    if (action == ACTION_ABANDON) {
        set_mode(listing, LISTING_BROWSING);
        if (searching || listing->filter[0] == '\0') {
            return LISTING_DONE;
        }
        field_clear(&listing->field);
        take_filter(listing);
        return LISTING_FILTER_CHANGED;
    }
    if (action == ACTION_REDRAW) {
        return LISTING_DONE;
    }
    if (!field_key(&listing->field, event, action) || searching) {
        return LISTING_DONE;
    }
    take_filter(listing);
    return LISTING_FILTER_CHANGED;
}

enum listing_event listing_key(struct listing *listing, unsigned scope, const struct key_event *event,
                               enum action *ret_action)
{
    if (listing->mode != LISTING_BROWSING) {
        return key_in_field(listing, event);
    }
    if (event->pasted) {
        return LISTING_DONE; /* a paste is text, and there is no field for it */
    }
    enum action action = keymap_find_action(scope, event->key);
    if (listing->note[0] != '\0') {
        listing->note[0] = '\0';
        listing->dirty_status = true;
    }
    switch (action) {
    case ACTION_SEARCH:
        field_clear(&listing->field);
        set_mode(listing, LISTING_SEARCHING);
        return LISTING_DONE;
    case ACTION_FILTER:
        field_set(&listing->field, listing->filter);
        set_mode(listing, LISTING_FILTERING);
        return LISTING_DONE;
    case ACTION_SEARCH_NEXT:
        return listing->search[0] != '\0' ? LISTING_SEARCH_FORWARD : LISTING_DONE;
    case ACTION_SEARCH_PREVIOUS:
        return listing->search[0] != '\0' ? LISTING_SEARCH_BACKWARD : LISTING_DONE;
    default:
        break;
    }
    if (list_act(&listing->list, action)) {
        listing->touched = true;
        listing->dirty_status = true;
        return LISTING_DONE;
    }
    *ret_action = action;
    return action == ACTION_NONE ? LISTING_DONE : LISTING_ACTION;
}

void listing_found(struct listing *listing, size_t position)
{
    listing->dirty_status = true;
    if (position < listing->list.count) {
        listing->touched = true;
        list_select(&listing->list, position);
    } else {
        snprintf(listing->note, sizeof(listing->note), "Not found: %.60s", listing->search);
    }
}

void listing_draw_foot(struct listing *listing, struct screen *screen, const struct view *view)
{
    const struct frame *frame = &listing->frame;
    unsigned scope = listing->mode == LISTING_BROWSING ? view->ops->scope : SCOPE_FIELD;
    if (listing->dirty_legend) {
        frame_draw_legend(frame, screen, scope);
    }
    if (listing->mode != LISTING_BROWSING) {
        int row = frame->status >= 0 ? frame->status : 0;
        field_draw(&listing->field, screen, row, frame->columns,
                   listing->mode == LISTING_SEARCHING ? "/" : "\\");
    } else if (listing->dirty_status) {
        const char *message = view->world->status[0] != '\0' ? view->world->status : listing->note;
        enum style style = view->world->status[0] != '\0' ? view->world->status_style : STYLE_PLAIN;
        screen_set_cursor(screen, -1, 0);
        frame_draw_status(frame, screen, style, message, listing->list.selected, listing->list.count);
    }
    listing->dirty_status = false;
    listing->dirty_legend = false;
}
