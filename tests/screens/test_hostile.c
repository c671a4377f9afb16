/* Hostile input from both sides: rows that would take the terminal over, answers that are none, keys that are
 * noise. Run by ctest as screens.hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/screens/harness.h"

#define ROW(sku, name)                                                                                       \
    "\"store\":\"S001\",\"sku\":" sku ",\"name\":" name                                                      \
    ",\"category\":\"Food\",\"unit\":\"each\",\"quantity\":1,\"reorder_point\":null,\"low\":false,"          \
    "\"price\":null,"                                                                                        \
    "\"updated_at\":null"

static const char *const hostile_rows[] = {
    ROW("\"00001\"", "\"\\u001b]0;owned\\u0007 title\""),
    ROW("\"00002\"", "\"\\u001b[2Jclear\""),
    ROW("\"00003\"", "\"\\u009b31mred C1\""),
    ROW("\"00004\"", "\"abc\xe2\x80\xae"
                     "evil bidi\""),
    ROW("\"00005\"", "\"\xe2\x80\x8b"
                     "zero width\xef\xbb\xbf\""),
    ROW("\"00006\"", "\"wide \xe5\xb0\x8f\xe7\xb1\xb3\xf0\x9f\x98\x80 emoji\""),
    ROW("\"00007\"", "\"zalgo a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81 x\""),
    ROW("\"00008\"", "\"line\\nbreak\\r\\ttab\""),
    ROW("\"00009\"", "\"\xcc\x81mark first\""),
    ROW("\"0010\\u001b[5m\"", "\"in the SKU\""),
    NULL,
};

static void test_hostile_rows(void **state)
{
    struct harness_options options = {.rows_json = hostile_rows, .items = 3};
    struct harness *harness = harness_start(&options);
    (void)state;
    harness_wait_text(harness, "13 items");
    harness_settle(harness);
    assert_false(harness_output_has(harness, "\x1b]0;"));
    assert_false(harness_output_has(harness, "\x1b[2Jclear"));
    assert_false(harness_output_has(harness, "\xc2\x9b"));
    assert_false(harness_output_has(harness, "\xe2\x80\xae"));
    assert_false(harness_output_has(harness, "\xe2\x80\x8b"));
    assert_false(harness_output_has(harness, "\xef\xbb\xbf"));
    assert_false(harness_output_has(harness, "\x1b[5m"));
    harness_check_golden(harness, "hostile-rows");
    harness_stop(harness);
}

static const char *const broken_rows[] = {
    ROW("null", "\"no SKU\""),
    ROW("7", "\"number SKU\""),
    ROW("{}", "\"object SKU\""),
    ROW("\"B1\"", "17"),
    "\"store\":\"S001\",\"sku\":\"B2\"",
    "\"store\":\"S001\",\"sku\":\"B3\",\"quantity\":\"many\"",
    "\"store\":\"S001\",\"sku\":\"B4\",\"quantity\":1e400",
    "\"store\":\"S001\",\"sku\":\"B5\",\"quantity\":99999999999999999999",
    "\"store\":\"S001\",\"sku\":\"B6\",\"quantity\":1.2345",
    "\"store\":\"S999\",\"sku\":\"B7\",\"quantity\":1",
    ROW("\"GOOD1\"", "null"),
    "\"store\":\"S001\",\"sku\":\"GOOD2\",\"quantity\":-0.125",
    NULL,
};

/* A row that cannot be read is reported and left out; the others are there. */
static void test_broken_rows(void **state)
{
    struct harness_options options = {.rows_json = broken_rows};
    struct harness *harness = harness_start(&options);
    (void)state;
    harness_wait_text(harness, "2 items");
    harness_wait_text(harness, "-0.125");
    assert_true(harness_has_text(harness, "cannot be read") || harness_has_text(harness, "no JSON"));
    harness_stop(harness);
}

static struct harness *start(void)
{
    struct harness_options options = {.items = 30};
    struct harness *harness = harness_start(&options);
    harness_wait_text(harness, "30 items");
    harness_settle(harness);
    return harness;
}

static void test_bad_lines(void **state)
{
    static const char *const lines[] = {
        "not json",
        "[1,2]",
        "{",
        "\"text\"",
        "{\"tag\":7,\"ok\":true}",
        "{\"ok\":false,\"error\":[],\"message\":5}",
        "{\"a\":1,\"a\":2}",
        "\xff\xfe{}",
    };
    struct harness *harness = start();
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        harness_push(harness, lines[i]);
        harness_settle(harness);
        harness_type(harness, "j");
        harness_settle(harness);
    }
    harness_push(harness, "not json");
    harness_wait_text(harness, "no JSON object");
    harness_push(harness, "{\"tag\":\"$W\",\"store\":\"S001\",\"sku\":\"10001\"}");
    harness_wait_text(harness, "a movement that cannot be read");
    harness_type(harness, "k");
    harness_wait_no_text(harness, "cannot be read");
    assert_true(harness_has_text(harness, "30 items"));
    harness_stop(harness);
}

/* A line without end is skipped in bounded memory, and what follows is read. */
static void test_endless_line(void **state)
{
    enum { PIECE = 64 * 1024, PIECES = 64 };
    struct harness *harness = start();
    char *piece = malloc(PIECE);
    (void)state;
    assert_non_null(piece);
    memset(piece, 'x', PIECE);
    for (int i = 0; i < PIECES; i++) {
        harness_push_bytes(harness, piece, PIECE);
        harness_settle(harness);
    }
    harness_wait_text(harness, "too long");
    harness_push(harness, "");
    harness_push(harness,
                 "{\"tag\":\"$W\",\"store\":\"S001\",\"sku\":\"10001\",\"quantity\":-1,\"balance\":4242}");
    harness_wait_text(harness, "4242");
    free(piece);
    harness_stop(harness);
}

/* Deep nesting and huge arrays stay one bad or ignored line. */
static void test_deep_nesting(void **state)
{
    enum { DEPTH = 100000 };
    struct harness *harness = start();
    char *line = malloc(DEPTH + 1);
    (void)state;
    assert_non_null(line);
    memset(line, '[', DEPTH);
    line[DEPTH] = '\0';
    harness_push(harness, line);
    harness_wait_text(harness, "no JSON object");
    free(line);
    harness_stop(harness);
}

static void test_noise_from_the_keyboard(void **state)
{
    static const char noise[] = "\x1b[999;999R\x1b[<0;1;1M\x1b[>0;276;0c\x1bO~\x1b[\x1b[?1;"
                                "2c\x80\xff\xc0\xaf\xed\xa0\x80\x00\x1b[1;5C";
    struct harness *harness = start();
    (void)state;
    harness_mark(harness);
    harness_type_bytes(harness, noise, sizeof(noise) - 1);
    harness_settle(harness);
    assert_int_equal(harness_bytes(harness), 0);
    harness_type(harness, "j");
    harness_wait_text(harness, "2/30");
    harness_stop(harness);
}

/* A character that comes in pieces, with pauses between them, is one character. */
static void test_split_character(void **state)
{
    struct harness *harness = start();
    (void)state;
    harness_type(harness, "/");
    harness_type(harness, "\xe8");
    harness_settle(harness);
    harness_type(harness, "\xb1");
    harness_settle(harness);
    harness_type(harness, "\x86z");
    harness_wait_text(harness, "/\xe8\xb1\x86z");
    harness_stop(harness);
}

/* A paste is text in a field and nothing anywhere else: never a command. */
static void test_paste(void **state)
{
    struct harness *harness = start();
    (void)state;
    assert_true(harness_output_has(harness, "\x1b[?2004h"));
    harness_mark(harness);
    harness_type(harness, "\x1b[200~qjj\x1b[B\r\x03\x1b[201~");
    harness_settle(harness);
    assert_int_equal(harness_bytes(harness), 0);
    harness_type(harness, "/\x1b[200~la\rm\x1bOPp\x7f\x1b[201~");
    harness_wait_text(harness, "/lamp");
    harness_type(harness, "\r");
    harness_wait_text(harness, "3/30");
    harness_stop(harness);
}

/* A search for quotes, backslashes and options reaches the server as one word, and never as another command.
 */
static void test_quoting(void **state)
{
    struct harness_options options = {.items = 20500, .page_rows = 1000};
    struct harness *harness = harness_start(&options);
    (void)state;
    harness_wait_text(harness, "Only the first 20000 items");
    harness_type(harness, "\\a\"b\\c --limit=1 #\r");
    harness_wait_command(harness, "\"--search=a\\\"b\\\\c --limit=1 #\"");
    harness_wait_text(harness, "[a\"b\\c --limit=1 #]");
    harness_stop(harness);
}

static void test_long_typing(void **state)
{
    struct harness *harness = start();
    (void)state;
    harness_type(harness, "/");
    for (int i = 0; i < 1000; i++) {
        harness_type(harness, "0123456789");
    }
    harness_type(harness, "\x15"
                          "done");
    harness_wait_text(harness, "/done");
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_rows),    cmocka_unit_test(test_broken_rows),
        cmocka_unit_test(test_bad_lines),       cmocka_unit_test(test_endless_line),
        cmocka_unit_test(test_deep_nesting),    cmocka_unit_test(test_noise_from_the_keyboard),
        cmocka_unit_test(test_split_character), cmocka_unit_test(test_paste),
        cmocka_unit_test(test_quoting),         cmocka_unit_test(test_long_typing),
    };
    return cmocka_run_group_tests_name("screens.hostile", tests, NULL, NULL);
}
