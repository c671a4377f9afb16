/* Pools of threads: a bounded queue in, a list of finished jobs out, one wake-up of the loop for many jobs.
 * Called by the main loop; the threads are its own. Touches the database only to keep each thread's
 * connection good. */
#include "server/core/work.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

struct job_list {
    struct work_job *head;
    struct work_job **tail;
};

struct work_pool {
    struct work_settings settings;
    uv_loop_t *loop;
    uv_async_t finished_async;
    uv_timer_t deadline_timer; /* runs while something waits: a queue that does not move must still answer */
    unsigned handles_open;
    pthread_t *threads;
    unsigned started;
    unsigned pending; /* main loop only */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t more;
    struct job_list waiting;
    struct job_list finished;
    unsigned waiting_count;
    unsigned running; /* threads that have not ended */
    bool closing;

    void (*closed)(void *argument);
    void *closed_argument;
};

static void list_init(struct job_list *list)
{
    list->head = NULL;
    list->tail = &list->head;
}

static void list_add(struct job_list *list, struct work_job *job)
{
    job->next = NULL;
    *list->tail = job;
    list->tail = &job->next;
}

static struct work_job *list_take(struct job_list *list)
{
    struct work_job *job = list->head;
    if (job) {
        list->head = job->next;
        if (!list->head) {
            list->tail = &list->head;
        }
    }
    return job;
}

static void run_job(struct work_job *job, struct db *db)
{
    struct err_info info = {0};
    if (job->deadline_ns != 0 && uv_hrtime() > job->deadline_ns) {
        job->expired = true;
        return;
    }
    if (db && db_ensure(db, &info) != ERR_OK) {
        db = NULL;
    }
    job->run(job, db, &info);
}

static void *thread_main(void *argument)
{
    struct work_pool *pool = argument;
    struct db *db = NULL;
    pthread_setname_np(pthread_self(), pool->settings.name);
    if (pool->settings.database) {
        struct err_info info;
        db = db_new(pool->settings.database);
        db_ensure(db, &info); /* connect before the first request needs it; a failure is told to that one */
    }
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->waiting.head && !pool->closing) {
            pthread_cond_wait(&pool->more, &pool->lock);
        }
        struct work_job *job = list_take(&pool->waiting);
        if (!job) {
            break;
        }
        pool->waiting_count--;
        pthread_mutex_unlock(&pool->lock);
        run_job(job, db);
        pthread_mutex_lock(&pool->lock);
        list_add(&pool->finished, job);
        uv_async_send(&pool->finished_async);
    }
    pthread_mutex_unlock(&pool->lock);
    if (db) {
        db_free(db);
    }
    pthread_mutex_lock(&pool->lock);
    pool->running--;
    uv_async_send(&pool->finished_async);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void handle_closed(uv_handle_t *handle)
{
    struct work_pool *pool = handle->data;
    if (--pool->handles_open > 0) {
        return;
    }
    void (*closed)(void *) = pool->closed;
    void *argument = pool->closed_argument;
    pthread_cond_destroy(&pool->more);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
    if (closed) {
        closed(argument);
    }
}

static void pool_end(struct work_pool *pool)
{
    for (unsigned i = 0; i < pool->started; i++) {
        pthread_join(pool->threads[i], NULL);
    }
    uv_close((uv_handle_t *)&pool->finished_async, handle_closed);
    uv_close((uv_handle_t *)&pool->deadline_timer, handle_closed);
}

static void jobs_finished(uv_async_t *async)
{
    struct work_pool *pool = async->data;
    pthread_mutex_lock(&pool->lock);
    struct work_job *job = pool->finished.head;
    list_init(&pool->finished);
    bool ended = pool->closing && pool->running == 0;
    pthread_mutex_unlock(&pool->lock);
    while (job) {
        struct work_job *next = job->next;
        pool->pending--;
        job->done(job, job->expired);
        job = next;
    }
    if (ended) {
        pool_end(pool);
    }
}

/* Give back what has waited too long. All jobs of a pool wait equally long, so the oldest expires first. */
static void deadline_passed(uv_timer_t *timer)
{
    struct work_pool *pool = timer->data;
    struct job_list late;
    list_init(&late);
    uint64_t now_ns = uv_hrtime();
    uint64_t next_ns = 0;
    pthread_mutex_lock(&pool->lock);
    while (pool->waiting.head && pool->waiting.head->deadline_ns <= now_ns) {
        list_add(&late, list_take(&pool->waiting));
        pool->waiting_count--;
    }
    if (pool->waiting.head) {
        next_ns = pool->waiting.head->deadline_ns;
    }
    pthread_mutex_unlock(&pool->lock);
    if (next_ns != 0) {
        uv_timer_start(timer, deadline_passed, (next_ns - now_ns) / 1000000 + 1, 0);
    }
    struct work_job *job;
    while ((job = list_take(&late))) {
        job->expired = true;
        pool->pending--;
        job->done(job, true);
    }
}

/* The process's signals are the main loop's: a thread never takes one. */
static int start_thread(pthread_t *ret_thread, struct work_pool *pool)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(ret_thread, NULL, thread_main, pool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct work_pool *work_pool_new(uv_loop_t *loop, const struct work_settings *settings)
{
    struct work_pool *pool = calloc(1, sizeof *pool);
    pthread_t *threads = calloc(settings->threads, sizeof *threads);
    if (!pool || !threads) {
        free(pool);
        free(threads);
        errno = ENOMEM;
        return NULL;
    }
    pool->settings = *settings;
    pool->loop = loop;
    pool->threads = threads;
    list_init(&pool->waiting);
    list_init(&pool->finished);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->more, NULL);
    uv_async_init(loop, &pool->finished_async, jobs_finished);
    uv_timer_init(loop, &pool->deadline_timer);
    pool->finished_async.data = pool;
    pool->deadline_timer.data = pool;
    pool->handles_open = 2;
    int error = 0;
    while (error == 0 && pool->started < settings->threads) {
        pthread_mutex_lock(&pool->lock);
        error = start_thread(&pool->threads[pool->started], pool);
        if (error == 0) {
            pool->started++;
            pool->running++;
        }
        pthread_mutex_unlock(&pool->lock);
    }
    if (pool->started == 0) {
        pool_end(pool);
        errno = error;
        return NULL;
    }
    if (error != 0) {
        log_warning("pool.short", "pool", settings->name, "reason", strerror(error));
    }
    return pool;
}

enum err work_submit(struct work_pool *pool, struct work_job *job)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->closing || pool->waiting_count >= pool->settings.queue) {
        pthread_mutex_unlock(&pool->lock);
        return ERR_BUSY;
    }
    job->expired = false;
    job->deadline_ns =
        pool->settings.timeout_ms ? uv_hrtime() + (uint64_t)pool->settings.timeout_ms * 1000000 : 0;
    list_add(&pool->waiting, job);
    pool->waiting_count++;
    pthread_cond_signal(&pool->more);
    pthread_mutex_unlock(&pool->lock);
    pool->pending++;
    if (pool->settings.timeout_ms && !uv_is_active((const uv_handle_t *)&pool->deadline_timer)) {
        uv_timer_start(&pool->deadline_timer, deadline_passed, pool->settings.timeout_ms, 0);
    }
    return ERR_OK;
}

unsigned work_pending(const struct work_pool *pool)
{
    return pool->pending;
}

void work_pool_close(struct work_pool *pool, void (*closed)(void *argument), void *argument)
{
    pool->closed = closed;
    pool->closed_argument = argument;
    uv_timer_stop(&pool->deadline_timer);
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    struct work_job *job;
    while ((job = list_take(&pool->waiting))) {
        pool->waiting_count--;
        job->expired = true;
        list_add(&pool->finished, job);
    }
    pthread_cond_broadcast(&pool->more);
    uv_async_send(&pool->finished_async);
    pthread_mutex_unlock(&pool->lock);
}
