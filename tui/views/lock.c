/* The lock: an empty screen with a box that asks for the user's password.
 * Called by the app through its vtable, after so many seconds without a key.
 * Draws nothing of the world but the user's name; what is typed is not shown, not even how much. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "tui/views/view.h"
#include "tui/widgets/form.h"

enum { BOX_COLUMNS = 60, BOX_ROWS = 6 };

struct lock_view {
    struct view view; /* first: the vtable casts */
    struct form form;
    int columns;
    int rows;
    bool dirty;
};

static const struct form_field fields[] = {
    {"Password", "", NULL, NULL, FIELD_HIDDEN, true, false},
};

static const struct form_spec spec = {"unlock", fields, 1};

static struct view *open_view(const struct world *world)
{
    struct lock_view *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        abort();
    }
    self->view = (struct view){.ops = &view_lock, .world = world};
    form_set_spec(&self->form, &spec);
    return &self->view;
}

static void close_view(struct view *view)
{
    struct lock_view *self = (struct lock_view *)view;
    form_clear(&self->form);
    free(self);
}

static const char *find_message(const struct lock_view *self)
{
    const struct errand *errand = &self->view.world->errands[ERRAND_UNLOCK];
    return errand->state == ERRAND_SENT ? "One moment" : errand->state == ERRAND_FAILED ? errand->text : "";
}

/* A frame of '+', '-' and '|': every terminal has them. */
static void draw_box(struct screen *screen, int top, int left, int width)
{
    char line[BOX_COLUMNS + 1];
    memset(line, '-', (size_t)width);
    line[0] = '+';
    line[width - 1] = '+';
    line[width] = '\0';
    screen_put(screen, top, left, width, STYLE_PLAIN, line);
    screen_put(screen, top + BOX_ROWS - 1, left, width, STYLE_PLAIN, line);
    for (int row = top + 1; row < top + BOX_ROWS - 1; row++) {
        screen_put(screen, row, left, 1, STYLE_PLAIN, "|");
        screen_put(screen, row, left + width - 1, 1, STYLE_PLAIN, "|");
    }
}

/* Three lines of words: who must type what, why it was not right, and how to leave. */
static void draw_words(const struct lock_view *self, struct screen *screen, int top, int left, int width)
{
    char question[128];
    snprintf(question, sizeof(question), "Locked. %s's password:", self->view.world->user.name);
    int asked = (int)text_width(question, strlen(question)) + 1;
    screen_put(screen, top, left, width, STYLE_TITLE, question);
    screen_put(screen, top + 1, left, width, STYLE_ERROR, find_message(self));
    screen_put(screen, top + 3, left, width, STYLE_PLAIN, "Enter unlocks, Esc or F3 leaves");
    field_draw_at(&self->form.fields[0], screen, top, left + (asked < width ? asked : width - 1), 1, true);
}

static void draw_view(struct view *view, struct screen *screen)
{
    struct lock_view *self = (struct lock_view *)view;
    int columns = screen_columns(screen);
    int rows = screen_rows(screen);
    if (!self->dirty && columns == self->columns && rows == self->rows) {
        return;
    }
    self->dirty = false;
    self->columns = columns;
    self->rows = rows;
    for (int row = 0; row < rows; row++) {
        screen_put(screen, row, 0, columns, STYLE_PLAIN, "");
    }
    if (columns >= BOX_COLUMNS && rows >= BOX_ROWS) {
        int top = (rows - BOX_ROWS) / 2;
        int left = (columns - BOX_COLUMNS) / 2;
        draw_box(screen, top, left, BOX_COLUMNS);
        draw_words(self, screen, top + 1, left + 2, BOX_COLUMNS - 4);
    } else {
        draw_words(self, screen, 0, 0, columns);
    }
}

static void take_key(struct view *view, const struct key_event *event, struct wish *ret_wish)
{
    struct lock_view *self = (struct lock_view *)view;
    enum action action = ACTION_NONE;
    switch (form_key(&self->form, event, &action)) {
    case FORM_SEND:
        if (self->form.fields[0].len > 0) {
            ret_wish->kind = WISH_SEND;
            ret_wish->errand = ERRAND_UNLOCK;
            ret_wish->form = &self->form;
        }
        break;
    case FORM_ACTION:
        ret_wish->kind = action == ACTION_REDRAW ? WISH_REDRAW : WISH_QUIT;
        break;
    case FORM_MOVED:
    case FORM_DONE:
        break;
    }
}

/* An answer, of either kind, ends what was typed. */
static void take_result(struct view *view, unsigned changes, const char *sku)
{
    struct lock_view *self = (struct lock_view *)view;
    (void)sku;
    if ((changes & CHANGED_ERRAND) != 0) {
        form_clear(&self->form);
        self->dirty = true;
    }
    if ((changes & (CHANGED_ALL | CHANGED_TITLE)) != 0) {
        self->dirty = true;
    }
}

const struct view_ops view_lock = {
    .name = "Locked",
    .scope = SCOPE_FORM,
    .open = open_view,
    .draw = draw_view,
    .key = take_key,
    .result = take_result,
    .close = close_view,
};
