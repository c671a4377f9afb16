/* Dry runs: stock lines are gathered and judged by a query worker, a job at a time, as if those before them
 * had posted. Part of batch.c's room; on the main loop, but for run_rehearsal. */
#include <stdlib.h>

#include "server/core/batch_internal.h"

enum { LINES_MAX = 1024 };

/* Outlives its batch when a job runs as the client leaves. */
struct rehearsing {
    struct work_job job;
    struct batch *batch; /* NULL: it has gone */
    struct ledger_rehearsal *rehearsal;
    struct task *tasks[LINES_MAX];
    struct movement *movements[LINES_MAX];
    unsigned count;
    bool runs;
    enum err err;
    struct err_info error;
};

void batch_rehearse_init(struct batch *batch)
{
    struct rehearsing *rehearsing = calloc(1, sizeof *rehearsing);
    if (!rehearsing) {
        abort();
    }
    rehearsing->batch = batch;
    rehearsing->rehearsal = ledger_rehearsal_new(batch->core->config);
    batch->rehearsing = rehearsing;
}

static void rehearsing_free(struct rehearsing *rehearsing)
{
    ledger_rehearsal_free(rehearsing->rehearsal);
    free(rehearsing);
}

void batch_rehearse_free(struct batch *batch)
{
    if (!batch->rehearsing) {
        return;
    }
    if (batch->rehearsing->runs) {
        batch->rehearsing->batch = NULL;
    } else {
        rehearsing_free(batch->rehearsing);
    }
}

bool batch_rehearse_has_room(const struct batch *batch)
{
    return !batch->rehearsing || (!batch->rehearsing->runs && batch->rehearsing->count < LINES_MAX);
}

void batch_rehearse_add(struct batch *batch, struct task *task)
{
    struct rehearsing *rehearsing = batch->rehearsing;
    rehearsing->tasks[rehearsing->count] = task;
    rehearsing->movements[rehearsing->count++] = task->movement;
    batch_count_flight(batch, 1);
}

static void run_rehearsal(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct rehearsing *rehearsing = (struct rehearsing *)job;
    if (db) {
        rehearsing->err = ledger_rehearse(rehearsing->rehearsal, db, rehearsing->movements, rehearsing->count,
                                          &rehearsing->error);
    } else {
        rehearsing->err = ERR_DATABASE_UNAVAILABLE;
        rehearsing->error = *info;
    }
}

/* The batch has gone: its tasks were left to us. */
static void drop(struct rehearsing *rehearsing)
{
    for (unsigned i = 0; i < rehearsing->count; i++) {
        rehearsing->tasks[i]->state = TASK_HERE;
        dispatch_release(rehearsing->tasks[i]);
    }
    rehearsing_free(rehearsing);
}

static void rehearsal_done(struct work_job *job, bool expired)
{
    struct rehearsing *rehearsing = (struct rehearsing *)job;
    struct batch *batch = rehearsing->batch;
    if (!batch) {
        drop(rehearsing);
        return;
    }
    for (unsigned i = 0; i < rehearsing->count; i++) {
        struct task *task = rehearsing->tasks[i];
        if (expired) {
            dispatch_fail(task, ERR_BUSY, "the server is busy: the request waited too long");
        } else if (rehearsing->err != ERR_OK) {
            dispatch_fail(task, rehearsing->err, "%s", rehearsing->error.message);
        } else {
            dispatch_take_outcome(task);
        }
    }
    batch_count_flight(batch, -(int)rehearsing->count);
    rehearsing->count = 0;
    rehearsing->runs = false;
    core_release_waiting(batch->core);
    batch_tell_ready(batch);
    batch_wake(batch);
}

bool batch_rehearse_start(struct batch *batch)
{
    struct rehearsing *rehearsing = batch->rehearsing;
    if (!rehearsing || rehearsing->runs || rehearsing->count == 0) {
        return true;
    }
    rehearsing->job.owner = work_owner(channel_identity(batch->channel)->user);
    rehearsing->job.run = run_rehearsal;
    rehearsing->job.done = rehearsal_done;
    if (work_submit(batch->core->queries, &rehearsing->job) != ERR_OK) {
        return false;
    }
    rehearsing->runs = true;
    for (unsigned i = 0; i < rehearsing->count; i++) {
        rehearsing->tasks[i]->state = TASK_LENT;
    }
    return true;
}
