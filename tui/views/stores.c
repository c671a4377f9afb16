/* The stores that the user may open: a list to pick from.
 * Called by the app through its vtable.
 * Reads the world; draws; wishes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "tui/model/label.h"
#include "tui/views/listing.h"

enum { MARK_CELLS = 2 };

struct stores_view {
    struct view view; /* first: the vtable casts */
    struct listing listing;
    size_t *order; /* indexes into the list of stores that pass the filter */
    size_t code_cells;
};

static struct view *open_view(const struct world *world)
{
    struct stores_view *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        abort();
    }
    self->view = (struct view){.ops = &view_stores, .world = world};
    return &self->view;
}

static void close_view(struct view *view)
{
    struct stores_view *self = (struct stores_view *)view;
    free(self->order);
    free(self);
}

static bool holds(const struct store *store, const char *folded)
{
    cleanup(buf_done) struct buf text = {0};
    label_append_folded(&text, store->code);
    buf_append_char(&text, '\n');
    label_append_folded(&text, store->name);
    buf_append_char(&text, '\0');
    return strstr(text.data, folded) != NULL;
}

static void arrange(struct stores_view *self)
{
    const struct stores *stores = self->view.world->stores;
    cleanup(buf_done) struct buf folded = {0};
    size_t count = 0;
    label_append_folded(&folded, self->listing.filter);
    buf_append_char(&folded, '\0');
    free(self->order);
    self->order = calloc(stores_count(stores) + 1, sizeof(*self->order));
    if (self->order == NULL) {
        abort();
    }
    self->code_cells = strlen("Store");
    for (size_t i = 0; i < stores_count(stores); i++) {
        const struct store *store = stores_at(stores, i);
        if (holds(store, folded.data)) {
            size_t cells = text_width(store->code, strlen(store->code));
            self->code_cells = cells > self->code_cells ? cells : self->code_cells;
            self->order[count++] = i;
        }
    }
    list_set_content(&self->listing.list, count, self->listing.touched ? self->listing.list.selected : 0);
    listing_touch_all(&self->listing);
}

static void draw_store(const struct stores_view *self, struct screen *screen, int row, size_t position)
{
    const struct store *store = stores_at(self->view.world->stores, self->order[position]);
    bool selected = position == self->listing.list.selected;
    int cells = (int)self->code_cells;
    int name_at = MARK_CELLS + cells + 2;
    bool open = strcmp(store->code, self->view.world->store_code) == 0;
    screen_put(screen, row, 0, self->listing.frame.columns, STYLE_PLAIN, selected ? ">" : "");
    screen_put(screen, row, 1, 1, STYLE_PLAIN, open ? "*" : "");
    screen_put(screen, row, MARK_CELLS, cells, selected ? STYLE_CHOSEN : STYLE_PLAIN, store->code);
    screen_put(screen, row, name_at, self->listing.frame.columns - name_at, STYLE_PLAIN, store->name);
}

static void draw_rows(struct stores_view *self, struct screen *screen)
{
    struct list *list = &self->listing.list;
    const struct frame *frame = &self->listing.frame;
    for (int i = 0; i < frame->list_rows; i++) {
        size_t position = list->top + (size_t)i;
        if (!list->dirty[i]) {
            continue;
        }
        list->dirty[i] = false;
        if (position < list->count) {
            draw_store(self, screen, frame->list + i, position);
            continue;
        }
        const char *text = "";
        if (i == 0) {
            text = self->view.world->loading         ? "  Loading"
                   : self->listing.filter[0] != '\0' ? "  Nothing matches: Esc shows everything"
                                                     : "  No store is yours yet: ask an administrator";
        }
        screen_put(screen, frame->list + i, 0, frame->columns, STYLE_PLAIN, text);
    }
}

static void draw_view(struct view *view, struct screen *screen)
{
    struct stores_view *self = (struct stores_view *)view;
    struct listing *listing = &self->listing;
    listing_fit(listing, screen);
    if (listing->dirty_title) {
        char left[FIELD_BYTES_MAX + 16];
        const char *rights[] = {view->world->user.name, NULL};
        if (listing->filter[0] != '\0') {
            snprintf(left, sizeof(left), "Stores  [%s]", listing->filter);
        } else {
            snprintf(left, sizeof(left), "Stores");
        }
        frame_draw_title(&listing->frame, screen, left, rights);
        listing->dirty_title = false;
    }
    if (listing->dirty_head) {
        int name_at = MARK_CELLS + (int)self->code_cells + 2;
        screen_put(screen, listing->frame.head, 0, listing->frame.columns, STYLE_HEAD, "  Store");
        screen_put(screen, listing->frame.head, name_at, listing->frame.columns - name_at, STYLE_HEAD,
                   "Name");
        listing->dirty_head = false;
    }
    draw_rows(self, screen);
    listing_draw_foot(listing, screen, view);
}

static void take_result(struct view *view, unsigned changes, const char *sku)
{
    struct stores_view *self = (struct stores_view *)view;
    (void)sku;
    if ((changes & CHANGED_ROWS) != 0 || self->order == NULL) {
        arrange(self);
    }
    if ((changes & CHANGED_STATUS) != 0) {
        self->listing.dirty_status = true;
    }
    if ((changes & (CHANGED_TITLE | CHANGED_ALL | CHANGED_STORE)) != 0) {
        listing_touch_all(&self->listing);
    }
}

static void search(struct stores_view *self, bool backward)
{
    struct list *list = &self->listing.list;
    cleanup(buf_done) struct buf folded = {0};
    size_t found = list->count;
    label_append_folded(&folded, self->listing.search);
    buf_append_char(&folded, '\0');
    for (size_t step = 1; step <= list->count && found == list->count; step++) {
        size_t position = (list->selected + (backward ? list->count - step : step)) % list->count;
        if (holds(stores_at(self->view.world->stores, self->order[position]), folded.data)) {
            found = position;
        }
    }
    listing_found(&self->listing, found);
}

static void take_action(struct stores_view *self, enum action action, struct wish *ret_wish)
{
    const struct list *list = &self->listing.list;
    bool can_go_back = self->view.world->store_code[0] != '\0';
    switch (action) {
    case ACTION_HELP:
        ret_wish->kind = WISH_HELP;
        break;
    case ACTION_QUIT:
        ret_wish->kind = WISH_QUIT;
        break;
    case ACTION_CLOSE:
        ret_wish->kind = can_go_back ? WISH_BACK : WISH_QUIT;
        break;
    case ACTION_REFRESH:
        ret_wish->kind = WISH_REFRESH;
        break;
    case ACTION_GO:
        ret_wish->kind = WISH_GO;
        break;
    case ACTION_REDRAW:
        ret_wish->kind = WISH_REDRAW;
        break;
    case ACTION_CANCEL:
        if (self->listing.filter[0] != '\0') {
            self->listing.filter[0] = '\0';
            arrange(self);
        } else {
            ret_wish->kind = can_go_back ? WISH_BACK : WISH_NONE;
        }
        break;
    case ACTION_CHOOSE:
        if (list->selected < list->count) {
            ret_wish->kind = WISH_OPEN_STORE;
            snprintf(ret_wish->text, sizeof(ret_wish->text), "%s",
                     stores_at(self->view.world->stores, self->order[list->selected])->code);
        }
        break;
    default:
        break;
    }
}

static void take_key(struct view *view, const struct key_event *event, struct wish *ret_wish)
{
    struct stores_view *self = (struct stores_view *)view;
    enum action action = ACTION_NONE;
    switch (listing_key(&self->listing, view->ops->scope, event, &action)) {
    case LISTING_ACTION:
        take_action(self, action, ret_wish);
        break;
    case LISTING_SEARCH_FORWARD:
        search(self, false);
        break;
    case LISTING_SEARCH_BACKWARD:
        search(self, true);
        break;
    case LISTING_FILTER_CHANGED:
        arrange(self);
        break;
    case LISTING_FILTER_ACCEPTED:
    case LISTING_DONE:
        break;
    }
}

const struct view_ops view_stores = {
    .name = "Stores",
    .scope = SCOPE_STORES,
    .open = open_view,
    .draw = draw_view,
    .key = take_key,
    .result = take_result,
    .close = close_view,
};
