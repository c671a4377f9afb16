/* Tests of common/values: quantities, money, whole numbers and names, at their limits and past them. */
#include "common/values.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static int64_t quantity(const char *text)
{
    int64_t value = -77;
    struct err_info info;

    assert_int_equal(values_parse_quantity(text, &value, &info), ERR_OK);
    return value;
}

static void no_quantity(const char *text, const char *reason)
{
    int64_t value = -77;
    struct err_info info = {ERR_OK, ""};

    assert_int_equal(values_parse_quantity(text, &value, &info), ERR_BAD_VALUE);
    assert_int_equal(info.code, ERR_BAD_VALUE);
    assert_non_null(strstr(info.message, reason));
    assert_int_equal(value, -77);
    assert_int_equal(values_parse_quantity(text, &value, NULL), ERR_BAD_VALUE);
}

static void quantities_are_thousandths(void **state)
{
    (void)state;
    assert_int_equal(quantity("3"), 3000);
    assert_int_equal(quantity("0.25"), 250);
    assert_int_equal(quantity("0.250"), 250);
    assert_int_equal(quantity("12.5"), 12500);
    assert_int_equal(quantity("0.001"), 1);
    assert_int_equal(quantity("007"), 7000);
    assert_int_equal(quantity("1000000000000"), VALUES_QUANTITY_MILLI_MAX);
    assert_int_equal(quantity("999999999999.999"), VALUES_QUANTITY_MILLI_MAX - 1);
    assert_int_equal(quantity("00000000000000000000000000000000001"), 1000);
}

static void bad_quantities_say_why(void **state)
{
    static const char *const none[] = {"",    "x",    "+3",  " 3",  "3 ",    "3.", ".5",
                                       "1e3", "0x10", "1,5", "--3", "3.1.2", "１", "1_000",
                                       "nan", "inf",  "-",   "3-",  "-x",    "1\n"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        no_quantity(none[i], "is not a number");
    }
    no_quantity("0", "greater than 0");
    no_quantity("0.000", "greater than 0");
    no_quantity("-3", "greater than 0");
    no_quantity("-0", "greater than 0");
    no_quantity("1.2345", "more than three decimals");
    no_quantity("1.0000", "more than three decimals");
    no_quantity("1000000000000.001", "too large a number");
    no_quantity("9223372036854775807", "too large a number");
    no_quantity("9223372036854775808", "too large a number");
    no_quantity("18446744073709551615", "too large a number");
    no_quantity("18446744073709551616", "too large a number");
    no_quantity("18446744073709552", "too large a number");
    no_quantity("99999999999999999999999999999999999999999999999999999999999.5", "too large a number");
    no_quantity("'1000000000000.001'", "is not a number");
}

static void messages_quote_a_little(void **state)
{
    struct err_info info;
    char text[400];
    int64_t value;

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    values_parse_quantity(text, &value, &info);
    assert_string_equal(info.message, "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…' is not a number");
    values_parse_quantity("a\x1b[0mb", &value, &info);
    assert_string_equal(info.message, "'a?[0mb' is not a number");
    memcpy(text + 39, "ä", 2);
    values_parse_quantity(text, &value, &info);
    assert_string_equal(info.message, "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…' is not a number");
}

static void money_is_parsed(void **state)
{
    int64_t amount = -1;
    struct err_info info;

    (void)state;
    assert_int_equal(values_parse_money("2.49", &amount, &info), ERR_OK);
    assert_int_equal(amount, 2490);
    assert_int_equal(values_parse_money("0", &amount, &info), ERR_OK);
    assert_int_equal(amount, 0);
    assert_int_equal(values_parse_money("1000000000000", &amount, &info), ERR_OK);
    assert_int_equal(amount, VALUES_MONEY_MILLI_MAX);
    assert_int_equal(values_parse_money("1000000000000.001", &amount, &info), ERR_BAD_VALUE);
    assert_non_null(strstr(info.message, "too large"));
    assert_int_equal(values_parse_money("-1", &amount, &info), ERR_BAD_VALUE);
    assert_non_null(strstr(info.message, "less than 0"));
    assert_int_equal(values_parse_money("1.2345", &amount, &info), ERR_BAD_VALUE);
    assert_int_equal(values_parse_money("$1", &amount, &info), ERR_BAD_VALUE);
    assert_int_equal(amount, VALUES_MONEY_MILLI_MAX);
}

static void money_has_the_places_of_its_currency(void **state)
{
    int64_t minor = -1;
    struct err_info info;

    (void)state;
    assert_int_equal(values_money_to_minor(2490, 2, &minor, &info), ERR_OK);
    assert_int_equal(minor, 249);
    assert_int_equal(values_money_to_minor(2491, 2, &minor, &info), ERR_BAD_VALUE);
    assert_int_equal(values_money_to_minor(2491, 3, &minor, &info), ERR_OK);
    assert_int_equal(minor, 2491);
    assert_int_equal(values_money_to_minor(300000, 0, &minor, &info), ERR_OK);
    assert_int_equal(minor, 300);
    assert_int_equal(values_money_to_minor(300100, 0, &minor, &info), ERR_BAD_VALUE);
    assert_non_null(strstr(info.message, "no decimals"));
    assert_int_equal(minor, 300);
    assert_int_equal(values_currency_places("EUR"), 2);
    assert_int_equal(values_currency_places("USD"), 2);
    assert_int_equal(values_currency_places("JPY"), 0);
    assert_int_equal(values_currency_places("XPF"), 0);
    assert_int_equal(values_currency_places("KWD"), 3);
    assert_int_equal(values_currency_places("TND"), 3);
    assert_true(values_is_currency("EUR"));
    assert_false(values_is_currency("EU"));
    assert_false(values_is_currency("EURO"));
    assert_false(values_is_currency("eur"));
    assert_false(values_is_currency("E1R"));
    assert_false(values_is_currency(""));
}

static void check_integer(const char *text, int64_t min, int64_t max, enum err expected, int64_t value,
                          const char *reason)
{
    struct err_info info = {ERR_OK, ""};
    int64_t parsed = 12345;

    assert_int_equal(values_parse_integer(text, min, max, &parsed, &info), expected);
    assert_true(parsed == (expected == ERR_OK ? value : 12345));
    assert_non_null(strstr(info.message, reason));
}

static void integers_are_in_range(void **state)
{
    (void)state;
    check_integer("0", 0, 10, ERR_OK, 0, "");
    check_integer("10", 0, 10, ERR_OK, 10, "");
    check_integer("11", 0, 10, ERR_BAD_VALUE, 0, "not from 0 to 10");
    check_integer("-1", 0, 10, ERR_BAD_VALUE, 0, "not from 0 to 10");
    check_integer("-1", -5, 10, ERR_OK, -1, "");
    check_integer("", 0, 10, ERR_BAD_VALUE, 0, "not a whole number");
    check_integer("-", 0, 10, ERR_BAD_VALUE, 0, "not a whole number");
    check_integer("+1", 0, 10, ERR_BAD_VALUE, 0, "not a whole number");
    check_integer("1.5", 0, 10, ERR_BAD_VALUE, 0, "not a whole number");
    check_integer("9223372036854775807", INT64_MIN, INT64_MAX, ERR_OK, INT64_MAX, "");
    check_integer("9223372036854775808", INT64_MIN, INT64_MAX, ERR_BAD_VALUE, 0, "too large a number");
    check_integer("-9223372036854775808", INT64_MIN, INT64_MAX, ERR_OK, INT64_MIN, "");
    check_integer("-9223372036854775809", INT64_MIN, INT64_MAX, ERR_BAD_VALUE, 0, "too large a number");
    check_integer("99999999999999999999999999", 0, 10, ERR_BAD_VALUE, 0, "too large a number");
    check_integer("99999999999999999999999999x", 0, 10, ERR_BAD_VALUE, 0, "not a whole number");
}

static void i64_as_postgresql_prints_it(void **state)
{
    int64_t value = 5;

    (void)state;
    assert_true(values_parse_i64("-9223372036854775808", &value));
    assert_true(value == INT64_MIN);
    assert_true(values_parse_i64("9223372036854775807", &value));
    assert_true(value == INT64_MAX);
    assert_false(values_parse_i64("9223372036854775808", &value));
    assert_false(values_parse_i64("", &value));
    assert_false(values_parse_i64("1 ", &value));
    assert_false(values_parse_i64("0x1", &value));
    assert_true(value == INT64_MAX);
}

static void check_quantity_text(int64_t value, const char *text)
{
    struct buf buf = {0};

    values_append_quantity(&buf, value);
    assert_string_equal(unit_text(&buf), text);
    buf_done(&buf);
}

static void quantities_are_shortest(void **state)
{
    (void)state;
    check_quantity_text(0, "0");
    check_quantity_text(3000, "3");
    check_quantity_text(-250, "-0.25");
    check_quantity_text(1, "0.001");
    check_quantity_text(-1, "-0.001");
    check_quantity_text(12500, "12.5");
    check_quantity_text(10010, "10.01");
    check_quantity_text(INT64_MAX, "9223372036854775.807");
    check_quantity_text(INT64_MIN, "-9223372036854775.808");
}

static void check_money_text(int64_t value, int places, const char *text)
{
    struct buf buf = {0};

    values_append_money(&buf, value, places);
    assert_string_equal(unit_text(&buf), text);
    buf_done(&buf);
}

static void money_keeps_its_places(void **state)
{
    (void)state;
    check_money_text(249, 2, "2.49");
    check_money_text(-5, 2, "-0.05");
    check_money_text(300, 0, "300");
    check_money_text(300, 2, "3.00");
    check_money_text(0, 3, "0.000");
    check_money_text(1234, 3, "1.234");
    check_money_text(INT64_MIN, 2, "-92233720368547758.08");
    check_money_text(INT64_MAX, 0, "9223372036854775807");
}

static void store_codes(void **state)
{
    static const char *const bad[] = {
        "", "-a", ".a", "_a", "a b", "a/b", "ä", "a\n", "123456789012345678901234567890123"};
    struct err_info info;

    (void)state;
    assert_int_equal(values_check_store_code("S001", &info), ERR_OK);
    assert_int_equal(values_check_store_code("a", &info), ERR_OK);
    assert_int_equal(values_check_store_code("9.b_C-d", &info), ERR_OK);
    assert_int_equal(values_check_store_code("12345678901234567890123456789012", &info), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(values_check_store_code(bad[i], &info), ERR_BAD_VALUE);
        assert_non_null(strstr(info.message, "is not a store code"));
    }
}

static void user_names(void **state)
{
    static const char *const bad[] = {
        "", "A", "1a", "-a", "aB", "a b", "ä", "a@b", "a:", "a\x7f", "a12345678901234567890123456789012"};
    struct err_info info;

    (void)state;
    assert_int_equal(values_check_user_name("staff1", &info), ERR_OK);
    assert_int_equal(values_check_user_name("a.b_c-d9", &info), ERR_OK);
    assert_int_equal(values_check_user_name("a1234567890123456789012345678901", &info), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(values_check_user_name(bad[i], &info), ERR_BAD_VALUE);
        assert_non_null(strstr(info.message, "is not a user name"));
    }
}

static void check_name(const char *text, const char *reason)
{
    struct err_info info = {ERR_OK, ""};
    enum err err = values_check_name("name", text, 10, &info);

    assert_int_equal(err, reason[0] == '\0' ? ERR_OK : ERR_BAD_VALUE);
    assert_non_null(strstr(info.message, reason));
}

static void free_names(void **state)
{
    struct err_info info;
    char text[VALUES_SKU_MAX + 2];

    (void)state;
    check_name("Käse 寿", "");
    check_name("", "the name is empty");
    check_name("12345678901", "the name has 11 bytes; at most 10");
    check_name("a\xff", "not UTF-8");
    check_name("a\nb", "a control or invisible character");
    check_name("a\xe2\x80\x8f", "a control or invisible character");
    check_name("a ", "begins or ends with a blank");
    assert_int_equal(values_check_sku("BANK CHARGES", &info), ERR_OK);
    assert_int_equal(values_check_sku("", &info), ERR_BAD_VALUE);
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(values_check_sku(text, &info), ERR_BAD_VALUE);
    text[VALUES_SKU_MAX] = '\0';
    assert_int_equal(values_check_sku(text, &info), ERR_OK);
    assert_int_equal(values_check_ref("import-7:42", &info), ERR_OK);
    assert_int_equal(values_check_ref("", &info), ERR_BAD_VALUE);
    assert_int_equal(values_check_ref("a b", &info), ERR_BAD_VALUE);
    assert_int_equal(values_check_ref("a\tb", &info), ERR_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities_are_thousandths),
        cmocka_unit_test(bad_quantities_say_why),
        cmocka_unit_test(messages_quote_a_little),
        cmocka_unit_test(money_is_parsed),
        cmocka_unit_test(money_has_the_places_of_its_currency),
        cmocka_unit_test(integers_are_in_range),
        cmocka_unit_test(i64_as_postgresql_prints_it),
        cmocka_unit_test(quantities_are_shortest),
        cmocka_unit_test(money_keeps_its_places),
        cmocka_unit_test(store_codes),
        cmocka_unit_test(user_names),
        cmocka_unit_test(free_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
