/* The sessions: who is alive, who has to go. Called by front.c, door, core_process; the
 * rooms that make it up are sessions.c (table, times), session_child.c (the fork), session_control.c
 * (messages) and tui.c. */
#ifndef STOCKROOM_SERVER_FRONT_SESSIONS_H
#define STOCKROOM_SERVER_FRONT_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "server/front/address.h"

struct front;
struct sessions;
struct source;

struct sessions *sessions_new(struct front *front);
void sessions_free(struct sessions *sessions);

/* A session of its own for a connection (ours now) that the door has let in; source: what the door counts it
 * by, given back by door_left. */
void sessions_start(struct sessions *sessions, int client_fd, const struct address *address,
                    struct source *source);

/* From core: this session has logged in; this one gave a wrong credential. Unknown numbers have ended
 * meanwhile. */
void sessions_authenticated(struct sessions *sessions, uint64_t id);
void sessions_refused(struct sessions *sessions, uint64_t id);

/* Tell them to say goodbye: all, or only those that have not logged in (the others hear it from core, when
 * their running commands are done). */
void sessions_drain(struct sessions *sessions, bool all);

/* End all at once. */
void sessions_kill(struct sessions *sessions);

/* In all, and those that have not logged in. */
unsigned sessions_count(const struct sessions *sessions);
unsigned sessions_count_unauthenticated(const struct sessions *sessions);

bool sessions_are_gone(const struct sessions *sessions);

int64_t sessions_next_ms(const struct sessions *sessions);
void sessions_tick(struct sessions *sessions, int64_t now_ms);

#endif
