/* Tests of server/core/lines: every way to cut a stream, line ends, the longest line and the endless one. */
#include "server/core/lines.h"

#include <stdlib.h>

#include "common/lexer.h"
#include "tests/unit/unit.h"

static void expect_line(struct lines *lines, const char *text, uint64_t number)
{
    const char *line = NULL;
    size_t len = 0;
    assert_true(lines_has_next(lines));
    assert_int_equal(lines_next(lines, &line, &len), LINES_LINE);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(line, text, len);
    assert_int_equal(lines->number, number);
}

static void expect_none(struct lines *lines)
{
    const char *line;
    size_t len;
    assert_false(lines_has_next(lines));
    assert_int_equal(lines_next(lines, &line, &len), LINES_NONE);
}

static void cuts_anywhere(void **state)
{
    static const char text[] = "one\r\n\ntwo words\n\rthree\r\r\nlast";
    (void)state;
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        struct lines lines = {0};
        lines_add(&lines, text, cut);
        lines_add(&lines, text + cut, strlen(text) - cut);
        expect_line(&lines, "one", 1);
        expect_line(&lines, "", 2);
        lines_compact(&lines);
        expect_line(&lines, "two words", 3);
        expect_line(&lines, "\rthree\r", 4);
        expect_none(&lines);
        lines_end(&lines);
        expect_line(&lines, "last", 5);
        expect_none(&lines);
        lines_done(&lines);
    }
}

static void byte_by_byte(void **state)
{
    struct lines lines = {0};
    (void)state;
    for (const char *c = "ab\n"; *c; c++) {
        expect_none(&lines);
        lines_add(&lines, c, 1);
    }
    expect_line(&lines, "ab", 1);
    lines_end(&lines);
    expect_none(&lines);
    lines_done(&lines);
}

/* A line of len bytes and its end, handed over in pieces, then a short line. */
static void check_length(size_t len, const char *end, enum lines_kind expected)
{
    struct lines lines = {0};
    const char *line;
    size_t got = 0;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, 'x', len);
    for (size_t done = 0; done < len; done += 1000) {
        lines_add(&lines, text + done, len - done < 1000 ? len - done : 1000);
    }
    lines_add(&lines, end, strlen(end));
    assert_int_equal(lines_next(&lines, &line, &got), expected);
    if (expected == LINES_LINE) {
        assert_int_equal(got, len);
    }
    lines_add(&lines, "next\n", 5);
    expect_line(&lines, "next", 2);
    expect_none(&lines);
    lines_done(&lines);
    free(text);
}

static void longest(void **state)
{
    (void)state;
    check_length(LEXER_LINE_MAX, "\n", LINES_LINE);
    check_length(LEXER_LINE_MAX, "\r\n", LINES_LINE);
    check_length(LEXER_LINE_MAX + 1, "\n", LINES_TOO_LONG);
    check_length(LEXER_LINE_MAX + 1, "\r\n", LINES_TOO_LONG);
    check_length(LEXER_LINE_MAX + 2, "\n", LINES_TOO_LONG);
    check_length((size_t)LEXER_LINE_MAX * 3, "\n", LINES_TOO_LONG);
}

/* 1 GiB without an end is told once, and kept nowhere. */
static void endless(void **state)
{
    enum { PIECE = 32 * 1024 };
    static char piece[PIECE];
    struct lines lines = {0};
    const char *line;
    size_t len;
    unsigned told = 0;
    (void)state;
    for (size_t sent = 0; sent < (size_t)1 << 30; sent += PIECE) {
        lines_add(&lines, piece, PIECE);
        while (lines_next(&lines, &line, &len) == LINES_TOO_LONG) {
            told++;
        }
        lines_compact(&lines);
        assert_true(lines.buf.len <= LEXER_LINE_MAX + 2);
    }
    assert_int_equal(told, 1);
    lines_add(&lines, "\nafter", 6);
    expect_none(&lines);
    lines_end(&lines);
    expect_line(&lines, "after", 2);
    lines_done(&lines);
}

static void last_may_be_too_long(void **state)
{
    static char text[LEXER_LINE_MAX + 1];
    struct lines lines = {0};
    const char *line;
    size_t len;
    (void)state;
    lines_add(&lines, text, sizeof text);
    expect_none(&lines);
    lines_end(&lines);
    assert_int_equal(lines_next(&lines, &line, &len), LINES_TOO_LONG);
    expect_none(&lines);
    lines_done(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_anywhere), cmocka_unit_test(byte_by_byte),         cmocka_unit_test(longest),
        cmocka_unit_test(endless),       cmocka_unit_test(last_may_be_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
