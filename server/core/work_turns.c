/* Lines of jobs by owner, and a ring of the owners that may have one run. Called by work.c under its lock.
 * Knows nothing of what a job does, and of an owner only its number. */
#include "server/core/work_turns.h"

#include <stdlib.h>

enum { BUCKETS = 1024 }; /* a power of two; more owners share them */

/* Exists while something of the owner waits or runs. */
struct work_line {
    uint64_t owner;
    struct work_job *first;
    struct work_job **last;
    unsigned waiting;
    unsigned running;
    struct work_line *hash_next;
    struct work_line *next; /* in the ring; NULL: nothing may run now */
    struct work_line *previous;
};

struct work_turns {
    unsigned queue;
    unsigned owner_waiting;
    unsigned owner_running;
    unsigned waiting;
    struct work_job *oldest;
    struct work_job *newest;
    struct work_line ring; /* its next one has the turn */
    struct work_line *buckets[BUCKETS];
};

struct work_turns *work_turns_new(unsigned queue, unsigned owner_waiting, unsigned owner_running)
{
    struct work_turns *turns = calloc(1, sizeof *turns);
    if (!turns) {
        abort();
    }
    turns->queue = queue;
    turns->owner_waiting = owner_waiting;
    turns->owner_running = owner_running;
    turns->ring.next = &turns->ring;
    turns->ring.previous = &turns->ring;
    return turns;
}

void work_turns_free(struct work_turns *turns)
{
    free(turns);
}

/* ------------------------------------------------------------------ lines */

static struct work_line **place_of(struct work_turns *turns, uint64_t owner)
{
    struct work_line **place = &turns->buckets[owner & (BUCKETS - 1)];
    while (*place && (*place)->owner != owner) {
        place = &(*place)->hash_next;
    }
    return place;
}

static struct work_line *find_or_add(struct work_turns *turns, uint64_t owner)
{
    struct work_line **place = place_of(turns, owner);
    if (!*place) {
        struct work_line *line = calloc(1, sizeof *line);
        if (!line) {
            abort();
        }
        line->owner = owner;
        line->last = &line->first;
        *place = line;
    }
    return *place;
}

/* In the ring or not, or gone, as its numbers say. A line that comes into the ring waits for all others. */
static void settle(struct work_turns *turns, struct work_line *line)
{
    bool may_run = line->waiting > 0 && (line->owner == 0 || line->running < turns->owner_running);
    if (may_run && !line->next) {
        line->next = &turns->ring;
        line->previous = turns->ring.previous;
        turns->ring.previous->next = line;
        turns->ring.previous = line;
    } else if (!may_run && line->next) {
        line->next->previous = line->previous;
        line->previous->next = line->next;
        line->next = NULL;
        line->previous = NULL;
    }
    if (line->waiting == 0 && line->running == 0) {
        *place_of(turns, line->owner) = line->hash_next;
        free(line);
    }
}

/* ------------------------------------------------------------------ jobs */

bool work_turns_put(struct work_turns *turns, struct work_job *job)
{
    if (!job->goes_on && turns->waiting >= turns->queue) {
        return false;
    }
    struct work_line *line = find_or_add(turns, job->owner);
    if (!job->goes_on && line->owner != 0 && line->waiting >= turns->owner_waiting) {
        return false;
    }
    job->line = line;
    job->next = NULL;
    *line->last = job;
    line->last = &job->next;
    line->waiting++;
    turns->waiting++;
    job->newer = NULL;
    job->older = turns->newest;
    if (turns->newest) {
        turns->newest->newer = job;
    } else {
        turns->oldest = job;
    }
    turns->newest = job;
    settle(turns, line);
    return true;
}

/* The first of its line. */
static void take_out(struct work_turns *turns, struct work_line *line)
{
    struct work_job *job = line->first;
    line->first = job->next;
    if (!line->first) {
        line->last = &line->first;
    }
    line->waiting--;
    turns->waiting--;
    *(job->older ? &job->older->newer : &turns->oldest) = job->newer;
    *(job->newer ? &job->newer->older : &turns->newest) = job->older;
}

struct work_job *work_turns_take(struct work_turns *turns)
{
    struct work_line *line = turns->ring.next;
    if (line == &turns->ring) {
        return NULL;
    }
    struct work_job *job = line->first;
    take_out(turns, line);
    line->running++;
    line->next->previous = line->previous; /* it has had its turn */
    line->previous->next = line->next;
    line->next = NULL;
    settle(turns, line);
    return job;
}

void work_turns_ended(struct work_turns *turns, struct work_job *job)
{
    job->line->running--;
    settle(turns, job->line);
    job->line = NULL;
}

struct work_job *work_turns_oldest(const struct work_turns *turns)
{
    return turns->oldest;
}

void work_turns_withdraw_oldest(struct work_turns *turns)
{
    struct work_job *job = turns->oldest;
    struct work_line *line = job->line;
    take_out(turns, line);
    job->line = NULL;
    settle(turns, line);
}
