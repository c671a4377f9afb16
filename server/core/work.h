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
    uint64_t deadline_ns; /* set by work_submit */
    bool expired;
    struct work_job *next;
};

struct work_settings {
    const char *name;
    unsigned threads;
    unsigned queue;                     /* jobs that may wait */
    unsigned timeout_ms;                /* how long a job may wait; 0: for ever */
    const struct db_settings *database; /* NULL: no connections */
};

/* Start the threads; `done` callbacks run on loop. Returns NULL with errno when threads cannot be had. Main
 * loop. */
struct work_pool *work_pool_new(uv_loop_t *loop, const struct work_settings *settings);

/* Take a job. ERR_BUSY when the queue is full (the job is untouched). Main loop. */
enum err work_submit(struct work_pool *pool, struct work_job *job);

/* Jobs waiting or running. Main loop. */
unsigned work_pending(const struct work_pool *pool);

/* Let what runs finish, drop the rest (their done is called with expired set), stop the threads and call
 * closed on the main loop; then the pool is freed. */
void work_pool_close(struct work_pool *pool, void (*closed)(void *argument), void *argument);

#endif
