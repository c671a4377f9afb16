/* Tests of common/buf: growth, numbers, and the two escapes; JSON is read back by jansson. */
#include "common/buf.h"

#include <jansson.h>
#include <stdlib.h>

#include "common/text.h"
#include "tests/unit/unit.h"

static void empty_buffer_is_valid(void **state)
{
    struct buf buf = {0};

    (void)state;
    buf_reset(&buf);
    buf_consume(&buf, 10);
    buf_append(&buf, NULL, 0);
    assert_int_equal(buf.len, 0);
    assert_null(buf.data);
    buf_done(&buf);
    buf_done(&buf);
}

static void appends_and_consumes(void **state)
{
    struct buf buf = {0};

    (void)state;
    buf_append_text(&buf, "abc");
    buf_append_char(&buf, '-');
    buf_append(&buf, "de\0f", 4);
    assert_int_equal(buf.len, 8);
    assert_memory_equal(buf.data, "abc-de\0f", 8);
    buf_consume(&buf, 0);
    assert_int_equal(buf.len, 8);
    buf_consume(&buf, 4);
    assert_int_equal(buf.len, 4);
    assert_memory_equal(buf.data, "de\0f", 4);
    buf_consume(&buf, 5);
    assert_int_equal(buf.len, 0);
    buf_append_text(&buf, "x");
    assert_string_equal(unit_text(&buf), "x");
    buf_done(&buf);
}

static void grows_and_keeps_its_bytes(void **state)
{
    struct buf buf = {0};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        buf_append_char(&buf, (char)(i % 251));
    }
    assert_int_equal(buf.len, 100000);
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(buf.data[i], (char)(i % 251));
    }
    buf_reset(&buf);
    assert_int_equal(buf.len, 0);
    assert_true(buf.cap >= 100000);
    buf_done(&buf);
}

static void reserve_lets_the_caller_write(void **state)
{
    struct buf buf = {0};

    (void)state;
    buf_append_text(&buf, "a");
    memset(buf_reserve(&buf, 10000), 'b', 10000);
    buf.len += 10000;
    assert_int_equal(buf.data[0], 'a');
    assert_int_equal(buf.data[10000], 'b');
    buf_done(&buf);
}

static void check_i64(int64_t value, const char *text)
{
    struct buf buf = {0};

    buf_append_i64(&buf, value);
    assert_string_equal(unit_text(&buf), text);
    buf_done(&buf);
}

static void numbers_are_exact(void **state)
{
    struct buf buf = {0};

    (void)state;
    check_i64(0, "0");
    check_i64(-1, "-1");
    check_i64(1234567890, "1234567890");
    check_i64(INT64_MAX, "9223372036854775807");
    check_i64(INT64_MIN, "-9223372036854775808");
    buf_append_u64(&buf, UINT64_MAX);
    assert_string_equal(unit_text(&buf), "18446744073709551615");
    buf_done(&buf);
}

static void printf_fits_at_every_size(void **state)
{
    (void)state;
    for (int len = 0; len < 600; len++) {
        struct buf buf = {0};

        buf_append_text(&buf, "12345");
        buf_printf(&buf, "%0*d|", len + 1, 7);
        assert_int_equal(buf.len, 5 + len + 2);
        assert_int_equal(buf.data[buf.len - 1], '|');
        assert_memory_equal(buf.data, "12345", 5);
        buf_done(&buf);
    }
}

static void check_json(const char *text, size_t len, const char *expected)
{
    struct buf buf = {0};

    buf_append_json(&buf, text, len);
    assert_string_equal(unit_text(&buf), expected);
    buf_done(&buf);
}

#define CHECK_JSON(text, expected) check_json(text, sizeof(text) - 1, expected)

static void json_escapes_what_it_says(void **state)
{
    (void)state;
    CHECK_JSON("", "\"\"");
    CHECK_JSON("plain text 123", "\"plain text 123\"");
    CHECK_JSON("say \"hi\" \\ /", "\"say \\\"hi\\\" \\\\ /\"");
    CHECK_JSON("a\nb\tc\rd\0e", "\"a\\u000ab\\u0009c\\u000dd\\u0000e\"");
    CHECK_JSON("\x1b[2J\x7f", "\"\\u001b[2J\\u007f\"");
    CHECK_JSON("\xc2\x9b", "\"\\u009b\"");
    CHECK_JSON("a\xe2\x80\xae"
               "b\xe2\x81\xa6",
               "\"a\\u202eb\\u2066\"");
    CHECK_JSON("\xe2\x80\x8b\xef\xbb\xbf", "\"\\u200b\\ufeff\"");
    CHECK_JSON("\xf3\xa0\x81\x81", "\"\\udb40\\udc41\"");
    CHECK_JSON("Käse 寿司 🍣", "\"Käse 寿司 🍣\"");
}

static void json_replaces_what_is_not_utf8(void **state)
{
    (void)state;
    CHECK_JSON("a\xff"
               "b",
               "\"a\xef\xbf\xbd"
               "b\"");
    CHECK_JSON("\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK_JSON("\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK_JSON("\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK_JSON("\xf0\x9f\x8d", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Every code point comes back from a JSON reader as it was. */
static void json_is_read_back(void **state)
{
    struct buf buf = {0};

    (void)state;
    for (uint32_t point = 0; point <= 0x10FFFF; point += point < 0x3100 ? 1 : 251) {
        char text[4];
        size_t len = unit_encode(point, text);
        json_t *json;

        if (point >= 0xD800 && point <= 0xDFFF) {
            continue;
        }
        buf_reset(&buf);
        buf_append_json(&buf, text, len);
        assert_true(text_is_printable(buf.data, buf.len));
        json = json_loadb(buf.data, buf.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_non_null(json);
        assert_int_equal(json_string_length(json), len);
        assert_memory_equal(json_string_value(json), text, len);
        json_decref(json);
    }
    buf_done(&buf);
}

static void check_csv(const char *text, const char *expected)
{
    struct buf buf = {0};

    buf_append_csv(&buf, text, strlen(text));
    assert_string_equal(unit_text(&buf), expected);
    buf_done(&buf);
}

static void csv_quotes_only_where_it_must(void **state)
{
    (void)state;
    check_csv("", "");
    check_csv("plain", "plain");
    check_csv(" blanks ", " blanks ");
    check_csv("a;b'c", "a;b'c");
    check_csv("a,b", "\"a,b\"");
    check_csv("say \"hi\"", "\"say \"\"hi\"\"\"");
    check_csv("\"", "\"\"\"\"");
    check_csv("a\nb", "\"a\nb\"");
    check_csv("a\rb", "\"a\rb\"");
    check_csv("Käse", "Käse");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_buffer_is_valid),     cmocka_unit_test(appends_and_consumes),
        cmocka_unit_test(grows_and_keeps_its_bytes), cmocka_unit_test(reserve_lets_the_caller_write),
        cmocka_unit_test(numbers_are_exact),         cmocka_unit_test(printf_fits_at_every_size),
        cmocka_unit_test(json_escapes_what_it_says), cmocka_unit_test(json_replaces_what_is_not_utf8),
        cmocka_unit_test(json_is_read_back),         cmocka_unit_test(csv_quotes_only_where_it_must),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
