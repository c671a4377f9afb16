/* The sessions: who is let in, who is alive, who has to go. Called by front.c, listeners, core_process; the
 * rooms that make it up are sessions.c (table, limits, times), session_child.c (the fork), session_control.c
 * (messages) and tui.c. */
#ifndef STOCKROOM_SERVER_FRONT_SESSIONS_H
#define STOCKROOM_SERVER_FRONT_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct front;
struct sessions;

struct sessions *sessions_new(struct front *front);
void sessions_free(struct sessions *sessions);

/* Take an accepted connection (fd: non-blocking, close-on-exec, ours now): a session of its own, or a line
 * that says why not. */
void sessions_admit(struct sessions *sessions, int client_fd, const struct sockaddr_storage *from);

/* From core: this session has logged in; this one gave a wrong credential. Unknown numbers have ended
 * meanwhile. */
void sessions_authenticated(struct sessions *sessions, uint64_t id);
void sessions_refused(struct sessions *sessions, uint64_t id);

/* Tell them to say goodbye: all, or only those that have not logged in (the others hear it from core, when
 * their running commands are done). */
void sessions_drain(struct sessions *sessions, bool all);

/* End all at once. */
void sessions_kill(struct sessions *sessions);

bool sessions_are_gone(const struct sessions *sessions);

int64_t sessions_next_ms(const struct sessions *sessions);
void sessions_tick(struct sessions *sessions, int64_t now_ms);

#endif
