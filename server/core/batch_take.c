/* A line of a batch becomes a task: split, checked, and sent its way: to the ledger writer at once, into a
 * group or a rehearsal, or, for any other command, behind the movements before it. Part of batch.c's room; on
 * the main loop. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "server/core/batch_internal.h"
#include "server/core/command.h"
#include "server/core/command_log.h"

enum { TAG_MAX = 64 };

/* A line failed before it could be sent anywhere. */
static void count_failure(struct batch *batch)
{
    batch->group_failed++;
    if (batch->options.stops_on_error && !batch->options.is_atomic) {
        batch->is_stopped = true;
    }
}

static void queue_task(struct batch *batch, struct task *task)
{
    task->request.next = NULL;
    if (batch->last) {
        batch->last->request.next = &task->request;
    } else {
        batch->first = task;
    }
    batch->last = task;
    batch->count++;
    task->bytes = task->request.arena.total;
    batch->bytes += task->bytes;
    batch->lines_spent += task->movement || task->state == TASK_DONE;
    if (task->state == TASK_DONE && task->request.err != ERR_OK) {
        count_failure(batch);
    }
}

static bool is_tag(const char *text, size_t len)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return len >= 1 && len <= TAG_MAX && strspn(text, allowed) == len;
}

/* `@TAG` before the command. False: the task is done. */
static bool take_tag(struct task *task, const struct words *words, unsigned *ret_first)
{
    const char *word = words->texts[0];
    *ret_first = 0;
    if (word[0] != '@') {
        return true;
    }
    if (!is_tag(word + 1, words->lens[0] - 1)) {
        dispatch_fail(task, ERR_BAD_VALUE, "a tag is @ and 1 to %d of A-Z a-z 0-9 . _ -", TAG_MAX);
        return false;
    }
    task->request.prefix.tag = word + 1;
    *ret_first = 1;
    if (words->count == 1) {
        dispatch_fail(task, ERR_USAGE, "no command after the tag");
        return false;
    }
    return true;
}

static struct task *new_task(struct batch *batch)
{
    struct task *task = dispatch_new(batch->channel, batch->options.format);
    task->request.in_batch = true;
    task->request.is_interactive = batch->is_raw;
    task->request.dry_run = batch->options.is_dry_run;
    task->request.prefix.line = batch->lines.number;
    if (batch->tells_lines) {
        command_log_start(&task->request);
    }
    return task;
}

/* An atomic batch is one transaction of the ledger: nothing else has a place in it. */
static void check_atomic(struct batch *batch, struct task *task)
{
    if (!batch->options.is_atomic || task->movement || task->request.err != ERR_OK ||
        strcmp(task->request.command->name, "use") == 0) {
        return;
    }
    dispatch_fail(task, ERR_USAGE, "an atomic batch takes stock commands only, not %s",
                  task->request.command->name);
}

static void send_movement(struct batch *batch, struct task *task)
{
    struct movement *movement = task->movement;
    movement->batch_line = (int64_t)task->request.prefix.line;
    if (batch->options.key && !movement->ref) {
        movement->batch_key = arena_strdup(&task->request.arena, batch->options.key);
    }
    if (batch->options.is_dry_run) {
        batch_rehearse_add(batch, task);
    } else if (!batch->options.is_atomic && (movement->reverses != 0 || movement->transfer_seq != 0)) {
        batch->barrier = task; /* it names a movement, perhaps of the lines before it */
        batch_retry(batch);
    } else if (!batch->options.is_atomic) {
        batch->stalled = task;
        batch_retry(batch);
    }
}

/* Where it belongs: the ledger writer, a group, or behind the movements before it. */
static void send_task(struct batch *batch, struct task *task)
{
    if (task->state == TASK_DONE) {
        return;
    }
    if (task->movement) {
        send_movement(batch, task);
    } else {
        batch->barrier = task;
        batch_retry(batch);
    }
}

/* Does the command want lines of its own? They come next, also when it is refused: they are passwords, not
 * commands. */
static bool ask(struct batch *batch, struct task *task)
{
    const struct request *request = &task->request;
    const char *prompts[REQUEST_INPUTS_MAX];
    unsigned wanted =
        request->command && request->command->inputs ? request->command->inputs(request, prompts) : 0;
    if (wanted == 0) {
        return false;
    }
    task->state = TASK_HERE; /* what is wrong with it is told when its lines are there */
    batch->asking = task;
    batch->asking_lines = wanted;
    return true;
}

/* The command has its lines, or something is wrong with one. */
static void end_asking(struct batch *batch)
{
    struct task *task = batch->asking;
    batch->asking = NULL;
    if (batch->tells_lines) {
        command_log_start(&task->request);
    }
    if (task->request.err != ERR_OK) {
        task->state = TASK_DONE;
    } else {
        dispatch_prepare(task);
        check_atomic(batch, task);
    }
    if (task->state == TASK_DONE && task->request.err != ERR_OK) {
        count_failure(batch);
    }
    send_task(batch, task);
}

static void take_asked_line(struct batch *batch, const char *line, size_t len)
{
    struct request *request = &batch->asking->request;
    if (memchr(line, '\0', len) || !text_is_utf8(line, len)) {
        dispatch_fail(batch->asking, ERR_BAD_ENCODING, "line %" PRIu64 " is not UTF-8 text",
                      batch->lines.number);
        end_asking(batch);
        return;
    }
    request->inputs[request->input_count++] = arena_strndup(&request->arena, line, len);
    if (request->input_count == batch->asking_lines) {
        end_asking(batch);
    }
}

void batch_take_end(struct batch *batch)
{
    if (batch->asking) {
        end_asking(batch);
    }
}

static void parse(struct batch *batch, struct task *task, const struct words *words, unsigned first)
{
    struct request *request = &task->request;
    if (batch->used_store) {
        request->used_store = arena_strdup(&request->arena, batch->used_store);
    }
    bool is_fine = dispatch_parse(task, words, first);
    if (!ask(batch, task) && is_fine) {
        dispatch_prepare(task);
        check_atomic(batch, task);
    }
}

struct task *batch_take_new(struct batch *batch, uint64_t line)
{
    batch->lines.number = line;
    return new_task(batch);
}

void batch_take_words(struct batch *batch, struct task *task, const struct words *words)
{
    parse(batch, task, words, 0);
    queue_task(batch, task);
    send_task(batch, task);
}

void batch_take_failed(struct batch *batch, struct task *task)
{
    queue_task(batch, task);
}

void batch_take_line(struct batch *batch, const char *line, size_t len)
{
    if (batch->asking) {
        take_asked_line(batch, line, len);
        return;
    }
    struct task *task = new_task(batch);
    struct request *request = &task->request;
    struct words words;
    unsigned first;
    enum err err = lexer_split(&request->arena, line, len, &words, &request->error);
    if (err == ERR_OK && words.count == 0) {
        dispatch_release(task);
        return;
    }
    if (err != ERR_OK) {
        request->err = err;
        task->state = TASK_DONE;
    } else if (take_tag(task, &words, &first)) {
        parse(batch, task, &words, first);
    }
    queue_task(batch, task);
    if (task != batch->asking) {
        send_task(batch, task);
    }
}

void batch_take_long_line(struct batch *batch)
{
    if (batch->asking) {
        dispatch_fail(batch->asking, ERR_TOO_LONG, "line %" PRIu64 " is longer than %d bytes",
                      batch->lines.number, LEXER_LINE_MAX);
        end_asking(batch);
        return;
    }
    struct task *task = new_task(batch);
    dispatch_fail(task, ERR_TOO_LONG, "the line is longer than %d bytes", LEXER_LINE_MAX);
    queue_task(batch, task);
}

void batch_take_result(struct batch *batch, struct task *task)
{
    const struct request *request = &task->request;
    batch->barrier = NULL;
    batch->barrier_runs = false;
    if (request->err != ERR_OK) {
        batch->group_failed++;
    } else if (request->use) {
        free(batch->used_store);
        batch->used_store = strdup(request->use);
        if (!batch->used_store) {
            abort();
        }
    }
}

/* A command that is no movement sees what the lines before it did, and is seen by those after it. */
static bool retry_barrier(struct batch *batch)
{
    struct task *task = batch->barrier;
    if (batch->barrier_runs || batch->in_flight > 0 || !batch_slow_pay(batch, task)) {
        return true;
    }
    if (task->movement) {
        batch->barrier = NULL;
        batch->stalled = task;
        return batch_retry(batch);
    }
    if (!dispatch_run(task)) {
        return false;
    }
    if (task->state == TASK_DONE) {
        batch_take_result(batch, task);
    } else {
        batch->barrier_runs = true;
    }
    return true;
}

bool batch_retry(struct batch *batch)
{
    if (batch->stalled) {
        bool is_taken = dispatch_post(
            batch->stalled, channel_source(batch->channel, batch->is_raw, batch->options.stops_on_error));
        if (!is_taken) {
            return false;
        }
        batch->stalled = NULL;
        batch_count_flight(batch, 1);
    }
    return !batch->barrier || retry_barrier(batch);
}
