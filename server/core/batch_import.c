/* Records of csv as the lines of a batch: `import movements`. Each becomes the task of the command that would
 * say the same. Part of batch.c's room; on the main loop. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "server/core/answer.h"
#include "server/core/batch_internal.h"
#include "server/core/records.h"

enum place {
    PLACE_COMMAND,
    PLACE_SKU,
    PLACE_QUANTITY,
    PLACE_FIRST_OPTION,
    PLACES = PLACE_FIRST_OPTION + 7,
    WORDS_MAX = PLACES + 1
};

static const struct {
    const char *name;
    enum place place;
} columns[] = {
    {"command", PLACE_COMMAND},
    {"type", PLACE_COMMAND},
    {"sku", PLACE_SKU},
    {"quantity", PLACE_QUANTITY},
    {"store", PLACE_FIRST_OPTION},
    {"price", PLACE_FIRST_OPTION + 1},
    {"cost", PLACE_FIRST_OPTION + 2},
    {"reason", PLACE_FIRST_OPTION + 3},
    {"note", PLACE_FIRST_OPTION + 4},
    {"ref", PLACE_FIRST_OPTION + 5},
    {"at", PLACE_FIRST_OPTION + 6},
};

/* As commands are called, and as `movements` calls what they post. */
static const struct {
    const char *name;
    const char *command;
} commands[] = {
    {"sell", "sell"},     {"stock-in", "stock-in"}, {"remove", "remove"},
    {"return", "return"}, {"count", "count"},       {"SELL", "sell"},
    {"IN", "stock-in"},   {"REMOVE", "remove"},     {"RETURN", "return"},
};

struct batch_import {
    struct records *records;
    unsigned count;                    /* of columns in the header; 0: it has not come */
    unsigned used[RECORDS_FIELDS_MAX]; /* what each is: an index of columns */
};

void batch_import_init(struct batch *batch, char delimiter)
{
    batch->import = calloc(1, sizeof *batch->import);
    if (!batch->import) {
        abort();
    }
    batch->import->records = records_new(delimiter);
}

void batch_import_free(struct batch *batch)
{
    if (batch->import) {
        records_free(batch->import->records);
        free(batch->import);
        batch->import = NULL;
    }
}

void batch_import_add(struct batch *batch, const char *data, size_t len)
{
    records_add(batch->import->records, data, len);
}

void batch_import_end(struct batch *batch)
{
    records_end(batch->import->records);
}

bool batch_import_has_next(const struct batch *batch)
{
    return records_has_input(batch->import->records);
}

/* Nothing after it can be read: what came before has its results. */
static void give_up(struct batch *batch, enum err err, const char *message)
{
    answer_trouble(channel_error_out(batch->channel), err, message);
    batch_stop(batch, err_exit_status(err));
}

static bool find_column(const char *name, unsigned *ret_index)
{
    for (unsigned i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        if (strcmp(columns[i].name, name) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static enum err read_header(struct batch_import *import, const struct record *record,
                            struct err_info *ret_info)
{
    bool has[PLACES] = {false};
    for (unsigned i = 0; i < record->count; i++) {
        if (!find_column(record->fields[i], &import->used[i])) {
            return err_set(ret_info, ERR_BAD_VALUE, "line %" PRIu64 ": column %u: '%.60s' is no column",
                           record->line, i + 1, record->fields[i]);
        }
        enum place place = columns[import->used[i]].place;
        if (has[place]) {
            return err_set(ret_info, ERR_BAD_VALUE, "line %" PRIu64 ": column %u: '%s' is there twice",
                           record->line, i + 1, record->fields[i]);
        }
        has[place] = true;
    }
    if (!has[PLACE_COMMAND] || !has[PLACE_SKU] || !has[PLACE_QUANTITY]) {
        return err_set(ret_info, ERR_BAD_VALUE,
                       "line %" PRIu64 ": the columns command (or type), sku and quantity are needed",
                       record->line);
    }
    import->count = record->count;
    return ERR_OK;
}

static void add_word(struct words *words, char *text)
{
    words->texts[words->count] = text;
    words->lens[words->count] = strlen(text);
    words->count++;
}

static const char *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return commands[i].command;
        }
    }
    return NULL;
}

static char *make_option(struct arena *arena, const char *name, const char *value)
{
    size_t len = strlen(name) + strlen(value) + sizeof "--=";
    char *word = arena_alloc(arena, len);
    snprintf(word, len, "--%s=%s", name, value);
    return word;
}

/* The words of the command that says the same. False: the task has failed. */
static bool make_words(const struct batch_import *import, struct task *task, const struct record *record,
                       struct words *ret_words)
{
    struct arena *arena = &task->request.arena;
    const char *first[PLACE_FIRST_OPTION] = {0};
    *ret_words = (struct words){.texts = arena_alloc(arena, WORDS_MAX * sizeof(char *)),
                                .lens = arena_alloc(arena, WORDS_MAX * sizeof(size_t))};
    ret_words->count = 1;
    for (unsigned i = 0; i < record->count; i++) {
        enum place place = columns[import->used[i]].place;
        const char *name = columns[import->used[i]].name;
        if (!text_is_printable(record->fields[i], record->lens[i])) {
            dispatch_fail(task, ERR_BAD_VALUE, "%s: a control character", name);
            return false;
        }
        if (place < PLACE_FIRST_OPTION) {
            first[place] = record->fields[i];
        } else if (record->lens[i] > 0) {
            add_word(ret_words, make_option(arena, name, record->fields[i]));
        }
    }
    const char *command = find_command(first[PLACE_COMMAND]);
    if (!command) {
        dispatch_fail(task, ERR_BAD_VALUE,
                      "command: '%.40s' is none of sell, stock-in, remove, return and count",
                      first[PLACE_COMMAND]);
        return false;
    }
    ret_words->texts[0] = arena_strdup(arena, command);
    ret_words->lens[0] = strlen(command);
    add_word(ret_words, arena_strdup(arena, "--"));
    add_word(ret_words, arena_strdup(arena, first[PLACE_SKU]));
    add_word(ret_words, arena_strdup(arena, first[PLACE_QUANTITY]));
    return true;
}

static void take_record(struct batch *batch, const struct record *record)
{
    const struct batch_import *import = batch->import;
    struct task *task = batch_take_new(batch, record->line);
    struct words words;
    if (record->count != import->count) {
        dispatch_fail(task, ERR_BAD_VALUE, "the row has %u fields, the header %u", record->count,
                      import->count);
        batch_take_failed(batch, task);
    } else if (!make_words(import, task, record, &words)) {
        batch_take_failed(batch, task);
    } else {
        batch_take_words(batch, task, &words);
    }
}

bool batch_import_take(struct batch *batch)
{
    struct batch_import *import = batch->import;
    struct record record;
    struct err_info info = {0};
    enum records_kind kind = records_next(import->records, &record, &info);
    if (kind == RECORDS_NONE) {
        if (records_is_ended(import->records) && import->count == 0) {
            give_up(batch, ERR_BAD_VALUE, "there is no header");
        }
        return false;
    }
    if (kind == RECORDS_BAD) {
        give_up(batch, info.code, info.message);
    } else if (import->count > 0) {
        take_record(batch, &record);
    } else if (read_header(import, &record, &info) != ERR_OK) {
        give_up(batch, info.code, info.message);
    }
    return true;
}
