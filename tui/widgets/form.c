/* The form: see form.h.
 * Called by the views.
 * Touches the screen when drawn. */
#include "tui/widgets/form.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"

enum { MARK_CELLS = 2, GAP_CELLS = 2, FIELD_CELLS_LEAST = 8 };

void form_touch_all(struct form *form)
{
    for (size_t i = 0; i < form->spec->count; i++) {
        form->dirty[i] = true;
    }
}

void form_clear(struct form *form)
{
    for (size_t i = 0; i < FORM_FIELDS_MAX; i++) {
        field_clear(&form->fields[i]);
    }
    for (size_t i = 0; i < form->spec->count; i++) {
        const struct form_field *spec = &form->spec->fields[i];
        form->fields[i].look = spec->look;
        if (spec->preset != NULL) {
            field_set(&form->fields[i], spec->preset);
        }
    }
    form->focus = 0;
    form->top = 0;
    form_touch_all(form);
}

void form_set_spec(struct form *form, const struct form_spec *spec)
{
    form->spec = spec;
    form_clear(form);
}

static void set_focus(struct form *form, size_t focus)
{
    form->dirty[form->focus] = true;
    form->dirty[focus] = true;
    form->focus = focus;
}

enum form_event form_key(struct form *form, const struct key_event *event, enum action *ret_action)
{
    enum action action =
        event->pasted ? ACTION_NONE : keymap_find_action(SCOPE_FORM | SCOPE_FIELD, event->key);
    size_t count = form->spec->count;
    switch (action) {
    case ACTION_GO_ON:
        if (form->focus + 1 == count) {
            return FORM_SEND;
        }
        set_focus(form, form->focus + 1);
        return FORM_MOVED;
    case ACTION_FIELD_NEXT:
        set_focus(form, (form->focus + 1) % count);
        return FORM_MOVED;
    case ACTION_FIELD_PREVIOUS:
        set_focus(form, (form->focus + count - 1) % count);
        return FORM_MOVED;
    case ACTION_SEND:
        return FORM_SEND;
    case ACTION_QUIT:
    case ACTION_ABANDON:
    case ACTION_REDRAW:
        *ret_action = action;
        return FORM_ACTION;
    default:
        field_key(&form->fields[form->focus], event, action);
        form->dirty[form->focus] = true;
        return FORM_DONE;
    }
}

bool form_check(struct form *form, char *ret_reason, size_t size)
{
    for (size_t i = 0; i < form->spec->count; i++) {
        const struct form_field *spec = &form->spec->fields[i];
        if (spec->required && form->fields[i].len == 0) {
            snprintf(ret_reason, size, "%s: nothing is typed there yet", spec->label);
            set_focus(form, i);
            return false;
        }
        if (spec->repeats && strcmp(form->fields[i].text, form->fields[i - 1].text) != 0) {
            snprintf(ret_reason, size, "The two passwords are not the same");
            set_focus(form, i);
            return false;
        }
    }
    return true;
}

const char *form_hint(const struct form *form)
{
    return form->spec->fields[form->focus].hint;
}

/* Where the fields begin: after the longest label, if that leaves them room. */
static int place_fields(const struct form *form, int columns)
{
    size_t widest = 0;
    for (size_t i = 0; i < form->spec->count; i++) {
        size_t width = text_width(form->spec->fields[i].label, strlen(form->spec->fields[i].label));
        widest = width > widest ? width : widest;
    }
    int at = MARK_CELLS + (int)widest + GAP_CELLS;
    return columns - at >= FIELD_CELLS_LEAST ? at : columns / 2;
}

static void scroll(struct form *form, size_t rows)
{
    size_t top = form->top;
    if (form->focus < top) {
        top = form->focus;
    } else if (form->focus >= top + rows) {
        top = form->focus + 1 - rows;
    }
    if (top != form->top) {
        form->top = top;
        form_touch_all(form);
    }
}

void form_draw(struct form *form, struct screen *screen, int row, int rows)
{
    int columns = screen_columns(screen);
    int at = place_fields(form, columns);
    scroll(form, (size_t)rows);
    for (size_t i = form->top; i < form->spec->count && i < form->top + (size_t)rows; i++) {
        int line = row + (int)(i - form->top);
        if (form->dirty[i] && i != form->focus) {
            screen_put(screen, line, 0, MARK_CELLS, STYLE_PLAIN, "");
            screen_put(screen, line, MARK_CELLS, at - MARK_CELLS, STYLE_PLAIN, form->spec->fields[i].label);
            field_draw_at(&form->fields[i], screen, line, at, columns - at, false);
        }
        form->dirty[i] = false;
    }
    int line = row + (int)(form->focus - form->top);
    screen_put(screen, line, 0, MARK_CELLS, STYLE_PLAIN, ">");
    screen_put(screen, line, MARK_CELLS, at - MARK_CELLS, STYLE_CHOSEN,
               form->spec->fields[form->focus].label);
    field_draw_at(&form->fields[form->focus], screen, line, at, columns - at, true);
}
