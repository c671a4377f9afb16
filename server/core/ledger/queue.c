#include "server/core/ledger/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* An interactive source gets at most this many lines into one commit: a paste is not a key. */
enum { QUEUE_INTERACTIVE_TAKE = 64, QUEUE_BATCH_TAKE_MIN = 16 };

/* A source that once had much waiting stays a batch for so many takes: its pipe may just be slow for a
 * moment, and must not cut the others' share as a till would. */
enum { QUEUE_BUSY_TAKES = 8 };

struct queue {
    struct queue_settings settings;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct ledger_source *turn; /* whose turn it is, in the ring of sources with something waiting */
    unsigned active;            /* sources in the ring */
    unsigned waiting;           /* movements in all */
    bool is_closed;
};

/* What one take has so far. */
struct queue_take {
    struct movement **movements;
    size_t count;
    size_t size;
    size_t quota;
    const char **stores; /* when their number is limited */
    unsigned store_count;
};

struct queue *queue_new(const struct queue_settings *settings)
{
    struct queue *queue = calloc(1, sizeof(*queue));

    if (queue == NULL) {
        abort();
    }
    queue->settings = *settings;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->changed, NULL);
    return queue;
}

void queue_free(struct queue *queue)
{
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->changed);
    free(queue);
}

static void queue_activate(struct queue *queue, struct ledger_source *source)
{
    if (queue->turn == NULL) {
        queue->turn = source;
        source->previous_active = source;
        source->next_active = source;
    } else {
        source->next_active = queue->turn;
        source->previous_active = queue->turn->previous_active;
        source->previous_active->next_active = source;
        queue->turn->previous_active = source;
    }
    queue->active++;
}

static void queue_deactivate(struct queue *queue, struct ledger_source *source)
{
    source->previous_active->next_active = source->next_active;
    source->next_active->previous_active = source->previous_active;
    if (queue->turn == source) {
        queue->turn = source->next_active == source ? NULL : source->next_active;
    }
    queue->active--;
}

bool queue_put(struct queue *queue, struct movement *movement)
{
    struct ledger_source *source = movement->source;

    pthread_mutex_lock(&queue->lock);
    bool has_room = queue->waiting < queue->settings.lines_max;
    if (has_room) {
        movement->next = NULL;
        if (source->first == NULL) {
            source->first = movement;
            queue_activate(queue, source);
        } else {
            source->last->next = movement;
        }
        source->last = movement;
        source->waiting++;
        queue->waiting++;
        pthread_cond_signal(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
    return has_room;
}

struct movement *queue_withdraw(struct queue *queue, struct ledger_source *source)
{
    pthread_mutex_lock(&queue->lock);
    struct movement *list = source->first;
    if (list != NULL) {
        queue->waiting -= source->waiting;
        source->waiting = 0;
        source->first = NULL;
        source->last = NULL;
        queue_deactivate(queue, source);
    }
    pthread_mutex_unlock(&queue->lock);
    return list;
}

unsigned queue_room(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    unsigned room = queue->settings.lines_max - queue->waiting;
    pthread_mutex_unlock(&queue->lock);
    return room;
}

/* May this movement's store be in this take? */
static bool queue_admits_store(struct queue *queue, struct queue_take *take, const char *store)
{
    if (queue->settings.stores_max == 0) {
        return true;
    }
    for (unsigned i = 0; i < take->store_count; i++) {
        if (strcmp(take->stores[i], store) == 0) {
            return true;
        }
    }
    if (take->store_count >= queue->settings.stores_max) {
        return false;
    }
    take->stores[take->store_count++] = store;
    return true;
}

/* How many movements at the head of the source go together: 1, or a group; 0 when the group is not whole yet.
 */
static unsigned queue_unit(const struct ledger_source *source)
{
    unsigned group = source->first->group_lines;

    if (group == 0) {
        return 1;
    }
    return source->waiting >= group ? group : 0;
}

/* Take up to `limit` movements of a source. */
static void queue_take_source(struct queue *queue, struct queue_take *take, struct ledger_source *source,
                              size_t limit)
{
    size_t taken = 0;

    while (source->first != NULL && taken < limit) {
        unsigned unit = queue_unit(source);
        size_t bound = take->count == 0 ? take->size : take->quota;
        if (unit == 0 || take->count + unit > bound ||
            !queue_admits_store(queue, take, source->first->store)) {
            return;
        }
        for (unsigned i = 0; i < unit; i++) {
            take->movements[take->count++] = source->first;
            source->first = source->first->next;
        }
        source->waiting -= unit;
        queue->waiting -= unit;
        taken += unit;
    }
}

static bool queue_goes_first(const struct queue *queue, const struct ledger_source *source)
{
    return source->is_interactive ||
           (source->busy_takes == 0 && source->waiting <= queue->settings.interactive_lines);
}

/* Before each take: who has much waiting, and who has not had for a while? */
static void queue_judge_sources(struct queue *queue)
{
    struct ledger_source *source = queue->turn;

    for (unsigned left = queue->active; left > 0; left--) {
        if (source->waiting > queue->settings.interactive_lines) {
            source->busy_takes = QUEUE_BUSY_TAKES;
        } else if (source->busy_takes > 0) {
            source->busy_takes--;
        }
        source = source->next_active;
    }
}

/* One round over the active sources, starting with whose turn it is. */
static void queue_take_round(struct queue *queue, struct queue_take *take, bool first_kind, size_t limit)
{
    struct ledger_source *source = queue->turn;

    for (unsigned left = queue->active; left > 0 && take->count < take->quota; left--) {
        struct ledger_source *next = source->next_active;
        if (queue_goes_first(queue, source) == first_kind) {
            queue_take_source(queue, take, source, limit);
            if (source->first == NULL) {
                source->last = NULL;
                queue_deactivate(queue, source);
            }
        }
        source = next;
    }
}

static void queue_gather(struct queue *queue, struct queue_take *take, bool *ret_interactive)
{
    queue_judge_sources(queue);
    queue_take_round(queue, take, true, QUEUE_INTERACTIVE_TAKE);
    *ret_interactive = take->count > 0;
    if (queue->active == 0 || take->count >= take->quota) {
        return;
    }
    size_t room = take->quota - take->count;
    if (take->count > 0 && room > take->quota / 4) {
        room = take->quota / 4;
        take->quota = take->count + room;
    }
    size_t share = room / queue->active;
    queue_take_round(queue, take, false, share < QUEUE_BATCH_TAKE_MIN ? QUEUE_BATCH_TAKE_MIN : share);
    if (queue->turn != NULL) {
        queue->turn = queue->turn->next_active;
    }
}

size_t queue_take(struct queue *queue, struct movement **ret_movements, size_t size, size_t quota,
                  bool *ret_interactive)
{
    struct queue_take take = {.movements = ret_movements, .size = size, .quota = quota};

    if (queue->settings.stores_max > 0) {
        take.stores = calloc(queue->settings.stores_max, sizeof(*take.stores));
        if (take.stores == NULL) {
            abort();
        }
    }
    pthread_mutex_lock(&queue->lock);
    for (;;) {
        if (queue->waiting > 0) {
            queue_gather(queue, &take, ret_interactive);
        }
        if (take.count > 0 || queue->is_closed) {
            break;
        }
        pthread_cond_wait(&queue->changed, &queue->lock);
    }
    pthread_mutex_unlock(&queue->lock);
    free(take.stores);
    return take.count;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_closed = true;
    pthread_cond_signal(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}
