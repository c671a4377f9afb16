/* One command of an exec: perhaps some lines of stdin first, then the command, its answer and its exit
 * status. A mode of a channel (modes.h); on the main loop only. What else comes on stdin is read and
 * forgotten. */
#include <stdlib.h>
#include <string.h>

#include "server/core/answer.h"
#include "server/core/command.h"
#include "server/core/command_log.h"
#include "server/core/core.h"
#include "server/core/modes.h"
#include "server/core/prompt.h"

struct single {
    struct channel *channel;
    struct task *task;
    struct prompt *prompt; /* lines of stdin are still to come */
    bool is_watching;      /* answered; goes on until the client leaves */
};

static void answer(struct single *single)
{
    struct task *task = single->task;
    struct request *request = &task->request;
    command_log_answered(task);
    if (request->progress) {
        buf_printf(channel_error_out(single->channel), "\r%s\n", request->progress);
    }
    if (request_has_answer(request) && request->output.len > 0) {
        channel_write(single->channel, request->output.data, request->output.len);
    }
    if (request->err == ERR_OK && request->watch) {
        single->is_watching = true;
        channel_watch(single->channel, request);
        return;
    }
    answer_single(channel_out(single->channel), task);
    answer_single_error(channel_error_out(single->channel), task);
    channel_exit(single->channel, err_exit_status(request->err));
}

static void run(struct single *single)
{
    struct task *task = single->task;
    dispatch_prepare(task);
    if (task->state == TASK_HERE) {
        bool taken = task->movement ? dispatch_post(task, channel_source(single->channel, true, false))
                                    : dispatch_run(task);
        if (!taken) {
            dispatch_fail(task, ERR_BUSY, "the server is busy");
        }
    }
    if (task->state == TASK_DONE) {
        answer(single);
    }
}

/* The lines are there, or never will be. */
static void end_prompt(struct single *single, enum prompt_state state)
{
    prompt_free(single->prompt);
    single->prompt = NULL;
    command_log_start(&single->task->request); /* how long somebody typed is nothing to measure */
    if (state == PROMPT_BAD) {
        single->task->state = TASK_DONE;
        answer(single);
    } else {
        run(single);
    }
}

static void single_input(void *state, const char *data, size_t len)
{
    struct single *single = state;
    if (!single->prompt) {
        return;
    }
    enum prompt_state got = prompt_take(single->prompt, data, len, channel_out(single->channel));
    if (got != PROMPT_MORE) {
        end_prompt(single, got);
    }
}

static void single_input_end(void *state)
{
    struct single *single = state;
    if (single->prompt) {
        end_prompt(single, prompt_end(single->prompt));
    }
}

static bool single_wants_input(const void *state)
{
    (void)state;
    return true; /* so that the client's leaving is noticed */
}

static void single_drained(void *state)
{
    (void)state;
}

static void single_request_done(void *state, struct request *request)
{
    (void)request;
    answer(state);
}

static void single_stop(void *state)
{
    struct single *single = state;
    if (single->prompt || single->is_watching) {
        answer_trouble(channel_error_out(single->channel), ERR_BUSY,
                       channel_core(single->channel)->draining ? "the server is stopping"
                                                               : "the session was ended");
        channel_exit(single->channel, err_exit_status(ERR_BUSY));
    } else {
        single->task->request.is_stopping = true;
    }
}

static bool single_is_busy(const void *state)
{
    const struct single *single = state;
    return single->is_watching || !single->prompt;
}

static void single_free(void *state)
{
    struct single *single = state;
    prompt_free(single->prompt);
    dispatch_release(single->task);
    free(single);
}

void *single_start(struct channel *channel, struct task *task, const struct words *words)
{
    struct single *single = calloc(1, sizeof *single);
    if (!single) {
        abort();
    }
    single->channel = channel;
    single->task = task;
    if (words->count == 0) {
        dispatch_fail(task, ERR_USAGE, "no command; try: help");
        answer(single);
    } else if (!dispatch_parse(task, words, 0)) {
        answer(single);
    } else if ((single->prompt = prompt_new(&task->request, task->request.is_interactive)) != NULL) {
        prompt_begin(single->prompt, channel_out(channel));
    } else {
        run(single);
    }
    return single;
}

const struct channel_mode single_mode = {
    .input = single_input,
    .input_end = single_input_end,
    .wants_input = single_wants_input,
    .drained = single_drained,
    .request_done = single_request_done,
    .stop = single_stop,
    .is_busy = single_is_busy,
    .free = single_free,
};
