/* A batch: a command a line, a result a line, in input order, with as many stock lines in flight as the
 * ledger writer takes. A mode of a channel (modes.h); on the main loop only. It is never refused for speed:
 * it stops reading its pipe. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/core/answer.h"
#include "server/core/batch_internal.h"
#include "server/core/command_log.h"
#include "server/core/commands/commands.h"

void batch_wake(struct batch *batch)
{
    if (!batch->is_over) {
        turn_work(batch->core->turn, &batch->work);
    }
}

void batch_count_flight(struct batch *batch, int change)
{
    unsigned before = batch->in_flight;
    batch->in_flight = (unsigned)((int)before + change);
    if (before == 0 && batch->in_flight > 0) {
        batch->core->streams++;
    } else if (before > 0 && batch->in_flight == 0) {
        batch->core->streams--;
    }
}

void batch_stop(struct batch *batch, int status)
{
    batch->is_stopped = true;
    if (batch->stop_status == 0) {
        batch->stop_status = status;
    }
    if (batch->stalled) {
        batch->stalled->is_skipped = true;
        batch->stalled->state = TASK_DONE;
        batch->stalled = NULL;
    }
    if (batch->asking) {
        batch->asking->is_skipped = true;
        batch->asking->state = TASK_DONE;
        batch->asking = NULL;
    }
    if (batch->barrier && !batch->barrier_runs) {
        batch->barrier->is_skipped = true;
        batch->barrier->state = TASK_DONE;
        batch->barrier = NULL;
    }
    if (!batch->options.is_atomic || batch->options.is_dry_run || batch->group_is_settled) {
        return;
    }
    for (struct task *task = batch->first; task; task = (struct task *)task->request.next) {
        task->is_skipped = true; /* nothing was posted, and nothing will be */
        if (task->state == TASK_HERE) {
            task->state = TASK_DONE;
        }
    }
    batch->group_is_settled = true;
}

/* This batch's part of what may be in flight: all who stream to the ledger share its queue. */
static unsigned flight_allowed(const struct batch *batch)
{
    unsigned streams = batch->core->streams + (batch->in_flight == 0);
    unsigned share = (ledger_room(batch->core->ledger) + batch->in_flight) / streams;
    unsigned most = batch->core->config->limits.lines_in_flight;
    if (share < BATCH_IN_FLIGHT_MIN) {
        share = BATCH_IN_FLIGHT_MIN;
    }
    return share < most ? share : most;
}

static bool can_take(const struct batch *batch, unsigned allowed)
{
    if (batch->is_stopped || batch->stalled || batch->barrier) {
        return false;
    }
    if (batch->options.is_atomic && !batch->options.is_dry_run) {
        return true; /* bounded by its number of lines */
    }
    size_t bytes_max = (size_t)batch->core->config->limits.lines_in_flight * BATCH_BYTES_PER_LINE;
    return batch->in_flight < allowed && batch->count < batch->core->config->limits.lines_in_flight &&
           batch->bytes < bytes_max && batch_rehearse_has_room(batch) && !channel_is_full(batch->channel);
}

static void refuse_long_group(struct batch *batch)
{
    char message[80];
    unsigned most = batch->core->config->limits.atomic_lines;
    if (!batch->options.is_atomic || batch->options.is_dry_run || batch->is_stopped || batch->count <= most) {
        return;
    }
    snprintf(message, sizeof message, "an atomic batch has at most %u lines", most);
    batch_refuse(batch, ERR_TOO_LONG, message);
    batch_stop(batch, err_exit_status(ERR_TOO_LONG));
}

static bool has_next(struct batch *batch)
{
    return batch->import ? batch_import_has_next(batch) : lines_has_next(&batch->lines);
}

/* One line, however it ends. False: there is none yet. */
static bool take_line(struct batch *batch)
{
    if (batch->import) {
        return batch_import_take(batch);
    }
    const char *line;
    size_t len;
    enum lines_kind kind = lines_next(&batch->lines, &line, &len);
    if (kind == LINES_NONE) {
        if (batch->lines.is_ended) {
            batch_take_end(batch);
        }
        return false;
    }
    if (kind == LINES_LINE) {
        batch_take_line(batch, line, len);
    } else {
        batch_take_long_line(batch);
    }
    refuse_long_group(batch);
    return true;
}

/* Lines of the user's rate that are left in this turn; the inputs of a command are part of it. */
static bool can_afford(const struct batch *batch, unsigned affordable)
{
    return batch->asking || batch->lines_spent < affordable;
}

static void take_lines(struct batch *batch)
{
    unsigned allowed = flight_allowed(batch);
    unsigned affordable = batch_slow_lines(batch);
    unsigned taken = 0;
    batch->lines_spent = 0;
    while (taken < BATCH_LINES_A_TURN && can_afford(batch, affordable) && can_take(batch, allowed) &&
           take_line(batch)) {
        taken++;
    }
    batch_slow_spend(batch, batch->lines_spent);
    if (batch->is_stopped) {
        lines_done(&batch->lines);
        return;
    }
    lines_compact(&batch->lines);
    if (!has_next(batch)) {
        return;
    }
    if (!can_afford(batch, affordable) && can_take(batch, allowed)) {
        batch_slow_wait(batch);
    } else if (taken == BATCH_LINES_A_TURN) {
        batch_wake(batch); /* others first */
    }
}

static bool has_all_lines(struct batch *batch)
{
    return batch->is_stopped || (batch->lines.is_ended && !has_next(batch));
}

/* Everything that waits for room in a queue. False: wait for core_release_waiting. */
static bool advance(struct batch *batch)
{
    if (!batch_retry(batch)) {
        return false;
    }
    take_lines(batch);
    if (batch->stalled) {
        return false;
    }
    if (!batch_rehearse_start(batch) || !batch_retry(batch)) {
        return false;
    }
    bool gathers = batch->options.is_atomic && !batch->options.is_dry_run && !batch->group_is_settled;
    return !gathers || batch->barrier || !has_all_lines(batch) || batch_settle_group(batch);
}

static void work(struct turn_item *item)
{
    struct batch *batch = (struct batch *)((char *)item - offsetof(struct batch, work));
    if (batch->is_over) {
        return;
    }
    if (!advance(batch)) {
        turn_keep(batch->core->turn, &batch->work);
    }
    batch_tell_ready(batch);
    if (has_all_lines(batch) && !batch->first) {
        batch_tell_end(batch);
    }
    channel_update_reading(batch->channel);
}

static void batch_input(void *state, const char *data, size_t len)
{
    struct batch *batch = state;
    if (batch->import && !batch->is_stopped) {
        batch_import_add(batch, data, len);
        batch_wake(batch);
    } else if (!batch->is_stopped) {
        lines_add(&batch->lines, data, len);
        batch_wake(batch);
    }
}

static void batch_input_end(void *state)
{
    struct batch *batch = state;
    lines_end(&batch->lines);
    if (batch->import) {
        batch_import_end(batch);
    }
    batch_wake(batch);
}

static bool batch_wants_input(const void *state)
{
    struct batch *batch = (struct batch *)(uintptr_t)state;
    return batch->is_stopped || batch->lines.is_ended || !has_next(batch);
}

static void batch_drained(void *state)
{
    struct batch *batch = state;
    if (has_next(batch)) {
        batch_wake(batch);
    }
}

static void batch_request_done(void *state, struct request *request)
{
    struct batch *batch = state;
    struct task *task = (struct task *)request;
    if (task->movement) {
        batch_count_flight(batch, -1);
    } else {
        batch_take_result(batch, task);
    }
    batch_tell_ready(batch);
    batch_wake(batch);
}

static void batch_stop_mode(void *state)
{
    struct batch *batch = state;
    if (!batch->is_stopped) {
        batch_stop(batch, err_exit_status(ERR_BUSY));
    }
    if (batch->barrier && batch->barrier_runs) {
        batch->barrier->request.is_stopping = true;
    }
    batch_wake(batch);
}

/* A command that waits for lines of the client's is not what it waits for. */
static bool batch_is_busy(const void *state)
{
    const struct batch *batch = state;
    return (batch->first && batch->first != batch->asking) || batch_slow_is_waiting(batch);
}

static void batch_free(void *state)
{
    struct batch *batch = state;
    if (!batch->is_over) {
        batch_log_end(batch);
    }
    turn_cancel(&batch->work);
    batch_count_flight(batch, -(int)batch->in_flight);
    while (batch->first) {
        struct task *task = batch->first;
        batch->first = (struct task *)task->request.next;
        dispatch_release(task);
    }
    batch_rehearse_free(batch);
    batch_slow_free(batch);
    batch_import_free(batch);
    lines_done(&batch->lines);
    free(batch->options.key);
    free(batch->used_store);
    free(batch);
}

static void *start(struct channel *channel, const struct command *command, const struct words *words)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch) {
        abort();
    }
    batch->channel = channel;
    batch->command = command;
    batch->core = channel_core(channel);
    batch->is_raw = channel_is_raw(channel);
    batch->tells_lines = batch->is_raw || command_log_wants_lines();
    batch->started_ns = uv_hrtime();
    batch->work.run = work;
    if (!batch_parse_options(batch, words)) {
        batch->is_over = true;
        batch_free(batch);
        return NULL;
    }
    if (batch->options.is_dry_run) {
        batch_rehearse_init(batch);
    }
    batch->progress_ms = uv_now(batch->core->loop);
    return batch;
}

void *batch_start(struct channel *channel, const struct words *words)
{
    return start(channel, &command_batch, words);
}

void *batch_start_import(struct channel *channel, const struct words *words)
{
    return start(channel, &command_import, words);
}

const struct channel_mode batch_mode = {
    .input = batch_input,
    .input_end = batch_input_end,
    .wants_input = batch_wants_input,
    .drained = batch_drained,
    .request_done = batch_request_done,
    .stop = batch_stop_mode,
    .is_busy = batch_is_busy,
    .free = batch_free,
};
