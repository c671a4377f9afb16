/* From the bytes and codes that ncurses returns to the program's keys: UTF-8 that comes in pieces, pastes,
 * and escape sequences that nobody knows, which are swallowed. Called by draw/screen.c only. Touches no
 * descriptor: it is fed one code at a time. */
#ifndef STOCKROOM_TUI_DRAW_KEYS_H
#define STOCKROOM_TUI_DRAW_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/keymap.h"

enum {
    KEYS_PASTE_BEGIN = 0x200, /* above KEY_MAX: codes given to define_key */
    KEYS_PASTE_END,
    KEYS_END_OF_INPUT = -1 /* fed when nothing more has arrived */
};

struct keys {
    enum { KEYS_GROUND, KEYS_ESCAPE, KEYS_SEQUENCE, KEYS_ONE_MORE } state;
    bool pasting;
    unsigned swallowed;
    char bytes[4]; /* a character that has not come whole yet */
    size_t bytes_len;
    struct key_event queue[2];
    size_t queued;
};

/* Teach ncurses the sequences that terminals send whatever their description says. After newterm. */
void keys_define_sequences(void);

/* Feed what wgetch returned (or KEYS_END_OF_INPUT); keys that are complete come out of keys_next. */
void keys_feed(struct keys *keys, int code);

/* The next complete key; false when there is none. */
bool keys_next(struct keys *keys, struct key_event *ret_event);

#endif
