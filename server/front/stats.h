/* What front has counted since its start, for core's `stats`. Counted by every room of front, sent by
 * front.c: at most once a second, and only what has changed. */
#ifndef STOCKROOM_SERVER_FRONT_STATS_H
#define STOCKROOM_SERVER_FRONT_STATS_H

#include <stdint.h>

#include "common/wire.h"

struct front;

struct stats {
    uint64_t values[WIRE_STAT_COUNT];
    uint64_t sent[WIRE_STAT_COUNT];
    bool has_sent; /* to the core that runs now */
    int64_t sent_ms;
};

/* One more of a counter. */
void stats_count(struct stats *stats, enum wire_stat stat);

/* A gauge's value. */
void stats_set(struct stats *stats, enum wire_stat stat, uint64_t value);

/* A new core, which knows nothing yet: send all at the next tick. */
void stats_start(struct stats *stats);

/* FRONT_NEVER: nothing to send, or nobody to send it to. */
int64_t stats_next_ms(const struct front *front);
void stats_tick(struct front *front, int64_t now_ms);

#endif
