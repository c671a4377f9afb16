/* The terminal through ncurses: see screen.h.
 * Called by the main loop, views and widgets; with draw/keys.c and draw/terminfo.c all that includes
 * <curses.h>. Touches the terminal's descriptors and, while opening, terminfo and the environment. */
#include "tui/draw/screen.h"

#include <curses.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "common/text.h"
#include "tui/draw/keys.h"
#include "tui/draw/terminfo.h"

enum {
    ESC_WAIT_MS = 100,
    CELL_POINTS_MAX = CCHARW_MAX - 1, /* a base and its combining marks; the last place ends the string */
    PAIR_RED = 1
};

struct screen {
    SCREEN *curses;
    FILE *in;
    FILE *out;
    WINDOW *keyboard; /* a pad: reading from a window would draw it */
    struct keys keys;
    int columns;
    int rows;
    bool utf8;
    bool coloured;
    bool cursor_shown;
    bool forgotten;
    cchar_t cells[SCREEN_COLUMNS_MAX + 2];
};

static int clamp(int value, int max)
{
    return value < 1 ? 1 : value > max ? max : value;
}

/* ncurses has no other way of being told a size before it allocates. */
static void announce_size(const struct screen_options *options)
{
    char number[16];
    if (options->columns <= 0 || options->rows <= 0) {
        return;
    }
    snprintf(number, sizeof(number), "%d", clamp(options->columns, SCREEN_COLUMNS_MAX));
    setenv("COLUMNS", number, 1);
    snprintf(number, sizeof(number), "%d", clamp(options->rows, SCREEN_ROWS_MAX));
    setenv("LINES", number, 1);
}

static FILE *open_stream(int fd, const char *mode)
{
    int copy = dup(fd);
    FILE *stream = copy < 0 ? NULL : fdopen(copy, mode);
    if (stream == NULL && copy >= 0) {
        close(copy);
    }
    return stream;
}

/* Bracketed paste on or off: no capability of terminfo says it, and terminals without it ignore it. ncurses
 * has nothing buffered when this is called, or nothing that minds the order. */
static void write_directly(const struct screen *screen, const char *sequence)
{
    if (write(fileno(screen->out), sequence, strlen(sequence)) < 0) {
        return; /* a terminal that is gone shows itself when it is read */
    }
}

/* A socket has no line discipline: raw() and meta() find nothing to change there, and what they would have
 * changed was changed at the client's end. What counts is what ncurses believes. */
static void set_modes(struct screen *screen, bool colours)
{
    raw();
    noecho();
    nonl();
    typeahead(-1);
    set_escdelay(ESC_WAIT_MS);
    meta(stdscr, TRUE);
    keypad(screen->keyboard, TRUE);
    nodelay(screen->keyboard, TRUE);
    idlok(stdscr, TRUE);
    leaveok(stdscr, TRUE);
    keys_define_sequences();
    screen->coloured = colours && has_colors() && start_color() == OK && use_default_colors() == OK &&
                       init_pair(PAIR_RED, COLOR_RED, -1) == OK;
    curs_set(0);
    write_directly(screen, "\033[?2004h");
}

struct screen *screen_open(const struct screen_options *options, char *ret_reason, size_t size)
{
    struct screen *screen = calloc(1, sizeof(*screen));
    if (screen == NULL) {
        abort();
    }
    const char *term = terminfo_choose(options->term, options->out_fd);
    if (term == NULL) {
        snprintf(ret_reason, size, "no terminal type that can place text is known here");
        goto failed;
    }
    announce_size(options);
    screen->in = open_stream(options->in_fd, "r");
    screen->out = open_stream(options->out_fd, "w");
    if (screen->in == NULL || screen->out == NULL) {
        snprintf(ret_reason, size, "the terminal cannot be opened");
        goto failed;
    }
    screen->curses = newterm(term, screen->out, screen->in);
    screen->keyboard = screen->curses == NULL ? NULL : newpad(1, 1);
    if (screen->keyboard == NULL) {
        snprintf(ret_reason, size, "the terminal cannot be set up");
        goto failed;
    }
    screen->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    set_modes(screen, options->colours);
    screen_resize(screen, options->columns > 0 ? options->columns : COLS,
                  options->rows > 0 ? options->rows : LINES);
    return screen;
failed:
    screen_close(screen);
    return NULL;
}

void screen_close(struct screen *screen)
{
    if (screen == NULL) {
        return;
    }
    if (screen->curses != NULL) {
        meta(stdscr, FALSE);
        curs_set(1);
        endwin();
        write_directly(screen, "\033[?2004l");
        if (screen->keyboard != NULL) {
            delwin(screen->keyboard);
        }
        delscreen(screen->curses);
    }
    if (screen->in != NULL) {
        fclose(screen->in);
    }
    if (screen->out != NULL) {
        fclose(screen->out);
    }
    free(screen);
}

void screen_resize(struct screen *screen, int columns, int rows)
{
    screen->columns = clamp(columns, SCREEN_COLUMNS_MAX);
    screen->rows = clamp(rows, SCREEN_ROWS_MAX);
    if (screen->columns != COLS || screen->rows != LINES) {
        resizeterm(screen->rows, screen->columns);
    }
    leaveok(stdscr, !screen->cursor_shown);
    screen->forgotten = true;
}

int screen_columns(const struct screen *screen)
{
    return screen->columns;
}

int screen_rows(const struct screen *screen)
{
    return screen->rows;
}

bool screen_is_utf8(const struct screen *screen)
{
    return screen->utf8;
}

static attr_t find_attributes(const struct screen *screen, enum style style, short *ret_pair)
{
    *ret_pair = 0;
    switch (style) {
    case STYLE_CHOSEN:
        return A_REVERSE;
    case STYLE_TITLE:
    case STYLE_HEAD:
    case STYLE_NOTICE:
        return A_BOLD;
    case STYLE_LOW:
        *ret_pair = screen->coloured ? PAIR_RED : 0;
        return screen->coloured ? A_NORMAL : A_BOLD;
    case STYLE_ERROR:
        *ret_pair = screen->coloured ? PAIR_RED : 0;
        return A_BOLD;
    case STYLE_PLAIN:
    case STYLE_LEGEND:
        break;
    }
    return A_NORMAL;
}

/* The code point at the head of text as the terminal may get it: cleaned a second time, since a mistake here
 * would hand the terminal to whoever can name a product. Where libc and we disagree about the width, '?' is
 * safe. */
static size_t take_point(const struct screen *screen, const char *text, size_t len, wchar_t *ret_point,
                         int *ret_width)
{
    uint32_t point;
    size_t bytes = text_decode(text, len, &point);
    if (bytes == 0) {
        bytes = 1;
        point = '?';
    }
    size_t width = text_width(text, bytes);
    bool shown = text_point_is_printable(point) && (screen->utf8 || point < 0x80) &&
                 wcwidth((wchar_t)point) == (int)width;
    *ret_point = shown ? (wchar_t)point : L'?';
    *ret_width = !shown && width == 0 ? 1 : (int)width;
    return bytes;
}

static size_t fill_cells(struct screen *screen, int width, attr_t attributes, short pair, const char *text)
{
    size_t cells = 0;
    int used = 0;
    size_t len = strlen(text);
    wchar_t points[CELL_POINTS_MAX + 1];
    while (len > 0) {
        int point_width;
        size_t count = 1;
        size_t bytes = take_point(screen, text, len, &points[0], &point_width);
        if (used + point_width > width) {
            break;
        }
        text += bytes;
        len -= bytes;
        int blanks = points[0] == L'?' ? point_width - 1 : 0;
        if (point_width == 0) {
            continue; /* a mark with nothing to stand on */
        }
        while (len > 0) {
            wchar_t mark;
            int mark_width;
            bytes = take_point(screen, text, len, &mark, &mark_width);
            if (mark_width > 0) {
                break;
            }
            if (count < CELL_POINTS_MAX) {
                points[count++] = mark;
            }
            text += bytes;
            len -= bytes;
        }
        points[count] = L'\0';
        setcchar(&screen->cells[cells++], points, attributes, pair, NULL);
        for (; blanks > 0; blanks--) {
            setcchar(&screen->cells[cells++], L"?", attributes, pair, NULL);
        }
        used += point_width;
    }
    for (; used < width; used++) {
        setcchar(&screen->cells[cells++], L" ", attributes, pair, NULL);
    }
    return cells;
}

void screen_put(struct screen *screen, int row, int column, int width, enum style style, const char *text)
{
    if (row < 0 || row >= screen->rows || column < 0 || column >= screen->columns || width <= 0) {
        return;
    }
    if (width > screen->columns - column) {
        width = screen->columns - column;
    }
    short pair;
    attr_t attributes = find_attributes(screen, style, &pair);
    size_t count = fill_cells(screen, width, attributes, pair, text);
    mvwadd_wchnstr(stdscr, row, column, screen->cells, (int)count);
}

void screen_put_right(struct screen *screen, int row, int column, int width, enum style style,
                      const char *text)
{
    int taken = (int)text_width(text, strlen(text));
    int pad = taken < width ? width - taken : 0;
    if (pad > 0) {
        screen_put(screen, row, column, pad, style, "");
    }
    screen_put(screen, row, column + pad, width - pad, style, text);
}

void screen_set_cursor(struct screen *screen, int row, int column)
{
    bool shown = row >= 0;
    if (shown != screen->cursor_shown) {
        screen->cursor_shown = shown;
        leaveok(stdscr, !shown);
        curs_set(shown ? 1 : 0);
    }
    if (shown) {
        wmove(stdscr, clamp(row + 1, screen->rows) - 1, clamp(column + 1, screen->columns) - 1);
    }
}

void screen_forget(struct screen *screen)
{
    screen->forgotten = true;
}

void screen_flush(struct screen *screen)
{
    if (screen->forgotten) {
        screen->forgotten = false;
        clearok(curscr, TRUE);
    }
    wnoutrefresh(stdscr);
    doupdate();
}

bool screen_read_key(struct screen *screen, struct key_event *ret_event)
{
    for (;;) {
        if (keys_next(&screen->keys, ret_event)) {
            return true;
        }
        int code = wgetch(screen->keyboard);
        keys_feed(&screen->keys, code == ERR ? KEYS_END_OF_INPUT : code);
        if (code == ERR) {
            return keys_next(&screen->keys, ret_event);
        }
    }
}
