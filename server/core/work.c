/* Pools of threads: a bounded queue in, in which owners take turns (work_turns.c), a list of finished jobs
 * out, one wake-up of the loop for many jobs. Called by the main loop; the threads are its own. Touches the
 * database only to keep each thread's connection good. */
#include "server/core/work.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/log.h"
#include "server/core/stats.h"
#include "server/core/work_turns.h"

enum { OWNER_QUEUE_PART = 4 }; /* what one owner may fill of the queue is its so-many-th part */

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
    struct work_turns *waiting;
    struct job_list finished;
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

static uint64_t timeout_ns(const struct work_pool *pool)
{
    return (uint64_t)pool->settings.timeout_ms * 1000000;
}

static void run_job(struct work_pool *pool, struct work_job *job, struct db *db)
{
    struct err_info info = {0};
    uint64_t waited_ns = uv_hrtime() - job->submitted_ns;
    if (pool->settings.timeout_ms != 0 && waited_ns > timeout_ns(pool)) {
        job->expired = true;
        return;
    }
    if (pool->settings.is_counted) {
        stats_time(STATS_TIME_query_wait, waited_ns / 1000);
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
    setpriority(PRIO_PROCESS, 0, pool->settings.nice); /* Linux: of this thread */
    if (pool->settings.database) {
        struct err_info info;
        db = db_new(pool->settings.database);
        db_ensure(db, &info); /* connect before the first request needs it; a failure is told to that one */
    }
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        struct work_job *job = work_turns_take(pool->waiting);
        if (!job && pool->closing) {
            break;
        }
        if (!job) {
            pthread_cond_wait(&pool->more, &pool->lock);
            continue;
        }
        pthread_mutex_unlock(&pool->lock);
        run_job(pool, job, db);
        pthread_mutex_lock(&pool->lock);
        work_turns_ended(pool->waiting, job);
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
    work_turns_free(pool->waiting);
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

static void give_back(struct work_pool *pool, struct work_job *job)
{
    pool->pending--;
    if (pool->settings.is_counted) {
        stats_add(job->expired ? STATS_queries_expired : STATS_queries, 1);
    }
    job->done(job, job->expired);
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
        give_back(pool, job);
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
    struct work_job *job;
    while ((job = work_turns_oldest(pool->waiting)) && job->submitted_ns + timeout_ns(pool) <= now_ns) {
        work_turns_withdraw_oldest(pool->waiting);
        list_add(&late, job);
    }
    if (job) {
        next_ns = job->submitted_ns + timeout_ns(pool);
    }
    pthread_mutex_unlock(&pool->lock);
    if (next_ns != 0) {
        uv_timer_start(timer, deadline_passed, (next_ns - now_ns) / 1000000 + 1, 0);
    }
    for (job = late.head; job;) {
        struct work_job *next = job->next;
        job->expired = true;
        give_back(pool, job);
        job = next;
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

/* An owner gets its part of the queue, and all threads but one. */
static struct work_turns *new_turns(const struct work_settings *settings)
{
    unsigned part = settings->queue / OWNER_QUEUE_PART;
    unsigned most = settings->threads > 1 ? settings->threads - 1 : 1;
    bool is_less = settings->owner_threads > 0 && settings->owner_threads < most;
    return work_turns_new(settings->queue, part > 0 ? part : 1, is_less ? settings->owner_threads : most);
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
    pool->waiting = new_turns(settings);
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
    job->expired = false;
    job->submitted_ns = uv_hrtime();
    bool is_taken = !pool->closing && work_turns_put(pool->waiting, job);
    if (is_taken) {
        pthread_cond_signal(&pool->more);
    }
    pthread_mutex_unlock(&pool->lock);
    if (!is_taken) {
        return ERR_BUSY;
    }
    pool->pending++;
    if (pool->settings.timeout_ms && !uv_is_active((const uv_handle_t *)&pool->deadline_timer)) {
        uv_timer_start(&pool->deadline_timer, deadline_passed, pool->settings.timeout_ms, 0);
    }
    return ERR_OK;
}

/* Keyed, so that nobody can choose a name that shares another one's turns. */
static unsigned char owner_key[crypto_shorthash_KEYBYTES];

static void make_owner_key(void)
{
    randombytes_buf(owner_key, sizeof owner_key);
}

uint64_t work_owner(const char *user)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint64_t owner;
    pthread_once(&once, make_owner_key);
    crypto_shorthash((unsigned char *)&owner, (const unsigned char *)user, strlen(user), owner_key);
    return owner != 0 ? owner : 1;
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
    while ((job = work_turns_oldest(pool->waiting))) {
        work_turns_withdraw_oldest(pool->waiting);
        job->expired = true;
        list_add(&pool->finished, job);
    }
    pthread_cond_broadcast(&pool->more);
    uv_async_send(&pool->finished_async);
    pthread_mutex_unlock(&pool->lock);
}
