/* Signing up: the only screen of somebody who came as `signup`.
 * Called by the app through its vtable.
 * What it does is in sheet.c. */
#include <string.h>

#include "tui/views/sheet.h"

static const struct form_field fields[] = {
    {"User name", "The name that you will log in by: letters, digits, . _ -", "name", NULL, FIELD_SHOWN, true,
     false},
    {"Password", "At least 8 characters, and not your name", NULL, NULL, FIELD_STARS, true, false},
    {"Password again", "The same password once more", NULL, NULL, FIELD_STARS, true, true},
    {"Store's name", "What people call it, as Main Street", "store-name", NULL, FIELD_SHOWN, true, false},
    {"Store code", "Optional: short, for lists and commands; made from the name unless told", "store-code",
     NULL, FIELD_SHOWN, false, false},
    {"Time zone", "Where its days begin and end, as Europe/Berlin", "timezone", "UTC", FIELD_SHOWN, false,
     false},
    {"Currency", "Three letters, as EUR or USD, and for ever", "currency", "EUR", FIELD_SHOWN, false, false},
    {"Invite code", "Optional: if you were given one", "invite", NULL, FIELD_SHOWN, false, false},
};

static const struct form_spec spec = {"signup", fields, sizeof(fields) / sizeof(fields[0])};

static const struct form_spec *choose_form(const struct world *world)
{
    (void)world;
    return &spec;
}

static void say(const struct world *world, struct buf *ret_lines)
{
    (void)world;
    buf_append_text(ret_lines, "A store of your own, and your account as its owner.\n"
                               "Enter goes on to the next field and sends in the last one.\n");
}

static void say_done(const struct world *world, struct buf *ret_lines)
{
    const struct errand *errand = &world->errands[ERRAND_SIGNUP];
    buf_printf(ret_lines, "Welcome, %s. Your store is %s.\n \n", errand->user, errand->store);
    if (strcmp(errand->outcome, "pending") == 0) {
        buf_printf(ret_lines,
                   "An administrator has to approve it first. After that log in as %s, with the password "
                   "that you have chosen.\n",
                   errand->user);
    } else {
        buf_printf(ret_lines, "It is open. Log in as %s, with the password that you have chosen.\n",
                   errand->user);
    }
}

static const struct sheet_kind kind = {
    .title = "Sign up",
    .errand = ERRAND_SIGNUP,
    .note_on_cancel = "F3 leaves",
    .choose_form = choose_form,
    .say = say,
    .say_done = say_done,
    .ends_when_done = true,
};

static struct view *open_view(const struct world *world)
{
    return sheet_open(world, &view_signup, &kind);
}

const struct view_ops view_signup = {
    .name = "Sign up",
    .scope = SCOPE_FORM,
    .open = open_view,
    .draw = sheet_draw,
    .key = sheet_key,
    .result = sheet_result,
    .close = sheet_close,
};
