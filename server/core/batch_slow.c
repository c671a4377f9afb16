/* A batch at its user's rate: what it may take, and waiting until it may take more. Part of batch.c's room;
 * on the main loop. A batch that waits holds nothing that others need: its lines are not taken, so its pipe
 * is not read. */
#include <stdlib.h>

#include "server/core/batch_internal.h"
#include "server/core/command.h"
#include "server/core/stats.h"
#include "server/core/throttle.h"

enum {
    CHUNKS_A_SECOND = 20, /* a wait is for so many lines that there are about as many waits */
    WAIT_MOST_MS = 1000   /* progress goes on, and a limit that was raised is noticed */
};

/* Outlives its batch for as long as the loop needs to close it. */
struct slowing {
    uv_timer_t timer; /* first: handles lead back here */
    struct batch *batch;
};

static uint64_t now_ms(const struct batch *batch)
{
    return uv_now(batch->core->loop);
}

static void timer_fired(uv_timer_t *timer)
{
    struct slowing *slowing = (struct slowing *)timer;
    batch_wake(slowing->batch);
}

bool batch_slow_is_waiting(const struct batch *batch)
{
    return batch->slowing && uv_is_active((const uv_handle_t *)&batch->slowing->timer);
}

static void wait_for(struct batch *batch, uint64_t wait_ms)
{
    if (!batch->slowing) {
        batch->slowing = calloc(1, sizeof *batch->slowing);
        if (!batch->slowing) {
            abort();
        }
        batch->slowing->batch = batch;
        uv_timer_init(batch->core->loop, &batch->slowing->timer);
    }
    if (batch_slow_is_waiting(batch)) {
        return;
    }
    stats_add(STATS_batches_slowed, 1);
    channel_watch_leaving(batch->channel);
    uv_timer_start(&batch->slowing->timer, timer_fired, wait_ms < WAIT_MOST_MS ? wait_ms : WAIT_MOST_MS, 0);
}

static void slowing_closed(uv_handle_t *handle)
{
    free(handle);
}

void batch_slow_free(struct batch *batch)
{
    if (batch->slowing) {
        uv_close((uv_handle_t *)&batch->slowing->timer, slowing_closed);
        batch->slowing = NULL;
    }
}

unsigned batch_slow_lines(const struct batch *batch)
{
    return batch->is_raw
               ? UINT32_MAX
               : throttle_available(channel_throttle(batch->channel), THROTTLE_BATCH, now_ms(batch));
}

void batch_slow_spend(struct batch *batch, unsigned lines)
{
    uint64_t wait_ms;
    if (!batch->is_raw && lines > 0) {
        throttle_take(channel_throttle(batch->channel), THROTTLE_BATCH, lines, now_ms(batch), &wait_ms);
    }
}

void batch_slow_wait(struct batch *batch)
{
    struct throttle_user *user = channel_throttle(batch->channel);
    unsigned chunk = throttle_rate(user, THROTTLE_BATCH).per_second / CHUNKS_A_SECOND;
    if (chunk < 1) {
        chunk = 1;
    } else if (chunk > BATCH_LINES_A_TURN) {
        chunk = BATCH_LINES_A_TURN;
    }
    wait_for(batch, throttle_wait_ms(user, THROTTLE_BATCH, chunk, now_ms(batch)));
}

bool batch_slow_pay(struct batch *batch, struct task *task)
{
    uint64_t wait_ms;
    if (dispatch_pay(task, &wait_ms)) {
        return true;
    }
    wait_for(batch, wait_ms);
    return false;
}
