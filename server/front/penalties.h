/* What sources have done wrong of late, and whether they may come in. Called by door.c, which has the one
 * table. A source's sum of seconds grows by each offence and runs down with time; once it has reached
 * [penalties] enforce_seconds the source is refused until the sum has run down to nothing, so that whoever
 * has waited has all the tries again that a newcomer has. Pure but for its memory: the time is told by the
 * caller. */
#ifndef STOCKROOM_SERVER_FRONT_PENALTIES_H
#define STOCKROOM_SERVER_FRONT_PENALTIES_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "server/front/address.h"

enum offence {
    OFFENCE_NONE,
    OFFENCE_LOGIN_FAILURE,
    OFFENCE_NO_LOGIN, /* gone without having tried */
    OFFENCE_GRACE,    /* did not log in in time */
    OFFENCE_CRASH     /* the session's process died or misbehaved */
};

struct penalties;

/* config: borrowed; its [penalties] are asked each time, so that they may change. */
struct penalties *penalties_new(const struct config *config);
void penalties_free(struct penalties *penalties);

/* [penalties] sources may have changed: what no longer fits is forgotten, the nearest to forgiveness first.
 */
void penalties_resize(struct penalties *penalties);

/* Count an offence. True: it was counted, neither exempt nor without a price. ret_seconds: 0, or for how long
 * the source is refused from now on, when it was not refused before. */
bool penalties_add(struct penalties *penalties, const struct address *address, enum offence offence,
                   int64_t now_ms, unsigned *ret_seconds);

/* Seconds for which the source is still refused, 0: it may come in. */
unsigned penalties_left(const struct penalties *penalties, const struct address *address, int64_t now_ms);

/* Sources that are refused, as of the last penalties_tick. */
unsigned penalties_count_refused(const struct penalties *penalties);

/* Forget whose sum has run down; INT64_MAX: there is nobody to forget. */
int64_t penalties_next_ms(const struct penalties *penalties);
void penalties_tick(struct penalties *penalties, int64_t now_ms);

#endif
