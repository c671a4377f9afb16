/* A form: labelled fields below each other, one of which has the focus, and what is wrong with them before
 * anything is sent. Called by the views, which say where on the screen it stands. Touches the screen when
 * drawn, nothing else; passwords in it are wiped when it is cleared. */
#ifndef STOCKROOM_TUI_WIDGETS_FORM_H
#define STOCKROOM_TUI_WIDGETS_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/widgets/field.h"

enum { FORM_FIELDS_MAX = 8 };

/* What a field is, and how a command says it. */
struct form_field {
    const char *label;
    const char *hint;   /* what to type there */
    const char *option; /* the option that takes it; NULL: a line of its own, after the command */
    const char *preset; /* what stands there at first; NULL for nothing */
    enum field_look look;
    bool required;
    bool repeats; /* must be the same as the field before */
};

/* A form, and the command that it fills in. */
struct form_spec {
    const char *command;
    const struct form_field *fields;
    size_t count; /* 1 to FORM_FIELDS_MAX */
};

/* Zero-initialised, then form_set_spec. */
struct form {
    const struct form_spec *spec; /* static */
    struct field fields[FORM_FIELDS_MAX];
    size_t focus;
    size_t top; /* the first field on the screen */
    bool dirty[FORM_FIELDS_MAX];
};

enum form_event {
    FORM_DONE,  /* dealt with */
    FORM_MOVED, /* another field has the focus */
    FORM_SEND,  /* the user is done with it */
    FORM_ACTION /* an action that is the view's business */
};

/* Become another form, empty but for what is preset. spec: static. */
void form_set_spec(struct form *form, const struct form_spec *spec);

/* Empty it and wipe what was typed; the focus goes to the first field. */
void form_clear(struct form *form);

/* Take a key. ret_action is set with FORM_ACTION. */
enum form_event form_key(struct form *form, const struct key_event *event, enum action *ret_action);

/* Is everything there that must be? If not, the focus goes to what is wrong and ret_reason says it. */
bool form_check(struct form *form, char *ret_reason, size_t size);

const char *form_hint(const struct form *form);

void form_touch_all(struct form *form);

/* Draw what is dirty into `rows` rows from `row`: of more fields those around the focus. */
void form_draw(struct form *form, struct screen *screen, int row, int rows);

#endif
