/* An export: a list of any length as csv, a page a job on the query workers, the next one asked for when the
 * client has read enough of those before. A mode of a channel (modes.h); on the main loop only. Each page is
 * the list's own command: who may see what is decided there, and no transaction outlives a page. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/answer.h"
#include "server/core/command_log.h"
#include "server/core/commands/commands.h"
#include "server/core/core.h"
#include "server/core/delimiter.h"
#include "server/core/modes.h"

enum { WORDS_FIXED = 6 };

static const char PAGE_ROWS[] = "2000";

/* What an export writes, and the command whose pages it is. */
static const struct kind {
    const char *name;
    const char *words[2];
} kinds[] = {
    {"inventory", {"inventory", NULL}}, {"movements", {"movements", NULL}}, {"products", {"product", "list"}},
    {"stores", {"store", "list"}},      {"users", {"user", "list"}},
};

struct export
{
    struct channel *channel;
    struct core *core;
    struct task *task; /* the export's own words */
    struct task *page; /* the page that is read; NULL: none */
    const struct kind *kind;
    struct turn_item work;
    char delimiter;
    char *after; /* where the next page begins; NULL: at the start */
    bool is_stopping;
    bool is_over;
    bool has_header;
};

static void end(struct export *export, enum err err, const char *message)
{
    struct request *request = &export->task->request;
    request->err = err;
    export->task->state = TASK_DONE;
    export->is_over = true;
    command_log_answered(export->task);
    if (err != ERR_OK) {
        answer_trouble(channel_error_out(export->channel), err, message);
    }
    channel_exit(export->channel, err_exit_status(err));
}

static void add_word(struct words *words, char *text)
{
    words->texts[words->count] = text;
    words->lens[words->count] = strlen(text);
    words->count++;
}

static char *join(struct arena *arena, const char *name, const char *value)
{
    size_t len = strlen(name) + strlen(value) + sizeof "--=";
    char *word = arena_alloc(arena, len);
    snprintf(word, len, "--%s=%s", name, value);
    return word;
}

static bool is_flag(const char *name)
{
    const struct option_spec *spec = command_export.options;
    while (spec->name && strcmp(spec->name, name) != 0) {
        spec++;
    }
    return !spec->value;
}

/* The words of the command whose answer is the next page. */
static void make_words(const struct export *export, struct arena *arena, struct words *ret_words)
{
    const struct args *args = &export->task->request.args;
    size_t room = args->option_count + WORDS_FIXED;
    *ret_words = (struct words){.texts = arena_alloc(arena, room * sizeof(char *)),
                                .lens = arena_alloc(arena, room * sizeof(size_t))};
    for (unsigned i = 0; i < 2 && export->kind->words[i]; i++) {
        add_word(ret_words, arena_strdup(arena, export->kind->words[i]));
    }
    add_word(ret_words, join(arena, "limit", PAGE_ROWS));
    if (export->after) {
        add_word(ret_words, join(arena, "after", export->after));
    }
    for (unsigned i = 0; i < args->option_count; i++) {
        const struct args_option *option = &args->options[i];
        if (strcmp(option->name, "delimiter") == 0) {
            continue;
        }
        char *word = join(arena, option->name, option->value);
        if (is_flag(option->name)) {
            word[strlen(word) - 1] = '\0'; /* no `=` */
        }
        add_word(ret_words, word);
    }
}

static struct task *new_page(struct export *export)
{
    struct task *page = dispatch_new(export->channel, FORMAT_CSV);
    struct words words;
    page->request.in_batch = true; /* the whole has been paid for */
    page->request.prefix.delimiter = export->delimiter;
    page->request.prefix.goes_on = export->has_header;
    page->request.job.goes_on = export->has_header;
    make_words(export, &page->request.arena, &words);
    if (dispatch_parse(page, &words, 0)) {
        page->request.format = FORMAT_CSV;
        dispatch_prepare(page);
    }
    return page;
}

/* The page is there: out with it. */
static void take_page(struct export *export)
{
    struct task *page = export->page;
    struct request *request = &page->request;
    export->page = NULL;
    if (request->err != ERR_OK) {
        end(export, request->err, request->error.message);
        dispatch_release(page);
        return;
    }
    channel_write(export->channel, request->output.data, request->output.len);
    export->has_header = true;
    free(export->after);
    export->after = request->table.after ? strdup(request->table.after) : NULL;
    if (request->table.after && !export->after) {
        abort();
    }
    dispatch_release(page);
    if (!export->after) {
        end(export, ERR_OK, NULL);
    } else {
        turn_work(export->core->turn, &export->work);
    }
}

static void work(struct turn_item *item)
{
    struct export *export = (struct export *)((char *)item - offsetof(struct export, work));
    if (export->is_over || (export->page && export->page->state == TASK_LENT)) {
        return;
    }
    if (export->is_stopping) {
        end(export, ERR_BUSY, export->core->draining ? "the server is stopping" : "the session was ended");
        return;
    }
    if (!export->page && channel_is_full(export->channel)) {
        return; /* until it has drained */
    }
    if (!export->page) {
        export->page = new_page(export);
    }
    if (export->page->state == TASK_HERE && !dispatch_run(export->page)) {
        turn_keep(export->core->turn, &export->work);
    }
    if (export->page->state == TASK_DONE) {
        take_page(export);
    }
}

static void export_input(void *state, const char *data, size_t len)
{
    (void)state;
    (void)data;
    (void)len;
}

static void export_input_end(void *state)
{
    (void)state;
}

static bool export_wants_input(const void *state)
{
    (void)state;
    return true; /* so that the client's leaving is noticed */
}

static void export_drained(void *state)
{
    struct export *export = state;
    if (!export->is_over) {
        turn_work(export->core->turn, &export->work);
    }
}

static void export_request_done(void *state, struct request *request)
{
    (void)request;
    take_page(state);
}

static void export_stop(void *state)
{
    struct export *export = state;
    export->is_stopping = true;
    export_drained(export);
}

static bool export_is_busy(const void *state)
{
    const struct export *export = state;
    return !export->is_over;
}

static void export_free(void *state)
{
    struct export *export = state;
    turn_cancel(&export->work);
    if (!export->is_over) {
        export->task->state = TASK_DONE;
        command_log_answered(export->task);
    }
    if (export->page) {
        dispatch_release(export->page);
    }
    dispatch_release(export->task);
    free(export->after);
    free(export);
}

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* False: the task is done, with an error. */
static bool check(struct export *export, const struct words *words)
{
    struct task *task = export->task;
    struct request *request = &task->request;
    if (!dispatch_parse(task, words, 0)) {
        return false;
    }
    export->kind = find_kind(request->args.words[0]);
    if (!export->kind) {
        dispatch_fail(task, ERR_BAD_VALUE,
                      "'%.40s' is nothing to export: inventory, movements, products, stores or users",
                      request->args.words[0]);
        return false;
    }
    if (request->format == FORMAT_JSON) {
        dispatch_fail(task, ERR_USAGE, "an export is csv");
        return false;
    }
    enum err err = delimiter_parse(&request->args, &export->delimiter, &request->error);
    if (err != ERR_OK) {
        request->err = err;
        task->state = TASK_DONE;
    }
    return err == ERR_OK;
}

void *export_start(struct channel *channel, struct task *task, const struct words *words)
{
    struct export *export = calloc(1, sizeof *export);
    if (!export) {
        abort();
    }
    export->channel = channel;
    export->core = channel_core(channel);
    export->task = task;
    export->work.run = work;
    if (check(export, words)) {
        turn_work(export->core->turn, &export->work);
    } else {
        end(export, task->request.err, task->request.error.message);
    }
    return export;
}

const struct channel_mode export_mode = {
    .input = export_input,
    .input_end = export_input_end,
    .wants_input = export_wants_input,
    .drained = export_drained,
    .request_done = export_request_done,
    .stop = export_stop,
    .is_busy = export_is_busy,
    .free = export_free,
};
