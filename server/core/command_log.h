/* What is told of the commands that were answered: a line in the log, counters and times for `stats`. Called
 * by the modes of a channel and by dispatch, on the main loop. Names commands, never the words that came with
 * them. */
#ifndef STOCKROOM_SERVER_CORE_COMMAND_LOG_H
#define STOCKROOM_SERVER_CORE_COMMAND_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "server/core/dispatch.h"

/* What came of a batch. */
struct command_log_batch {
    const struct identity *who;
    const char *store;   /* that it was given for, or used last; NULL: none */
    const char *outcome; /* "ok", "stopped", or "left": its client did */
    uint64_t lines;      /* with a result */
    uint64_t failed;
    uint64_t replayed;
    uint64_t started_ns;
    bool has_key;
    bool is_atomic;
    bool is_dry_run;
};

/* A request begins here: its time runs (uv_hrtime). */
void command_log_start(struct request *request);

/* A command that a person or a script waits for was answered: an exec, a line of a TUI. Event "command". */
void command_log_answered(const struct task *task);

/* A line of a batch was answered. Event "command", of level debug: ask command_log_wants_lines first. Counts
 * nothing. */
void command_log_line(const struct task *task);
bool command_log_wants_lines(void);

/* So many lines of a batch were answered, of which some failed. For `stats`. */
void command_log_count(uint64_t lines, uint64_t failed);

/* Event "batch". */
void command_log_batch(const struct command_log_batch *batch);

#endif
