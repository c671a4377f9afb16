/* stats: what the server has counted and measured, and what it has at the moment.
 * Answered on the main loop, from memory: it works while the database is away.
 * Reads other rooms, and changes nothing. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/core/access.h"
#include "server/core/audit.h"
#include "server/core/cache.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/stats_prometheus.h"
#include "server/core/core.h"
#include "server/core/peer.h"
#include "server/core/stats.h"
#include "server/core/throttle.h"

static const struct column columns[] = {
    {"name", COLUMN_TEXT, 0},      {"kind", COLUMN_TEXT, 0},      {"value", COLUMN_INTEGER, 0},
    {"p50_us", COLUMN_INTEGER, 0}, {"p90_us", COLUMN_INTEGER, 0}, {"p99_us", COLUMN_INTEGER, 0},
    {"max_us", COLUMN_INTEGER, 0}, {"help", COLUMN_TEXT, 0},
};

struct collecting {
    struct arena *arena;
    struct stats_measure *measures;
    unsigned count;
};

/* More than there are; checked when one is added. */
enum { MEASURES_MAX = STATS_COUNTERS + STATS_HISTOGRAMS + WIRE_STAT_COUNT + 32 };

static struct stats_measure *add(struct collecting *collecting, const char *name, const char *help,
                                 enum stats_kind kind, uint64_t value)
{
    static struct stats_measure spare;
    if (collecting->count == MEASURES_MAX) {
        return &spare;
    }
    struct stats_measure *measure = &collecting->measures[collecting->count++];
    *measure = (struct stats_measure){.name = name, .help = help, .kind = kind, .value = value};
    return measure;
}

static void collect_counters(struct collecting *collecting)
{
#define X(name, help) add(collecting, #name, help, STATS_KIND_COUNTER, stats_count(STATS_##name));
    STATS_COUNTER_LIST(X)
#undef X
    add(collecting, "log_lines_dropped", "log lines that found no room in the queue", STATS_KIND_COUNTER,
        log_dropped());
}

static void collect_histogram(struct collecting *collecting, const char *name, const char *help,
                              enum stats_histogram which)
{
    struct stats_times *times = arena_alloc(collecting->arena, sizeof *times);
    stats_read_times(which, times);
    add(collecting, name, help, STATS_KIND_HISTOGRAM, times->count)->times = times;
}

static void collect_histograms(struct collecting *collecting)
{
#define X(name, help) collect_histogram(collecting, #name, help, STATS_TIME_##name);
    STATS_HISTOGRAM_LIST(X)
#undef X
}

static void collect_front(struct collecting *collecting, uint64_t now_ms)
{
    uint64_t values[WIRE_STAT_COUNT];
    uint64_t heard_ms;
    if (!stats_front(values, &heard_ms)) {
        return;
    }
#define X(name, help, is_gauge)                                                                              \
    add(collecting, "front_" #name, help, (is_gauge) ? STATS_KIND_GAUGE : STATS_KIND_COUNTER,                \
        values[WIRE_STAT_##name]);
    WIRE_STAT_LIST(X)
#undef X
    add(collecting, "front_heard_seconds_ago",
        "since front last told its numbers, which it does when they change", STATS_KIND_GAUGE,
        (now_ms - heard_ms) / 1000);
}

/* Resident memory of this process; 0: the kernel does not tell. */
static uint64_t memory_bytes(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) {
        return 0;
    }
    if (fscanf(file, "%*u %llu", &pages) != 1) {
        pages = 0;
    }
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

struct session_counts {
    uint64_t sessions;
    uint64_t screens;
};

static bool count_session(void *argument, const struct peer_facts *facts)
{
    struct session_counts *counts = argument;
    counts->sessions++;
    counts->screens += facts->has_screen;
    return true;
}

static void collect_rooms(struct collecting *collecting, const struct core *core)
{
    struct session_counts counts = {0};
    peers_each(core->peers, count_session, &counts);
    const struct {
        const char *name;
        const char *help;
        uint64_t value;
    } gauges[] = {
        {"sessions", "sessions that are logged in", counts.sessions},
        {"screens", "of these: with a screen", counts.screens},
        {"users_known", "users in memory", directory_count(access_directory(core->access))},
        {"users_throttled", "users with a session, or with a bucket that is not full again",
         throttle_count(core->throttle)},
        {"listener_up", "is the link up over which changes of users are heard",
         access_is_fresh(core->access)},
        {"query_jobs", "jobs that wait for a query worker or have one", work_pending(core->queries)},
        {"password_jobs", "the same for checking and making passwords", work_pending(core->passwords)},
        {"ledger_lines", "movements that wait for the ledger writer",
         core->config->ledger.queue_lines - ledger_room(core->ledger)},
        {"cache_entries", "answers in memory", cache_count(core->cache)},
        {"cache_bytes", "and the memory that they take", cache_bytes(core->cache)},
        {"audit_refusals", "refusals that wait for the audit trail", audit_waiting(core->audit)},
        {"streams", "batches that have lines with the ledger writer", core->streams},
        {"output_bytes", "answers that wait for their readers", core->output_total},
        {"memory_bytes", "resident memory of the core process", memory_bytes()},
        {"uptime_seconds", "since core was started", (uv_now(core->loop) - core->started_ms) / 1000},
    };
    for (unsigned i = 0; i < sizeof gauges / sizeof *gauges; i++) {
        add(collecting, gauges[i].name, gauges[i].help, STATS_KIND_GAUGE, gauges[i].value);
    }
}

static void set_number(struct arena *arena, struct cell *cell, uint64_t value)
{
    cell->value = arena_printf(arena, "%" PRIu64, value);
}

static void add_row(struct request *request, const struct stats_measure *measure)
{
    static const char *const kinds[] = {
        [STATS_KIND_COUNTER] = "counter", [STATS_KIND_GAUGE] = "gauge", [STATS_KIND_HISTOGRAM] = "histogram"};
    static const unsigned percents[] = {50, 90, 99, 100};
    struct cell *row = table_add_row(&request->table);

    row[0].value = measure->name;
    row[1].value = kinds[measure->kind];
    set_number(&request->arena, &row[2], measure->value);
    for (unsigned i = 0; measure->times && measure->value > 0 && i < sizeof percents / sizeof *percents;
         i++) {
        set_number(&request->arena, &row[3 + i], stats_percentile_us(measure->times, percents[i]));
    }
    row[7].value = measure->help;
}

/* False: an error. */
static enum err wants_prometheus(const struct request *request, bool *ret_wants, struct err_info *ret_info)
{
    const char *format = args_option(&request->args, "format");
    *ret_wants = format != NULL;
    if (format && strcmp(format, "prometheus") != 0) {
        return err_set(ret_info, ERR_USAGE, "--format is text, csv, json or prometheus, not '%.40s'", format);
    }
    if (format && request->in_batch) {
        return err_set(ret_info, ERR_USAGE,
                       "--format prometheus is for a command of its own, not for a batch");
    }
    return ERR_OK;
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct collecting collecting = {.arena = &request->arena};
    bool is_prometheus;
    enum err err = wants_prometheus(request, &is_prometheus, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    collecting.measures = arena_calloc(&request->arena, MEASURES_MAX, sizeof *collecting.measures);
    collect_counters(&collecting);
    collect_rooms(&collecting, request->core);
    collect_front(&collecting, uv_now(request->core->loop));
    collect_histograms(&collecting);
    if (is_prometheus) {
        stats_append_prometheus(collecting.measures, collecting.count, &request->output);
        return ERR_OK;
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    for (unsigned i = 0; i < collecting.count; i++) {
        add_row(request, &collecting.measures[i]);
    }
    return ERR_OK;
}

static const struct option_spec options[] = {
    {"format", "text|csv|json|prometheus", "how the answer looks", false, false},
    OPTION_END,
};

const struct command command_stats = {
    .name = "stats",
    .arguments = "",
    .options = options,
    .roles = ROLE_ADMIN,
    .cost = COST_READ,
    .summary = "show what this server counts and measures",
    .help = "Counters and histograms are since core was started (front's, named front_: since front was), "
            "gauges are of now;\n"
            "all are of this server alone. Of a histogram `value` is how many were measured; half, 90 and 99 "
            "in a hundred\n"
            "took at most p50_us, p90_us and p99_us (microseconds, up to a quarter too much), none longer "
            "than max_us.\n"
            "--format prometheus is what Prometheus scrapes (text format 0.0.4). The database is not asked.\n"
            "  stats --format json",
    .prepare = prepare,
};
