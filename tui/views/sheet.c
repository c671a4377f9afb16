/* The common half of the forms: see sheet.h.
 * Called by the signup, password and account views.
 * Reads the world; draws; wishes. */
#include "tui/views/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"

enum { MARGIN_CELLS = 2, LINE_BYTES = 1024 };

struct view *sheet_open(const struct world *world, const struct view_ops *ops, const struct sheet_kind *kind)
{
    struct sheet *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        abort();
    }
    self->view = (struct view){.ops = ops, .world = world};
    self->kind = kind;
    form_set_spec(&self->form, kind->choose_form(world));
    return &self->view;
}

void sheet_close(struct view *view)
{
    struct sheet *self = (struct sheet *)view;
    form_clear(&self->form);
    free(self);
}

static const struct errand *get_errand(const struct sheet *self)
{
    return &self->view.world->errands[self->kind->errand];
}

static bool is_over(const struct sheet *self)
{
    return get_errand(self)->state == ERRAND_DONE && self->kind->ends_when_done;
}

/* The end of the first line of text that fits: at a blank if there is one, at the width else. */
static size_t break_line(const char *text, size_t len, int width)
{
    size_t columns;
    size_t fits = text_fit(text, len, (size_t)width, &columns);
    size_t at = fits;
    if (fits == len) {
        return len;
    }
    while (at > 0 && text[at] != ' ') {
        at--;
    }
    return at > 0 ? at : fits > 0 ? fits : 1;
}

/* Draw words from a row on, in so many rows at most; returns how many they took. */
static int draw_words(const struct sheet *self, struct screen *screen, int row, int rows, enum style style,
                      const char *text)
{
    int width = self->frame.columns - 2 * MARGIN_CELLS;
    int used = 0;
    width = width > 0 ? width : 1;
    while (*text != '\0' && used < rows) {
        char line[LINE_BYTES];
        size_t whole = strcspn(text, "\n");
        size_t len = break_line(text, whole < sizeof(line) ? whole : sizeof(line) - 1, width);
        memcpy(line, text, len);
        line[len] = '\0';
        screen_put(screen, row + used, 0, MARGIN_CELLS, STYLE_PLAIN, "");
        screen_put(screen, row + used, MARGIN_CELLS, self->frame.columns - MARGIN_CELLS, style, line);
        used++;
        text += len;
        text += len < whole ? strspn(text, " ") : text[0] == '\n' ? 1 : 0;
    }
    return used;
}

/* How many rows words take. */
static int count_rows(const struct sheet *self, const char *text)
{
    int width = self->frame.columns - 2 * MARGIN_CELLS;
    int rows = 0;
    width = width > 0 ? width : 1;
    while (*text != '\0') {
        size_t whole = strcspn(text, "\n");
        size_t len = break_line(text, whole < LINE_BYTES ? whole : LINE_BYTES - 1, width);
        rows++;
        text += len;
        text += len < whole ? strspn(text, " ") : text[0] == '\n' ? 1 : 0;
    }
    return rows;
}

/* What has become of the form: "" for nothing to say. */
static void find_message(const struct sheet *self, struct buf *ret_text, enum style *ret_style)
{
    const struct errand *errand = get_errand(self);
    *ret_style = STYLE_NOTICE;
    if (self->note[0] != '\0') {
        buf_append_text(ret_text, self->note);
    } else if (errand->state == ERRAND_SENT) {
        buf_append_text(ret_text, "Sent: waiting for the answer");
    } else if (errand->state == ERRAND_FAILED) {
        *ret_style = STYLE_ERROR;
        buf_append_text(ret_text, errand->text);
    } else if (errand->state == ERRAND_DONE && self->kind->say_done != NULL) {
        self->kind->say_done(self->view.world, ret_text);
    }
    buf_append_char(ret_text, '\0');
}

static void clear_rows(const struct sheet *self, struct screen *screen, int row, int end)
{
    for (; row < end; row++) {
        screen_put(screen, row, 0, self->frame.columns, STYLE_PLAIN, "");
    }
}

/* The last two lines: a message that found no place elsewhere, or what to type. */
static void draw_foot(const struct sheet *self, struct screen *screen, enum style style, const char *message)
{
    const struct frame *frame = &self->frame;
    const char *line = message[0] != '\0' ? message : is_over(self) ? "" : form_hint(&self->form);
    if (frame->status >= 0) {
        screen_put(screen, frame->status, 0, frame->columns, message[0] != '\0' ? style : STYLE_PLAIN, line);
    }
    if (is_over(self)) {
        screen_put(screen, frame->legend, 0, frame->columns, STYLE_LEGEND, "Any key: leave");
    } else {
        frame_draw_legend(frame, screen, self->view.ops->scope);
    }
}

/* Nothing is left to fill in: only words. */
static void draw_end(const struct sheet *self, struct screen *screen, const char *message)
{
    const struct frame *frame = &self->frame;
    int used = draw_words(self, screen, frame->list, frame->list_rows, STYLE_PLAIN, message);
    clear_rows(self, screen, frame->list + used, frame->list + frame->list_rows);
    screen_set_cursor(screen, -1, 0);
    draw_foot(self, screen, STYLE_PLAIN, "");
}

/* Words above if the whole form fits below them, the form, the message below it if it fits. The first row of
 * the form is returned, how many rows it has in ret_rows. */
static int draw_around(struct sheet *self, struct screen *screen, int *ret_rows)
{
    cleanup(buf_done) struct buf words = {0};
    cleanup(buf_done) struct buf message = {0};
    const struct frame *frame = &self->frame;
    enum style style;
    int count = (int)self->form.spec->count;
    self->kind->say(self->view.world, &words);
    buf_append_char(&words, '\0');
    find_message(self, &message, &style);
    int above = count_rows(self, words.data);
    bool has_words = above + 1 + count <= frame->list_rows;
    int first = frame->list + (has_words ? above + 1 : 0);
    *ret_rows =
        frame->list + frame->list_rows - first < count ? frame->list + frame->list_rows - first : count;
    int below = first + *ret_rows;
    int room = frame->list + frame->list_rows - below - 1;
    bool fits = message.data[0] != '\0' && count_rows(self, message.data) <= room;
    if (self->dirty) {
        if (has_words) {
            int used = draw_words(self, screen, frame->list, above, STYLE_PLAIN, words.data);
            clear_rows(self, screen, frame->list + used, first);
        }
        int used = fits ? draw_words(self, screen, below + 1, room, style, message.data) : 0;
        clear_rows(self, screen, below, below + (fits ? 1 : 0));
        clear_rows(self, screen, below + (fits ? 1 : 0) + used, frame->list + frame->list_rows);
        draw_foot(self, screen, style, fits ? "" : message.data);
    }
    return first;
}

static void draw_title(struct sheet *self, struct screen *screen)
{
    const char *rights[] = {self->view.world->user.name, NULL};
    frame_draw_title(&self->frame, screen, self->kind->title, rights);
    screen_put(screen, self->frame.head, 0, self->frame.columns, STYLE_HEAD, "");
}

void sheet_draw(struct view *view, struct screen *screen)
{
    struct sheet *self = (struct sheet *)view;
    if (frame_is_stale(&self->frame, screen)) {
        self->frame = frame_fit(screen_columns(screen), screen_rows(screen));
        self->dirty = true;
    }
    if (self->dirty) {
        draw_title(self, screen);
        form_touch_all(&self->form);
    }
    if (is_over(self)) {
        cleanup(buf_done) struct buf message = {0};
        enum style style;
        find_message(self, &message, &style);
        draw_end(self, screen, message.data);
    } else {
        int rows;
        int first = draw_around(self, screen, &rows);
        form_draw(&self->form, screen, first, rows);
    }
    self->dirty = false;
}

static void send_form(struct sheet *self, struct wish *ret_wish)
{
    self->note[0] = '\0';
    self->dirty = true;
    if (get_errand(self)->state != ERRAND_SENT && form_check(&self->form, self->note, sizeof(self->note))) {
        ret_wish->kind = WISH_SEND;
        ret_wish->errand = self->kind->errand;
        ret_wish->form = &self->form;
    }
}

static void take_action(struct sheet *self, enum action action, struct wish *ret_wish)
{
    if (action == ACTION_REDRAW) {
        ret_wish->kind = WISH_REDRAW;
    } else if (action == ACTION_QUIT) {
        ret_wish->kind = WISH_QUIT;
    } else if (self->kind->note_on_cancel == NULL) {
        form_clear(&self->form);
        ret_wish->kind = WISH_BACK;
    } else {
        snprintf(self->note, sizeof(self->note), "%s", self->kind->note_on_cancel);
        self->dirty = true;
    }
}

void sheet_key(struct view *view, const struct key_event *event, struct wish *ret_wish)
{
    struct sheet *self = (struct sheet *)view;
    enum action action = ACTION_NONE;
    if (is_over(self)) {
        ret_wish->kind = event->pasted ? WISH_NONE : WISH_QUIT;
        return;
    }
    switch (form_key(&self->form, event, &action)) {
    case FORM_SEND:
        send_form(self, ret_wish);
        break;
    case FORM_MOVED: /* another hint; the message stays where there is room for both */
        self->dirty = true;
        break;
    case FORM_ACTION:
        take_action(self, action, ret_wish);
        break;
    case FORM_DONE:
        break;
    }
}

void sheet_result(struct view *view, unsigned changes, const char *sku)
{
    struct sheet *self = (struct sheet *)view;
    const struct form_spec *spec = self->kind->choose_form(view->world);
    (void)sku;
    if ((changes & CHANGED_ERRAND) != 0 && get_errand(self)->state == ERRAND_DONE) {
        form_clear(&self->form);
    }
    if (spec != self->form.spec) {
        form_set_spec(&self->form, spec);
        self->dirty = true;
    }
    if ((changes & (CHANGED_ERRAND | CHANGED_ALL | CHANGED_TITLE)) != 0) {
        self->dirty = true;
    }
}
