/* Choosing a terminal description: see terminfo.h.
 * Called by draw/screen.c.
 * Touches terminfo's files. */
#include "tui/draw/terminfo.h"

#include <curses.h>
#include <string.h>
#include <term.h>

enum { TERM_BYTES_MAX = 64 };

static const struct {
    const char *prefix;
    const char *relative;
} families[] = {
    {"xterm", "xterm-256color"},
    {"putty", "xterm-256color"},
    {"alacritty", "xterm-256color"},
    {"foot", "xterm-256color"},
    {"konsole", "xterm-256color"},
    {"tmux", "screen-256color"},
    {"screen", "screen"},
    {"rxvt", "rxvt"},
    {"linux", "linux"},
};

/* The name becomes part of a path. */
static bool is_sane(const char *term)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_.";
    return term != NULL && term[0] != '\0' && term[0] != '.' && strlen(term) <= TERM_BYTES_MAX &&
           term[strspn(term, allowed)] == '\0';
}

static bool is_usable(const char *term, int fd)
{
    int outcome = 0;
    if (!is_sane(term) || setupterm(term, fd, &outcome) != OK) {
        return false;
    }
    const char *place = tigetstr("cup");
    bool usable = place != NULL && place != (char *)-1;
    del_curterm(cur_term);
    return usable;
}

const char *terminfo_choose(const char *term, int fd)
{
    if (is_usable(term, fd)) {
        return term;
    }
    for (size_t i = 0; is_sane(term) && i < sizeof(families) / sizeof(families[0]); i++) {
        if (strncmp(term, families[i].prefix, strlen(families[i].prefix)) == 0 &&
            is_usable(families[i].relative, fd)) {
            return families[i].relative;
        }
    }
    return is_usable("vt100", fd) ? "vt100" : NULL;
}
