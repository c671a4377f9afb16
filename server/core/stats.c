/* Counting and measuring: relaxed atomics, no lock. Called by every room of core, from any thread; read by
 * `stats`. Knows nothing of what is counted, and touches nothing else. */
#include "server/core/stats.h"

#include <stdatomic.h>
#include <string.h>

enum { LARGEST_EXPONENT = 26 }; /* of what falls into the last bucket but one */

struct histogram {
    atomic_uint_fast64_t buckets[STATS_BUCKETS];
    atomic_uint_fast64_t sum_us;
    atomic_uint_fast64_t max_us;
};

static atomic_uint_fast64_t counters[STATS_COUNTERS];
static struct histogram histograms[STATS_HISTOGRAMS];

static uint64_t front[WIRE_STAT_COUNT];
static uint64_t front_heard_ms;
static bool front_is_known;

void stats_add(enum stats_counter counter, uint64_t count)
{
    atomic_fetch_add_explicit(&counters[counter], count, memory_order_relaxed);
}

uint64_t stats_count(enum stats_counter counter)
{
    return atomic_load_explicit(&counters[counter], memory_order_relaxed);
}

/* Bounds are the most that a bucket takes, so it is the value less one whose bits say where: its exponent,
 * and the two bits behind the first. */
static unsigned bucket_of(uint64_t microseconds)
{
    uint64_t value = microseconds > 0 ? microseconds - 1 : 0;
    if (value < STATS_BUCKETS_A_DOUBLING) {
        return (unsigned)value;
    }
    unsigned exponent = 63 - (unsigned)__builtin_clzll(value);
    if (exponent > LARGEST_EXPONENT) {
        return STATS_BUCKETS - 1;
    }
    return (exponent - 1) * STATS_BUCKETS_A_DOUBLING + (unsigned)(value >> (exponent - 2) & 3);
}

uint64_t stats_bucket_most_us(unsigned bucket)
{
    if (bucket >= STATS_BUCKETS - 1) {
        return UINT64_MAX;
    }
    if (bucket < STATS_BUCKETS_A_DOUBLING) {
        return bucket + 1;
    }
    unsigned exponent = bucket / STATS_BUCKETS_A_DOUBLING + 1;
    return (uint64_t)(STATS_BUCKETS_A_DOUBLING + bucket % STATS_BUCKETS_A_DOUBLING + 1) << (exponent - 2);
}

void stats_time(enum stats_histogram which, uint64_t microseconds)
{
    struct histogram *histogram = &histograms[which];
    atomic_fetch_add_explicit(&histogram->buckets[bucket_of(microseconds)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_us, microseconds, memory_order_relaxed);
    uint_fast64_t max = atomic_load_explicit(&histogram->max_us, memory_order_relaxed);
    while (microseconds > max &&
           !atomic_compare_exchange_weak_explicit(&histogram->max_us, &max, microseconds,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
}

void stats_read_times(enum stats_histogram which, struct stats_times *ret_times)
{
    const struct histogram *histogram = &histograms[which];
    struct stats_times times = {0};
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        times.buckets[i] = atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
        times.count += times.buckets[i];
    }
    times.sum_us = atomic_load_explicit(&histogram->sum_us, memory_order_relaxed);
    times.max_us = atomic_load_explicit(&histogram->max_us, memory_order_relaxed);
    *ret_times = times;
}

uint64_t stats_percentile_us(const struct stats_times *times, unsigned percent)
{
    uint64_t rank = times->count / 100 * percent + (times->count % 100 * percent + 99) / 100;
    uint64_t seen = 0;
    for (unsigned i = 0; i < STATS_BUCKETS && times->count > 0; i++) {
        seen += times->buckets[i];
        if (seen >= rank && seen > 0) {
            uint64_t most = stats_bucket_most_us(i);
            return most < times->max_us ? most : times->max_us;
        }
    }
    return 0;
}

void stats_set_front(const uint64_t *values, uint64_t now_ms)
{
    memcpy(front, values, sizeof front);
    front_heard_ms = now_ms;
    front_is_known = true;
}

bool stats_front(uint64_t *ret_values, uint64_t *ret_heard_ms)
{
    if (front_is_known) {
        memcpy(ret_values, front, sizeof front);
        *ret_heard_ms = front_heard_ms;
    }
    return front_is_known;
}
