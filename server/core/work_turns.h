/* Whose turn it is in a pool: jobs wait in a line for each owner, owners take turns, and none may have more
 * than its part of the threads and of the queue. Called by work.c only, under its lock. Pure. */
#ifndef STOCKROOM_SERVER_CORE_WORK_TURNS_H
#define STOCKROOM_SERVER_CORE_WORK_TURNS_H

#include <stdbool.h>

#include "server/core/work.h"

struct work_turns;

/* queue: jobs that may wait; owner_waiting, owner_running: of one owner (owner 0 is held to neither). Aborts
 * without memory. */
struct work_turns *work_turns_new(unsigned queue, unsigned owner_waiting, unsigned owner_running);
void work_turns_free(struct work_turns *turns); /* nothing waits or runs */

/* Take a job to the end of its owner's line. False: there is no room for it. */
bool work_turns_put(struct work_turns *turns, struct work_job *job);

/* The next job to run, of the owner whose turn it is; NULL: none may. work_turns_ended when it has run. */
struct work_job *work_turns_take(struct work_turns *turns);
void work_turns_ended(struct work_turns *turns, struct work_job *job);

/* The job that has waited longest, which is the first of its line; NULL: none waits. */
struct work_job *work_turns_oldest(const struct work_turns *turns);
/* Take that one out, not to run. */
void work_turns_withdraw_oldest(struct work_turns *turns);

#endif
