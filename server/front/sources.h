/* How many connections each address has. Called by sessions.c. An address is known only while it has one, so
 * that the table is bounded by the number of sessions. */
#ifndef STOCKROOM_SERVER_FRONT_SOURCES_H
#define STOCKROOM_SERVER_FRONT_SOURCES_H

#include "server/front/address.h"

struct source;
struct sources;

/* expected: about how many there will be; more are taken too. */
struct sources *sources_new(unsigned expected);
void sources_free(struct sources *sources);

/* Count one connection more from an address; NULL when it has `limit` already. */
struct source *sources_enter(struct sources *sources, const struct address *address, unsigned limit);

/* And one less; source may be gone afterwards. */
void sources_leave(struct sources *sources, struct source *source);

#endif
