/* `import products`: what comes is handed, a piece at a time, to a thread with a connection of its own, which
 * stages it and at the end merges all or nothing. A mode of a channel (modes.h); on the main loop, but for
 * run_job. */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

#include "server/core/answer.h"
#include "server/core/command_log.h"
#include "server/core/core.h"
#include "server/core/delimiter.h"
#include "server/core/import_rows.h"
#include "server/core/modes.h"

enum { PIECE_BYTES = 256 * 1024, PROGRESS_MS = 1000 };

/* Outlives its channel until its thread has ended. */
struct importing {
    struct work_job job;
    struct channel *channel; /* NULL: it has gone */
    struct core *core;
    struct task *task;
    struct identity *who;
    struct work_pool *pool;
    struct db_settings database;
    struct import_rows *rows; /* the thread's while a job runs */
    struct buf input;         /* gathered meanwhile */
    struct buf piece;         /* the job's */
    bool is_ended;            /* no more input comes */
    bool is_last;             /* the job's piece is */
    bool is_clearing;         /* the job only cleans up */
    bool is_running;
    bool is_stopping;
    bool is_over;
    bool shows_progress;
    uint64_t progress_ms;
    enum err err;
    struct err_info error;
};

static void closed(void *argument)
{
    struct importing *importing = argument;
    importing->core->imports--;
    import_rows_free(importing->rows);
    identity_unref(importing->who);
    buf_done(&importing->input);
    buf_done(&importing->piece);
    free(importing);
}

static void run_job(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct importing *importing = (struct importing *)((char *)job - offsetof(struct importing, job));
    if (!db) {
        importing->error = *info;
        importing->err = ERR_DATABASE_UNAVAILABLE;
        return;
    }
    if (importing->is_clearing) {
        import_rows_clear(importing->rows, db);
        return;
    }
    importing->err = import_rows_take(importing->rows, db, importing->piece.data, importing->piece.len,
                                      importing->is_last, &importing->error);
    if (importing->err == ERR_OK && importing->is_last) {
        importing->err = import_rows_merge(importing->rows, db, &importing->error);
    }
    if (importing->err != ERR_OK || importing->is_last) {
        import_rows_clear(importing->rows, db);
    }
}

static void tell_progress(struct importing *importing, bool is_end)
{
    uint64_t now_ms = uv_now(importing->core->loop);
    if (importing->shows_progress && (is_end || now_ms - importing->progress_ms >= PROGRESS_MS)) {
        importing->progress_ms = now_ms;
        buf_printf(channel_error_out(importing->channel), "\rimport: %" PRIu64 " rows%s",
                   import_rows_counts(importing->rows).rows, is_end ? "\n" : "");
    }
}

static void end(struct importing *importing, enum err err, const char *message)
{
    struct request *request = &importing->task->request;
    struct import_rows_counts counts = import_rows_counts(importing->rows);
    const struct buf *errors = import_rows_errors(importing->rows);
    tell_progress(importing, true);
    request->err = err;
    importing->task->state = TASK_DONE;
    importing->is_over = true;
    command_log_answered(importing->task);
    if (errors->len > 0) {
        buf_append(channel_error_out(importing->channel), errors->data, errors->len);
    }
    if (err != ERR_OK) {
        answer_trouble(channel_error_out(importing->channel), err, message);
    } else {
        buf_printf(channel_out(importing->channel),
                   "import: %" PRIu64 " rows, %" PRIu64 " products added, %" PRIu64 " changed, %" PRIu64
                   " barcodes added%s\n",
                   counts.rows, counts.added, counts.changed, counts.barcodes,
                   request->dry_run ? " (dry run)" : "");
    }
    channel_exit(importing->channel, err_exit_status(err));
}

static void submit(struct importing *importing);

static void job_done(struct work_job *job, bool expired)
{
    struct importing *importing = (struct importing *)((char *)job - offsetof(struct importing, job));
    importing->is_running = false;
    if (!importing->channel) {
        if (importing->is_clearing || expired) {
            work_pool_close(importing->pool, closed, importing);
            return;
        }
        importing->is_clearing = true;
        submit(importing);
    } else if (importing->err != ERR_OK) {
        end(importing, importing->err, importing->error.message);
    } else if (importing->is_last) {
        end(importing, ERR_OK, NULL);
    } else if (importing->is_stopping) {
        end(importing, ERR_BUSY, "the import was stopped; nothing was imported");
    } else {
        tell_progress(importing, false);
        submit(importing);
        channel_update_reading(importing->channel);
    }
}

/* Hand over what has come, unless the thread is busy or it is little. */
static void submit(struct importing *importing)
{
    bool has_enough = importing->input.len >= PIECE_BYTES || importing->is_ended || importing->is_clearing;
    if (importing->is_running || importing->is_over || !has_enough) {
        return;
    }
    struct buf emptied = importing->piece;
    importing->piece = importing->input;
    importing->input = emptied;
    buf_reset(&importing->input);
    importing->is_last = importing->is_ended;
    importing->job.run = run_job;
    importing->job.done = job_done;
    importing->is_running = work_submit(importing->pool, &importing->job) == ERR_OK;
}

static void import_input(void *state, const char *data, size_t len)
{
    struct importing *importing = state;
    if (!importing->is_over && !importing->is_ended) {
        buf_append(&importing->input, data, len);
        submit(importing);
    }
}

static void import_input_end(void *state)
{
    struct importing *importing = state;
    importing->is_ended = true;
    submit(importing);
}

static bool import_wants_input(const void *state)
{
    const struct importing *importing = state;
    return importing->is_over || importing->is_ended || importing->input.len < PIECE_BYTES;
}

static void import_drained(void *state)
{
    (void)state;
}

static void import_request_done(void *state, struct request *request)
{
    (void)state;
    (void)request;
}

static void import_stop(void *state)
{
    struct importing *importing = state;
    importing->is_stopping = true;
    if (!importing->is_running && !importing->is_over) {
        end(importing, ERR_BUSY, "the import was stopped; nothing was imported");
    }
}

static bool import_is_busy(const void *state)
{
    const struct importing *importing = state;
    return !importing->is_over;
}

static void import_free(void *state)
{
    struct importing *importing = state;
    bool is_cleared = importing->is_over && importing->is_last;
    importing->task->state = TASK_DONE;
    dispatch_release(importing->task);
    importing->task = NULL;
    importing->channel = NULL;
    importing->is_over = false;
    if (importing->is_running) {
        return; /* job_done sees to the rest */
    }
    importing->is_clearing = !is_cleared;
    if (importing->is_clearing) {
        submit(importing);
    }
    if (!importing->is_running) {
        work_pool_close(importing->pool, closed, importing);
    }
}

static bool start_pool(struct importing *importing)
{
    const struct config *config = importing->core->config;
    importing->database = *importing->core->database;
    importing->database.application_name = "stockroom import";
    importing->database.statement_timeout_ms = config->limits.import_seconds * 1000;
    const struct work_settings settings = {
        .name = "import", .threads = 1, .queue = 1, .nice = 5, .database = &importing->database};
    importing->pool = work_pool_new(importing->core->loop, &settings);
    return importing->pool != NULL;
}

static void *refuse(struct channel *channel, struct task *task)
{
    enum err err = task->request.err;
    command_log_answered(task);
    answer_trouble(channel_error_out(channel), err, task->request.error.message);
    dispatch_release(task);
    channel_exit(channel, err_exit_status(err));
    return NULL;
}

void *import_products_start(struct channel *channel, struct task *task)
{
    struct request *request = &task->request;
    struct core *core = channel_core(channel);
    char delimiter;
    if (request->who->role != ROLE_ADMIN) {
        request->is_refusal = true;
        dispatch_fail(task, ERR_NOT_PERMITTED, "import products may not be run by %s",
                      identity_role_text(request->who->role));
        dispatch_refused(task);
        return refuse(channel, task);
    }
    if (args_flag(&request->args, "key") || args_flag(&request->args, "store")) {
        dispatch_fail(task, ERR_USAGE, "--key and --store are for movements");
        return refuse(channel, task);
    }
    if (delimiter_parse(&request->args, &delimiter, &request->error) != ERR_OK) {
        request->err = ERR_BAD_VALUE;
        task->state = TASK_DONE;
        return refuse(channel, task);
    }
    struct importing *importing = calloc(1, sizeof *importing);
    if (!importing) {
        abort();
    }
    importing->core = core;
    if (core->imports >= core->config->limits.imports || !start_pool(importing)) {
        free(importing);
        dispatch_fail(task, ERR_BUSY, "as many imports run as may; try again later");
        return refuse(channel, task);
    }
    core->imports++;
    request->dry_run = args_flag(&request->args, "dry-run");
    importing->channel = channel;
    importing->task = task;
    importing->who = identity_ref(request->who);
    importing->shows_progress = args_flag(&request->args, "progress");
    importing->rows = import_rows_new(delimiter, importing->who, request->dry_run);
    return importing;
}

const struct channel_mode import_products_mode = {
    .input = import_input,
    .input_end = import_input_end,
    .wants_input = import_wants_input,
    .drained = import_drained,
    .request_done = import_request_done,
    .stop = import_stop,
    .is_busy = import_is_busy,
    .free = import_free,
};
