/* Decoding of keys: see keys.h.
 * Called by draw/screen.c.
 * Holds no state of its own. */
#include "tui/draw/keys.h"

#include <curses.h>
#include <string.h>

#include "common/text.h"

enum { SEQUENCE_BYTES_MAX = 64 };

/* xterm, screen, tmux, linux, rxvt and PuTTY disagree about these keys, and TERM is often wrong. Both cursor
 * modes. */
static const struct {
    const char *sequence;
    int code;
} sequences[] = {
    {"\033[200~", KEYS_PASTE_BEGIN},
    {"\033[201~", KEYS_PASTE_END},
    {"\033[A", KEY_UP},
    {"\033[B", KEY_DOWN},
    {"\033[C", KEY_RIGHT},
    {"\033[D", KEY_LEFT},
    {"\033OA", KEY_UP},
    {"\033OB", KEY_DOWN},
    {"\033OC", KEY_RIGHT},
    {"\033OD", KEY_LEFT},
    {"\033[H", KEY_HOME},
    {"\033[F", KEY_END},
    {"\033OH", KEY_HOME},
    {"\033OF", KEY_END},
    {"\033[1~", KEY_HOME},
    {"\033[4~", KEY_END},
    {"\033[7~", KEY_HOME},
    {"\033[8~", KEY_END},
    {"\033[3~", KEY_DC},
    {"\033[5~", KEY_PPAGE},
    {"\033[6~", KEY_NPAGE},
    {"\033[Z", KEY_BTAB},
    {"\033OM", KEY_ENTER},
    {"\033OP", KEY_F(1)},
    {"\033OQ", KEY_F(2)},
    {"\033OR", KEY_F(3)},
    {"\033OS", KEY_F(4)},
    {"\033[11~", KEY_F(1)},
    {"\033[12~", KEY_F(2)},
    {"\033[13~", KEY_F(3)},
    {"\033[14~", KEY_F(4)},
    {"\033[[A", KEY_F(1)},
    {"\033[[B", KEY_F(2)},
    {"\033[[C", KEY_F(3)},
    {"\033[[D", KEY_F(4)},
    {"\033[[E", KEY_F(5)},
    {"\033[15~", KEY_F(5)},
    {"\033[17~", KEY_F(6)},
    {"\033[18~", KEY_F(7)},
    {"\033[19~", KEY_F(8)},
    {"\033[20~", KEY_F(9)},
    {"\033[21~", KEY_F(10)},
    {"\033[23~", KEY_F(11)},
    {"\033[24~", KEY_F(12)},
};

void keys_define_sequences(void)
{
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        define_key(sequences[i].sequence, sequences[i].code);
    }
}

static uint32_t find_special(int code)
{
    if (code >= KEY_F(1) && code <= KEY_F(12)) {
        return (uint32_t)(TUI_KEY_F1 + (code - KEY_F(1)));
    }
    switch (code) {
    case KEY_UP:
        return TUI_KEY_UP;
    case KEY_DOWN:
        return TUI_KEY_DOWN;
    case KEY_LEFT:
        return TUI_KEY_LEFT;
    case KEY_RIGHT:
        return TUI_KEY_RIGHT;
    case KEY_PPAGE:
        return TUI_KEY_PAGE_UP;
    case KEY_NPAGE:
        return TUI_KEY_PAGE_DOWN;
    case KEY_HOME:
        return TUI_KEY_HOME;
    case KEY_END:
        return TUI_KEY_END;
    case KEY_DC:
        return TUI_KEY_DELETE;
    case KEY_BTAB:
        return TUI_KEY_BACKTAB;
    case KEY_BACKSPACE:
        return TUI_KEY_BACKSPACE;
    case KEY_ENTER:
        return TUI_KEY_ENTER;
    default:
        return TUI_KEY_NONE;
    }
}

static void put_key(struct keys *keys, uint32_t key)
{
    if (key != TUI_KEY_NONE && keys->queued < sizeof(keys->queue) / sizeof(keys->queue[0])) {
        keys->queue[keys->queued++] = (struct key_event){.key = key, .pasted = keys->pasting};
    }
}

/* How long a character is by its first byte; 0 for a byte that begins none. */
static size_t expected_bytes(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* A byte outside escape sequences: characters may come in pieces, so they are gathered over calls. */
static void feed_byte(struct keys *keys, unsigned char byte)
{
    if (keys->bytes_len > 0 && (byte & 0xc0) != 0x80) {
        keys->bytes_len = 0; /* the character before was never finished */
    }
    keys->bytes[keys->bytes_len++] = (char)byte;
    size_t expected = expected_bytes((unsigned char)keys->bytes[0]);
    if (keys->bytes_len < expected) {
        return;
    }
    uint32_t point;
    if (expected > 0 && text_decode(keys->bytes, keys->bytes_len, &point) > 0) {
        put_key(keys, point);
    }
    keys->bytes_len = 0;
}

static void feed_ground(struct keys *keys, int code)
{
    if (code == KEYS_PASTE_BEGIN || code == KEYS_PASTE_END) {
        keys->pasting = code == KEYS_PASTE_BEGIN;
    } else if (code > 0xff) {
        /* A function key in the middle of a paste is text that looks like one: never a command. */
        put_key(keys, keys->pasting ? TUI_KEY_NONE : find_special(code));
    } else if (code == TUI_KEY_ESC) {
        keys->state = KEYS_ESCAPE;
    } else if (code >= 0) {
        feed_byte(keys, (unsigned char)code);
    }
}

/* After an Esc that begins no known sequence: a sequence that nobody knows, or the key itself. */
static void feed_escape(struct keys *keys, int code)
{
    keys->state = KEYS_GROUND;
    keys->swallowed = 0;
    if (code == '[') {
        keys->state = KEYS_SEQUENCE;
        return;
    }
    if (code == 'O') {
        keys->state = KEYS_ONE_MORE;
        return;
    }
    put_key(keys, TUI_KEY_ESC);
    feed_ground(keys, code);
}

void keys_feed(struct keys *keys, int code)
{
    switch (keys->state) {
    case KEYS_GROUND:
        feed_ground(keys, code);
        break;
    case KEYS_ESCAPE:
        feed_escape(keys, code);
        break;
    case KEYS_SEQUENCE:
        if (code == TUI_KEY_ESC) {
            keys->state = KEYS_ESCAPE;
        } else if (code != KEYS_END_OF_INPUT &&
                   (code < 0x20 || code > 0x3f || ++keys->swallowed > SEQUENCE_BYTES_MAX)) {
            keys->state = KEYS_GROUND; /* its last byte, or no sequence at all */
        }
        break;
    case KEYS_ONE_MORE:
        keys->state = code == KEYS_END_OF_INPUT ? KEYS_ONE_MORE : KEYS_GROUND;
        break;
    }
}

bool keys_next(struct keys *keys, struct key_event *ret_event)
{
    if (keys->queued == 0) {
        return false;
    }
    *ret_event = keys->queue[0];
    keys->queue[0] = keys->queue[1];
    keys->queued--;
    return true;
}
