/* What the forms have in common: a whole screen with a few lines of words, the form below them, the server's
 * answer below that. Called by the views that own one and say what stands in it. Touches the screen when
 * drawn. */
#ifndef STOCKROOM_TUI_VIEWS_SHEET_H
#define STOCKROOM_TUI_VIEWS_SHEET_H

#include "common/buf.h"
#include "tui/views/frame.h"
#include "tui/widgets/form.h"

struct sheet;

/* What one sheet has of its own. */
struct sheet_kind {
    const char *title;
    enum errand_kind errand;
    const char *note_on_cancel; /* what Esc says; NULL: it goes back */
    const struct form_spec *(*choose_form)(const struct world *world);
    /* Append the words above the form: lines, each with its '\n'. */
    void (*say)(const struct world *world, struct buf *ret_lines);
    /* Append what there is to say once the errand is done, likewise. NULL: the sheet is left then. */
    void (*say_done)(const struct world *world, struct buf *ret_lines);
    bool ends_when_done; /* after that any key leaves the program */
};

struct sheet {
    struct view view; /* first: the vtable casts */
    const struct sheet_kind *kind;
    struct frame frame;
    struct form form;
    char note[320]; /* what is wrong with the form, before the server is asked */
    bool dirty;     /* everything but the fields */
};

/* A new sheet, for view_ops' open. */
struct view *sheet_open(const struct world *world, const struct view_ops *ops, const struct sheet_kind *kind);

/* These are view_ops' own. */
void sheet_draw(struct view *view, struct screen *screen);
void sheet_key(struct view *view, const struct key_event *event, struct wish *ret_wish);
void sheet_result(struct view *view, unsigned changes, const char *sku);
void sheet_close(struct view *view);

#endif
