/* The listener's thread: connect, listen, load, then wait for announcements; and the queue by which it hands
 * over what it read. Called by access.c on the main loop. The first retry after a lost link is at once,
 * further ones come after pauses up to [database] retry_seconds. */
#include "server/core/listener.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/log.h"
#include "server/core/listener_internal.h"
#include "server/core/stats.h"

enum {
    PROBE_MS = 3000,  /* without a word from the database, it is asked: a dead link says nothing */
    ANSWER_MS = 5000, /* how long an answer may take, and some seconds for the way */
    STEADY_MS = 1000, /* a link that broke sooner is not made again at once */
    PAUSE_MIN_MS = 100,
    EVENTS_A_TURN = 1024
};

/* ------------------------------------------------------------------ the queue */

/* One that nobody took. */
static void free_event(struct listener_event *event)
{
    free(event->user);
    free(event->text);
    free(event);
}

bool listener_is_stopping(struct listener *listener)
{
    pthread_mutex_lock(&listener->lock);
    bool is_stopping = listener->is_stopping;
    pthread_mutex_unlock(&listener->lock);
    return is_stopping;
}

bool listener_post(struct listener *listener, struct listener_event event)
{
    struct listener_event *copy = malloc(sizeof *copy);
    if (!copy) {
        abort();
    }
    *copy = event;
    copy->next = NULL;
    pthread_mutex_lock(&listener->lock);
    while (listener->count >= LISTENER_QUEUE_MAX && !listener->is_stopping) {
        pthread_cond_wait(&listener->room, &listener->lock);
    }
    bool is_taken = !listener->is_stopping;
    if (is_taken) {
        *listener->last = copy;
        listener->last = &copy->next;
        if (listener->count++ == 0) {
            uv_async_send(&listener->async);
        }
    }
    pthread_mutex_unlock(&listener->lock);
    if (!is_taken) {
        free_event(copy);
    }
    return is_taken;
}

static struct listener_event *take_event(struct listener *listener)
{
    pthread_mutex_lock(&listener->lock);
    struct listener_event *event = listener->first;
    if (event) {
        listener->first = event->next;
        if (!listener->first) {
            listener->last = &listener->first;
        }
        listener->count--;
        pthread_cond_signal(&listener->room);
    }
    pthread_mutex_unlock(&listener->lock);
    return event;
}

/* ------------------------------------------------------------------ the thread */

static enum err link_up(struct listener *listener, struct err_info *ret_info)
{
    enum err err = db_ensure(listener->db, ret_info);
    for (unsigned i = 0; err == ERR_OK && listener_channel(i); i++) {
        err = db_listen(listener->db, listener_channel(i), ret_info);
    }
    return err;
}

/* Until something is heard, or it is time to ask whether the link still is. */
static enum err wait_for_news(struct listener *listener, struct err_info *ret_info)
{
    enum db_wait wait;
    enum err err = db_wait_notification(listener->db, listener->wake_fd, PROBE_MS, &wait, ret_info);
    if (err == ERR_OK && wait == DB_WAIT_TIMEOUT) {
        err = db_query(listener->db, SQL_QUERY_PROBE, NULL, NULL, ret_info);
    }
    return err;
}

static void note_all(struct listener *listener)
{
    struct db_notification notification;
    while (db_next_notification(listener->db, &notification)) {
        listener_note(listener, &notification);
    }
}

/* While the link holds. */
static void serve(struct listener *listener)
{
    struct err_info info = {0};
    enum err err = link_up(listener, &info);
    listener->needs_load = true;
    while (err == ERR_OK && !listener_is_stopping(listener)) {
        note_all(listener);
        if (listener->needs_load) {
            err = listener_load(listener, &info);
            listener->is_up = listener->is_up || err == ERR_OK;
        } else if (listener->change_count > 0) {
            err = listener_read_changes(listener, &info);
        } else {
            err = wait_for_news(listener, &info);
        }
    }
}

static void rest(const struct listener *listener, unsigned pause_ms)
{
    struct pollfd wake = {.fd = listener->wake_fd, .events = POLLIN};
    if (pause_ms > 0) {
        poll(&wake, 1, (int)pause_ms);
    }
}

/* The pause before the next attempt. */
static unsigned choose_pause(struct listener *listener, uint64_t lasted_ms)
{
    unsigned longest_ms = listener->settings.retry_seconds * 1000;
    if (listener->is_up && lasted_ms >= STEADY_MS) {
        listener->pause_ms = 0;
        return 0;
    }
    listener->pause_ms = listener->pause_ms == 0 ? PAUSE_MIN_MS : listener->pause_ms * 2;
    if (listener->pause_ms > longest_ms) {
        listener->pause_ms = longest_ms;
    }
    unsigned database_ms = db_pause_ms(listener->db);
    return database_ms > listener->pause_ms ? database_ms : listener->pause_ms;
}

static void *thread_main(void *argument)
{
    struct listener *listener = argument;
    pthread_setname_np(pthread_self(), "listener");
    listener->db = db_new(&listener->settings);
    while (!listener_is_stopping(listener)) {
        uint64_t start_ns = uv_hrtime();
        listener->is_up = false;
        serve(listener);
        db_close(listener->db);
        if (!listener_post(listener, (struct listener_event){.kind = LISTENER_LOST})) {
            break;
        }
        rest(listener, choose_pause(listener, (uv_hrtime() - start_ns) / 1000000));
        stats_add(STATS_listener_reconnects, 1);
    }
    db_free(listener->db);
    pthread_mutex_lock(&listener->lock);
    listener->has_ended = true;
    uv_async_send(&listener->async);
    pthread_mutex_unlock(&listener->lock);
    return NULL;
}

/* ------------------------------------------------------------------ the main loop */

static void listener_closed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    struct listener_event *event;
    while ((event = take_event(listener))) {
        free_event(event);
    }
    void (*closed)(void *) = listener->closed;
    void *argument = listener->closed_argument;
    pthread_cond_destroy(&listener->room);
    pthread_mutex_destroy(&listener->lock);
    close(listener->wake_fd);
    free(listener);
    closed(argument);
}

static void take_events(uv_async_t *async)
{
    struct listener *listener = async->data;
    pthread_mutex_lock(&listener->lock);
    bool has_ended = listener->has_ended;
    bool is_stopping = listener->is_stopping;
    pthread_mutex_unlock(&listener->lock);
    if (has_ended) {
        pthread_join(listener->thread, NULL);
        uv_close((uv_handle_t *)async, listener_closed);
        return;
    }
    for (unsigned i = 0; i < EVENTS_A_TURN; i++) {
        struct listener_event *event = is_stopping ? NULL : take_event(listener);
        if (!event) {
            return;
        }
        listener->take(listener->argument, event);
        free(event->text);
        free(event);
    }
    uv_async_send(async); /* others first */
}

/* The process's signals are the main loop's: a thread never takes one. */
static int start_thread(struct listener *listener)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&listener->thread, NULL, thread_main, listener);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void nothing_closed(void *argument)
{
    (void)argument;
}

struct listener *listener_new(uv_loop_t *loop, const struct db_settings *database, listener_fn take,
                              void *argument)
{
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener) {
        abort();
    }
    listener->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (listener->wake_fd < 0) {
        free(listener);
        return NULL;
    }
    listener->settings = *database;
    listener->settings.application_name = "stockroomd listener";
    listener->settings.statement_timeout_ms = ANSWER_MS;
    listener->take = take;
    listener->argument = argument;
    listener->closed = nothing_closed;
    listener->last = &listener->first;
    pthread_mutex_init(&listener->lock, NULL);
    pthread_cond_init(&listener->room, NULL);
    uv_async_init(loop, &listener->async, take_events);
    listener->async.data = listener;
    int error = start_thread(listener);
    if (error != 0) {
        uv_close((uv_handle_t *)&listener->async, listener_closed);
        errno = error;
        return NULL;
    }
    return listener;
}

void listener_close(struct listener *listener, void (*closed)(void *argument), void *argument)
{
    uint64_t one = 1;
    listener->closed = closed;
    listener->closed_argument = argument;
    pthread_mutex_lock(&listener->lock);
    listener->is_stopping = true;
    pthread_cond_broadcast(&listener->room);
    pthread_mutex_unlock(&listener->lock);
    if (write(listener->wake_fd, &one, sizeof one) < 0) {
        log_error("listener.wake", "error", strerror(errno)); /* it ends after its next answer */
    }
}
