/* The help screen: the keymap of the view beneath, line by line.
 * Called by the app through its vtable.
 * Reads the keymap; draws; wishes. */
#include <stdio.h>
#include <stdlib.h>

#include "tui/views/frame.h"
#include "tui/widgets/list.h"

enum { KEYS_AT = 2, KEYS_CELLS = 18, SECTIONS = 3 };

struct help_view {
    struct view view; /* first: the vtable casts */
    const struct view_ops *explained;
    struct frame frame;
    struct list list; /* the selected line is the one at the top of what is being read */
    bool dirty_frame;
};

static struct view *open_view(const struct world *world)
{
    struct help_view *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        abort();
    }
    self->view = (struct view){.ops = &view_help, .world = world};
    self->explained = &view_inventory;
    return &self->view;
}

static void close_view(struct view *view)
{
    free(view);
}

/* A line of the help: a heading (keys is "") or keys and what they do. False past the end. */
static bool get_line(const struct help_view *self, size_t line, char *ret_keys, size_t size,
                     const char **ret_text)
{
    const unsigned scopes[SECTIONS] = {self->explained->scope, SCOPE_GO, SCOPE_FIELD};
    const char *const headings[SECTIONS] = {self->explained->name, "After F2 or g",
                                            "While typing a search or filter"};
    for (size_t section = 0; section < SECTIONS; section++) {
        size_t count = 0;
        char keys[64];
        const char *text;
        if (line == 0) {
            ret_keys[0] = '\0';
            *ret_text = headings[section];
            return true;
        }
        while (keymap_get_help(scopes[section], count, keys, sizeof(keys), &text)) {
            count++;
        }
        if (line <= count) {
            return keymap_get_help(scopes[section], line - 1, ret_keys, size, ret_text);
        }
        line -= count + 1;
    }
    return false;
}

void view_help_explain(struct view *view, const struct view_ops *explained)
{
    struct help_view *self = (struct help_view *)view;
    char keys[64];
    const char *text;
    size_t count = 0;
    self->explained = explained;
    while (get_line(self, count, keys, sizeof(keys), &text)) {
        count++;
    }
    list_set_content(&self->list, count, 0);
    self->dirty_frame = true;
}

static void draw_line(const struct help_view *self, struct screen *screen, int row, size_t line)
{
    char keys[64];
    const char *text;
    if (!get_line(self, line, keys, sizeof(keys), &text)) {
        screen_put(screen, row, 0, self->frame.columns, STYLE_PLAIN, "");
        return;
    }
    const char *mark = line == self->list.selected ? ">" : "";
    screen_put(screen, row, 0, KEYS_AT, STYLE_PLAIN, mark);
    if (keys[0] == '\0') {
        screen_put(screen, row, KEYS_AT, self->frame.columns - KEYS_AT, STYLE_HEAD, text);
        return;
    }
    screen_put(screen, row, KEYS_AT, KEYS_CELLS, STYLE_PLAIN, keys);
    screen_put(screen, row, KEYS_AT + KEYS_CELLS, self->frame.columns - KEYS_AT - KEYS_CELLS, STYLE_PLAIN,
               text);
}

static void draw_view(struct view *view, struct screen *screen)
{
    struct help_view *self = (struct help_view *)view;
    if (frame_is_stale(&self->frame, screen)) {
        self->frame = frame_fit(screen_columns(screen), screen_rows(screen));
        list_set_page(&self->list, (size_t)self->frame.list_rows);
        self->dirty_frame = true;
    }
    if (self->dirty_frame) {
        const char *rights[] = {view->world->user.name, NULL};
        self->dirty_frame = false;
        list_touch_all(&self->list);
        screen_set_cursor(screen, -1, 0);
        frame_draw_title(&self->frame, screen, "Help", rights);
        screen_put(screen, self->frame.head, 0, self->frame.columns, STYLE_HEAD, "");
        frame_draw_legend(&self->frame, screen, view->ops->scope);
    }
    for (int i = 0; i < self->frame.list_rows; i++) {
        if (self->list.dirty[i]) {
            self->list.dirty[i] = false;
            draw_line(self, screen, self->frame.list + i, self->list.top + (size_t)i);
        }
    }
    frame_draw_status(&self->frame, screen, view->world->status_style, view->world->status,
                      self->list.selected, self->list.count);
}

static void take_key(struct view *view, const struct key_event *event, struct wish *ret_wish)
{
    struct help_view *self = (struct help_view *)view;
    enum action action = event->pasted ? ACTION_NONE : keymap_find_action(view->ops->scope, event->key);
    if (list_act(&self->list, action)) {
        return;
    }
    switch (action) {
    case ACTION_QUIT:
        ret_wish->kind = WISH_QUIT;
        break;
    case ACTION_HELP:
    case ACTION_BACK:
    case ACTION_CANCEL:
        ret_wish->kind = WISH_BACK;
        break;
    case ACTION_REDRAW:
        ret_wish->kind = WISH_REDRAW;
        break;
    default:
        break;
    }
}

static void take_result(struct view *view, unsigned changes, const char *sku)
{
    struct help_view *self = (struct help_view *)view;
    (void)sku;
    if ((changes & (CHANGED_ALL | CHANGED_TITLE)) != 0) {
        self->dirty_frame = true;
    }
}

const struct view_ops view_help = {
    .name = "Help",
    .scope = SCOPE_HELP,
    .open = open_view,
    .draw = draw_view,
    .key = take_key,
    .result = take_result,
    .close = close_view,
};
