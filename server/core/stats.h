/* What core counts and measures, for `stats`: counters and histograms that any thread adds to. Gauges are
 * read from the rooms that have them (commands/stats.c). One of it a process; values are since core's start.
 * Never blocks. */
#ifndef STOCKROOM_SERVER_CORE_STATS_H
#define STOCKROOM_SERVER_CORE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire.h"

/* X(name, help). */
#define STATS_COUNTER_LIST(X)                                                                                \
    X(logins, "logins by any method")                                                                        \
    X(logins_failed, "wrong credentials")                                                                    \
    X(logins_refused, "logins refused for a reason of the account: its sessions, its failures")              \
    X(tokens_made, "access tokens made")                                                                     \
    X(signups, "signups taken")                                                                              \
    X(commands, "commands answered, in batches too")                                                         \
    X(commands_failed, "of these: answered with an error")                                                   \
    X(commands_throttled, "of these: refused for their user's rate")                                         \
    X(commands_refused, "of these: refused for want of a right")                                             \
    X(batches_slowed, "times a batch waited for its user's rate")                                            \
    X(movements_posted, "movements committed")                                                               \
    X(movements_replayed, "movements found posted before")                                                   \
    X(transactions, "ledger transactions committed")                                                         \
    X(transactions_failed, "ledger transactions that failed or had to be resolved")                          \
    X(queries, "jobs done by the query workers")                                                             \
    X(queries_expired, "jobs that waited too long for one")                                                  \
    X(announcements, "changes of users heard from any server")                                               \
    X(commits_announced, "stores announced to other servers for their commits")                              \
    X(commits_heard, "stores for whose commits other servers' announcements were heard")                     \
    X(cache_hits, "inventory --product answered from memory")                                                \
    X(cache_misses, "and asked of the database")                                                             \
    X(cache_evictions, "answers dropped from memory for want of room")                                       \
    X(listener_reconnects, "times the listener had to connect again")                                        \
    X(sessions_revoked, "sessions ended because their user changed")                                         \
    X(sessions_idle, "sessions ended for being idle")                                                        \
    X(sessions_expired, "sessions ended for their age or their token's")                                     \
    X(audit_rows, "rows written to the audit trail for refusals")                                            \
    X(audit_dropped, "refusals that found no room in the queue")

enum stats_counter {
#define X(name, help) STATS_##name,
    STATS_COUNTER_LIST(X)
#undef X
        STATS_COUNTERS
};

/* X(name, help): microseconds. */
#define STATS_HISTOGRAM_LIST(X)                                                                              \
    X(read, "answering a command of class read")                                                             \
    X(write, "answering a command of class write, outside batches")                                          \
    X(scan, "answering a command of class scan")                                                             \
    X(login, "answering a command of class login")                                                           \
    X(authentication, "checking a credential, without the delay of a failure")                               \
    X(commit, "a ledger transaction")                                                                        \
    X(query_wait, "waiting for a query worker")

enum stats_histogram {
#define X(name, help) STATS_TIME_##name,
    STATS_HISTOGRAM_LIST(X)
#undef X
        STATS_HISTOGRAMS
};

/* Any thread. */
void stats_add(enum stats_counter counter, uint64_t count);
void stats_time(enum stats_histogram histogram, uint64_t microseconds);

/* ------------------------------------------------------------------ reading, any thread */

uint64_t stats_count(enum stats_counter counter);

/* Buckets: four for each power of two, the first of 1 us, the last but one of 2^27 us (134 s), the last of
 * what is longer. */
enum { STATS_BUCKETS = 105, STATS_BUCKETS_A_DOUBLING = 4 };

struct stats_times {
    uint64_t buckets[STATS_BUCKETS];
    uint64_t count; /* of all buckets */
    uint64_t sum_us;
    uint64_t max_us;
};

void stats_read_times(enum stats_histogram histogram, struct stats_times *ret_times);

/* The largest time that belongs into a bucket; UINT64_MAX for the last. */
uint64_t stats_bucket_most_us(unsigned bucket);

/* At most so long took `percent` of all: a bucket's bound, so up to a quarter too much, but never more than
 * the longest. 0: none was measured. */
uint64_t stats_percentile_us(const struct stats_times *times, unsigned percent);

/* ------------------------------------------------------------------ front's numbers, main loop */

/* What front has counted, in the order of enum wire_stat. now_ms: when it was heard. */
void stats_set_front(const uint64_t *values, uint64_t now_ms);

/* False: front has not said anything yet. ret_values takes WIRE_STAT_COUNT. */
bool stats_front(uint64_t *ret_values, uint64_t *ret_heard_ms);

#endif
