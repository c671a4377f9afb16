/* How an import begins: its words are checked, its kind says which mode takes over. Called by channel.c; on
 * the main loop only. */
#include <string.h>

#include "server/core/answer.h"
#include "server/core/command_log.h"
#include "server/core/modes.h"

/* Told at once; the channel ends. */
static void *refuse(struct channel *channel, struct task *task)
{
    const struct request *request = &task->request;
    enum err err = request->err;
    command_log_answered(task);
    answer_trouble(channel_error_out(channel), err, request->error.message);
    dispatch_release(task);
    channel_exit(channel, err_exit_status(err));
    return NULL;
}

void *import_start(struct channel *channel, struct task *task, const struct words *words,
                   const struct channel_mode **ret_mode)
{
    if (!dispatch_parse(task, words, 0)) {
        return refuse(channel, task);
    }
    const char *kind = task->request.args.words[0];
    if (strcmp(kind, "movements") == 0) {
        dispatch_release(task);
        *ret_mode = &batch_mode;
        return batch_start_import(channel, words);
    }
    if (strcmp(kind, "products") == 0) {
        *ret_mode = &import_products_mode;
        return import_products_start(channel, task);
    }
    dispatch_fail(task, ERR_BAD_VALUE, "'%.40s' is nothing to import: movements or products", kind);
    return refuse(channel, task);
}
