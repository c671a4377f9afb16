/* From words to a command that runs: finding it, checking the caller's right, preparing, and lending the
 * request to the query workers, the password pool or the ledger writer. Called by the modes of a channel, on
 * the main loop only. */
#ifndef STOCKROOM_SERVER_CORE_DISPATCH_H
#define STOCKROOM_SERVER_CORE_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lexer.h"
#include "server/core/ledger/ledger.h"
#include "server/core/request.h"

enum task_state {
    TASK_HERE, /* the mode has it, and it is not answered */
    TASK_LENT, /* a worker or the ledger writer has it */
    TASK_DONE  /* answered: err, movement, table and output hold */
};

/* A request with what only the main loop needs to know of it. Lives in its own arena. */
struct task {
    struct request request; /* first: a request of a channel is always a task's */
    enum task_state state;
    struct movement *movement; /* request.movement once it has been prepared, for short */
    size_t bytes;              /* what its arena took when it was queued, for those who keep a bound */
    bool is_paid;              /* its user's bucket has been asked */
    bool is_skipped;           /* there is nothing to say of it: it was never looked at */
};

/* Is there an answer to be shown? Proofs that fail have one too: the rows say what is wrong. */
static inline bool request_has_answer(const struct request *request)
{
    return request->err == ERR_OK || request->err == ERR_UNSOUND;
}

/* A new request of the channel: nothing asked yet. */
struct task *dispatch_new(struct channel *channel, enum format format);

/* The channel has no more use for it: freed now, or when it comes back. */
void dispatch_release(struct task *task);

/* Find the command that words from `first` on name, check that the caller may run it, sort its arguments,
 * and, but for lines of batches, take its token. False: the task is done, with an error. */
bool dispatch_parse(struct task *task, const struct words *words, unsigned first);

/* Take a token of the command's class, once, unless it costs nothing. False: its user has none left for as
 * long as *ret_wait_ms. */
bool dispatch_pay(struct task *task, uint64_t *ret_wait_ms);

/* Check the values and resolve the store (the command's prepare). Then the task is done (a failure, or a
 * command that needs nothing else), or has a movement for the ledger, or steps to run. */
void dispatch_prepare(struct task *task);

/* Lend the task for its next step, or answer it at once (done): from memory where the command can, or with
 * ERR_BUSY when too much output waits already. False: the pool's queue is full; the task is as it was. */
bool dispatch_run(struct task *task);

/* Lend the task's movement to the ledger writer. False: its queue is full. */
bool dispatch_post(struct task *task, struct ledger_source *source);

/* The task is done, with this error. */
void dispatch_fail(struct task *task, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The task has failed for want of a right, found by its mode: it goes into the audit trail. */
void dispatch_refused(const struct task *task);

/* Take the outcome of the task's movement. */
void dispatch_take_outcome(struct task *task);

/* For core: a movement came back from the ledger writer. */
void dispatch_movement_done(struct movement *movement);

#endif
