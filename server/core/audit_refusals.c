/* The audit trail, the refusals: gathered in a bounded queue, written many at a time by one job of the query
 * workers. Called by dispatch and core.c; on the main loop, but for run_job. While the database is away they
 * wait. A connection that is lost in the middle may leave a row twice. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "server/core/audit.h"
#include "server/core/audit_target.h"
#include "server/core/command.h"
#include "server/core/core.h"
#include "server/core/stats.h"

enum {
    ROWS_A_JOB = 500,
    GATHER_MS =
        100, /* from the first refusal until it is written: those that equal it meanwhile cost no row */
    RETRY_MS = 1000,
    BUCKETS = 1024
};

struct refusal {
    struct refusal *next;       /* in the order they came */
    struct refusal *next_alike; /* in the same bucket */
    struct identity *who;
    const char *action; /* the command's name, static */
    enum audit_kind kind;
    char target[AUDIT_TARGET_MAX + 1];
    int64_t at_us;
    int64_t times;
};

struct audit {
    struct core *core;
    uv_timer_t timer;
    struct refusal *first; /* those that wait and may still be added to */
    struct refusal *last;
    struct refusal *buckets[BUCKETS];
    unsigned waiting;
    struct refusal *rows[ROWS_A_JOB]; /* those that are being written, or will be tried again */
    unsigned row_count;
    struct work_job job;
    bool job_runs;
    enum err err;
    struct err_info error;
    uint64_t dropped; /* not told in the log yet */
    void (*closed)(void *argument);
    void *closed_argument;
};

/* ------------------------------------------------------------------ on a worker's thread */

/* The columns of a job's rows. */
struct columns {
    int64_t at_us[ROWS_A_JOB], sessions[ROWS_A_JOB], times[ROWS_A_JOB];
    int32_t user_ids[ROWS_A_JOB], key_ids[ROWS_A_JOB];
    bool no_user[ROWS_A_JOB], no_key[ROWS_A_JOB];
    const char *methods[ROWS_A_JOB], *sources[ROWS_A_JOB], *actions[ROWS_A_JOB], *kinds[ROWS_A_JOB],
        *targets[ROWS_A_JOB];
};

static void fill_row(struct columns *columns, unsigned i, const struct refusal *refusal)
{
    const struct identity *who = refusal->who;

    columns->at_us[i] = refusal->at_us;
    columns->user_ids[i] = who->user_id;
    columns->no_user[i] = who->user_id == 0;
    columns->key_ids[i] = who->key_id;
    columns->no_key[i] = who->key_id == 0;
    columns->methods[i] = identity_method_text(who->method);
    columns->sources[i] = who->source;
    columns->sessions[i] = (int64_t)who->session;
    columns->actions[i] = refusal->action;
    columns->kinds[i] = audit_kind_text(refusal->kind);
    columns->targets[i] = refusal->target;
    columns->times[i] = refusal->times;
}

static enum err write_rows(const struct audit *audit, struct db *db, struct err_info *ret_info)
{
    cleanup(arena_done) struct arena arena = {0};
    struct columns *columns = arena_calloc(&arena, 1, sizeof *columns);
    size_t count = audit->row_count;
    struct db_params params;

    for (unsigned i = 0; i < audit->row_count; i++) {
        fill_row(columns, i, audit->rows[i]);
    }
    db_params_init(&params, &arena);
    db_bind_i64_array(&params, columns->at_us, NULL, count);
    db_bind_i32_array(&params, columns->user_ids, columns->no_user, count);
    db_bind_i32_array(&params, columns->key_ids, columns->no_key, count);
    db_bind_text_array(&params, columns->methods, count);
    db_bind_text_array(&params, columns->sources, count);
    db_bind_i64_array(&params, columns->sessions, NULL, count);
    db_bind_text_array(&params, columns->actions, count);
    db_bind_text_array(&params, columns->kinds, count);
    db_bind_text_array(&params, columns->targets, count);
    db_bind_i64_array(&params, columns->times, NULL, count);
    return db_query(db, SQL_QUERY_AUDIT_INSERT_REFUSALS, &params, NULL, ret_info);
}

static void run_job(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct audit *audit = (struct audit *)((char *)job - offsetof(struct audit, job));

    if (db == NULL) {
        audit->err = ERR_DATABASE_UNAVAILABLE;
        audit->error = *info;
    } else {
        audit->err = write_rows(audit, db, &audit->error);
    }
}

/* ------------------------------------------------------------------ the queue */

static unsigned bucket_of(const struct identity *who, const char *action, enum audit_kind kind,
                          const char *target)
{
    uint64_t hash = who->session * 31 + (uint64_t)kind;

    hash = hash * 31 + (uint64_t)(uintptr_t)action;
    for (; *target != '\0'; target++) {
        hash = hash * 31 + (unsigned char)*target;
    }
    return (unsigned)((hash ^ hash >> 20) % BUCKETS);
}

static bool is_alike(const struct refusal *refusal, const struct identity *who, const char *action,
                     enum audit_kind kind, const char *target)
{
    return refusal->who->session == who->session && refusal->who->user_id == who->user_id &&
           refusal->action == action && refusal->kind == kind && strcmp(refusal->target, target) == 0;
}

static void unlink_alike(struct audit *audit, struct refusal *refusal)
{
    struct refusal **link =
        &audit->buckets[bucket_of(refusal->who, refusal->action, refusal->kind, refusal->target)];

    while (*link != refusal) {
        link = &(*link)->next_alike;
    }
    *link = refusal->next_alike;
}

/* Those that waited longest are to be written now: what equals them from here on is another row. */
static void take_rows(struct audit *audit)
{
    while (audit->first != NULL && audit->row_count < ROWS_A_JOB) {
        struct refusal *refusal = audit->first;

        audit->first = refusal->next;
        unlink_alike(audit, refusal);
        audit->rows[audit->row_count++] = refusal;
        audit->waiting--;
    }
    if (audit->first == NULL) {
        audit->last = NULL;
    }
}

static void drop_rows(struct audit *audit)
{
    for (unsigned i = 0; i < audit->row_count; i++) {
        identity_unref(audit->rows[i]->who);
        free(audit->rows[i]);
    }
    audit->row_count = 0;
}

static void write_some(struct audit *audit);

static void timer_fired(uv_timer_t *timer)
{
    write_some(timer->data);
}

static void timer_closed(uv_handle_t *handle)
{
    struct audit *audit = handle->data;

    audit->closed(audit->closed_argument);
}

/* What waits will be written soon; a closing core waits for that. */
static void go_on(struct audit *audit, uint64_t pause_ms)
{
    if (audit->job_runs) {
        return;
    }
    if (audit->waiting + audit->row_count > 0) {
        if (!uv_is_active((uv_handle_t *)&audit->timer)) {
            uv_timer_start(&audit->timer, timer_fired, pause_ms, 0);
        }
    } else if (audit->closed != NULL && !uv_is_closing((uv_handle_t *)&audit->timer)) {
        uv_close((uv_handle_t *)&audit->timer, timer_closed);
    }
}

static void log_count(const char *event, uint64_t count, const char *reason)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%" PRIu64, count);
    log_warning(event, "refusals", digits, "reason", reason);
}

static void job_done(struct work_job *job, bool expired)
{
    struct audit *audit = (struct audit *)((char *)job - offsetof(struct audit, job));

    audit->job_runs = false;
    if (expired || audit->err == ERR_DATABASE_UNAVAILABLE || audit->err == ERR_BUSY) {
        go_on(audit, RETRY_MS);
        return;
    }
    if (audit->err == ERR_OK) {
        stats_add(STATS_audit_rows, audit->row_count);
    } else {
        stats_add(STATS_audit_dropped, audit->row_count);
        log_count("audit.dropped", audit->row_count, audit->error.message);
    }
    drop_rows(audit);
    if (audit->dropped > 0) {
        log_count("audit.dropped", audit->dropped, "the queue was full");
        audit->dropped = 0;
    }
    go_on(audit, audit->waiting >= ROWS_A_JOB || audit->closed != NULL ? 0 : GATHER_MS);
}

static void write_some(struct audit *audit)
{
    if (audit->row_count == 0) {
        take_rows(audit);
    }
    audit->job.run = run_job;
    audit->job.done = job_done;
    if (work_submit(audit->core->queries, &audit->job) == ERR_OK) {
        audit->job_runs = true;
    } else {
        go_on(audit, RETRY_MS);
    }
}

static void count_drop(struct audit *audit)
{
    stats_add(STATS_audit_dropped, 1);
    if (audit->dropped++ == 0) {
        log_warning("audit.full");
    }
}

static void append(struct audit *audit, struct refusal *refusal, unsigned bucket)
{
    refusal->next_alike = audit->buckets[bucket];
    audit->buckets[bucket] = refusal;
    if (audit->last != NULL) {
        audit->last->next = refusal;
    } else {
        audit->first = refusal;
    }
    audit->last = refusal;
    audit->waiting++;
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void audit_refuse(struct audit *audit, const struct request *request)
{
    const char *action = request->command->name;
    char target[AUDIT_TARGET_MAX + 1];
    enum audit_kind kind;

    audit_find_target(request, &kind, target);
    unsigned bucket = bucket_of(request->who, action, kind, target);
    for (struct refusal *known = audit->buckets[bucket]; known != NULL; known = known->next_alike) {
        if (is_alike(known, request->who, action, kind, target)) {
            known->times++;
            return;
        }
    }
    if (audit->waiting + audit->row_count >= audit->core->config->limits.audit_queue) {
        count_drop(audit);
        return;
    }
    struct refusal *refusal = calloc(1, sizeof *refusal);
    if (refusal == NULL) {
        abort();
    }
    refusal->who = identity_ref(request->who);
    refusal->action = action;
    refusal->kind = kind;
    memcpy(refusal->target, target, sizeof target);
    refusal->at_us = now_us();
    refusal->times = 1;
    append(audit, refusal, bucket);
    go_on(audit, GATHER_MS);
}

/* ------------------------------------------------------------------ its life */

struct audit *audit_new(struct core *core)
{
    struct audit *audit = calloc(1, sizeof *audit);

    if (audit == NULL) {
        abort();
    }
    audit->core = core;
    uv_timer_init(core->loop, &audit->timer);
    audit->timer.data = audit;
    return audit;
}

void audit_close(struct audit *audit, void (*closed)(void *argument), void *argument)
{
    audit->closed = closed;
    audit->closed_argument = argument;
    go_on(audit, 0);
}

unsigned audit_waiting(const struct audit *audit)
{
    return audit->waiting + audit->row_count;
}

void audit_abandon(struct audit *audit)
{
    if (audit->waiting + audit->row_count + audit->dropped > 0) {
        log_count("audit.dropped", audit->waiting + audit->row_count + audit->dropped, "the server stopped");
    }
}

void audit_free(struct audit *audit)
{
    if (audit == NULL) {
        return;
    }
    while (audit->first != NULL) {
        take_rows(audit);
        drop_rows(audit);
    }
    free(audit);
}
