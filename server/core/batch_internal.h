/* What the files of a batch share: its struct and the calls between them. Included by batch*.c only. */
#ifndef STOCKROOM_SERVER_CORE_BATCH_INTERNAL_H
#define STOCKROOM_SERVER_CORE_BATCH_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "server/core/core.h"
#include "server/core/lines.h"
#include "server/core/modes.h"

struct batch_import;
struct command;
struct rehearsing;
struct slowing;

struct batch_options {
    enum format format;
    char *key; /* NULL: none */
    bool is_atomic;
    bool is_dry_run;
    bool stops_on_error;
    bool shows_progress;
};

struct batch {
    struct channel *channel;
    struct core *core;
    const struct command *command; /* `batch`, or `import`, whose lines are csv */
    struct batch_options options;
    struct batch_import *import; /* NULL: lines are commands */
    bool is_raw;                 /* a TUI's: interactive, without summary, and it outlives the database */
    bool tells_lines;            /* to the log: a TUI's, or when it is debugged */
    uint64_t started_ns;
    char *used_store;
    struct turn_item work;
    struct lines lines;

    /* Lines that are not answered yet, in input order. */
    struct task *first;
    struct task *last;
    unsigned count;
    size_t bytes;         /* of their arenas */
    unsigned in_flight;   /* movements lent, or gathered for a rehearsal */
    struct task *barrier; /* a command that waits for the movements before it, or runs; nothing passes it */
    bool barrier_runs;
    struct task *asking;   /* a command that takes the next lines as its inputs */
    unsigned asking_lines; /* so many in all */
    struct task *stalled;  /* a movement that the ledger's queue has no room for */

    struct slowing *slowing; /* NULL: it has never waited for its user's rate */
    unsigned lines_spent;    /* of the user's rate, in this turn */

    bool group_is_settled;         /* atomic: all lines are there, and were submitted or refused */
    unsigned group_failed;         /* atomic: lines that failed before they could be submitted */
    struct rehearsing *rehearsing; /* dry run */

    bool is_stopped; /* takes no more lines */
    int stop_status; /* exit status because of it; 0: by the lines' outcome */
    bool is_muted;   /* --stop-on-error: the first failure has been told, nothing after it was looked at */
    bool is_over;
    bool has_header; /* of csv */

    uint64_t told; /* lines with a result */
    uint64_t failed;
    uint64_t replayed;
    uint64_t progress_ms; /* when progress was last told; 0: not yet */
};

enum { BATCH_LINES_A_TURN = 256, BATCH_IN_FLIGHT_MIN = 64, BATCH_BYTES_PER_LINE = 4096 };

/* batch.c */
void batch_wake(struct batch *batch);
void batch_count_flight(struct batch *batch, int change);
/* Take no more lines; those that were not lent to anybody are dropped. status 0: the outcome decides. */
void batch_stop(struct batch *batch, int status);

/* batch_options.c: false: the channel has been told why not, and ends. */
bool batch_parse_options(struct batch *batch, const struct words *words);
void batch_refuse(struct batch *batch, enum err err, const char *message);

/* batch_take.c: a line becomes a task in the queue, and goes its way. */
void batch_take_line(struct batch *batch, const char *line, size_t len);
void batch_take_long_line(struct batch *batch);
/* The same of a record of csv, whose command's words are made of it; and of one that is wrong. */
struct task *batch_take_new(struct batch *batch, uint64_t line);
void batch_take_words(struct batch *batch, struct task *task, const struct words *words);
void batch_take_failed(struct batch *batch, struct task *task);
/* The lines ended: a command that waits for some gets on without. */
void batch_take_end(struct batch *batch);
/* The command that nothing passes came back. */
void batch_take_result(struct batch *batch, struct task *task);
/* Try again what found no room. False: still none. */
bool batch_retry(struct batch *batch);

/* batch_slow.c: the user's rate. Lines that may be taken now, and those that were taken. */
unsigned batch_slow_lines(const struct batch *batch);
void batch_slow_spend(struct batch *batch, unsigned lines);
/* Wake the batch when it may take some again. */
void batch_slow_wait(struct batch *batch);
/* A command that is no stock line costs its class. False: the batch is woken when it can be paid. */
bool batch_slow_pay(struct batch *batch, struct task *task);
bool batch_slow_is_waiting(const struct batch *batch);
void batch_slow_free(struct batch *batch);

/* batch_tell.c: results in order, progress, the last words. */
void batch_tell_ready(struct batch *batch);
void batch_tell_end(struct batch *batch);
/* The log's line of a batch that ends. */
void batch_log_end(const struct batch *batch);

/* batch_group.c: atomic batches. False: the ledger's queue has no room yet. */
bool batch_settle_group(struct batch *batch);

/* batch_import.c: csv in place of commands; a record is a line. Free: NULL is fine. */
void batch_import_init(struct batch *batch, char delimiter);
void batch_import_free(struct batch *batch);
void batch_import_add(struct batch *batch, const char *data, size_t len);
void batch_import_end(struct batch *batch);
bool batch_import_has_next(const struct batch *batch);
/* False: there is none yet. */
bool batch_import_take(struct batch *batch);

/* batch_rehearse.c: dry runs. */
void batch_rehearse_init(struct batch *batch);
void batch_rehearse_free(struct batch *batch);
bool batch_rehearse_has_room(const struct batch *batch);
void batch_rehearse_add(struct batch *batch, struct task *task);
/* Start a job with what was gathered, unless one runs. False: the query workers' queue is full. */
bool batch_rehearse_start(struct batch *batch);

#endif
