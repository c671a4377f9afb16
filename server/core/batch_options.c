/* The options of a batch: checked like any command's, by the table entry of `batch`. Part of batch.c's room;
 * on the main loop. */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/values.h"
#include "server/core/answer.h"
#include "server/core/args.h"
#include "server/core/audit.h"
#include "server/core/batch_internal.h"
#include "server/core/command_log.h"
#include "server/core/commands/commands.h"
#include "server/core/delimiter.h"
#include "server/core/stats.h"

void batch_refuse(struct batch *batch, enum err err, const char *message)
{
    struct task *task = dispatch_new(batch->channel, batch->options.format);
    task->request.command = batch->command;
    dispatch_fail(task, err, "%s", message);
    command_log_start(&task->request);
    command_log_answered(task);
    answer_single(channel_out(batch->channel), task);
    answer_single_error(channel_error_out(batch->channel), task);
    dispatch_release(task);
}

static enum err check_store(const struct batch *batch, const char *store, struct err_info *info)
{
    enum err err = values_check_store_code(store, info);
    if (err == ERR_OK && !identity_has_store(channel_identity(batch->channel), store)) {
        err = err_set(info, ERR_UNKNOWN_STORE, "no store %s", store);
    }
    return err;
}

/* Another's store: for the audit trail, as dispatch does for other commands. */
static void note_refusal(const struct batch *batch, const struct args *args, enum err err)
{
    const struct request refused = {
        .command = batch->command, .args = *args, .who = channel_identity(batch->channel), .err = err};
    if (err == ERR_UNKNOWN_STORE) {
        stats_add(STATS_commands_refused, 1);
        audit_refuse(batch->core->audit, &refused);
    }
}

static char *copy_text(const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy) {
        abort();
    }
    return copy;
}

static enum err read_options(struct batch *batch, struct arena *arena, const struct words *words,
                             struct err_info *info)
{
    struct batch_options *given = &batch->options;
    struct args args;
    args_find_format(words->texts, (unsigned)words->count, &given->format);
    enum err err = args_parse(arena, batch->command, words->texts + 1, (unsigned)words->count - 1, &args,
                              &given->format, info);
    if (err != ERR_OK) {
        return err;
    }
    const char *key = args_option(&args, "key");
    const char *store = args_option(&args, "store");
    if (key && (err = values_check_ref(key, info)) != ERR_OK) {
        return err;
    }
    if (store && (err = check_store(batch, store, info)) != ERR_OK) {
        note_refusal(batch, &args, err);
        return err;
    }
    if (batch->command == &command_import) {
        char delimiter;
        if ((err = delimiter_parse(&args, &delimiter, info)) != ERR_OK) {
            return err;
        }
        batch_import_init(batch, delimiter);
    }
    given->key = copy_text(key);
    batch->used_store = copy_text(store);
    given->is_atomic = args_flag(&args, "atomic");
    given->is_dry_run = args_flag(&args, "dry-run");
    given->stops_on_error = args_flag(&args, "stop-on-error");
    given->shows_progress = args_flag(&args, "progress");
    return ERR_OK;
}

bool batch_parse_options(struct batch *batch, const struct words *words)
{
    cleanup(arena_done) struct arena arena = {0};
    struct err_info info = {0};
    if (!words) {
        batch->options.format = batch->is_raw ? FORMAT_JSON : FORMAT_TEXT;
        return true;
    }
    enum err err = read_options(batch, &arena, words, &info);
    if (err != ERR_OK) {
        batch_refuse(batch, err, info.message);
        channel_exit(batch->channel, err_exit_status(err));
    }
    return err == ERR_OK;
}
