/* Numbers in the text format that Prometheus scrapes. Called by `stats` on the main loop. Pure. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_STATS_PROMETHEUS_H
#define STOCKROOM_SERVER_CORE_COMMANDS_STATS_PROMETHEUS_H

#include <stdint.h>

#include "common/buf.h"
#include "server/core/stats.h"

enum stats_kind { STATS_KIND_COUNTER, STATS_KIND_GAUGE, STATS_KIND_HISTOGRAM };

/* A number with its name; texts are static. */
struct stats_measure {
    const char *name; /* a-z and _, without prefix and suffix */
    const char *help; /* neither backslash nor newline */
    enum stats_kind kind;
    uint64_t value;                  /* of a histogram: how many were measured */
    const struct stats_times *times; /* of a histogram */
};

/* Exposition format 0.0.4: stockroom_NAME, counters with _total, histograms in seconds with _seconds and a
 * bucket for each power of two microseconds. */
void stats_append_prometheus(const struct stats_measure *measures, unsigned count, struct buf *out);

#endif
