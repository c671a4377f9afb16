/* What is told of the commands that were answered.
 * Called by the modes of a channel and by dispatch, on the main loop.
 * A command's words hold names, notes and passwords: nothing of them is here but the store that they meant.
 */
#include "server/core/command_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <uv.h>

#include "common/log.h"
#include "server/core/command.h"
#include "server/core/stats.h"

enum { NS_A_US = 1000 };

/* Room for a number as the log takes it. */
struct digits {
    char text[24];
};

static const char *number(struct digits *digits, uint64_t value)
{
    snprintf(digits->text, sizeof digits->text, "%" PRIu64, value);
    return digits->text;
}

static const char *yes_or_no(bool is_so)
{
    return is_so ? "true" : "false";
}

void command_log_start(struct request *request)
{
    request->started_ns = uv_hrtime();
}

static uint64_t latency_us(uint64_t started_ns)
{
    return (uv_hrtime() - started_ns) / NS_A_US;
}

static const char *store_of(const struct task *task)
{
    const struct request *request = &task->request;
    if (request->store) {
        return request->store;
    }
    return request->use ? request->use : request->watch;
}

static uint64_t rows_of(const struct task *task)
{
    const struct request *request = &task->request;
    if (request->err != ERR_OK) {
        return 0;
    }
    return task->movement ? 1 : request->table.row_count;
}

static void write_line(enum log_level level, const struct task *task, uint64_t took_us)
{
    const struct request *request = &task->request;
    const struct movement *movement = task->movement;
    struct digits session, latency, rows;
    bool has_posted = movement && request->err == ERR_OK;
    log_event(level, "command", "user", request->who->user, "session",
              number(&session, request->who->session), "source", request->who->source, "store",
              store_of(task), "command", request->command ? request->command->name : "unknown", "outcome",
              request->err == ERR_OK ? "ok" : err_text(request->err), "latency_us", number(&latency, took_us),
              "rows", number(&rows, rows_of(task)), "replayed",
              has_posted ? yes_or_no(movement->replayed) : NULL, (char *)0);
}

static void time_command(const struct command *command, uint64_t took_us)
{
    static const enum stats_histogram histograms[] = {
        [COST_READ] = STATS_TIME_read,
        [COST_WRITE] = STATS_TIME_write,
        [COST_SCAN] = STATS_TIME_scan,
        [COST_LOGIN] = STATS_TIME_login,
    };
    stats_time(histograms[command->cost], took_us);
}

void command_log_answered(const struct task *task)
{
    const struct request *request = &task->request;
    uint64_t took_us = latency_us(request->started_ns);
    command_log_count(1, request->err != ERR_OK);
    if (request->command) {
        time_command(request->command, took_us);
    }
    write_line(LOG_LEVEL_INFO, task, took_us);
}

bool command_log_wants_lines(void)
{
    return log_wants(LOG_LEVEL_DEBUG);
}

void command_log_line(const struct task *task)
{
    write_line(LOG_LEVEL_DEBUG, task, latency_us(task->request.started_ns));
}

void command_log_count(uint64_t lines, uint64_t failed)
{
    stats_add(STATS_commands, lines);
    if (failed > 0) {
        stats_add(STATS_commands_failed, failed);
    }
}

void command_log_batch(const struct command_log_batch *batch)
{
    struct digits session, lines, ok, failed, replayed, latency;
    log_event(LOG_LEVEL_INFO, "batch", "user", batch->who->user, "session",
              number(&session, batch->who->session), "source", batch->who->source, "store", batch->store,
              "outcome", batch->outcome, "lines", number(&lines, batch->lines), "ok",
              number(&ok, batch->lines - batch->failed), "failed", number(&failed, batch->failed), "replayed",
              number(&replayed, batch->replayed), "latency_us",
              number(&latency, latency_us(batch->started_ns)), "key", yes_or_no(batch->has_key), "atomic",
              yes_or_no(batch->is_atomic), "dry_run", yes_or_no(batch->is_dry_run), (char *)0);
}
