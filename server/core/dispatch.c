/* From words to a command that runs. Called by the modes of a channel; gives each task back to its channel,
 * or frees it when that has gone. On the main loop, but for run_step, which is on a worker's thread and
 * touches only the request. */
#include "server/core/dispatch.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "server/core/args.h"
#include "server/core/audit.h"
#include "server/core/cache.h"
#include "server/core/channel.h"
#include "server/core/command.h"
#include "server/core/command_log.h"
#include "server/core/core.h"
#include "server/core/peer.h"
#include "server/core/stats.h"
#include "server/core/throttle.h"

enum { MS_A_SECOND = 1000 };

struct task *dispatch_new(struct channel *channel, enum format format)
{
    struct arena arena = {0};
    struct task *task = arena_calloc(&arena, 1, sizeof *task);
    task->request.core = channel_core(channel);
    task->request.arena = arena;
    task->request.channel = channel;
    task->request.config = task->request.core->config;
    task->request.who = identity_ref(channel_identity(channel));
    task->request.format = format;
    return task;
}

static void task_free(struct task *task)
{
    struct request *request = &task->request;
    for (unsigned i = 0; i < request->input_count; i++) { /* often passwords */
        sodium_memzero((char *)(uintptr_t)request->inputs[i], strlen(request->inputs[i]));
    }
    if (request->data && request->command->release) {
        request->command->release(request);
    }
    identity_unref(request->who);
    buf_done(&request->output);
    struct arena arena = request->arena; /* the task itself lives in it */
    arena_done(&arena);
}

void dispatch_release(struct task *task)
{
    if (task->state == TASK_LENT) {
        task->request.channel = NULL;
    } else {
        task_free(task);
    }
}

void dispatch_fail(struct task *task, enum err err, const char *format, ...)
{
    char message[sizeof task->request.error.message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    task->request.err = err_set(&task->request.error, err, "%s", message);
    task->state = TASK_DONE;
}

/* A check failed, and has filled request.error. */
static bool task_done_by(struct task *task, enum err err)
{
    task->request.err = err;
    task->request.error.code = err;
    task->state = TASK_DONE;
    return false;
}

/* The request has failed. Want of a right goes into the audit trail: once, here, whatever becomes of the
 * answer. */
static void note_refusal(const struct task *task)
{
    const struct request *request = &task->request;
    if (request->err == ERR_NOT_PERMITTED || request->is_refusal) {
        stats_add(STATS_commands_refused, 1);
        audit_refuse(request->core->audit, request);
    }
}

void dispatch_refused(const struct task *task)
{
    note_refusal(task);
}

/* What only reads this process's memory (help, limits) is there also for those who have had too much. */
static bool costs_nothing(const struct command *command)
{
    return command->cost == COST_READ && !command->steps[0].run;
}

bool dispatch_pay(struct task *task, uint64_t *ret_wait_ms)
{
    const struct request *request = &task->request;
    enum throttle_bucket bucket = (enum throttle_bucket)request->command->cost;
    task->is_paid = task->is_paid || costs_nothing(request->command) ||
                    throttle_take(channel_throttle(request->channel), bucket, 1, uv_now(request->core->loop),
                                  ret_wait_ms);
    return task->is_paid;
}

/* A batch is slowed, not refused. A TUI is for somebody who waits. */
static bool is_paid_later(const struct request *request)
{
    return request->in_batch && !channel_is_raw(request->channel);
}

static bool pay_now(struct task *task)
{
    uint64_t wait_ms;
    if (dispatch_pay(task, &wait_ms)) {
        return true;
    }
    stats_add(STATS_commands_throttled, 1);
    dispatch_fail(task, ERR_THROTTLED, "too many %s commands: try again in %" PRIu64 " s",
                  throttle_bucket_text((enum throttle_bucket)task->request.command->cost),
                  (wait_ms + MS_A_SECOND - 1) / MS_A_SECOND);
    return false;
}

static bool parse(struct task *task, const struct words *words, unsigned first)
{
    struct request *request = &task->request;
    char *const *texts = words->texts + first;
    unsigned count = (unsigned)words->count - first;
    unsigned used = 0;
    args_find_format(texts, count, &request->format);
    const struct command *command = command_find((const char *const *)texts, count, &used);
    if (!command) {
        dispatch_fail(task, ERR_UNKNOWN_COMMAND, "no command '%.60s'; try: help", count > 0 ? texts[0] : "");
        return false;
    }
    request->command = command;
    channel_count_command(request->channel);
    if (request->who->must_change_password && !command->always) {
        dispatch_fail(task, ERR_NOT_PERMITTED, "change your password first: passwd");
        return false;
    }
    if (!(command->roles & (unsigned)request->who->role)) {
        struct err_info ignored;
        (void)args_parse(&request->arena, command, texts + used, count - used, &request->args,
                         &request->format, &ignored); /* for the audit trail */
        request->is_refusal = true;
        dispatch_fail(task, ERR_NOT_PERMITTED, "%s may not be run by %s", command->name,
                      identity_role_text(request->who->role));
        return false;
    }
    enum err err = args_parse(&request->arena, command, texts + used, count - used, &request->args,
                              &request->format, &request->error);
    return err == ERR_OK ? is_paid_later(request) || pay_now(task) : task_done_by(task, err);
}

bool dispatch_parse(struct task *task, const struct words *words, unsigned first)
{
    bool is_fine = parse(task, words, first);
    if (!is_fine) {
        note_refusal(task);
    }
    return is_fine;
}

/* Is there a step to run, or to go on with? */
static bool has_step(const struct request *request)
{
    return request->step < COMMAND_STEPS_MAX && request->command->steps[request->step].run;
}

/* A worker's thread, or the main loop for a command that needed no step: rows become text where they were
 * made. */
static void format_rows(struct request *request)
{
    if (request->table.columns) {
        table_format(&request->table, request->format, &request->prefix, &request->output);
    }
}

void dispatch_prepare(struct task *task)
{
    struct request *request = &task->request;
    if (request->command->prepare) {
        enum err err = request->command->prepare(request, &request->error);
        if (err != ERR_OK) {
            task_done_by(task, err);
            note_refusal(task);
            return;
        }
    }
    task->movement = request->movement;
    if (task->movement) {
        task->movement->owner = task;
        return;
    }
    if (!has_step(request)) {
        format_rows(request);
        task->state = TASK_DONE;
    }
}

static enum err run_step_here(struct request *request, const struct command_step *step, struct db *db)
{
    bool rolls_back = request->dry_run && request->command->changes && db;
    if (rolls_back) {
        enum err err = db_begin(db, &request->error);
        if (err != ERR_OK) {
            return err;
        }
    }
    enum err err = step->run(request, db, &request->error);
    if (db && (rolls_back || db_in_transaction(db))) {
        db_rollback(db);
    }
    return err;
}

static void run_step(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct request *request = (struct request *)((char *)job - offsetof(struct request, job));
    const struct command_step *step = &request->command->steps[request->step];
    if (step->place == STEP_QUERY && !db) {
        request->error = *info;
        request->err = ERR_DATABASE_UNAVAILABLE;
        return;
    }
    request->runs_again = false;
    request->err = run_step_here(request, step, db);
    request->step += !request->runs_again;
    if (request_has_answer(request) && !has_step(request)) {
        format_rows(request);
    }
}

/* For people who wait for a long answer, in a line that is written over. */
static void tell_progress(struct request *request)
{
    uint64_t now_ms = uv_now(request->core->loop);
    if (!request->progress || request->in_batch || !request->channel ||
        (request->progress_ms != 0 && now_ms - request->progress_ms < MS_A_SECOND)) {
        return;
    }
    request->progress_ms = now_ms;
    buf_printf(channel_error_out(request->channel), "\r%s", request->progress);
}

/* A step that runs again has no deadline, but an end: with its client, its session or the server. Returns
 * false when it was not taken, and the task has failed. */
static bool go_on(struct task *task)
{
    struct request *request = &task->request;
    if (!request->channel || request->is_stopping || request->core->draining) {
        dispatch_fail(task, ERR_BUSY,
                      request->core->draining ? "the server is stopping" : "the session was ended");
        return false;
    }
    tell_progress(request);
    request->job.goes_on = true;
    if (!dispatch_run(task)) {
        dispatch_fail(task, ERR_BUSY, "the server is busy");
    }
    return task->state == TASK_LENT;
}

/* The task is with its channel again, or nobody's. */
static void give_back(struct task *task)
{
    struct channel *channel = task->request.channel;
    task->state = TASK_DONE;
    if (channel) {
        channel_request_done(channel, &task->request);
    } else {
        if (!task->request.in_batch || task->request.is_interactive) {
            command_log_answered(task); /* the client has left, but it did run */
        }
        task_free(task);
    }
}

static void step_done(struct work_job *job, bool expired)
{
    struct request *request = (struct request *)((char *)job - offsetof(struct request, job));
    struct task *task = (struct task *)request;
    struct core *core = task->request.core;
    task->state = TASK_HERE;
    if (request->command->catalogue) {
        cache_forget(core->cache); /* also when it failed: the answer to COMMIT may have been lost */
    }
    if (request->runs_again && request->err == ERR_OK) { /* also when it waited long for its next turn */
        if (go_on(task)) {
            return;
        }
    } else if (expired) {
        dispatch_fail(task, ERR_BUSY, "the server is busy: the request waited too long");
    } else if (request->err != ERR_OK) {
        request->error.code = request->err;
        note_refusal(task);
    } else if (has_step(request)) {
        if (!request->channel || !dispatch_run(task)) {
            dispatch_fail(task, ERR_BUSY, "the server is busy");
        }
        if (task->state == TASK_LENT) {
            return;
        }
    } else if (request->command->finish && !request->dry_run) {
        request->command->finish(request);
    }
    give_back(task);
    core_release_waiting(core);
}

bool dispatch_run(struct task *task)
{
    struct request *request = &task->request;
    struct core *core = task->request.core;
    const struct command *command = request->command;
    uint64_t output_max = (uint64_t)core->config->limits.output_total_mib * 1024 * 1024;
    if (!command->changes && core->output_total > output_max) {
        dispatch_fail(task, ERR_BUSY, "the server is busy: too many answers wait for their readers");
        return true;
    }
    if (request->step == 0 && command->recall && command->recall(request)) {
        format_rows(request);
        task->state = TASK_DONE;
        return true;
    }
    bool is_query = command->steps[request->step].place == STEP_QUERY;
    request->job.owner = work_owner(request->who->user);
    request->job.run = run_step;
    request->job.done = step_done;
    if (work_submit(is_query ? core->queries : core->passwords, &request->job) != ERR_OK) {
        return false;
    }
    task->state = TASK_LENT;
    return true;
}

bool dispatch_post(struct task *task, struct ledger_source *source)
{
    if (ledger_submit(source, task->movement) != ERR_OK) {
        return false;
    }
    task->state = TASK_LENT;
    return true;
}

void dispatch_take_outcome(struct task *task)
{
    const struct movement *movement = task->movement;
    task->is_skipped = movement->skipped;
    if (movement->err != ERR_OK) {
        dispatch_fail(task, movement->err, "%s",
                      movement->message ? movement->message : err_text(movement->err));
    } else {
        task->state = TASK_DONE;
    }
}

void dispatch_movement_done(struct movement *movement)
{
    struct task *task = movement->owner;
    struct core *core = task->request.core;
    dispatch_take_outcome(task);
    give_back(task);
    core_release_waiting(core);
}
