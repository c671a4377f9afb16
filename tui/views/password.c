/* Passwords: the screen that asks for a new one before anything else, and the user's own account with its
 * form for changing it. Called by the app through their vtables. What they do is in sheet.c. */
#include <string.h>

#include "tui/model/label.h"
#include "tui/views/sheet.h"

#define NEW_PASSWORD                                                                                         \
    {"New password", "At least 8 characters, and not your name", NULL, NULL, FIELD_STARS, true, false},      \
    {                                                                                                        \
        "New password again", "The same password once more", NULL, NULL, FIELD_STARS, true, true             \
    }

static const struct form_field new_fields[] = {NEW_PASSWORD};
static const struct form_field change_fields[] = {
    {"Old password", "The one that you have now", NULL, NULL, FIELD_STARS, true, false}, NEW_PASSWORD};

static const struct form_spec new_spec = {"passwd", new_fields, sizeof(new_fields) / sizeof(new_fields[0])};
static const struct form_spec change_spec = {"passwd", change_fields,
                                             sizeof(change_fields) / sizeof(change_fields[0])};

/* The server asks for the old one where there is one to ask for. */
static const struct form_spec *choose_form(const struct world *world)
{
    return world->user.has_password && !world->user.must_change_password ? &change_spec : &new_spec;
}

static void say_must_choose(const struct world *world, struct buf *ret_lines)
{
    buf_printf(ret_lines, "Choose a new password, %s: somebody else knows your present one.\n",
               world->user.name);
}

static void append_stores(const struct world *world, struct buf *ret_lines)
{
    enum { SHOWN_MAX = 12 };
    size_t count = stores_count(world->stores);
    buf_append_text(ret_lines, "Stores     ");
    if (strcmp(world->user.role, "admin") == 0) {
        buf_append_text(ret_lines, "all");
    } else if (count == 0) {
        buf_append_text(ret_lines, "none");
    }
    for (size_t i = 0; i < count && i < SHOWN_MAX && strcmp(world->user.role, "admin") != 0; i++) {
        buf_printf(ret_lines, "%s%s", i > 0 ? " " : "", stores_at(world->stores, i)->code);
    }
    if (count > SHOWN_MAX && strcmp(world->user.role, "admin") != 0) {
        buf_printf(ret_lines, " and %zu more", count - SHOWN_MAX);
    }
    buf_append_char(ret_lines, '\n');
}

static void say_account(const struct world *world, struct buf *ret_lines)
{
    const struct user *user = &world->user;
    char day[32];
    buf_printf(ret_lines, "User       %s, %s\n", user->name, user->role);
    append_stores(world, ret_lines);
    buf_printf(ret_lines, "Came in    by %s%s%s\n", user->method[0] != '\0' ? user->method : "ssh",
               user->key[0] != '\0' ? " " : "", user->key);
    label_format_day(user->expires_at, day, sizeof(day));
    if (day[0] != '\0') {
        buf_printf(ret_lines, "Until      %s\n", day);
    }
    buf_append_text(ret_lines, user->has_password ? " \nChange the password:\n"
                                                  : " \nThere is no password yet. Choose one:\n");
}

static void say_changed(const struct world *world, struct buf *ret_lines)
{
    (void)world;
    buf_append_text(ret_lines, "The password is changed.\n");
}

static const struct sheet_kind must_choose = {
    .title = "Choose a new password",
    .errand = ERRAND_PASSWORD,
    .note_on_cancel = "F3 leaves",
    .choose_form = choose_form,
    .say = say_must_choose,
};

static const struct sheet_kind account = {
    .title = "My account",
    .errand = ERRAND_PASSWORD,
    .choose_form = choose_form,
    .say = say_account,
    .say_done = say_changed,
};

static struct view *open_password(const struct world *world)
{
    return sheet_open(world, &view_password, &must_choose);
}

static struct view *open_account(const struct world *world)
{
    return sheet_open(world, &view_account, &account);
}

const struct view_ops view_password = {
    .name = "Choose a new password",
    .scope = SCOPE_FORM,
    .open = open_password,
    .draw = sheet_draw,
    .key = sheet_key,
    .result = sheet_result,
    .close = sheet_close,
};

const struct view_ops view_account = {
    .name = "My account",
    .scope = SCOPE_FORM,
    .open = open_account,
    .draw = sheet_draw,
    .key = sheet_key,
    .result = sheet_result,
    .close = sheet_close,
};
