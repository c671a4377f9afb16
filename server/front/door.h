/* The door: who may come in, and a line that says why not. Called by listeners, proxied and sessions, and by
 * front.c, which has one. Knows what each source has: connections, and penalties. */
#ifndef STOCKROOM_SERVER_FRONT_DOOR_H
#define STOCKROOM_SERVER_FRONT_DOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/wire.h"
#include "server/front/address.h"
#include "server/front/penalties.h"

struct door;
struct front;
struct source;

struct door *door_new(struct front *front);
void door_free(struct door *door);

/* Take an accepted connection (fd: non-blocking, close-on-exec, ours now): it becomes a session, waits for
 * its PROXY header, or is refused. */
void door_knock(struct door *door, int client_fd, const struct sockaddr_storage *from);

/* The same, once it is known where the client is. */
void door_admit(struct door *door, int client_fd, const struct address *address);

/* Refuse: plain words for the client, a count for the reason (WIRE_STAT_connections_refused: none in
 * particular), a line in the log now and then. client_fd is closed. */
void door_refuse(struct door *door, int client_fd, const struct address *address, enum wire_stat reason,
                 const char *words);

/* From sessions: a source has done wrong. */
void door_penalise(struct door *door, const struct address *address, enum offence offence);

/* From sessions: one that door_admit has let in has logged in; one has gone. source may be gone afterwards.
 */
void door_logged_in(struct source *source);
void door_left(struct door *door, struct source *source, bool has_logged_in);

/* Someone has logged in from there, and is still here. */
bool door_knows(const struct source *source);

/* The configuration has been read again. */
void door_reload(struct door *door);

int64_t door_next_ms(const struct door *door);
void door_tick(struct door *door, int64_t now_ms);

#endif
