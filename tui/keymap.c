/* The keymap's table and what is read off it: see keymap.h.
 * Called by views and widgets.
 * Touches nothing but its own constants. */
#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>

enum { KEYS_PER_ACTION = 3 };

struct entry {
    enum action action;
    unsigned scope;
    const char *legend;
    const char *help;
    uint32_t keys[KEYS_PER_ACTION];
};

static const struct entry entries[] = {
#define X(name, scope, legend, command, help, key1, key2, key3)                                              \
    {ACTION_##name, scope, legend, help, {key1, key2, key3}},
    KEYMAP_LIST(X)
#undef X
};

static const size_t entries_count = sizeof(entries) / sizeof(entries[0]);

static const struct {
    uint32_t key;
    const char *name;
} key_names[] = {
    {TUI_KEY_UP, "Up"},       {TUI_KEY_DOWN, "Down"},    {TUI_KEY_LEFT, "Left"},
    {TUI_KEY_RIGHT, "Right"}, {TUI_KEY_PAGE_UP, "PgUp"}, {TUI_KEY_PAGE_DOWN, "PgDn"},
    {TUI_KEY_HOME, "Home"},   {TUI_KEY_END, "End"},      {TUI_KEY_ENTER, "Enter"},
    {TUI_KEY_ESC, "Esc"},     {TUI_KEY_TAB, "Tab"},      {TUI_KEY_BACKTAB, "Shift-Tab"},
    {TUI_KEY_DELETE, "Del"},  {TUI_KEY_LINE_FEED, ""},   {TUI_KEY_BACKSPACE, "Backspace"},
    {' ', "Space"},
};

enum action keymap_find_action(unsigned scope, uint32_t key)
{
    for (size_t i = 0; i < entries_count && key != TUI_KEY_NONE; i++) {
        if ((entries[i].scope & scope) == 0) {
            continue;
        }
        for (size_t k = 0; k < KEYS_PER_ACTION; k++) {
            if (entries[i].keys[k] == key) {
                return entries[i].action;
            }
        }
    }
    return ACTION_NONE;
}

void keymap_name_key(uint32_t key, char *ret_name, size_t size)
{
    for (size_t i = 0; i < sizeof(key_names) / sizeof(key_names[0]); i++) {
        if (key_names[i].key == key) {
            snprintf(ret_name, size, "%s", key_names[i].name);
            return;
        }
    }
    if (key >= TUI_KEY_F1 && key <= TUI_KEY_F12) {
        snprintf(ret_name, size, "F%u", (unsigned)(key - TUI_KEY_F1 + 1));
    } else if (key > 0 && key < ' ') {
        snprintf(ret_name, size, "Ctrl-%c", (int)(key + '@'));
    } else if (key > ' ' && key < 0x7f) {
        snprintf(ret_name, size, "%c", (int)key);
    } else {
        snprintf(ret_name, size, "?");
    }
}

void keymap_append_legend(struct buf *buf, unsigned scope, size_t columns)
{
    size_t used = 0;
    for (size_t i = 0; i < entries_count; i++) {
        if ((entries[i].scope & scope) == 0 || entries[i].legend[0] == '\0') {
            continue;
        }
        char name[16];
        keymap_name_key(entries[i].keys[0], name, sizeof(name));
        size_t wanted = strlen(name) + 1 + strlen(entries[i].legend) + (used > 0 ? 2 : 0);
        if (used + wanted > columns) {
            return;
        }
        buf_printf(buf, "%s%s %s", used > 0 ? "  " : "", name, entries[i].legend);
        used += wanted;
    }
}

bool keymap_get_help(unsigned scope, size_t line, char *ret_keys, size_t size, const char **ret_help)
{
    for (size_t i = 0; i < entries_count; i++) {
        if ((entries[i].scope & scope) == 0 || line-- > 0) {
            continue;
        }
        size_t used = 0;
        ret_keys[0] = '\0';
        for (size_t k = 0; k < KEYS_PER_ACTION; k++) {
            char name[16];
            if (entries[i].keys[k] == TUI_KEY_NONE) {
                continue;
            }
            keymap_name_key(entries[i].keys[k], name, sizeof(name));
            if (name[0] != '\0' && used + strlen(name) + 2 < size) {
                used += (size_t)snprintf(ret_keys + used, size - used, "%s%s", used > 0 ? " " : "", name);
            }
        }
        *ret_help = entries[i].help;
        return true;
    }
    return false;
}
