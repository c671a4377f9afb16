/* Counters, and the message that takes them to core. Called on front's only thread. Touches only front's
 * struct stats. */
#include "server/front/stats.h"

#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "server/front/core_process.h"
#include "server/front/front.h"

enum { PAUSE_MS = 1000 };

_Static_assert(1 + WIRE_STAT_COUNT * sizeof(uint64_t) <= WIRE_MESSAGE_MAX, "they fit into one message");

void stats_count(struct stats *stats, enum wire_stat stat)
{
    stats->values[stat]++;
}

void stats_set(struct stats *stats, enum wire_stat stat, uint64_t value)
{
    stats->values[stat] = value;
}

void stats_start(struct stats *stats)
{
    stats->has_sent = false;
}

/* A core that is too busy to read is not told more. */
int64_t stats_next_ms(const struct front *front)
{
    const struct stats *stats = &front->stats;
    if (!core_process_is_ready(front->core) ||
        (stats->has_sent && memcmp(stats->values, stats->sent, sizeof stats->sent) == 0)) {
        return FRONT_NEVER;
    }
    return stats->has_sent ? stats->sent_ms + PAUSE_MS : 0;
}

void stats_tick(struct front *front, int64_t now_ms)
{
    cleanup(buf_done) struct buf message = {0};
    struct stats *stats = &front->stats;
    if (now_ms < stats_next_ms(front)) {
        return;
    }
    wire_put_u8(&message, WIRE_CORE_STATS);
    for (size_t i = 0; i < WIRE_STAT_COUNT; i++) {
        wire_put_u64(&message, stats->values[i]);
    }
    core_process_send(front->core, &message, -1);
    memcpy(stats->sent, stats->values, sizeof stats->sent);
    stats->has_sent = true;
    stats->sent_ms = now_ms;
}
