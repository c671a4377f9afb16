/* Fuzzes the parsers of values: what is accepted is in range, and is read again from its own text. */
#include <string.h>

#include "common/text.h"
#include "common/values.h"
#include "tests/fuzz/fuzz.h"

static const char *text_of(struct buf *buf)
{
    buf_append_char(buf, '\0');
    return buf->data;
}

static void check_info(enum err err, const struct err_info *info)
{
    if (err != ERR_OK) {
        FUZZ_PROMISE(err == ERR_BAD_VALUE && info->code == err && info->message[0] != '\0');
        FUZZ_PROMISE(text_is_printable(info->message, strlen(info->message)));
    }
}

static void check_quantity(const char *text)
{
    struct err_info info = {0};
    struct buf buf = {0};
    int64_t value = -1;
    int64_t again = -1;
    enum err err = values_parse_quantity(text, &value, &info);

    check_info(err, &info);
    if (err == ERR_OK) {
        FUZZ_PROMISE(value > 0 && value <= VALUES_QUANTITY_MILLI_MAX);
        values_append_quantity(&buf, value);
        FUZZ_PROMISE(values_parse_quantity(text_of(&buf), &again, NULL) == ERR_OK && again == value);
    }
    buf_done(&buf);
}

static void check_money(const char *text)
{
    struct err_info info = {0};
    struct buf buf = {0};
    int64_t value = -1;
    int64_t again = -1;
    enum err err = values_parse_money(text, &value, &info);

    check_info(err, &info);
    if (err == ERR_OK) {
        FUZZ_PROMISE(value >= 0 && value <= VALUES_MONEY_MILLI_MAX);
        values_append_money(&buf, value, 3);
        FUZZ_PROMISE(values_parse_money(text_of(&buf), &again, NULL) == ERR_OK && again == value);
    }
    buf_done(&buf);
}

static void check_time(const char *text)
{
    struct err_info info = {0};
    struct buf buf = {0};
    struct time_value value;
    struct time_value again;
    enum err err = values_parse_time(text, &value, &info);

    check_info(err, &info);
    if (err == ERR_OK && value.kind == TIME_ABSOLUTE) {
        FUZZ_PROMISE(value.micros >= 0);
        values_append_time(&buf, value.micros);
        FUZZ_PROMISE(values_parse_time(text_of(&buf), &again, NULL) == ERR_OK);
        FUZZ_PROMISE(again.kind == TIME_ABSOLUTE && again.micros == value.micros);
    }
    if (err == ERR_OK && value.kind == TIME_RELATIVE) {
        FUZZ_PROMISE(value.micros <= 0);
    }
    buf_done(&buf);
}

static void check_integer(const char *text)
{
    struct err_info info = {0};
    struct buf buf = {0};
    int64_t value = 0;
    int64_t again = 0;
    enum err err = values_parse_integer(text, INT64_MIN, INT64_MAX, &value, &info);

    check_info(err, &info);
    FUZZ_PROMISE(values_parse_i64(text, &again) == (err == ERR_OK));
    if (err == ERR_OK) {
        FUZZ_PROMISE(again == value);
        buf_append_i64(&buf, value);
        FUZZ_PROMISE(values_parse_i64(text_of(&buf), &again) && again == value);
    }
    buf_done(&buf);
}

static void check_names(const char *text)
{
    struct err_info info = {0};

    check_info(values_check_sku(text, &info), &info);
    check_info(values_check_store_code(text, &info), &info);
    check_info(values_check_user_name(text, &info), &info);
    check_info(values_check_name("name", text, VALUES_NAME_MAX, &info), &info);
    check_info(values_check_ref(text, &info), &info);
    values_is_currency(text);
    values_currency_places(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    FUZZ_PROMISE(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    check_quantity(text);
    check_money(text);
    check_time(text);
    check_integer(text);
    check_names(text);
    free(text);
    return 0;
}
