/* Atomic batches: all lines are gathered, then posted as one group or refused together. Part of batch.c's
 * room; on the main loop. Once the group is submitted, the ledger writer sees to all or none. */
#include <inttypes.h>

#include "server/core/batch_internal.h"

static struct task *next_task(const struct task *task)
{
    return (struct task *)task->request.next;
}

/* A line could not even be submitted: no other is. */
static void refuse_group(struct batch *batch)
{
    const struct task *first = batch->first;
    while (first->state != TASK_DONE || first->request.err == ERR_OK) {
        first = next_task(first);
    }
    for (struct task *task = batch->first; task; task = next_task(task)) {
        if (task->state == TASK_HERE) {
            dispatch_fail(task, first->request.err, "not posted: line %" PRIu64 " failed",
                          first->request.prefix.line);
        }
    }
}

static void submit_group(struct batch *batch, unsigned group_lines)
{
    struct ledger_source *source = channel_source(batch->channel, batch->is_raw, false);
    for (struct task *task = batch->first; task; task = next_task(task)) {
        if (task->state != TASK_HERE) {
            continue;
        }
        task->movement->group_lines = group_lines;
        group_lines = 0;
        if (dispatch_post(task, source)) {
            batch_count_flight(batch, 1);
        } else { /* cannot be: there was room, and nobody else puts in */
            dispatch_fail(task, ERR_BUSY, "the server is busy");
        }
    }
}

bool batch_settle_group(struct batch *batch)
{
    unsigned group_lines = 0;
    for (const struct task *task = batch->first; task; task = next_task(task)) {
        group_lines += task->state == TASK_HERE;
    }
    if (batch->group_failed > 0) {
        refuse_group(batch);
    } else if (group_lines > batch->core->config->ledger.queue_lines) {
        batch_refuse(batch, ERR_TOO_LONG, "the atomic batch has more lines than the server takes at once");
        batch_stop(batch, err_exit_status(ERR_TOO_LONG));
    } else if (group_lines > 0) {
        if (ledger_room(batch->core->ledger) < group_lines) {
            return false;
        }
        submit_group(batch, group_lines);
    }
    batch->group_is_settled = true;
    return true;
}
