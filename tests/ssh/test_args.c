/* Tests of server/core/args: options anywhere, their values, what is refused, and the format of errors. */
#include "server/core/args.h"

#include "common/lexer.h"
#include "tests/unit/unit.h"

static const struct option_spec options[] = {
    {"note", "TEXT", "a note", false, false},
    {"barcode", "B", "a barcode", true, false},
    {"low", NULL, "a flag", false, false},
    OPTION_END,
};
static const struct option_spec required[] = {{"reason", "WHY", "why", false, true}, OPTION_END};
static const struct command command = {
    .name = "probe", .arguments = "SKU [QTY]", .arguments_min = 1, .arguments_max = 2, .options = options};
static const struct command strict = {.name = "strict", .options = required};

struct probe {
    struct arena arena;
    struct args args;
    enum format format;
    struct err_info info;
};

static enum err parse(struct probe *probe, const struct command *which, const char *line)
{
    struct words words;
    *probe = (struct probe){.format = FORMAT_TEXT};
    assert_int_equal(lexer_split(&probe->arena, line, strlen(line), &words, &probe->info), ERR_OK);
    return args_parse(&probe->arena, which, words.texts, (unsigned)words.count, &probe->args, &probe->format,
                      &probe->info);
}

static void takes_options_anywhere(void **state)
{
    struct probe probe;
    (void)state;
    assert_int_equal(
        parse(&probe, &command, "--note 'a b' A-1 --barcode=1 -3 --barcode 2 --low --format=json"), ERR_OK);
    assert_int_equal(probe.args.word_count, 2);
    assert_string_equal(probe.args.words[0], "A-1");
    assert_string_equal(probe.args.words[1], "-3");
    assert_string_equal(args_option(&probe.args, "note"), "a b");
    assert_string_equal(args_option_nth(&probe.args, "barcode", 0), "1");
    assert_string_equal(args_option_nth(&probe.args, "barcode", 1), "2");
    assert_null(args_option_nth(&probe.args, "barcode", 2));
    assert_true(args_flag(&probe.args, "low"));
    assert_int_equal(probe.format, FORMAT_JSON);
    arena_done(&probe.arena);
}

static void ends_options(void **state)
{
    struct probe probe;
    (void)state;
    assert_int_equal(parse(&probe, &command, "-- --note --"), ERR_OK);
    assert_string_equal(probe.args.words[0], "--note");
    assert_string_equal(probe.args.words[1], "--");
    assert_int_equal(probe.args.option_count, 0);
    arena_done(&probe.arena);
}

static void value_may_begin_with_dashes(void **state)
{
    struct probe probe;
    (void)state;
    assert_int_equal(parse(&probe, &command, "A --note --low"), ERR_OK);
    assert_string_equal(args_option(&probe.args, "note"), "--low");
    assert_false(args_flag(&probe.args, "low"));
    arena_done(&probe.arena);
}

static void refuses(void **state)
{
    static const char *const lines[] = {
        "A --bogus",      "A --not x",  "A --notes x",
        "A --note",       "A --low=1",  "A --note 1 --note 2",
        "A --low --low",  "",           "A B C",
        "A --format xml", "A --format", "A --format csv --format csv",
        "A --=x",         "A ---",      "A --format=",
    };
    struct probe probe;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        assert_int_equal(parse(&probe, &command, lines[i]), ERR_USAGE);
        assert_true(probe.info.message[0] != '\0');
        assert_int_equal(probe.args.word_count, 0);
        assert_int_equal(probe.format, FORMAT_TEXT);
        arena_done(&probe.arena);
    }
}

static void wants_required(void **state)
{
    struct probe probe;
    (void)state;
    assert_int_equal(parse(&probe, &strict, ""), ERR_USAGE);
    assert_non_null(strstr(probe.info.message, "--reason"));
    arena_done(&probe.arena);
    assert_int_equal(parse(&probe, &strict, "--reason=x"), ERR_OK);
    arena_done(&probe.arena);
    assert_int_equal(parse(&probe, &strict, "--reason x surplus"), ERR_USAGE);
    arena_done(&probe.arena);
}

static void finds_format(void **state)
{
    static const struct {
        const char *line;
        enum format format;
    } cases[] = {
        {"bogus --format json --x", FORMAT_JSON},
        {"--format=csv", FORMAT_CSV},
        {"--format", FORMAT_TEXT},
        {"--format nonsense", FORMAT_TEXT},
        {"-- --format json", FORMAT_TEXT},
        {"--formats json", FORMAT_TEXT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct probe probe = {.format = FORMAT_TEXT};
        struct words words;
        assert_int_equal(lexer_split(&probe.arena, cases[i].line, strlen(cases[i].line), &words, &probe.info),
                         ERR_OK);
        args_find_format(words.texts, (unsigned)words.count, &probe.format);
        assert_int_equal(probe.format, cases[i].format);
        arena_done(&probe.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_options_anywhere),
        cmocka_unit_test(ends_options),
        cmocka_unit_test(value_may_begin_with_dashes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(wants_required),
        cmocka_unit_test(finds_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
