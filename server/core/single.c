/* One command of an exec: perhaps a line of stdin first, then the command, its answer and its exit status. A
 * mode of a channel (modes.h); on the main loop only. What else comes on stdin is read and forgotten. */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "server/core/answer.h"
#include "server/core/command.h"
#include "server/core/core.h"
#include "server/core/modes.h"

enum { INPUT_MAX = 8 * 1024 };

struct single {
    struct channel *channel;
    struct task *task;
    bool is_collecting; /* the first line of stdin */
    bool is_watching;   /* answered; goes on until the client leaves */
    char *line;
    size_t len;
};

static void answer(struct single *single)
{
    struct task *task = single->task;
    struct request *request = &task->request;
    if (request->err == ERR_OK && request->output.len > 0) {
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

/* The line is whole: hand it to the command, in its own memory. */
static void end_collecting(struct single *single, bool got_any)
{
    struct request *request = &single->task->request;
    single->is_collecting = false;
    size_t len = single->len;
    if (len > 0 && single->line[len - 1] == '\r') {
        len--;
    }
    if (memchr(single->line, '\0', len) || !text_is_utf8(single->line, len)) {
        dispatch_fail(single->task, ERR_BAD_ENCODING, "the line on stdin is not UTF-8 text");
    } else if (got_any) {
        request->input = arena_strndup(&request->arena, single->line, len);
    }
    sodium_memzero(single->line, INPUT_MAX);
    free(single->line);
    single->line = NULL;
    if (single->task->state == TASK_DONE) {
        answer(single);
    } else {
        run(single);
    }
}

static void single_input(void *state, const char *data, size_t len)
{
    struct single *single = state;
    if (!single->is_collecting) {
        return;
    }
    const char *end = memchr(data, '\n', len);
    size_t part = end ? (size_t)(end - data) : len;
    if (single->len + part > INPUT_MAX) {
        single->is_collecting = false;
        dispatch_fail(single->task, ERR_TOO_LONG, "the line on stdin is longer than %d bytes", INPUT_MAX);
        answer(single);
        return;
    }
    memcpy(single->line + single->len, data, part);
    single->len += part;
    if (end) {
        end_collecting(single, true);
    }
}

static void single_input_end(void *state)
{
    struct single *single = state;
    if (single->is_collecting) {
        end_collecting(single, single->len > 0);
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
    if (single->is_collecting || single->is_watching) {
        answer_trouble(channel_error_out(single->channel), ERR_BUSY, "the server is stopping");
        channel_exit(single->channel, err_exit_status(ERR_BUSY));
    }
}

static void single_free(void *state)
{
    struct single *single = state;
    if (single->line) {
        sodium_memzero(single->line, INPUT_MAX);
        free(single->line);
    }
    dispatch_release(single->task);
    free(single);
}

static bool wants_line(const struct request *request)
{
    const struct command *command = request->command;
    return command->reads_input && (!command->wants_input || command->wants_input(&request->args));
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
    } else if (wants_line(&task->request)) {
        single->is_collecting = true;
        single->line = calloc(1, INPUT_MAX);
        if (!single->line) {
            abort();
        }
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
    .free = single_free,
};
