/* Pools of threads with bounded queues and deadlines: query workers (each owns a connection) and the password
 * pool. Called by the main loop, which also gets each job back when it is done. Knows nothing of what a job
 * does. */
#ifndef STOCKROOM_SERVER_CORE_WORK_H
#define STOCKROOM_SERVER_CORE_WORK_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/err.h"
#include "server/core/db/db.h"

struct work_line;
struct work_pool;

/* A unit of work; embedded in what it works on. */
struct work_job {
    /* On a pool's thread. db is NULL in a pool without connections, or when the database cannot be reached
     * (then *info says so and the job's own result must be ERR_DATABASE_UNAVAILABLE). Not called when
     * expired. */
    void (*run)(struct work_job *job, struct db *db, const struct err_info *info);
    /* On the main loop, exactly once for each job that was taken. expired: its deadline passed in the queue.
     */
    void (*done)(struct work_job *job, bool expired);
    uint64_t owner; /* work_owner; 0: nobody's in particular, and held to no part */
    bool goes_on;   /* it has run and goes on: taken even when the queue is full (which it is beyond its bound
                       by   the pool's threads at most) */

    /* The pool's. */
    uint64_t submitted_ns;
    bool expired;
    struct work_line *line;
    struct work_job *next;
    struct work_job *older;
    struct work_job *newer;
};

struct work_settings {
    const char *name;
    unsigned threads;
    unsigned queue;         /* jobs that may wait */
    unsigned timeout_ms;    /* how long a job may wait; 0: for ever */
    int nice;               /* of the threads: 0 as the others, 19 least */
    unsigned owner_threads; /* that the jobs of one owner may take; one is left for others if there are two */
    const struct db_settings *database; /* NULL: no connections */
    bool is_counted;                    /* in `stats`, as queries */
};

/* Start the threads; `done` callbacks run on loop. Returns NULL with errno when threads cannot be had. Main
 * loop. */
struct work_pool *work_pool_new(uv_loop_t *loop, const struct work_settings *settings);

/* Whose a job is: owners take turns, however many jobs each has waiting, and one owner's jobs fill at most a
 * quarter of the queue. By the user's name, which need not exist, so that a login has an owner before
 * anything is known of it. Any thread. */
uint64_t work_owner(const char *user);

/* Take a job. ERR_BUSY when the queue is full, or the owner's part of it (the job is untouched). Main loop.
 */
enum err work_submit(struct work_pool *pool, struct work_job *job);

/* Jobs waiting or running. Main loop. */
unsigned work_pending(const struct work_pool *pool);

/* Let what runs finish, drop the rest (their done is called with expired set), stop the threads and call
 * closed on the main loop; then the pool is freed. */
void work_pool_close(struct work_pool *pool, void (*closed)(void *argument), void *argument);

#endif
