/* Leaving: however it ends, the terminal is as it was; and starting on terminals of every kind.
 * Run by ctest as screens.leave. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/screens/harness.h"

static struct harness *start(const char *term, const char *environment)
{
    struct harness_options options = {.items = 30, .term = term, .more_environment = environment};
    struct harness *harness = harness_start(&options);
    harness_wait_text(harness, "30 items");
    harness_settle(harness);
    return harness;
}

static void check_restored(const struct harness *harness)
{
    assert_false(harness_is_alternate(harness));
    assert_true(harness_is_cursor_visible(harness));
    assert_true(harness_output_has(harness, "\x1b[?2004l"));
}

static void check_quit(const char *keys)
{
    struct harness *harness = start(NULL, NULL);
    assert_true(harness_is_alternate(harness));
    assert_false(harness_is_cursor_visible(harness));
    harness_type(harness, keys);
    assert_int_equal(harness_wait_exit(harness), 0);
    check_restored(harness);
    harness_stop(harness);
}

static void test_quit(void **state)
{
    (void)state;
    check_quit("q");
    check_quit("\x1bOR");
    check_quit("\x1b[13~");
    check_quit("?\x1bOR");
    check_quit("/lamp\rq");
}

/* Ctrl-C is a key like Esc: it leaves no sale behind by accident. */
static void test_ctrl_c(void **state)
{
    struct harness *harness = start(NULL, NULL);
    (void)state;
    harness_type(harness, "/abc\x03");
    harness_wait_no_text(harness, "/abc");
    harness_type(harness, "\x03");
    harness_wait_text(harness, "F3 or q leaves");
    harness_stop(harness);
}

static void test_core_gone(void **state)
{
    struct harness *harness = start(NULL, NULL);
    (void)state;
    harness_close_core(harness);
    assert_int_equal(harness_wait_exit(harness), 69);
    check_restored(harness);
    assert_false(harness_output_has(harness, "stockroom:")); /* the session says why */
    harness_stop(harness);
}

static void test_hang_up(void **state)
{
    struct harness *harness = start(NULL, NULL);
    (void)state;
    harness_hang_up(harness);
    assert_int_equal(harness_wait_exit(harness), 1);
    harness_stop(harness);
}

/* A terminal that takes nothing more holds up neither the loop nor the leaving. */
static void test_deaf_terminal(void **state)
{
    enum { PAGES = 400 };
    struct harness *harness = start(NULL, NULL);
    (void)state;
    harness_go_deaf(harness);
    for (int i = 0; i < PAGES; i++) {
        harness_type(harness, i % 2 == 0 ? "l" : "h");
        harness_settle(harness);
    }
    harness_type(harness, "r"); /* still heard */
    harness_settle(harness);
    assert_int_equal(harness_count_commands(harness, "inventory"), 2);
    harness_close_core(harness);
    assert_int_equal(harness_wait_exit(harness), 69);
    harness_stop(harness);
}

static void test_stopped(void **state)
{
    struct harness *harness = start(NULL, NULL);
    (void)state;
    harness_signal(harness, SIGTERM);
    assert_int_equal(harness_wait_exit(harness), 1);
    check_restored(harness);
    assert_false(harness_output_has(harness, "stockroom:"));
    harness_stop(harness);
}

static void test_terminals(void **state)
{
    static const char *const terms[] = {
        "xterm-256color", "xterm", "screen",           "tmux-256color", "linux", "putty", "vt100",
        "vt220",          "rxvt",  "no-such-terminal", "../../etc/x",   "",      "dumb",  "xterm-kitty"};
    (void)state;
    for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        struct harness *harness = start(terms[i], NULL);
        harness_type(harness, "j\x1b[B\x1bOB");
        harness_wait_text(harness, "4/30");
        assert_true(strncmp(harness_row(harness, 5), "> 10003", 7) == 0);
        harness_type(harness, "q");
        assert_int_equal(harness_wait_exit(harness), 0);
        harness_stop(harness);
    }
}

static void test_mono(void **state)
{
    struct harness *harness = start("vt100", NULL);
    (void)state;
    harness_check_golden(harness, "vt100");
    harness_stop(harness);
    harness = start(NULL, "NO_COLOR=1");
    assert_false(harness_output_has(harness, "\x1b[31m"));
    harness_check_golden(harness, "no-colour");
    harness_stop(harness);
}

/* Every way of showing é to an ASCII terminal is wrong but '?'. */
static void test_ascii(void **state)
{
    struct harness *harness = start(NULL, "LC_ALL=POSIX");
    (void)state;
    harness_wait_text(harness, "?cru napkins");
    harness_wait_text(harness, "???? tofu");
    harness_stop(harness);
}

static void test_sandbox(void **state)
{
    struct harness *harness = start(NULL, NULL);
    char path[64];
    char line[256];
    bool filtered = false;
    bool no_new_privileges = false;
    (void)state;
    snprintf(path, sizeof(path), "/proc/%d/status", harness_pid(harness));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        filtered = filtered || strcmp(line, "Seccomp:\t2\n") == 0;
        no_new_privileges = no_new_privileges || strcmp(line, "NoNewPrivs:\t1\n") == 0;
    }
    fclose(file);
#ifndef STOCKROOM_SANITIZED
    assert_true(filtered);
    assert_true(no_new_privileges);
#endif
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quit),      cmocka_unit_test(test_ctrl_c),
        cmocka_unit_test(test_core_gone), cmocka_unit_test(test_hang_up),
        cmocka_unit_test(test_stopped),   cmocka_unit_test(test_deaf_terminal),
        cmocka_unit_test(test_terminals), cmocka_unit_test(test_mono),
        cmocka_unit_test(test_ascii),     cmocka_unit_test(test_sandbox),
    };
    return cmocka_run_group_tests_name("screens.leave", tests, NULL, NULL);
}
