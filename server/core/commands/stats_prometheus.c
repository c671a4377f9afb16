/* The text format of Prometheus. Called by `stats` on the main loop. Pure: no floating point, microseconds
 * become seconds by a point. */
#include "server/core/commands/stats_prometheus.h"

#include <inttypes.h>

enum { MICROSECONDS = 1000000 };

/* Exact, without needless zeros: two of them are one number only when they are one text. */
static void append_seconds(struct buf *out, uint64_t microseconds)
{
    uint64_t fraction = microseconds % MICROSECONDS;
    unsigned places = 6;
    buf_append_u64(out, microseconds / MICROSECONDS);
    if (fraction == 0) {
        return;
    }
    while (fraction % 10 == 0) {
        fraction /= 10;
        places--;
    }
    buf_printf(out, ".%0*" PRIu64, (int)places, fraction);
}

static void append_head(const struct stats_measure *measure, const char *suffix, const char *type,
                        struct buf *out)
{
    buf_printf(out, "# HELP stockroom_%s%s %s\n# TYPE stockroom_%s%s %s\n", measure->name, suffix,
               measure->help, measure->name, suffix, type);
}

/* Each counts all below it too. The fine buckets between two powers of two are for percentiles only. */
static void append_buckets(const struct stats_measure *measure, struct buf *out)
{
    uint64_t seen = 0;
    for (unsigned i = 0; i + 1 < STATS_BUCKETS; i++) {
        uint64_t most_us = stats_bucket_most_us(i);
        seen += measure->times->buckets[i];
        if ((most_us & (most_us - 1)) == 0) {
            buf_printf(out, "stockroom_%s_seconds_bucket{le=\"", measure->name);
            append_seconds(out, most_us);
            buf_printf(out, "\"} %" PRIu64 "\n", seen);
        }
    }
    buf_printf(out, "stockroom_%s_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", measure->name,
               measure->times->count);
}

static void append_histogram(const struct stats_measure *measure, struct buf *out)
{
    append_head(measure, "_seconds", "histogram", out);
    append_buckets(measure, out);
    buf_printf(out, "stockroom_%s_seconds_sum ", measure->name);
    append_seconds(out, measure->times->sum_us);
    buf_printf(out, "\nstockroom_%s_seconds_count %" PRIu64 "\n", measure->name, measure->times->count);
}

void stats_append_prometheus(const struct stats_measure *measures, unsigned count, struct buf *out)
{
    for (unsigned i = 0; i < count; i++) {
        const struct stats_measure *measure = &measures[i];
        if (measure->kind == STATS_KIND_HISTOGRAM) {
            append_histogram(measure, out);
            continue;
        }
        bool is_counter = measure->kind == STATS_KIND_COUNTER;
        append_head(measure, is_counter ? "_total" : "", is_counter ? "counter" : "gauge", out);
        buf_printf(out, "stockroom_%s%s %" PRIu64 "\n", measure->name, is_counter ? "_total" : "",
                   measure->value);
    }
}
