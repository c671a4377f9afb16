/* How many connections each address has. Called by door.c. An address is known only while it has one, so
 * that the table is bounded by the number of sessions. */
#ifndef STOCKROOM_SERVER_FRONT_SOURCES_H
#define STOCKROOM_SERVER_FRONT_SOURCES_H

#include <stdbool.h>

#include "server/front/address.h"

struct source;
struct sources;

/* expected: about how many there will be; more are taken too. */
struct sources *sources_new(unsigned expected);
void sources_free(struct sources *sources);

enum sources_entry {
    SOURCES_ENTERED, /* ret_source is set */
    SOURCES_FULL,    /* it has `limit` already */
    SOURCES_FULL_UNAUTHENTICATED
};

/* Count one connection more from an address, which has not logged in. */
enum sources_entry sources_enter(struct sources *sources, const struct address *address, unsigned limit,
                                 unsigned limit_unauthenticated, struct source **ret_source);

/* One of them has logged in. */
void sources_logged_in(struct source *source);

/* Whether one that has logged in is still there. */
bool sources_have_login(const struct source *source);

/* One connection less, which had logged in or not; source may be gone afterwards. */
void sources_leave(struct sources *sources, struct source *source, bool has_logged_in);

#endif
