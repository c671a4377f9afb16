/* JSON lines into structs: see answer.h.
 * Called by the client and the app.
 * Touches nothing but its arguments; only here is <jansson.h> included. */
#include "tui/client/answer.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/values.h"
#include "tui/model/label.h"

static bool is_number_byte(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

/* jansson reads decimals as floating point; stock is exact. So every number outside a string that is not a
 * plain integer is put in quotes first, and read as a decimal text later. */
static void quote_decimals(struct buf *buf, const char *line, size_t len)
{
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        char c = line[i];
        if (in_string && c == '\\' && i + 1 < len) {
            buf_append_char(buf, c);
            buf_append_char(buf, line[++i]);
            continue;
        }
        if (c == '"') {
            in_string = !in_string;
        }
        if (in_string || !((c >= '0' && c <= '9') || c == '-')) {
            buf_append_char(buf, c);
            continue;
        }
        size_t end = i;
        while (end < len && is_number_byte(line[end])) {
            end++;
        }
        bool decimal = memchr(line + i, '.', end - i) != NULL || memchr(line + i, 'e', end - i) != NULL ||
                       memchr(line + i, 'E', end - i) != NULL;
        buf_append(buf, "\"", decimal ? 1 : 0);
        buf_append(buf, line + i, end - i);
        buf_append(buf, "\"", decimal ? 1 : 0);
        i = end - 1;
    }
}

/* A text field, cleaned. A missing or null one is "" unless it is required. */
static bool get_text(const struct json_t *row, const char *name, bool required, char *ret_text, size_t size)
{
    const json_t *value = json_object_get(row, name);
    ret_text[0] = '\0';
    if (value == NULL || json_is_null(value)) {
        return !required;
    }
    if (!json_is_string(value)) {
        return false;
    }
    label_clean(ret_text, size, json_string_value(value), json_string_length(value));
    return !required || ret_text[0] != '\0';
}

/* A quantity: an integer, or a decimal that quote_decimals made a text. */
static bool get_quantity(const struct json_t *row, const char *name, int64_t *ret_milli)
{
    const json_t *value = json_object_get(row, name);
    if (json_is_string(value)) {
        return label_parse_decimal(json_string_value(value), ret_milli);
    }
    if (!json_is_integer(value)) {
        return false;
    }
    json_int_t whole = json_integer_value(value);
    if (whole > VALUES_QUANTITY_MILLI_MAX || whole < -VALUES_QUANTITY_MILLI_MAX) {
        return false;
    }
    *ret_milli = (int64_t)whole * 1000;
    return true;
}

static uint64_t get_request(const struct json_t *row)
{
    const char *tag = json_string_value(json_object_get(row, "tag"));
    int64_t number = 0;
    if (tag == NULL || !values_parse_i64(tag, &number) || number <= 0) {
        return 0;
    }
    return (uint64_t)number;
}

/* The end's fields. The cursor is not for people: it goes back as it came, if it is something that a line can
 * carry. */
static bool get_end(const struct json_t *row, struct answer *answer)
{
    answer->ok = json_is_true(json_object_get(row, "ok"));
    answer->retryable = json_is_true(json_object_get(row, "retryable"));
    if (!get_text(row, "error", false, answer->error, sizeof(answer->error)) ||
        !get_text(row, "message", false, answer->message, sizeof(answer->message))) {
        return false;
    }
    const json_t *after = json_object_get(row, "after");
    if (after == NULL || json_is_null(after)) {
        return true;
    }
    char clean[ANSWER_CURSOR_SIZE];
    if (!get_text(row, "after", true, clean, sizeof(clean)) || strcmp(clean, json_string_value(after)) != 0) {
        return false;
    }
    memcpy(answer->after, clean, sizeof(clean));
    return true;
}

bool answer_parse(const char *line, size_t len, struct answer *ret_answer, char *ret_reason, size_t size)
{
    cleanup(buf_done) struct buf quoted = {0};
    json_error_t problem;
    struct answer answer = {0};
    quote_decimals(&quoted, line, len);
    answer.row =
        json_loadb(quoted.data != NULL ? quoted.data : "", quoted.len, JSON_REJECT_DUPLICATES, &problem);
    if (!json_is_object(answer.row)) {
        json_decref(answer.row);
        snprintf(ret_reason, size, "the server sent a line that is no JSON object");
        return false;
    }
    answer.request = get_request(answer.row);
    answer.is_stray = answer.request == 0 && json_integer_value(json_object_get(answer.row, "line")) > 0;
    answer.is_end = json_is_boolean(json_object_get(answer.row, "ok"));
    if (answer.is_end && !get_end(answer.row, &answer)) {
        json_decref(answer.row);
        snprintf(ret_reason, size, "the server sent an answer with wrong fields");
        return false;
    }
    *ret_answer = answer;
    return true;
}

void answer_done(struct answer *answer)
{
    json_decref(answer->row);
    answer->row = NULL;
}

bool answer_get_item(const struct answer *answer, struct item_row *ret_row)
{
    const json_t *reorder = json_object_get(answer->row, "reorder_point");
    ret_row->has_reorder = reorder != NULL && !json_is_null(reorder);
    ret_row->reorder_milli = 0;
    ret_row->low = json_is_true(json_object_get(answer->row, "low"));
    return get_text(answer->row, "store", false, ret_row->store, sizeof(ret_row->store)) &&
           get_text(answer->row, "sku", true, ret_row->sku, sizeof(ret_row->sku)) &&
           get_text(answer->row, "name", false, ret_row->name, sizeof(ret_row->name)) &&
           get_text(answer->row, "category", false, ret_row->category, sizeof(ret_row->category)) &&
           get_text(answer->row, "unit", false, ret_row->unit, sizeof(ret_row->unit)) &&
           get_text(answer->row, "price", false, ret_row->price, sizeof(ret_row->price)) &&
           get_text(answer->row, "updated_at", false, ret_row->updated_at, sizeof(ret_row->updated_at)) &&
           get_quantity(answer->row, "quantity", &ret_row->quantity_milli) &&
           (!ret_row->has_reorder || get_quantity(answer->row, "reorder_point", &ret_row->reorder_milli));
}

bool answer_get_movement(const struct answer *answer, struct movement *ret_movement)
{
    return get_text(answer->row, "store", true, ret_movement->store, sizeof(ret_movement->store)) &&
           get_text(answer->row, "sku", true, ret_movement->sku, sizeof(ret_movement->sku)) &&
           get_text(answer->row, "type", false, ret_movement->type, sizeof(ret_movement->type)) &&
           get_text(answer->row, "user", false, ret_movement->user, sizeof(ret_movement->user)) &&
           get_text(answer->row, "recorded_at", false, ret_movement->recorded_at,
                    sizeof(ret_movement->recorded_at)) &&
           get_quantity(answer->row, "quantity", &ret_movement->quantity_milli) &&
           get_quantity(answer->row, "balance", &ret_movement->balance_milli);
}

bool answer_get_store(const struct answer *answer, char *ret_code, size_t code_size, char *ret_name,
                      size_t name_size)
{
    return get_text(answer->row, "store", true, ret_code, code_size) &&
           get_text(answer->row, "name", false, ret_name, name_size);
}

void answer_get_text(const struct answer *answer, const char *name, char *ret_text, size_t size)
{
    if (!get_text(answer->row, name, false, ret_text, size)) {
        ret_text[0] = '\0';
    }
}

bool answer_get_user(const struct answer *answer, struct user *ret_user, struct stores *stores)
{
    if (!get_text(answer->row, "user", true, ret_user->name, sizeof(ret_user->name)) ||
        !get_text(answer->row, "role", false, ret_user->role, sizeof(ret_user->role))) {
        return false;
    }
    answer_get_text(answer, "method", ret_user->method, sizeof(ret_user->method));
    answer_get_text(answer, "key", ret_user->key, sizeof(ret_user->key));
    answer_get_text(answer, "expires_at", ret_user->expires_at, sizeof(ret_user->expires_at));
    ret_user->has_password = json_is_true(json_object_get(answer->row, "has_password"));
    ret_user->must_change_password = json_is_true(json_object_get(answer->row, "must_change_password"));
    const json_t *list = json_object_get(answer->row, "stores");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        char code[STORE_CODE_SIZE];
        label_clean(code, sizeof(code), text != NULL ? text : "", text != NULL ? strlen(text) : 0);
        if (code[0] != '\0') {
            stores_put(stores, code, "");
        }
    }
    return true;
}
