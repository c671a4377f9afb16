/* Answers: what came of a command as text, csv or json, for people and for scripts. Called by the modes of a
 * channel on the main loop, hundreds of thousands of times a second in a batch. Pure: appends to buffers. */
#ifndef STOCKROOM_SERVER_CORE_ANSWER_H
#define STOCKROOM_SERVER_CORE_ANSWER_H

#include <stdbool.h>

#include "common/buf.h"
#include "server/core/dispatch.h"

/* The result line of a batch's task (its rows, in request.output, are not part of it), in the request's
 * format. */
void answer_batch_line(struct buf *out, const struct task *task);

/* The header of the csv results of a batch. */
void answer_csv_header(struct buf *out);

/* The answer to a single command: what goes to stdout (after its rows) and what to stderr. */
void answer_single(struct buf *out, const struct task *task);
void answer_single_error(struct buf *error_out, const struct task *task);

/* A failure of no particular line, for people: "stockroom: CODE: MESSAGE". */
void answer_trouble(struct buf *error_out, enum err err, const char *message);

#endif
