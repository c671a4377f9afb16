/* Tests of common/lexer: words, quotes, escapes, comments, and every bound. */
#include "common/lexer.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

/* Split and compare with up to 8 words, ended by NULL. */
static void check_words(const char *line, ...)
{
    struct arena arena = {0};
    struct words words = {0};
    struct err_info info;
    va_list args;
    size_t count = 0;

    assert_int_equal(lexer_split(&arena, line, strlen(line), &words, &info), ERR_OK);
    va_start(args, line);
    for (const char *word = va_arg(args, const char *); word != NULL; word = va_arg(args, const char *)) {
        assert_true(count < words.count);
        assert_string_equal(words.texts[count], word);
        assert_int_equal(words.lens[count], strlen(word));
        count++;
    }
    va_end(args);
    assert_int_equal(words.count, count);
    arena_done(&arena);
}

#define END ((const char *)NULL)

static enum err split(const char *line, size_t len)
{
    struct arena arena = {0};
    struct words words = {.count = 77};
    struct err_info info = {ERR_OK, ""};
    enum err err = lexer_split(&arena, line, len, &words, &info);

    if (err != ERR_OK) {
        assert_int_equal(words.count, 77);
        assert_int_equal(info.code, err);
        assert_true(info.message[0] != '\0');
        assert_int_equal(lexer_split(&arena, line, len, &words, NULL), err);
    }
    arena_done(&arena);
    return err;
}

#define SPLIT(line) split(line, sizeof(line) - 1)

static void blanks_split(void **state)
{
    (void)state;
    check_words("", END);
    check_words(" \t  ", END);
    check_words("sell", "sell", END);
    check_words("  sell\tA-1   3\t", "sell", "A-1", "3", END);
    check_words("--ref=x --note y", "--ref=x", "--note", "y", END);
    check_words("a\xc2\xa0"
                "b",
                "a\xc2\xa0"
                "b",
                END);
}

static void quotes_join(void **state)
{
    (void)state;
    check_words("'a b' \"c d\"", "a b", "c d", END);
    check_words("'' \"\" x", "", "", "x", END);
    check_words("''", "", END);
    check_words("a'b c'd\"e f\"g", "ab cde fg", END);
    check_words("'\"' \"'\"", "\"", "'", END);
    check_words("--note='two words'", "--note=two words", END);
    check_words("'a\tb'", "a\tb", END);
    check_words("'Käse 寿司'", "Käse 寿司", END);
}

static void backslash_escapes_outside_single_quotes(void **state)
{
    (void)state;
    check_words("a\\ b", "a b", END);
    check_words("\\\\ \\' \\\" \\#", "\\", "'", "\"", "#", END);
    check_words("\"a\\\"b\\\\c\\d\"", "a\"b\\cd", END);
    check_words("'a\\b'", "a\\b", END);
    check_words("'a\\'", "a\\", END);
    check_words("\\n", "n", END);
    check_words("\\寿", "寿", END);
    check_words("a\\\tb", "a\tb", END);
}

static void comments_begin_a_word(void **state)
{
    (void)state;
    check_words("# nothing", END);
    check_words("sell A-1 # three 'of them", "sell", "A-1", END);
    check_words("a#b c", "a#b", "c", END);
    check_words("''#x", "#x", END);
    check_words("'#' x", "#", "x", END);
    check_words("a #", "a", END);
}

static void open_quotes_and_lone_backslash_are_usage(void **state)
{
    (void)state;
    assert_int_equal(SPLIT("'"), ERR_USAGE);
    assert_int_equal(SPLIT("a \"b"), ERR_USAGE);
    assert_int_equal(SPLIT("'a\" b"), ERR_USAGE);
    assert_int_equal(SPLIT("\"a\\\""), ERR_USAGE);
    assert_int_equal(SPLIT("\\"), ERR_USAGE);
    assert_int_equal(SPLIT("a b\\"), ERR_USAGE);
    assert_int_equal(SPLIT("\"a\\"), ERR_USAGE);
}

static void control_characters_are_refused_everywhere(void **state)
{
    static const char *const frames[][2] = {{"", ""},   {"a", "b"}, {"'", "'"},     {"\"", "\""},
                                            {"\\", ""}, {"# ", ""}, {"\"\\", "\""}, {"a ", " b"}};

    (void)state;
    for (uint32_t point = 0; point < 0xA0; point++) {
        bool control = (point < 0x20 && point != '\t') || point == 0x7F || point >= 0x80;

        for (size_t i = 0; control && i < COUNT_OF(frames); i++) {
            char line[16];
            size_t len = strlen(frames[i][0]);

            memcpy(line, frames[i][0], len);
            len += unit_encode(point, line + len);
            memcpy(line + len, frames[i][1], strlen(frames[i][1]));
            len += strlen(frames[i][1]);
            assert_int_equal(split(line, len), ERR_BAD_ENCODING);
        }
    }
}

static void what_is_not_utf8_is_refused_everywhere(void **state)
{
    static const char *const bad[] = {"\xff",
                                      "\x80",
                                      "\xc0\xaf",
                                      "\xc1\xbf",
                                      "\xe0\x80\xaf",
                                      "\xed\xa0\x80",
                                      "\xf0\x80\x80\xaf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xc3",
                                      "\xe2\x82",
                                      "\xf0\x9f\x8d"};
    static const char *const frames[][2] = {{"", ""},     {"a", " b"}, {"'", "'"},
                                            {"\"", "\""}, {"\\", ""},  {"#", ""}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        for (size_t frame = 0; frame < COUNT_OF(frames); frame++) {
            struct buf line = {0};

            buf_append_text(&line, frames[frame][0]);
            buf_append_text(&line, bad[i]);
            buf_append_text(&line, frames[frame][1]);
            assert_int_equal(split(line.data, line.len), ERR_BAD_ENCODING);
            buf_done(&line);
        }
    }
}

/* A line of `words` words of `each` bytes, then blanks up to len. */
static enum err split_filled(size_t words, size_t each, size_t len)
{
    char *line = malloc(len);
    size_t at = 0;
    enum err err;

    memset(line, ' ', len);
    for (size_t i = 0; i < words; i++) {
        memset(line + at, 'x', each);
        at += each + 1;
    }
    err = split(line, len);
    free(line);
    return err;
}

static void lines_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(split_filled(1, 10, LEXER_LINE_MAX - 1), ERR_OK);
    assert_int_equal(split_filled(1, 10, LEXER_LINE_MAX), ERR_OK);
    assert_int_equal(split_filled(1, 10, LEXER_LINE_MAX + 1), ERR_TOO_LONG);
}

static void words_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(split_filled(1, LEXER_WORD_MAX, LEXER_WORD_MAX), ERR_OK);
    assert_int_equal(split_filled(1, LEXER_WORD_MAX + 1, LEXER_WORD_MAX + 1), ERR_TOO_LONG);
    assert_int_equal(split_filled(1, LEXER_LINE_MAX, LEXER_LINE_MAX), ERR_TOO_LONG);
    assert_int_equal(split_filled(LEXER_WORDS_MAX, 1, LEXER_LINE_MAX), ERR_OK);
    assert_int_equal(split_filled(LEXER_WORDS_MAX + 1, 1, LEXER_LINE_MAX), ERR_TOO_LONG);
    assert_int_equal(split_filled(LEXER_LINE_MAX / 2, 1, LEXER_LINE_MAX), ERR_TOO_LONG);
}

/* The bound of a word is on what it says, not on how it is written. */
static void quotes_do_not_count(void **state)
{
    struct buf line = {0};
    struct arena arena = {0};
    struct words words;

    (void)state;
    buf_append_char(&line, '"');
    for (int i = 0; i < LEXER_WORD_MAX; i++) {
        buf_append_text(&line, "\\x");
    }
    buf_append_char(&line, '"');
    assert_int_equal(lexer_split(&arena, line.data, line.len, &words, NULL), ERR_OK);
    assert_int_equal(words.count, 1);
    assert_int_equal(words.lens[0], LEXER_WORD_MAX);
    arena_done(&arena);
    buf_done(&line);
}

/* The line is not NUL-terminated: nothing after its end is read. */
static void reads_only_its_bytes(void **state)
{
    struct arena arena = {0};
    struct words words;
    char *line = malloc(6);

    (void)state;
    memcpy(line, "sell A", 6);
    assert_int_equal(lexer_split(&arena, line, 6, &words, NULL), ERR_OK);
    free(line);
    assert_int_equal(words.count, 2);
    assert_string_equal(words.texts[1], "A");
    arena_done(&arena);
}

static void message_says_where(void **state)
{
    struct arena arena = {0};
    struct words words;
    struct err_info info;

    (void)state;
    lexer_split(&arena, "ab\xff", 3, &words, &info);
    assert_string_equal(info.message, "byte 3 of the line is not UTF-8");
    lexer_split(&arena, "\x1b", 1, &words, &info);
    assert_string_equal(info.message, "byte 1 of the line is a control character");
    lexer_split(&arena, "'a", 2, &words, &info);
    assert_string_equal(info.message, "a ' quote is left open");
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_split),
        cmocka_unit_test(quotes_join),
        cmocka_unit_test(backslash_escapes_outside_single_quotes),
        cmocka_unit_test(comments_begin_a_word),
        cmocka_unit_test(open_quotes_and_lone_backslash_are_usage),
        cmocka_unit_test(control_characters_are_refused_everywhere),
        cmocka_unit_test(what_is_not_utf8_is_refused_everywhere),
        cmocka_unit_test(lines_are_bounded),
        cmocka_unit_test(words_are_bounded),
        cmocka_unit_test(quotes_do_not_count),
        cmocka_unit_test(reads_only_its_bytes),
        cmocka_unit_test(message_says_where),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
