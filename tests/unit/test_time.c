/* Tests of common/values_time: every day of the calendar against the C library's, and each way to be wrong.
 */
#include <stdio.h>
#include <time.h>

#include "common/values.h"
#include "tests/unit/unit.h"

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)

static struct time_value parse(const char *text)
{
    struct time_value value = {TIME_TODAY, -77};
    struct err_info info;

    assert_int_equal(values_parse_time(text, &value, &info), ERR_OK);
    return value;
}

static void no_time(const char *text, const char *reason)
{
    struct time_value value = {TIME_TODAY, -77};
    struct err_info info = {ERR_OK, ""};

    assert_int_equal(values_parse_time(text, &value, &info), ERR_BAD_VALUE);
    assert_non_null(strstr(info.message, reason));
    assert_int_equal(value.kind, TIME_TODAY);
    assert_int_equal(value.micros, -77);
}

static void check_absolute(const char *text, int64_t micros)
{
    struct time_value value = parse(text);

    assert_int_equal(value.kind, TIME_ABSOLUTE);
    assert_true(value.micros == micros);
}

static void words_and_relative(void **state)
{
    (void)state;
    assert_int_equal(parse("today").kind, TIME_TODAY);
    assert_int_equal(parse("yesterday").kind, TIME_YESTERDAY);
    assert_int_equal(parse("-7d").kind, TIME_RELATIVE);
    assert_true(parse("-7d").micros == -7 * DAY);
    assert_true(parse("-3h").micros == -3 * 3600 * SECOND);
    assert_true(parse("-30m").micros == -30 * 60 * SECOND);
    assert_true(parse("-0d").micros == 0);
    no_time("-d", "not a time");
    no_time("-", "not a time");
    no_time("-7", "not a time");
    no_time("-7s", "not a time");
    no_time("-7dd", "not a time");
    no_time("-7 d", "not a time");
    no_time("7d", "not a time");
    no_time("+7d", "not a time");
    no_time("-9999999999d", "too large");
    no_time("-999999999d", "too large");
    no_time("Today", "not a time");
    no_time("tomorrow", "not a time");
    no_time("", "not a time");
}

static void rfc_3339(void **state)
{
    (void)state;
    check_absolute("1970-01-01T00:00:00Z", 0);
    check_absolute("1970-01-01", 0);
    check_absolute("2026-03-01T09:30:00Z", INT64_C(1772357400) * SECOND);
    check_absolute("2026-03-01t09:30:00z", INT64_C(1772357400) * SECOND);
    check_absolute("2026-03-01T10:30:00+01:00", INT64_C(1772357400) * SECOND);
    check_absolute("2026-03-01T04:00:00-05:30", INT64_C(1772357400) * SECOND);
    check_absolute("2026-03-01T09:30:00-00:00", INT64_C(1772357400) * SECOND);
    check_absolute("2026-03-01T09:30:00.1Z", INT64_C(1772357400) * SECOND + 100000);
    check_absolute("2026-03-01T09:30:00.123456Z", INT64_C(1772357400) * SECOND + 123456);
    check_absolute("2026-03-01T09:30:00.000001+00:00", INT64_C(1772357400) * SECOND + 1);
    check_absolute("9999-12-31T23:59:59.999999Z", INT64_C(253402300800) * SECOND - 1);
    check_absolute("9999-12-31T23:59:59+00:01", INT64_C(253402300739) * SECOND);
}

static void syntax_is_strict(void **state)
{
    static const char *const bad[] = {"2026",
                                      "2026-03",
                                      "2026-3-1",
                                      "26-03-01",
                                      "2026-03-01T",
                                      "2026-03-01T09",
                                      "2026-03-01T09:30Z",
                                      "2026-03-01 09:30:00Z",
                                      "2026-03-01T09:30:00.Z",
                                      "2026-03-01T09:30:00Z ",
                                      " 2026-03-01",
                                      "2026-03-01T09:30:00+0100",
                                      "2026-03-01T09:30:00+1:00",
                                      "2026-03-01T09:30:00ZZ",
                                      "2026/03/01",
                                      "2026-03-01Z",
                                      "20260301",
                                      "2026-03-01T09:30:00,5Z",
                                      "２026-03-01",
                                      "2026-03-01T9:30:00Z",
                                      "2026-03-01x"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        no_time(bad[i], "is not a time");
    }
    no_time("2026-03-01T09:30:00", "lacks its offset");
    no_time("2026-03-01T09:30:00.5", "lacks its offset");
    no_time("2026-03-01T09:30:00.1234567Z", "more than six decimals");
}

static void calendar_is_real(void **state)
{
    (void)state;
    check_absolute("2024-02-29", INT64_C(1709164800) * SECOND);
    check_absolute("2000-02-29", INT64_C(951782400) * SECOND);
    no_time("2023-02-29", "no such day");
    no_time("2100-02-29", "no such day");
    no_time("2026-04-31", "no such day");
    no_time("2026-01-32", "no such day");
    no_time("2026-01-00", "no such day");
    no_time("2026-00-10", "no such month");
    no_time("2026-13-10", "no such month");
    no_time("2026-03-01T24:00:00Z", "no such hour");
    no_time("2026-03-01T23:60:00Z", "no such minute");
    no_time("2016-12-31T23:59:60Z", "leap second");
    no_time("2026-03-01T23:59:61Z", "no such second");
    no_time("2026-03-01T09:30:00+24:00", "no such offset");
    no_time("2026-03-01T09:30:00+01:60", "no such offset");
    no_time("1969-12-31", "1970 to 9999");
    no_time("0000-01-01", "1970 to 9999");
    no_time("1970-01-01T00:00:00+00:01", "1970 to 9999");
    no_time("9999-12-31T23:59:59-00:01", "1970 to 9999");
}

/* Every day from 1970 to 2400, and what the C library says of it; there and back. */
static void every_day(void **state)
{
    struct buf buf = {0};

    (void)state;
    for (time_t day = 0; day < 157054; day++) {
        time_t seconds = day * 86400 + day % 86400;
        struct tm tm;
        char text[32];

        assert_non_null(gmtime_r(&seconds, &tm));
        assert_int_equal(strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm), 20);
        check_absolute(text, seconds * SECOND);
        buf_reset(&buf);
        values_append_time(&buf, seconds * SECOND);
        assert_string_equal(unit_text(&buf), text);
    }
    buf_done(&buf);
}

static void check_text(int64_t micros, const char *text)
{
    struct buf buf = {0};

    values_append_time(&buf, micros);
    assert_string_equal(unit_text(&buf), text);
    buf_done(&buf);
}

static void times_are_written(void **state)
{
    (void)state;
    check_text(0, "1970-01-01T00:00:00Z");
    check_text(INT64_C(1772357400) * SECOND + 123456, "2026-03-01T09:30:00.123456Z");
    check_text(INT64_C(1772357400) * SECOND + 500000, "2026-03-01T09:30:00.5Z");
    check_text(INT64_C(1772357400) * SECOND + 1, "2026-03-01T09:30:00.000001Z");
    check_text(-1, "1969-12-31T23:59:59.999999Z");
    check_text(-DAY, "1969-12-31T00:00:00Z");
    check_text(INT64_C(253402300800) * SECOND - 1, "9999-12-31T23:59:59.999999Z");
    check_text(INT64_MAX, "9999-12-31T23:59:59.999999Z");
    check_text(INT64_MIN, "0000-03-01T00:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_relative), cmocka_unit_test(rfc_3339),
        cmocka_unit_test(syntax_is_strict),   cmocka_unit_test(calendar_is_real),
        cmocka_unit_test(every_day),          cmocka_unit_test(times_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
