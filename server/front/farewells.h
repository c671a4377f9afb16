/* Refused connections, which stay for a moment after they have been told why: closed at once, what the client
 * sends meanwhile would be answered with a reset, and its ssh would give up before it reads. Called by
 * door.c, which has one, with a few places: in a flood the oldest makes room. */
#ifndef STOCKROOM_SERVER_FRONT_FAREWELLS_H
#define STOCKROOM_SERVER_FRONT_FAREWELLS_H

#include <stdint.h>

struct farewells;
struct poller;

struct farewells *farewells_new(struct poller *poller);
void farewells_free(struct farewells *farewells);

/* Take a connection to which all has been sent. What comes from it is thrown away, a little of it. */
void farewells_add(struct farewells *farewells, int client_fd);

/* Close them all. */
void farewells_close(struct farewells *farewells);

/* INT64_MAX: there is none. */
int64_t farewells_next_ms(const struct farewells *farewells);
void farewells_tick(struct farewells *farewells, int64_t now_ms);

#endif
