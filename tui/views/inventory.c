/* The inventory of a store: a row an item, live.
 * Called by the app through its vtable.
 * Reads the world; draws; wishes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/values.h"
#include "tui/model/arrangement.h"
#include "tui/model/label.h"
#include "tui/views/listing.h"

enum {
    MARK_CELLS = 2, /* '>' before the selected row */
    LOW_CELLS = 1, /* '!' after a low quantity: there, and not beside '>', it costs a moving cursor nothing */
    NAME_COMFORTABLE = 16, /* columns leave until the name has so much */
    SKU_CELLS_MAX = 16,
    CATEGORY_CELLS_MAX = 14,
    NUMBER_CELLS_MAX = 20,
    CELL_BYTES = 256
};

/* Where a column stands; width 0: not on the screen. */
struct place {
    int at;
    int width;
};

struct inventory_view {
    struct view view; /* first: the vtable casts */
    struct listing listing;
    struct arrangement *arrangement;
    struct place places[COLUMN_COUNT];
    char selected_sku[ITEM_SKU_SIZE]; /* kept across changes of the order */
};

static const struct {
    const char *title;
    int least;
    bool number;
    int leaves;
} columns[COLUMN_COUNT] = {
#define X(name, title, least, number, leaves) {title, least, number, leaves},
    COLUMN_LIST(X)
#undef X
};

static struct view *open_view(const struct world *world)
{
    struct inventory_view *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        abort();
    }
    self->view = (struct view){.ops = &view_inventory, .world = world};
    self->arrangement = arrangement_new(world->inventory);
    return &self->view;
}

static void close_view(struct view *view)
{
    struct inventory_view *self = (struct inventory_view *)view;
    arrangement_free(self->arrangement);
    free(self);
}

static int between(size_t wanted, int least, int most)
{
    return wanted < (size_t)least ? least : wanted > (size_t)most ? most : (int)wanted;
}

/* Share the width out: columns leave one after the other until the name has enough; the name takes the rest.
 */
static void place_columns(struct inventory_view *self, struct place ret_places[COLUMN_COUNT])
{
    struct inventory_widths seen = inventory_widths(self->view.world->inventory);
    int widths[COLUMN_COUNT];
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        widths[i] = columns[i].least;
    }
    widths[COLUMN_SKU] = between(seen.sku, columns[COLUMN_SKU].least, SKU_CELLS_MAX);
    widths[COLUMN_CATEGORY] = between(seen.category, columns[COLUMN_CATEGORY].least + 1, CATEGORY_CELLS_MAX);
    widths[COLUMN_QUANTITY] =
        between(seen.quantity, columns[COLUMN_QUANTITY].least, NUMBER_CELLS_MAX) + LOW_CELLS;
    widths[COLUMN_PRICE] = between(seen.price, columns[COLUMN_PRICE].least, NUMBER_CELLS_MAX);
    int name = 0;
    for (int leaving = 0;; leaving++) {
        int more = 0;
        name = self->listing.frame.columns - MARK_CELLS;
        for (size_t i = 0; i < COLUMN_COUNT; i++) {
            widths[i] = columns[i].leaves != 0 && columns[i].leaves <= leaving ? 0 : widths[i];
            more = columns[i].leaves > leaving ? 1 : more;
            name -= i != COLUMN_NAME && widths[i] > 0 ? widths[i] + 1 : 0;
        }
        if (name >= NAME_COMFORTABLE || more == 0) {
            break;
        }
    }
    widths[COLUMN_NAME] = name > 0 ? name : 0;
    int at = MARK_CELLS;
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        ret_places[i] = (struct place){.at = at, .width = widths[i]};
        at += widths[i] > 0 ? widths[i] + 1 : 0;
    }
}

/* Lay the columns out again; when that changes anything, everything moves. */
static void fit_columns(struct inventory_view *self)
{
    struct place places[COLUMN_COUNT];
    place_columns(self, places);
    if (memcmp(places, self->places, sizeof(places)) != 0) {
        memcpy(self->places, places, sizeof(places));
        listing_touch_all(&self->listing);
    }
}

static void format_quantity(int64_t milli, char *ret_text, size_t size)
{
    cleanup(buf_done) struct buf number = {0};
    values_append_quantity(&number, milli);
    snprintf(ret_text, size, "%.*s", (int)number.len, number.data);
}

static void format_cell(const struct item *item, enum column column, char ret_text[CELL_BYTES])
{
    ret_text[0] = '\0';
    switch (column) {
    case COLUMN_SKU:
        snprintf(ret_text, CELL_BYTES, "%s", item->sku);
        break;
    case COLUMN_NAME:
        snprintf(ret_text, CELL_BYTES, "%s", item->name);
        break;
    case COLUMN_CATEGORY:
        snprintf(ret_text, CELL_BYTES, "%s", item->category);
        break;
    case COLUMN_UNIT:
        snprintf(ret_text, CELL_BYTES, "%s", item->unit);
        break;
    case COLUMN_QUANTITY: {
        char number[CELL_BYTES - LOW_CELLS];
        format_quantity(item->quantity_milli, number, sizeof(number));
        snprintf(ret_text, CELL_BYTES, "%s%s", number, item->low ? "!" : " ");
        break;
    }
    case COLUMN_REORDER:
        if (item->has_reorder) {
            format_quantity(item->reorder_milli, ret_text, CELL_BYTES);
        }
        break;
    case COLUMN_PRICE:
        snprintf(ret_text, CELL_BYTES, "%s", item->price);
        break;
    case COLUMN_UPDATED:
        label_format_day(item->updated_at, ret_text, CELL_BYTES);
        break;
    case COLUMN_COUNT:
        break;
    }
}

static void draw_item(const struct inventory_view *self, struct screen *screen, int row, size_t position)
{
    const struct item *item = arrangement_item(self->arrangement, position);
    bool selected = position == self->listing.list.selected;
    screen_put(screen, row, 0, self->listing.frame.columns, STYLE_PLAIN, selected ? ">" : "");
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        char text[CELL_BYTES];
        enum style style = STYLE_PLAIN;
        if (i == COLUMN_SKU && selected) {
            style = STYLE_CHOSEN;
        } else if (i == COLUMN_QUANTITY && item->low) {
            style = STYLE_LOW;
        }
        format_cell(item, i, text);
        (columns[i].number ? screen_put_right : screen_put)(screen, row, self->places[i].at,
                                                            self->places[i].width, style, text);
    }
}

static void draw_head(const struct inventory_view *self, struct screen *screen)
{
    int row = self->listing.frame.head;
    screen_put(screen, row, 0, self->listing.frame.columns, STYLE_HEAD, "");
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        char title[32];
        const char *mark = "";
        if (i == arrangement_column(self->arrangement)) {
            mark = arrangement_is_descending(self->arrangement) ? "v" : "^";
        }
        snprintf(title, sizeof(title), "%s%s%s", columns[i].title, mark, i == COLUMN_QUANTITY ? " " : "");
        (columns[i].number ? screen_put_right : screen_put)(screen, row, self->places[i].at,
                                                            self->places[i].width, STYLE_HEAD, title);
    }
}

static const char *live_text(const struct world *world)
{
    return world->live == LIVE_ON ? "live" : world->live == LIVE_PAUSED ? "PAUSED" : "not live";
}

static void draw_title(const struct inventory_view *self, struct screen *screen)
{
    const struct world *world = self->view.world;
    char left[320];
    char full[400];
    char shorter[160];
    char held[48] = "";
    if (world->held > 0) {
        snprintf(held, sizeof(held), " (%zu held)", world->held);
    }
    int len = snprintf(left, sizeof(left), "Inventory  %s %s", world->store_code, world->store_name);
    const char *filter = world->searched[0] != '\0' ? world->searched : self->listing.filter;
    if (filter[0] != '\0' && len > 0 && (size_t)len < sizeof(left)) {
        snprintf(left + len, sizeof(left) - (size_t)len, "  [%.60s]", filter);
    }
    snprintf(shorter, sizeof(shorter), "%zu items  %zu low  %s%s", inventory_count(world->inventory),
             inventory_count_low(world->inventory), live_text(world), held);
    snprintf(full, sizeof(full), "%s  %s", shorter, world->user.name);
    const char *rights[] = {full, shorter, live_text(world), NULL};
    frame_draw_title(&self->listing.frame, screen, left, rights);
}

static void draw_empty(const struct inventory_view *self, struct screen *screen, int row)
{
    const struct world *world = self->view.world;
    const char *text = "  No items in this store yet";
    if (world->loading) {
        text = "  Loading";
    } else if (self->listing.filter[0] != '\0' || world->searched[0] != '\0') {
        text = "  Nothing matches: Esc shows everything";
    } else if (world->store_code[0] == '\0') {
        text = "  No store is open";
    }
    screen_put(screen, row, 0, self->listing.frame.columns, STYLE_PLAIN, text);
}

static void draw_rows(struct inventory_view *self, struct screen *screen)
{
    struct list *list = &self->listing.list;
    for (int i = 0; i < self->listing.frame.list_rows; i++) {
        int row = self->listing.frame.list + i;
        size_t position = list->top + (size_t)i;
        if (!list->dirty[i]) {
            continue;
        }
        list->dirty[i] = false;
        if (position < list->count) {
            draw_item(self, screen, row, position);
        } else if (i == 0) {
            draw_empty(self, screen, row);
        } else {
            screen_put(screen, row, 0, self->listing.frame.columns, STYLE_PLAIN, "");
        }
    }
}

static void draw_view(struct view *view, struct screen *screen)
{
    struct inventory_view *self = (struct inventory_view *)view;
    listing_fit(&self->listing, screen);
    fit_columns(self);
    if (self->listing.dirty_title) {
        draw_title(self, screen);
        self->listing.dirty_title = false;
    }
    if (self->listing.dirty_head) {
        draw_head(self, screen);
        self->listing.dirty_head = false;
    }
    draw_rows(self, screen);
    listing_draw_foot(&self->listing, screen, view);
}

static void remember_selected(struct inventory_view *self)
{
    const struct list *list = &self->listing.list;
    self->selected_sku[0] = '\0';
    if (list->selected < list->count) {
        snprintf(self->selected_sku, sizeof(self->selected_sku), "%s",
                 arrangement_item(self->arrangement, list->selected)->sku);
    }
}

/* Arrange the rows again; the selection stays on its item, unless the user has not chosen one yet. */
static void arrange(struct inventory_view *self)
{
    arrangement_update(self->arrangement);
    size_t count = arrangement_count(self->arrangement);
    size_t selected = 0;
    if (self->listing.touched) {
        selected = arrangement_find(self->arrangement, self->selected_sku);
        selected = selected < count ? selected : self->listing.list.selected;
    }
    list_set_content(&self->listing.list, count, selected);
    self->listing.dirty_title = true;
    self->listing.dirty_status = true;
    remember_selected(self);
}

static void touch_item(struct inventory_view *self, const char *sku)
{
    self->listing.dirty_title = true;
    if (arrangement_depends_on_quantity(self->arrangement)) {
        arrange(self);
        return;
    }
    size_t position = arrangement_find(self->arrangement, sku);
    if (position < arrangement_count(self->arrangement)) {
        list_touch(&self->listing.list, position);
    }
}

static void take_result(struct view *view, unsigned changes, const char *sku)
{
    struct inventory_view *self = (struct inventory_view *)view;
    if ((changes & CHANGED_STORE) != 0) {
        if (self->listing.mode == LISTING_BROWSING) { /* else the user types ahead: that is kept */
            self->listing.filter[0] = '\0';
        }
        self->listing.touched = false;
        arrangement_set_filter(self->arrangement, self->listing.filter);
        listing_touch_all(&self->listing);
    }
    if ((changes & (CHANGED_ROWS | CHANGED_STORE)) != 0) {
        arrange(self);
    }
    if ((changes & CHANGED_ITEM) != 0 && sku != NULL) {
        touch_item(self, sku);
    }
    if ((changes & CHANGED_STATUS) != 0) {
        self->listing.dirty_status = true;
    }
    if ((changes & CHANGED_TITLE) != 0) {
        self->listing.dirty_title = true;
        list_touch(&self->listing.list, 0);
    }
    if ((changes & CHANGED_ALL) != 0) {
        listing_touch_all(&self->listing);
    }
}

static void set_sort(struct inventory_view *self, int step, bool invert)
{
    int column = (int)arrangement_column(self->arrangement);
    bool descending = arrangement_is_descending(self->arrangement);
    for (int tries = 0; tries < COLUMN_COUNT; tries++) {
        column = (column + step + COLUMN_COUNT) % COLUMN_COUNT;
        if (self->places[column].width > 0) {
            break;
        }
    }
    arrangement_set_sort(self->arrangement, (enum column)column, descending != invert);
    self->listing.dirty_head = true;
    arrange(self);
}

static void set_filter(struct inventory_view *self, const char *text)
{
    arrangement_set_filter(self->arrangement, text);
    arrange(self);
}

/* Esc: the filter goes first; then there is nothing to go back to. */
static void cancel(struct inventory_view *self, struct wish *ret_wish)
{
    if (self->listing.filter[0] != '\0') {
        self->listing.filter[0] = '\0';
        set_filter(self, "");
    } else if (self->view.world->searched[0] != '\0') {
        ret_wish->kind = WISH_SEARCH_SERVER;
        ret_wish->text[0] = '\0';
    } else {
        snprintf(self->listing.note, sizeof(self->listing.note), "F3 or q leaves");
        self->listing.dirty_status = true;
    }
}

static void take_action(struct inventory_view *self, enum action action, struct wish *ret_wish)
{
    switch (action) {
    case ACTION_HELP:
        ret_wish->kind = WISH_HELP;
        break;
    case ACTION_QUIT:
    case ACTION_CLOSE:
        ret_wish->kind = WISH_QUIT;
        break;
    case ACTION_REFRESH:
        ret_wish->kind = WISH_REFRESH;
        break;
    case ACTION_STORES:
        ret_wish->kind = WISH_STORES;
        break;
    case ACTION_PAUSE:
        ret_wish->kind = WISH_PAUSE;
        break;
    case ACTION_GO:
        ret_wish->kind = WISH_GO;
        break;
    case ACTION_REDRAW:
        ret_wish->kind = WISH_REDRAW;
        break;
    case ACTION_SORT_PREVIOUS:
        set_sort(self, -1, false);
        break;
    case ACTION_SORT_NEXT:
        set_sort(self, 1, false);
        break;
    case ACTION_SORT_INVERT:
        set_sort(self, 0, true);
        break;
    case ACTION_CANCEL:
        cancel(self, ret_wish);
        break;
    default:
        break;
    }
}

/* Enter on a filter: when not everything is here, the server is asked as well. */
static void accept_filter(struct inventory_view *self, struct wish *ret_wish)
{
    const struct world *world = self->view.world;
    if (!world->truncated && world->searched[0] == '\0') {
        return;
    }
    ret_wish->kind = WISH_SEARCH_SERVER;
    memcpy(ret_wish->text, self->listing.field.text, sizeof(ret_wish->text));
    self->listing.filter[0] = '\0';
    set_filter(self, "");
}

static void search(struct inventory_view *self, bool backward)
{
    struct listing *listing = &self->listing;
    listing_found(listing,
                  arrangement_search(self->arrangement, listing->search, listing->list.selected, backward));
}

static void take_key(struct view *view, const struct key_event *event, struct wish *ret_wish)
{
    struct inventory_view *self = (struct inventory_view *)view;
    struct listing *listing = &self->listing;
    enum action action = ACTION_NONE;
    switch (listing_key(listing, view->ops->scope, event, &action)) {
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
        set_filter(self, listing->filter);
        break;
    case LISTING_FILTER_ACCEPTED:
        accept_filter(self, ret_wish);
        break;
    case LISTING_DONE:
        break;
    }
    remember_selected(self);
}

const struct view_ops view_inventory = {
    .name = "Inventory",
    .scope = SCOPE_INVENTORY,
    .open = open_view,
    .draw = draw_view,
    .key = take_key,
    .result = take_result,
    .close = close_view,
};
