/* What waits for the ledger writer: the movements of all sources, and the turns that sources take. The main
 * loop puts in, the writer takes out; everything here is under one lock. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_QUEUE_H
#define STOCKROOM_SERVER_CORE_LEDGER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "server/core/ledger/movement.h"
#include "server/core/ledger/source.h"

struct queue;

struct queue_settings {
    unsigned lines_max;         /* that may wait in all */
    unsigned interactive_lines; /* a source with at most this many waiting goes ahead of batches */
    unsigned stores_max;        /* stores in one take; 0: any number */
};

struct queue *queue_new(const struct queue_settings *settings);
void queue_free(struct queue *queue);

/* Put a movement at the end of its source's line; false when the queue is full. Main loop. */
bool queue_put(struct queue *queue, struct movement *movement);

/* Take a source's waiting movements back out, as a list. Main loop. */
struct movement *queue_withdraw(struct queue *queue, struct ledger_source *source);

/* How many more may be put in. Any thread. */
unsigned queue_room(struct queue *queue);

/* Take up to quota movements (more only for one atomic group that is larger) into ret_movements, which has
 * room for `size`; waits until there is something. First the sources that have had little waiting for some
 * takes, whole; then batches in turn, with the room that is left, or a quarter of the quota when others wait
 * for the same commit. *ret_interactive: some of the first kind are among them. Returns 0 only when the queue
 * was closed and is empty. Writer. */
size_t queue_take(struct queue *queue, struct movement **ret_movements, size_t size, size_t quota,
                  bool *ret_interactive);

/* No more will be put in. */
void queue_close(struct queue *queue);

#endif
