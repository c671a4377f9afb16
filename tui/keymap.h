/* The keymap: one table of actions, from which come the enum, the legend on the last line, the help screen
 * and the names for a command line. Called by the views and the widgets; draw translates the terminal's keys
 * into these codes. Pure: touches neither the terminal nor the model. */
#ifndef STOCKROOM_TUI_KEYMAP_H
#define STOCKROOM_TUI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

/* Keys are code points; those without one lie above Unicode. */
enum tui_key {
    TUI_KEY_NONE = 0,
    TUI_KEY_CTRL_C = 0x03,
    TUI_KEY_CTRL_H = 0x08,
    TUI_KEY_TAB = 0x09,
    TUI_KEY_LINE_FEED = 0x0a,
    TUI_KEY_CTRL_L = 0x0c,
    TUI_KEY_ENTER = 0x0d,
    TUI_KEY_CTRL_U = 0x15,
    TUI_KEY_ESC = 0x1b,
    TUI_KEY_BACKSPACE = 0x7f,
    TUI_KEY_UP = 0x110000,
    TUI_KEY_DOWN,
    TUI_KEY_LEFT,
    TUI_KEY_RIGHT,
    TUI_KEY_PAGE_UP,
    TUI_KEY_PAGE_DOWN,
    TUI_KEY_HOME,
    TUI_KEY_END,
    TUI_KEY_DELETE,
    TUI_KEY_BACKTAB,
    TUI_KEY_F1 = 0x110100, /* F2 is the next number, and so on to F12 */
    TUI_KEY_F2 = TUI_KEY_F1 + 1,
    TUI_KEY_F3 = TUI_KEY_F1 + 2,
    TUI_KEY_F5 = TUI_KEY_F1 + 4,
    TUI_KEY_F9 = TUI_KEY_F1 + 8,
    TUI_KEY_F12 = TUI_KEY_F1 + 11
};

/* A key as it was typed, or a character out of a paste. */
struct key_event {
    uint32_t key;
    bool pasted;
};

/* Where an action means something. */
enum keymap_scope {
    SCOPE_INVENTORY = 1,
    SCOPE_STORES = 2,
    SCOPE_HELP = 4,
    SCOPE_FIELD = 8,
    SCOPE_FORM = 16, /* beside SCOPE_FIELD, before which it goes */
    SCOPE_GO = 32,   /* after the key that asks where to go */
    SCOPE_LAST = SCOPE_GO,
    SCOPE_TABLES = SCOPE_INVENTORY | SCOPE_STORES,
    SCOPE_LISTS = SCOPE_TABLES | SCOPE_HELP
};

/* X(name, scope, text for the legend or "", name of the command, help, up to three keys). The order is the
 * legend's. Looking a key up takes the first line that fits, so a narrower scope stands before a wider one.
 */
#define KEYMAP_LIST(X)                                                                                       \
    X(HELP, SCOPE_LISTS, "Help", "help", "This page, and back", TUI_KEY_F1, '?', 0)                          \
    X(GO, SCOPE_TABLES, "Go", "go", "Go to another screen: its letter comes next", TUI_KEY_F2, 'g', 0)       \
    X(QUIT, SCOPE_LISTS | SCOPE_FORM, "Quit", "quit", "Leave the program", TUI_KEY_F3, 0, 0)                 \
    X(GO_ON, SCOPE_FORM, "Next", "", "On to the next field; send in the last one", TUI_KEY_ENTER,            \
      TUI_KEY_LINE_FEED, 0)                                                                                  \
    X(FIELD_PREVIOUS, SCOPE_FORM, "", "", "The field before", TUI_KEY_BACKTAB, TUI_KEY_UP, 0)                \
    X(FIELD_NEXT, SCOPE_FORM, "", "", "The next field", TUI_KEY_TAB, TUI_KEY_DOWN, 0)                        \
    X(SEND, SCOPE_FORM, "Send", "", "Send what was typed", TUI_KEY_F9, 0, 0)                                 \
    X(GO_INVENTORY, SCOPE_GO, "Inventory", "", "The inventory", 'i', 0, 0)                                   \
    X(GO_STORES, SCOPE_GO, "Stores", "", "The stores", 's', 0, 0)                                            \
    X(GO_ACCOUNT, SCOPE_GO, "My account", "account", "My account, and a new password", 'a', 0, 0)            \
    X(CHOOSE, SCOPE_STORES, "Open", "open", "Open the store", TUI_KEY_ENTER, TUI_KEY_LINE_FEED, 0)           \
    X(SEARCH, SCOPE_TABLES, "Search", "search", "Go to the next row that holds a text", '/', 0, 0)           \
    X(FILTER, SCOPE_TABLES, "Filter", "filter", "Show only rows that hold a text, as you type", '\\', 0, 0)  \
    X(REFRESH, SCOPE_TABLES, "Refresh", "refresh", "Load everything again", TUI_KEY_F5, 'r', 0)              \
    X(SORT_PREVIOUS, SCOPE_INVENTORY, "", "sort-previous", "Sort by the column before", '<', 0, 0)           \
    X(SORT_NEXT, SCOPE_INVENTORY, "Sort", "sort-next", "Sort by the next column", '>', 0, 0)                 \
    X(SORT_INVERT, SCOPE_INVENTORY, "Invert", "invert", "Turn the order around", 'I', 0, 0)                  \
    X(STORES, SCOPE_INVENTORY, "Stores", "stores", "Choose another store", 's', 0, 0)                        \
    X(PAUSE, SCOPE_INVENTORY, "Pause", "pause", "Hold live changes back, or let them go on", 'Z', 0, 0)      \
    X(SEARCH_NEXT, SCOPE_TABLES, "", "search-next", "The next match of the search", 'n', 0, 0)               \
    X(SEARCH_PREVIOUS, SCOPE_TABLES, "", "search-previous", "The match before", 'N', 0, 0)                   \
    X(UP, SCOPE_LISTS, "", "up", "One row up", TUI_KEY_UP, 'k', 0)                                           \
    X(DOWN, SCOPE_LISTS, "", "down", "One row down", TUI_KEY_DOWN, 'j', 0)                                   \
    X(PAGE_UP, SCOPE_LISTS, "", "page-up", "One page up", TUI_KEY_PAGE_UP, 'h', TUI_KEY_LEFT)                \
    X(PAGE_DOWN, SCOPE_LISTS, "", "page-down", "One page down", TUI_KEY_PAGE_DOWN, 'l', TUI_KEY_RIGHT)       \
    X(FIRST, SCOPE_LISTS, "", "first", "The first row", TUI_KEY_HOME, 0, 0)                                  \
    X(LAST, SCOPE_LISTS, "", "last", "The last row", TUI_KEY_END, 0, 0)                                      \
    X(REDRAW, SCOPE_LISTS | SCOPE_FIELD, "", "redraw", "Draw the screen anew", TUI_KEY_CTRL_L, 0, 0)         \
    X(BACK, SCOPE_HELP, "Back", "back", "Back to where you were", TUI_KEY_ESC, 'q', 0)                       \
    X(CLOSE, SCOPE_TABLES, "", "close", "Back; with nothing to go back to, leave", 'q', 0, 0)                \
    X(CANCEL, SCOPE_LISTS, "", "cancel", "Back; drop the filter", TUI_KEY_F12, TUI_KEY_CTRL_C, TUI_KEY_ESC)  \
    X(ACCEPT, SCOPE_FIELD, "Go", "", "Take what was typed", TUI_KEY_ENTER, TUI_KEY_LINE_FEED, 0)             \
    X(ABANDON, SCOPE_FIELD, "Cancel", "", "Leave without it", TUI_KEY_ESC, TUI_KEY_F12, TUI_KEY_CTRL_C)      \
    X(ERASE, SCOPE_FIELD, "", "", "Erase the character before", TUI_KEY_BACKSPACE, TUI_KEY_CTRL_H, 0)        \
    X(ERASE_NEXT, SCOPE_FIELD, "", "", "Erase the character under the cursor", TUI_KEY_DELETE, 0, 0)         \
    X(ERASE_ALL, SCOPE_FIELD, "", "", "Erase everything", TUI_KEY_CTRL_U, 0, 0)                              \
    X(LEFT, SCOPE_FIELD, "", "", "One character left", TUI_KEY_LEFT, 0, 0)                                   \
    X(RIGHT, SCOPE_FIELD, "", "", "One character right", TUI_KEY_RIGHT, 0, 0)                                \
    X(START, SCOPE_FIELD, "", "", "To the start", TUI_KEY_HOME, 0, 0)                                        \
    X(FINISH, SCOPE_FIELD, "", "", "To the end", TUI_KEY_END, 0, 0)

enum action {
    ACTION_NONE,
#define X(name, scope, legend, command, help, key1, key2, key3) ACTION_##name,
    KEYMAP_LIST(X)
#undef X
};

/* What a key means in a scope; ACTION_NONE for a key without meaning there. */
enum action keymap_find_action(unsigned scope, uint32_t key);

/* Append the legend of a scope ("F1 Help  F3 Quit  / Search …"): as many whole entries as fit in `columns`.
 */
void keymap_append_legend(struct buf *buf, unsigned scope, size_t columns);

/* One line of the help screen: an action's keys and what it does. Lines of `scope` count from 0; keys gets at
 * most size bytes with its NUL. False past the last line. *ret_help is static. */
bool keymap_get_help(unsigned scope, size_t line, char *ret_keys, size_t size, const char **ret_help);

/* A key's name for people ("F1", "PgUp", "Ctrl-L", "/"), at most size bytes with its NUL. */
void keymap_name_key(uint32_t key, char *ret_name, size_t size);

#endif
