/* The TUIs of terminal sessions: started with a terminal, a socket to core and nothing else. Called by
 * session_control.c and sessions.c, which have one for a session, and by front.c, which has them all. */
#ifndef STOCKROOM_SERVER_FRONT_TUI_H
#define STOCKROOM_SERVER_FRONT_TUI_H

#include <stdbool.h>
#include <stdint.h>

struct front;
struct session;
struct tui;
struct tuis;

enum { TUI_COLUMNS_MAX = 500, TUI_ROWS_MAX = 200 };

struct tui_size {
    uint16_t columns;
    uint16_t rows;
};

/* Start one for a session that has logged in, with its size and TERM. terminal_fd is taken.
 * session_control_tui_gone follows when it ends. NULL: it could not be started (logged). */
struct tui *tui_start(struct session *session, int terminal_fd);

/* A new size; only the last one counts. */
void tui_resize(struct tui *tui, struct tui_size size);

/* The session has ended: hang up. The TUI is nobody's from now on, and is killed when it does not leave soon.
 */
void tui_hang_up(struct tui *tui);

struct tuis *tuis_new(struct front *front);
void tuis_free(struct tuis *tuis);

/* End those without a session at once. */
void tuis_kill(struct tuis *tuis);
bool tuis_are_gone(const struct tuis *tuis);
int64_t tuis_next_ms(const struct tuis *tuis);
void tuis_tick(struct tuis *tuis, int64_t now_ms);

#endif
