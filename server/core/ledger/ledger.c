#include "server/core/ledger/ledger.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "server/core/ledger/queue.h"
#include "server/core/ledger/source.h"
#include "server/core/ledger/writer.h"

enum {
    LEDGER_QUOTA_MIN = 64,        /* a commit never takes fewer lines than this, however slow the machine */
    LEDGER_COST_MIN_LINES = 32,   /* smaller ones tell nothing of what a line costs */
    LEDGER_COST_START_NS = 40000, /* a line, before anything is known */
    LEDGER_COST_WEIGHT = 8,       /* the last commit counts for an eighth */
    LEDGER_QUIET_MS = 2000,       /* no one has waited at a till for so long: */
    LEDGER_QUIET_FACTOR = 3       /* commits may take so many times longer */
};

struct ledger {
    struct queue *queue;
    struct writer *writer;
    pthread_t thread;
    uv_async_t async;
    ledger_done_fn done;
    ledger_posted_fn posted;
    void *posted_argument;
    void (*closed)(void *argument);
    void *closed_argument;
    size_t quota_max;       /* lines of one commit, at most */
    uint64_t line_cost_ns;  /* what a line has cost lately; this and the next are the writer's */
    uint64_t busy_until_ms; /* someone waited at a till not long before */
    size_t take_max;
    unsigned commit_target_ms;

    pthread_mutex_t lock; /* for what follows: the way back to the main loop */
    struct movement *done_first;
    struct movement *done_last;
    struct news *news_first;
    struct news *news_last;
    bool is_thread_over;
};

/* Keep what a store got until the main loop has time. Writer. */
static void ledger_note_posted(void *argument, struct news *news)
{
    struct ledger *ledger = argument;

    pthread_mutex_lock(&ledger->lock);
    if (ledger->news_first == NULL) {
        ledger->news_first = news;
    } else {
        ledger->news_last->next = news;
    }
    ledger->news_last = news;
    pthread_mutex_unlock(&ledger->lock);
}

static void ledger_give_back(struct ledger *ledger, struct movement *const *movements, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        movements[i]->next = movements[i + 1];
    }
    movements[count - 1]->next = NULL;
    pthread_mutex_lock(&ledger->lock);
    if (ledger->done_first == NULL) {
        ledger->done_first = movements[0];
    } else {
        ledger->done_last->next = movements[0];
    }
    ledger->done_last = movements[count - 1];
    pthread_mutex_unlock(&ledger->lock);
    uv_async_send(&ledger->async);
}

static uint64_t ledger_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void ledger_learn_cost(struct ledger *ledger, size_t count, uint64_t took_ns)
{
    if (count >= LEDGER_COST_MIN_LINES) {
        ledger->line_cost_ns -= ledger->line_cost_ns / LEDGER_COST_WEIGHT;
        ledger->line_cost_ns += took_ns / count / LEDGER_COST_WEIGHT;
    }
}

/* Cut commits so that one takes about the target: a till that comes now waits for the one under way. */
static size_t ledger_quota(const struct ledger *ledger)
{
    uint64_t target_ms = ledger->commit_target_ms;

    if (ledger_clock_ns() / 1000000 >= ledger->busy_until_ms) {
        target_ms *= LEDGER_QUIET_FACTOR;
    }
    size_t quota = (size_t)(target_ms * 1000000 / (ledger->line_cost_ns + 1));
    quota = quota < LEDGER_QUOTA_MIN ? LEDGER_QUOTA_MIN : quota;
    return quota > ledger->quota_max ? ledger->quota_max : quota;
}

static void *ledger_thread(void *argument)
{
    struct ledger *ledger = argument;
    struct movement **movements = calloc(ledger->take_max, sizeof(struct movement *));
    bool is_interactive;
    size_t count;

    if (movements == NULL) {
        abort();
    }
    pthread_setname_np(pthread_self(), "ledger");
    while ((count = queue_take(ledger->queue, movements, ledger->take_max, ledger_quota(ledger),
                               &is_interactive)) > 0) {
        uint64_t started_ns = ledger_clock_ns();
        if (is_interactive) {
            ledger->busy_until_ms = started_ns / 1000000 + LEDGER_QUIET_MS;
        }
        writer_post(ledger->writer, movements, count);
        ledger_learn_cost(ledger, count, ledger_clock_ns() - started_ns);
        ledger_give_back(ledger, movements, count);
    }
    free(movements);
    pthread_mutex_lock(&ledger->lock);
    ledger->is_thread_over = true;
    pthread_mutex_unlock(&ledger->lock);
    uv_async_send(&ledger->async);
    return NULL;
}

static void ledger_free(uv_handle_t *handle)
{
    struct ledger *ledger = handle->data;

    pthread_join(ledger->thread, NULL);
    writer_free(ledger->writer);
    queue_free(ledger->queue);
    pthread_mutex_destroy(&ledger->lock);
    ledger->closed(ledger->closed_argument);
    free(ledger);
}

static void ledger_release_source(struct ledger_source *source)
{
    if (source->is_closing && source->outstanding == 0) {
        free(source);
    }
}

static void ledger_return_movement(struct ledger *ledger, struct movement *movement)
{
    struct ledger_source *source = movement->source;

    ledger->done(movement); /* which may close the source: it still counts this movement */
    source->outstanding--;
    ledger_release_source(source);
}

/* On the main loop: hand everything back that the writer has finished. */
static void ledger_on_async(uv_async_t *async)
{
    struct ledger *ledger = async->data;

    pthread_mutex_lock(&ledger->lock);
    struct movement *movement = ledger->done_first;
    struct news *news = ledger->news_first;
    bool is_over = ledger->is_thread_over;
    ledger->done_first = NULL;
    ledger->news_first = NULL;
    pthread_mutex_unlock(&ledger->lock);
    while (news != NULL) { /* first: whoever is answered then reads what was written */
        struct news *next = news->next;
        ledger->posted(ledger->posted_argument, news);
        free(news);
        news = next;
    }
    while (movement != NULL) {
        struct movement *next = movement->next;
        ledger_return_movement(ledger, movement);
        movement = next;
    }
    if (is_over && ledger->closed != NULL && !uv_is_closing((uv_handle_t *)async)) {
        uv_close((uv_handle_t *)async, ledger_free);
    }
}

struct ledger *ledger_new(uv_loop_t *loop, const struct config *config, ledger_done_fn done,
                          ledger_posted_fn posted, void *posted_argument)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    struct queue_settings settings = {
        .lines_max = config->ledger.queue_lines,
        .interactive_lines = config->ledger.interactive_lines,
        .stores_max = config->ledger.stores_per_transaction,
    };

    if (ledger == NULL) {
        abort();
    }
    ledger->queue = queue_new(&settings);
    ledger->writer = writer_new(config, ledger_note_posted, ledger);
    ledger->done = done;
    ledger->posted = posted;
    ledger->posted_argument = posted_argument;
    ledger->commit_target_ms = config->ledger.commit_target_ms;
    ledger->quota_max = config->ledger.lines_per_transaction;
    ledger->line_cost_ns = LEDGER_COST_START_NS;
    ledger->take_max = ledger->quota_max + config->limits.atomic_lines;
    ledger->async.data = ledger;
    pthread_mutex_init(&ledger->lock, NULL);
    int status = uv_async_init(loop, &ledger->async, ledger_on_async);
    if (status == 0) {
        status = -pthread_create(&ledger->thread, NULL, ledger_thread, ledger);
    }
    if (status != 0) { /* the program ends: what was made so far goes with it */
        errno = -status;
        return NULL;
    }
    return ledger;
}

void ledger_close(struct ledger *ledger, void (*closed)(void *argument), void *argument)
{
    ledger->closed = closed;
    ledger->closed_argument = argument;
    queue_close(ledger->queue);
}

struct ledger_source *ledger_source_new(struct ledger *ledger, bool interactive, bool stop_on_error)
{
    struct ledger_source *source = calloc(1, sizeof(*source));

    if (source == NULL) {
        abort();
    }
    source->ledger = ledger;
    source->is_interactive = interactive;
    source->stops_on_error = stop_on_error;
    return source;
}

void ledger_source_free(struct ledger_source *source)
{
    struct ledger *ledger = source->ledger;
    struct movement *movement = queue_withdraw(ledger->queue, source);

    while (movement != NULL) {
        struct movement *next = movement->next;
        movement->skipped = true;
        source->outstanding--;
        ledger->done(movement);
        movement = next;
    }
    source->is_closing = true;
    ledger_release_source(source);
}

enum err ledger_submit(struct ledger_source *source, struct movement *movement)
{
    movement->source = source;
    if (!queue_put(source->ledger->queue, movement)) {
        return ERR_BUSY;
    }
    source->outstanding++;
    return ERR_OK;
}

unsigned ledger_room(const struct ledger *ledger)
{
    return queue_room(ledger->queue);
}
