/* What a batch says: results in input order, progress, the summary. Part of batch.c's room; on the main loop.
 */
#include <inttypes.h>

#include "server/core/answer.h"
#include "server/core/batch_internal.h"
#include "server/core/command.h"
#include "server/core/command_log.h"

enum { PROGRESS_MS = 1000 };

static void tell_progress(struct batch *batch, bool is_last)
{
    if (!batch->options.shows_progress) {
        return;
    }
    uint64_t now_ms = uv_now(batch->core->loop);
    if (!is_last && now_ms - batch->progress_ms < PROGRESS_MS) {
        return;
    }
    batch->progress_ms = now_ms;
    buf_printf(channel_error_out(batch->channel), "\r%s: %" PRIu64 " lines, %" PRIu64 " failed%s",
               batch->command->name, batch->told, batch->failed, is_last ? "\n" : "");
}

/* What a command leaves behind for the lines after it. */
static void heed(struct batch *batch, const struct request *request)
{
    if (request->watch) {
        channel_watch(batch->channel, request);
    }
}

static void tell(struct batch *batch, const struct task *task)
{
    const struct request *request = &task->request;
    if (request->output.len > 0 && request_has_answer(request)) {
        channel_write(batch->channel, request->output.data, request->output.len);
    }
    struct buf *out = channel_out(batch->channel);
    if (request->format == FORMAT_CSV && !batch->has_header) {
        answer_csv_header(out);
        batch->has_header = true;
    }
    answer_batch_line(out, task);
    batch->told++;
    if (batch->tells_lines) {
        (batch->is_raw ? command_log_answered : command_log_line)(task);
    }
    if (request->err == ERR_OK) {
        batch->replayed += task->movement && task->movement->replayed;
        heed(batch, request);
        return;
    }
    batch->failed++;
    if (batch->options.stops_on_error && !batch->options.is_atomic) {
        batch->is_muted = true;
        batch_stop(batch, 0);
    } else if (request->err == ERR_DATABASE_UNAVAILABLE && !batch->is_raw) {
        batch_stop(batch, err_exit_status(ERR_DATABASE_UNAVAILABLE));
    }
}

void batch_tell_ready(struct batch *batch)
{
    if (batch->options.is_atomic && !batch->group_is_settled && !batch->options.is_dry_run) {
        return; /* whether a line failed is known when all have been seen */
    }
    uint64_t told = batch->told;
    uint64_t failed = batch->failed;
    while (batch->first && batch->first->state == TASK_DONE) {
        struct task *task = batch->first;
        batch->first = (struct task *)task->request.next;
        if (!batch->first) {
            batch->last = NULL;
        }
        batch->count--;
        if (!task->is_skipped && !batch->is_muted) {
            tell(batch, task);
        }
        batch->bytes -= task->bytes;
        dispatch_release(task);
    }
    if (batch->told > told && !batch->is_raw) {
        command_log_count(batch->told - told, batch->failed - failed);
    }
    if (batch->told > 0) {
        tell_progress(batch, false);
    }
}

/* How to go on, for those whose batch was cut short. */
static void tell_stop(struct batch *batch)
{
    if (batch->stop_status != err_exit_status(ERR_DATABASE_UNAVAILABLE) &&
        batch->stop_status != err_exit_status(ERR_BUSY)) {
        return;
    }
    bool is_database = batch->stop_status == err_exit_status(ERR_DATABASE_UNAVAILABLE);
    const char *stopping = batch->core->draining ? "the batch stopped because the server is stopping"
                                                 : "the batch stopped because the session was ended";
    answer_trouble(channel_error_out(batch->channel), is_database ? ERR_DATABASE_UNAVAILABLE : ERR_BUSY,
                   is_database ? "the batch stopped because the database is unavailable" : stopping);
    buf_append_text(channel_error_out(batch->channel),
                    batch->options.key
                        ? "batch: run the same command with the same key again: it goes on where it stopped\n"
                        : "batch: lines with a result were answered as it says; run the others again (with "
                          "--key KEY the same command could simply be repeated)\n");
}

void batch_log_end(const struct batch *batch)
{
    const char *cut_short = batch->is_over ? "stopped" : "left";
    if (batch->is_raw) {
        return; /* each line was told */
    }
    command_log_batch(&(struct command_log_batch){
        .who = channel_identity(batch->channel),
        .store = batch->used_store,
        .outcome = batch->is_over && batch->stop_status == 0 ? "ok" : cut_short,
        .lines = batch->told,
        .failed = batch->failed,
        .replayed = batch->replayed,
        .started_ns = batch->started_ns,
        .has_key = batch->options.key != NULL,
        .is_atomic = batch->options.is_atomic,
        .is_dry_run = batch->options.is_dry_run,
    });
}

void batch_tell_end(struct batch *batch)
{
    int status = batch->failed > 0 ? 1 : 0;
    if (!batch->is_raw) {
        tell_progress(batch, true);
        tell_stop(batch);
        buf_printf(channel_error_out(batch->channel),
                   "%s: %" PRIu64 " lines, %" PRIu64 " ok, %" PRIu64 " failed, %" PRIu64 " replayed%s\n",
                   batch->command->name, batch->told, batch->told - batch->failed, batch->failed,
                   batch->replayed, batch->options.is_dry_run ? " (dry run)" : "");
    }
    batch->is_over = true;
    batch_log_end(batch);
    channel_exit(batch->channel, batch->stop_status != 0 ? batch->stop_status : status);
}
