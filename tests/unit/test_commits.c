/* Tests of what servers announce of commits: what is understood, and that nothing is told of what is not. */
#include "server/core/commits.h"

#include <stdio.h>

#include "tests/unit/unit.h"

struct heard {
    char text[256];
};

static void hear(void *argument, const char *store_code, int64_t seq)
{
    struct heard *heard = argument;
    size_t len = strlen(heard->text);

    snprintf(heard->text + len, sizeof heard->text - len, "[%s %lld]", store_code ? store_code : "*",
             (long long)seq);
}

static void test_understands(void **state)
{
    static const struct {
        const char *text;
        uint64_t server;
        const char *heard;
    } cases[] = {
        {"7 S001:12", 7, "[S001 12]"},
        {"18446744073709551615 S001:9223372036854775807 a.b-c_d:0", UINT64_MAX,
         "[S001 9223372036854775807][a.b-c_d 0]"},
        {"0 *", 0, "[* 0]"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct heard heard = {""};
        uint64_t server = 1;
        assert_true(commits_parse(cases[i].text, &server, hear, &heard));
        assert_true(server == cases[i].server);
        assert_string_equal(heard.text, cases[i].heard);
    }
}

static void test_refuses_whole(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "7",
        "7 ",
        "x S001:1",
        "-7 S001:1",
        "7  S001:1",
        "7 S001",
        "7 S001:",
        "7 S001:-1",
        "7 S001:1 ",
        "7 S001:1x",
        "7 S001:1 S002",
        "7 :1",
        "7 S 1:1",
        "7 * S001:1",
        "7 S001:1 *",
        "7 **",
        "7 S001:9223372036854775808",
        "18446744073709551616 S001:1",
        "7 -S:1",
        "7 S\n:1",
        "7 A23456789012345678901234567890123:1",
        "7\tS001:1",
        "7:S001:1",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct heard heard = {""};
        uint64_t server = 1;
        if (commits_parse(texts[i], &server, hear, &heard)) {
            fail_msg("understood: '%s'", texts[i]);
        }
        assert_string_equal(heard.text, "");
        assert_int_equal(server, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_understands),
        cmocka_unit_test(test_refuses_whole),
    };

    return cmocka_run_group_tests_name("commits", tests, NULL, NULL);
}
