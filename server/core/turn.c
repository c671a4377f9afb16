/* The turns of the main loop: three rings of items, an idle handle for the work phase (active only while
 * there is work, so that an idle server sleeps) and a prepare handle for the end of a turn. Called on the
 * main loop only. */
#include "server/core/turn.h"

#include <stdlib.h>

struct turn {
    struct turn_item work;
    struct turn_item flush;
    struct turn_item kept;
    uv_idle_t idle;
    uv_prepare_t prepare;
    unsigned handles_open;
};

static void ring_init(struct turn_item *ring)
{
    ring->next = ring;
    ring->previous = ring;
}

static bool ring_is_empty(const struct turn_item *ring)
{
    return ring->next == ring;
}

static void ring_add(struct turn_item *ring, struct turn_item *item)
{
    item->previous = ring->previous;
    item->next = ring;
    ring->previous->next = item;
    ring->previous = item;
}

static void ring_remove(struct turn_item *item)
{
    item->previous->next = item->next;
    item->next->previous = item->previous;
    item->next = NULL;
    item->previous = NULL;
}

/* Move everything to the end of another ring. */
static void ring_move(struct turn_item *to, struct turn_item *from)
{
    if (ring_is_empty(from)) {
        return;
    }
    to->previous->next = from->next;
    from->next->previous = to->previous;
    from->previous->next = to;
    to->previous = from->previous;
    ring_init(from);
}

/* Call those that wait now; what they add waits for the next round. */
static void ring_run(struct turn_item *ring)
{
    struct turn_item now;
    ring_init(&now);
    ring_move(&now, ring);
    while (!ring_is_empty(&now)) {
        struct turn_item *item = now.next;
        ring_remove(item);
        item->run(item);
    }
}

static void work_phase(uv_idle_t *idle)
{
    struct turn *turn = idle->data;
    ring_run(&turn->work);
    if (ring_is_empty(&turn->work)) {
        uv_idle_stop(idle);
    }
}

static void flush_phase(uv_prepare_t *prepare)
{
    struct turn *turn = prepare->data;
    ring_run(&turn->flush);
    /* What was added meanwhile must not wait for the network: the next turn comes at once. */
    if (!ring_is_empty(&turn->flush) && !uv_is_active((const uv_handle_t *)&turn->idle)) {
        uv_idle_start(&turn->idle, work_phase);
    }
}

struct turn *turn_new(uv_loop_t *loop)
{
    struct turn *turn = calloc(1, sizeof *turn);
    if (!turn) {
        abort();
    }
    ring_init(&turn->work);
    ring_init(&turn->flush);
    ring_init(&turn->kept);
    uv_idle_init(loop, &turn->idle);
    uv_prepare_init(loop, &turn->prepare);
    turn->idle.data = turn;
    turn->prepare.data = turn;
    turn->handles_open = 2;
    uv_prepare_start(&turn->prepare, flush_phase);
    return turn;
}

void turn_work(struct turn *turn, struct turn_item *item)
{
    if (item->previous) {
        return;
    }
    ring_add(&turn->work, item);
    if (!uv_is_active((const uv_handle_t *)&turn->idle)) {
        uv_idle_start(&turn->idle, work_phase);
    }
}

void turn_flush(struct turn *turn, struct turn_item *item)
{
    if (!item->previous) {
        ring_add(&turn->flush, item);
    }
}

void turn_keep(struct turn *turn, struct turn_item *item)
{
    if (!item->previous) {
        ring_add(&turn->kept, item);
    }
}

void turn_release(struct turn *turn)
{
    if (ring_is_empty(&turn->kept)) {
        return;
    }
    ring_move(&turn->work, &turn->kept);
    if (!uv_is_active((const uv_handle_t *)&turn->idle)) {
        uv_idle_start(&turn->idle, work_phase);
    }
}

void turn_cancel(struct turn_item *item)
{
    if (item->previous) {
        ring_remove(item);
    }
}

static void handle_closed(uv_handle_t *handle)
{
    struct turn *turn = handle->data;
    if (--turn->handles_open == 0) {
        free(turn);
    }
}

void turn_close(struct turn *turn)
{
    uv_close((uv_handle_t *)&turn->idle, handle_closed);
    uv_close((uv_handle_t *)&turn->prepare, handle_closed);
}
