/* Answers: result lines of stock commands, ends of queries and failures, in three formats. Called by the
 * modes of a channel on the main loop. The fields and their order are the public contract. */
#include "server/core/answer.h"

#include <inttypes.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/values.h"
#include "server/core/command.h"

#define CSV_FIELDS "ok,command,store,sku,seq,quantity,balance,replayed,error,message,retryable"

static bool has_posting(const struct task *task)
{
    return task->movement && task->request.err == ERR_OK;
}

/* A key and its value as a JSON string. Keys are ours. */
static void append_json_field(struct buf *out, const char *key, const char *text)
{
    buf_append_text(out, key);
    buf_append_json(out, text, strlen(text));
}

/* Codes of commands and errors need no escaping. */
static void append_json_code(struct buf *out, const char *key, const char *text)
{
    buf_append_text(out, key);
    if (text) {
        buf_append_char(out, '"');
        buf_append_text(out, text);
        buf_append_char(out, '"');
    } else {
        buf_append_text(out, "null");
    }
}

static void append_json_number(struct buf *out, const char *key, int64_t value)
{
    buf_append_text(out, key);
    buf_append_i64(out, value);
}

static void append_json_quantity(struct buf *out, const char *key, int64_t quantity_milli)
{
    buf_append_text(out, key);
    values_append_quantity(out, quantity_milli);
}

/* Did it put something on its way to another store? Then its seq names that transfer. */
static bool is_sent(const struct movement *movement)
{
    return movement->type == MOVEMENT_TRANSFER_OUT && movement->reverses == 0;
}

static void append_json_posting(struct buf *out, const struct task *task)
{
    const struct movement *movement = task->movement;
    append_json_field(out, ",\"store\":", movement->store);
    append_json_field(out, ",\"sku\":", movement->sku);
    if (!task->request.dry_run) {
        append_json_number(out, ",\"seq\":", movement->seq);
    }
    append_json_quantity(out, ",\"quantity\":", movement->signed_quantity_milli);
    append_json_quantity(out, ",\"balance\":", movement->balance_milli);
    buf_append_text(out, movement->replayed ? ",\"replayed\":true" : ",\"replayed\":false");
    if (movement->lost_milli > 0) {
        append_json_quantity(out, ",\"lost\":", movement->lost_milli);
    }
    if (is_sent(movement) && !task->request.dry_run) {
        append_json_field(out, ",\"transfer\":", movement->store);
        out->len--; /* the quote after the store */
        buf_printf(out, ":%" PRId64 "\"", movement->seq);
    }
    if (task->request.dry_run) {
        buf_append_text(out, ",\"dry_run\":true");
    }
}

/* In a batch a query's last line says how many rows came before it; alone, the rows speak for themselves. */
static void append_json_end(struct buf *out, const struct request *request)
{
    if (request->table.columns && request->in_batch) {
        append_json_number(out, ",\"rows\":", (int64_t)request->table.row_count);
    }
    if (request->use) {
        append_json_field(out, ",\"store\":", request->use);
    } else if (request->watch) {
        append_json_field(out, ",\"store\":", request->watch);
    }
    if (request->table.after && request->in_batch) {
        append_json_field(out, ",\"after\":", request->table.after);
    }
    if (request->dry_run && request->command && request->command->changes) {
        buf_append_text(out, ",\"dry_run\":true");
    }
}

static void append_json(struct buf *out, const struct task *task)
{
    const struct request *request = &task->request;
    buf_append_char(out, '{');
    if (request->prefix.line != 0) {
        buf_append_text(out, "\"line\":");
        buf_append_u64(out, request->prefix.line);
        if (request->prefix.tag) {
            append_json_field(out, ",\"tag\":", request->prefix.tag);
        }
        buf_append_char(out, ',');
    }
    buf_append_text(out, request->err == ERR_OK ? "\"ok\":true" : "\"ok\":false");
    append_json_code(out, ",\"command\":", request->command ? request->command->name : NULL);
    if (request->err != ERR_OK) {
        append_json_code(out, ",\"error\":", err_text(request->err));
        append_json_field(out, ",\"message\":", request->error.message);
        buf_append_text(out, err_retryable(request->err) ? ",\"retryable\":true" : ",\"retryable\":false");
    } else if (has_posting(task)) {
        append_json_posting(out, task);
    } else {
        append_json_end(out, request);
    }
    buf_append_text(out, "}\n");
}

static void append_csv_text(struct buf *out, const char *text)
{
    if (text) {
        buf_append_csv(out, text, strlen(text));
    }
    buf_append_char(out, ',');
}

static void append_csv_posting(struct buf *out, const struct task *task)
{
    const struct movement *movement = task->movement;
    append_csv_text(out, movement->store);
    append_csv_text(out, movement->sku);
    if (!task->request.dry_run) {
        buf_append_i64(out, movement->seq);
    }
    buf_append_char(out, ',');
    values_append_quantity(out, movement->signed_quantity_milli);
    buf_append_char(out, ',');
    values_append_quantity(out, movement->balance_milli);
    buf_append_text(out, movement->replayed ? ",true,,," : ",false,,,");
}

static void append_csv(struct buf *out, const struct task *task)
{
    const struct request *request = &task->request;
    if (request->prefix.line != 0) {
        buf_append_u64(out, request->prefix.line);
        buf_append_char(out, ',');
        append_csv_text(out, request->prefix.tag);
    }
    append_csv_text(out, request->err == ERR_OK ? "true" : "false");
    append_csv_text(out, request->command ? request->command->name : NULL);
    if (has_posting(task)) {
        append_csv_posting(out, task);
    } else if (request->err == ERR_OK) {
        append_csv_text(out, request->use ? request->use : request->watch);
        buf_append_text(out, ",,,,,,");
        if (request->table.after) {
            cleanup(buf_done) struct buf more = {0};
            buf_printf(&more, "more: --after %s", request->table.after);
            buf_append_csv(out, more.data, more.len);
        }
        buf_append_char(out, ',');
    } else {
        append_csv_text(out, request->store);
        buf_append_text(out, ",,,,,");
        append_csv_text(out, err_text(request->err));
        append_csv_text(out, request->error.message);
        buf_append_text(out, err_retryable(request->err) ? "true" : "false");
    }
    buf_append_text(out, TABLE_CSV_LINE_END);
}

static void append_text_posting(struct buf *out, const struct task *task)
{
    const struct movement *movement = task->movement;
    buf_append_char(out, ' ');
    buf_append_text(out, movement->store);
    buf_append_char(out, ' ');
    buf_append_text(out, movement->sku);
    buf_append_char(out, ' ');
    values_append_quantity(out, movement->signed_quantity_milli);
    buf_append_text(out, " balance ");
    values_append_quantity(out, movement->balance_milli);
    if (task->request.dry_run) {
        buf_append_text(out, " dry run");
    } else {
        buf_append_text(out, " seq ");
        buf_append_i64(out, movement->seq);
    }
    if (movement->replayed) {
        buf_append_text(out, " replayed");
    }
}

static void append_text_end(struct buf *out, const struct request *request)
{
    if (request->use || request->watch) {
        buf_append_char(out, ' ');
        buf_append_text(out, request->use ? request->use : request->watch);
    }
    if (request->table.columns) {
        buf_append_char(out, ' ');
        buf_append_u64(out, request->table.row_count);
        buf_append_text(out, request->table.row_count == 1 ? " row" : " rows");
    }
    if (request->table.after) {
        buf_append_text(out, ", more: --after ");
        buf_append_text(out, request->table.after);
    }
}

static void append_text(struct buf *out, const struct task *task)
{
    const struct request *request = &task->request;
    buf_append_u64(out, request->prefix.line);
    if (request->prefix.tag) {
        buf_append_text(out, " @");
        buf_append_text(out, request->prefix.tag);
    }
    if (request->err != ERR_OK) {
        buf_append_text(out, " error ");
        buf_append_text(out, err_text(request->err));
        buf_append_char(out, ' ');
        buf_append_text(out, request->error.message);
    } else {
        buf_append_text(out, " ok ");
        buf_append_text(out, request->command->name);
        if (has_posting(task)) {
            append_text_posting(out, task);
        } else {
            append_text_end(out, request);
        }
    }
    buf_append_char(out, '\n');
}

void answer_csv_header(struct buf *out)
{
    buf_append_text(out, "line,tag," CSV_FIELDS TABLE_CSV_LINE_END);
}

void answer_batch_line(struct buf *out, const struct task *task)
{
    switch (task->request.format) {
    case FORMAT_JSON:
        append_json(out, task);
        return;
    case FORMAT_CSV:
        append_csv(out, task);
        return;
    case FORMAT_TEXT:
        append_text(out, task);
        return;
    }
}

static const char *verb_of(enum movement_type type)
{
    switch (type) {
    case MOVEMENT_IN:
        return "received";
    case MOVEMENT_SELL:
        return "sold";
    case MOVEMENT_REMOVE:
        return "removed";
    case MOVEMENT_RETURN:
        return "took back";
    case MOVEMENT_COUNT:
        return "corrected by";
    case MOVEMENT_TRANSFER_OUT:
        return "sent";
    case MOVEMENT_TRANSFER_IN:
        return "received";
    }
    return "posted";
}

/* "sold 3 of A-1 in S001, balance 17 (seq 1042)" */
static void append_sentence(struct buf *out, const struct task *task)
{
    const struct movement *movement = task->movement;
    int64_t quantity_milli = movement->signed_quantity_milli;
    if (movement->reverses != 0) {
        buf_printf(out, "took back seq %" PRId64 ": ", movement->reverses);
    } else {
        buf_append_text(out, verb_of(movement->type));
        buf_append_char(out, ' ');
    }
    if (quantity_milli < 0 && movement->type != MOVEMENT_COUNT && movement->reverses == 0) {
        quantity_milli = -quantity_milli;
    }
    values_append_quantity(out, quantity_milli);
    buf_printf(out, " of %s in %s, balance ", movement->sku, movement->store);
    values_append_quantity(out, movement->balance_milli);
    buf_append_text(out, " (seq ");
    buf_append_i64(out, movement->seq);
    buf_append_text(out, movement->replayed ? ", replayed)" : ")");
    if (movement->lost_milli > 0) {
        buf_append_text(out, ", ");
        values_append_quantity(out, movement->lost_milli);
        buf_printf(out, " lost on the way, posted in %s", movement->other_store);
    }
    if (is_sent(movement)) {
        buf_printf(out, ", transfer %s:%" PRId64 " to %s", movement->store, movement->seq,
                   movement->other_store);
    }
    buf_append_char(out, '\n');
}

void answer_single(struct buf *out, const struct task *task)
{
    const struct request *request = &task->request;
    bool has_output = request->output.len > 0 || request->table.columns;
    if (request->format == FORMAT_JSON && (request->err != ERR_OK || !has_output)) {
        append_json(out, task);
    } else if (request->err != ERR_OK) {
        return;
    } else if (request->format == FORMAT_JSON && request->table.after) {
        append_json_field(out, "{\"after\":", request->table.after);
        buf_append_text(out, "}\n");
    } else if (has_posting(task) && request->format == FORMAT_CSV) {
        buf_append_text(out, CSV_FIELDS TABLE_CSV_LINE_END);
        append_csv(out, task);
    } else if (has_posting(task)) {
        append_sentence(out, task);
    }
}

void answer_trouble(struct buf *error_out, enum err err, const char *message)
{
    buf_append_text(error_out, "stockroom: ");
    buf_append_text(error_out, err_text(err));
    buf_append_text(error_out, ": ");
    buf_append_text(error_out, message);
    buf_append_char(error_out, '\n');
}

void answer_single_error(struct buf *error_out, const struct task *task)
{
    const struct request *request = &task->request;
    if (request->err != ERR_OK) {
        answer_trouble(error_out, request->err, request->error.message);
    } else if (request->table.after && request->format != FORMAT_JSON) {
        buf_printf(error_out, "more: --after %s\n", request->table.after);
    }
}
