/* The TUI as from a shell, for development: on a real terminal, with a command in place of the server.
 * Run by ctest as screens.shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/screens/harness.h"

static void test_session(void **state)
{
    struct harness_options options = {.items = 60, .on_pty = true};
    struct harness *harness = harness_start(&options);
    (void)state;
    harness_wait_text(harness, "60 items");
    harness_wait_text(harness, "1/60");
    assert_false(harness_is_cooked(harness));
    harness_type(harness, "jj");
    harness_wait_text(harness, "3/60");
    harness_resize(harness, 60, 12); /* SIGWINCH */
    harness_wait_text(harness, "Small screen");
    harness_resize(harness, 100, 30);
    harness_wait_no_text(harness, "Small screen");
    harness_type(harness, "/lamp\r");
    harness_wait_text(harness, "15/60");
    harness_type(harness, "q");
    assert_int_equal(harness_wait_exit(harness), 0);
    assert_true(harness_is_cooked(harness));
    assert_false(harness_is_alternate(harness));
    harness_stop(harness);
}

/* A command that ends at once: the terminal is restored, and its last word is shown, clean. */
static void test_command_fails(void **state)
{
    struct harness_options options = {.items = 0, .on_pty = true};
    struct harness *harness = harness_start(&options);
    (void)state;
    assert_int_equal(harness_wait_exit(harness), 69);
    assert_true(harness_is_cooked(harness));
    assert_true(
        harness_output_has(harness, "the connection to the server was lost: ssh: Permission denied?[2J"));
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session),
        cmocka_unit_test(test_command_fails),
    };
    return cmocka_run_group_tests_name("screens.shell", tests, NULL, NULL);
}
