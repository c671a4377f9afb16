/* The turns of the main loop: work is spread over turns so that no peer starves another, and output is
 * written once at a turn's end. Called by peers, channels and watches, on the main loop only. Knows nothing
 * of what the items do. */
#ifndef STOCKROOM_SERVER_CORE_TURN_H
#define STOCKROOM_SERVER_CORE_TURN_H

#include <stdbool.h>
#include <uv.h>

struct turn;

/* Something to be called once; embedded in what it belongs to. Zero-initialised but for run is idle. It is in
 * at most one list; asking again while it waits changes nothing. */
struct turn_item {
    void (*run)(struct turn_item *item);
    struct turn_item *next;
    struct turn_item *previous; /* NULL: not waiting */
};

/* Aborts when there is no memory: only called at the start. */
struct turn *turn_new(uv_loop_t *loop);

/* Call the item in the work phase: this turn's if it has not begun, else the next turn's, which then comes at
 * once. */
void turn_work(struct turn *turn, struct turn_item *item);

/* Call the item at the end of this turn, before the loop waits. */
void turn_flush(struct turn *turn, struct turn_item *item);

/* Keep the item until turn_release moves all that are kept to the work phase: for those who wait for room
 * somewhere. */
void turn_keep(struct turn *turn, struct turn_item *item);
void turn_release(struct turn *turn);

/* Forget the item: to be called before its memory goes. */
void turn_cancel(struct turn_item *item);

/* Stop the handles, so that the loop can end; then everything is freed. Nothing may be waiting. */
void turn_close(struct turn *turn);

#endif
