/* The three formats of an answer: aligned text, csv, JSON Lines.
 * Pure; stands here because the commands fill tables from the database.
 * Hostile values go in as a database without our checks might hold them. */
#include "tests/database/rig.h"

#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "server/core/table.h"

static const struct column columns[] = {
    {"sku", COLUMN_TEXT, 0},    {"quantity", COLUMN_QUANTITY, 0}, {"price", COLUMN_MONEY, 0},
    {"low", COLUMN_BOOL, 0},    {"codes", COLUMN_LIST, 0},        {"at", COLUMN_TIME, 0},
    {"seq", COLUMN_INTEGER, 1},
};

static void fill(struct table *table, struct arena *arena)
{
    struct cell *row;

    table_init(table, arena, columns, sizeof columns / sizeof columns[0]);
    row = table_add_row(table);
    row[0].value = "A-1";
    row[1].value = "-3250";
    row[2].value = "2.49";
    row[3].value = "t";
    row[4].value = "x\ny, z";
    row[5].value = "2026-03-01T09:30:00Z";
    row[5].shown = "2026-03-01 10:30:00";
    row[6].value = "7";
    row = table_add_row(table);
    row[0].value = "Bö\"c";
    row[1].value = "12000";
    row[3].value = "f";
    row[4].value = "";
}

static void expect(enum format format, const struct row_prefix *prefix, bool single, const char *expected)
{
    struct arena arena = {0};
    struct buf out = {0};
    struct table table;

    fill(&table, &arena);
    table.single = single;
    table_format(&table, format, prefix, &out);
    buf_append_char(&out, '\0');
    assert_string_equal(out.data, expected);
    buf_done(&out);
    arena_done(&arena);
}

static void test_text(void **state)
{
    (void)state;
    expect(FORMAT_TEXT, NULL, false,
           "sku   quantity  price  low  codes   at\n"
           "A-1      -3.25   2.49  yes  x y, z  2026-03-01 10:30:00\n"
           "Bö\"c        12         no\n");
}

static void test_text_record(void **state)
{
    (void)state;
    expect(FORMAT_TEXT, NULL, true,
           "sku       A-1\nquantity  -3.25\nprice     2.49\nlow       yes\ncodes     x y, z\nat        "
           "2026-03-01 "
           "10:30:00\nseq       7\n"
           "sku       Bö\"c\nquantity  12\nprice\nlow       no\ncodes\nat\nseq\n");
}

static void test_csv(void **state)
{
    (void)state;
    expect(FORMAT_CSV, NULL, false,
           "sku,quantity,price,low,codes,at,seq\r\n"
           "A-1,-3.25,2.49,true,\"x y, z\",2026-03-01T09:30:00Z,7\r\n"
           "\"Bö\"\"c\",12,,false,,,\r\n");
}

static void test_json(void **state)
{
    static const struct row_prefix tagged = {.line = 12, .tag = "t\"1"};
    static const char first[] = "\"sku\":\"A-1\",\"quantity\":-3.25,\"price\":\"2.49\",\"low\":true,"
                                "\"codes\":[\"x\",\"y, z\"],\"at\":\"2026-03-01T09:30:00Z\",\"seq\":7}\n";
    static const char second[] = "\"sku\":\"Bö\\\"c\",\"quantity\":12,\"price\":null,\"low\":false,"
                                 "\"codes\":[],\"at\":null,\"seq\":null}\n";
    char expected[1024];

    (void)state;
    snprintf(expected, sizeof expected, "{%s{%s", first, second);
    expect(FORMAT_JSON, NULL, false, expected);
    snprintf(expected, sizeof expected,
             "{\"line\":12,\"tag\":\"t\\\"1\",%s{\"line\":12,\"tag\":\"t\\\"1\",%s", first, second);
    expect(FORMAT_JSON, &tagged, false, expected);
}

static void test_empty(void **state)
{
    struct arena arena = {0};
    struct buf out = {0};
    struct table table;

    (void)state;
    table_init(&table, &arena, columns, 2);
    table_format(&table, FORMAT_JSON, NULL, &out);
    assert_int_equal(out.len, 0);
    table_format(&table, FORMAT_CSV, NULL, &out);
    buf_append_char(&out, '\0');
    assert_string_equal(out.data, "sku,quantity\r\n");
    buf_done(&out);
    arena_done(&arena);
}

static void test_nothing_hostile_reaches_a_terminal(void **state)
{
    static const struct column one[] = {{"name", COLUMN_TEXT, 0}, {"list", COLUMN_LIST, 0}};
    struct arena arena = {0};
    struct buf out = {0};
    struct table table;
    struct cell *row;

    (void)state;
    table_init(&table, &arena, one, 2);
    row = table_add_row(&table);
    row[0].value = "\x1b[2J\xe2\x80\xae"
                   "evil\xff\x07";
    row[1].value = "a\nb\x1b]0;t\x07";
    table_format(&table, FORMAT_TEXT, NULL, &out);
    buf_append_char(&out, '\0');
    assert_string_equal(out.data, "name         list\n?[2J?evil??  a b?]0;t?\n");
    buf_reset(&out);
    table_format(&table, FORMAT_JSON, NULL, &out);
    buf_append_char(&out, '\0');
    assert_null(strchr(out.data, '\x1b'));
    assert_null(strstr(out.data, "\xe2\x80\xae"));
    buf_done(&out);
    arena_done(&arena);
}

static void test_many_rows_and_wide_characters(void **state)
{
    static const struct column two[] = {{"a", COLUMN_TEXT, 0}, {"b", COLUMN_INTEGER, 0}};
    struct arena arena = {0};
    struct buf out = {0};
    struct table table;

    (void)state;
    table_init(&table, &arena, two, 2);
    for (int i = 0; i < 1000; i++) {
        struct cell *row = table_add_row(&table);

        row[0].value = i == 500 ? "日本" : "x";
        row[1].value = arena_printf(&arena, "%d", i);
    }
    table_format(&table, FORMAT_TEXT, NULL, &out);
    buf_append_char(&out, '\0');
    assert_non_null(strstr(out.data, "\nx     499\n日本  500\nx     501\n"));
    buf_done(&out);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_text_record),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_nothing_hostile_reaches_a_terminal),
        cmocka_unit_test(test_many_rows_and_wide_characters),
    };

    return cmocka_run_group_tests_name("database.table", tests, NULL, NULL);
}
