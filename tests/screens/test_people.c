/* Signing up, the first password, the account: forms, what they send, and what the server says to them.
 * Run by ctest as screens.people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/screens/fake_core.h"
#include "tests/screens/harness.h"

#define NOBODY                                                                                               \
    "\"user\":\"signup\",\"role\":\"signup\",\"stores\":[],\"method\":\"none\",\"has_password\":false"
#define NEWCOMER                                                                                             \
    "\"user\":\"bo\",\"role\":\"staff\",\"stores\":[\"S001\"],\"method\":\"password\",\"has_password\":"     \
    "true,"                                                                                                  \
    "\"must_change_password\":true"
#define UP   "\x1b[A"
#define DOWN "\x1b[B"
#define F9   "\x1b[20~"

static struct harness *start(const char *user_json, int columns, int rows, const char *shown)
{
    struct harness_options options = {.items = 30, .user_json = user_json, .columns = columns, .rows = rows};
    struct harness *harness = harness_start(&options);
    harness_wait_text(harness, shown);
    harness_settle(harness);
    return harness;
}

static void test_signup(void **state)
{
    struct harness *harness = start(NOBODY, 80, 24, "Sign up");
    (void)state;
    harness_check_golden(harness, "signup");
    harness_type(harness, "taken\rpass word 1\rpass word 1\rMy \"Store\" #1 \\ $x\r" DOWN DOWN DOWN "\r");
    harness_wait_text(harness, "there is already a user taken");
    harness_check_golden(harness, "signup-refused");
    assert_int_equal(harness_count_commands(harness, "pass word 1"), 2);
    assert_false(harness_output_has(harness, "pass word 1"));
    /* What was typed is still there: only the name is given anew. */
    harness_type(harness, DOWN "\x15"
                               "zoe" F9);
    harness_wait_text(harness, "Welcome, zoe. Your store is MAIN.");
    harness_wait_text(harness, "An administrator has to approve it first.");
    harness_check_golden(harness, "signup-done");
    harness_wait_command(harness,
                         " signup --name=zoe \"--store-name=My \\\"Store\\\" #1 \\\\ $x\" --timezone=UTC "
                         "--currency=EUR");
    harness_type(harness, "x");
    assert_int_equal(harness_wait_exit(harness), 0);
    assert_false(harness_is_alternate(harness));
    harness_stop(harness);
}

static void test_signup_with_invite(void **state)
{
    struct harness *harness = start(NOBODY, 80, 24, "Sign up");
    (void)state;
    harness_type(harness, "zoe\tlong enough\tlong enough\tBakery\tBAKE\t\x15"
                          "Europe/Berlin\t\x15"
                          "USD\tlet me in\r");
    harness_wait_text(harness, "It is open. Log in as zoe");
    harness_wait_command(harness, " signup --name=zoe --store-name=Bakery --store-code=BAKE "
                                  "--timezone=Europe/Berlin --currency=USD \"--invite=let me in\"");
    harness_stop(harness);
}

/* What can be told without the server is. */
static void test_checks(void **state)
{
    struct harness *harness = start(NOBODY, 80, 24, "Sign up");
    (void)state;
    harness_type(harness, F9);
    harness_wait_text(harness, "User name: nothing is typed there yet");
    harness_type(harness, "zoe\rabcdefgh\rabcdefgi\rBakery" F9);
    harness_wait_text(harness, "The two passwords are not the same");
    harness_type(harness, "\x1b");
    harness_wait_text(harness, "F3 leaves");
    harness_settle(harness);
    assert_int_equal(harness_count_commands(harness, "signup"), 0);
    harness_type(harness, "\x1bOR");
    assert_int_equal(harness_wait_exit(harness), 0);
    harness_stop(harness);
}

static void test_small_forms(void **state)
{
    struct harness *harness = start(NOBODY, 40, 10, "Sign up");
    (void)state;
    harness_check_golden(harness, "signup-40x10");
    harness_type(harness, UP);
    harness_wait_text(harness, "> Invite code");
    harness_resize(harness, 1, 1);
    harness_settle(harness);
    harness_type(harness, "\t\tzoe");
    harness_resize(harness, 80, 24);
    harness_wait_text(harness, "***");
    harness_resize(harness, 500, 200);
    harness_wait_text(harness, "Sign up");
    harness_stop(harness);
    struct harness_options options = {.user_json = NOBODY, .term = "vt100"};
    harness = harness_start(&options);
    harness_wait_text(harness, "Sign up");
    harness_check_golden(harness, "signup-vt100");
    harness_stop(harness);
}

/* Nothing goes before the new password; then everything does, without logging in again. */
static void test_first_password(void **state)
{
    struct harness *harness = start(NEWCOMER, 80, 24, "Choose a new password, bo");
    (void)state;
    harness_check_golden(harness, "first-password");
    harness_type(harness, "\x1bg\x1b");
    harness_wait_text(harness, "F3 leaves");
    harness_type(harness, "\x15short\rshort\r");
    harness_wait_text(harness, "a password has 8 to 1000 bytes");
    harness_type(harness, "\x15" UP "\x15long enough\rlong enough\r");
    harness_wait_text(harness, "30 items");
    assert_int_equal(harness_count_commands(harness, "whoami"), 2);
    assert_int_equal(harness_count_commands(harness, "long enough"), 2);
    assert_false(harness_output_has(harness, "long enough"));
    harness_stop(harness);
}

static void test_account(void **state)
{
    struct harness *harness = start(NULL, 80, 24, "30 items");
    (void)state;
    harness_type(harness, "g");
    harness_wait_text(harness, "Go to: i Inventory  s Stores  a My account");
    harness_type(harness, "a");
    harness_wait_text(harness, "Old password");
    harness_check_golden(harness, "account");
    harness_type(harness, "wrong\rlong enough\rlong enough\r");
    harness_wait_text(harness, "that is not the password");
    harness_type(harness, UP UP "\x15" FAKE_CORE_PASSWORD F9);
    harness_wait_text(harness, "The password is changed.");
    harness_check_golden(harness, "account-changed");
    harness_type(harness, "\x1b");
    harness_wait_no_text(harness, "Old password");
    harness_type(harness, "\x1bOQs"); /* F2 and a letter */
    harness_wait_text(harness, "Enter Open");
    harness_type(harness, "gx"); /* nowhere */
    harness_type(harness, "gi");
    harness_wait_text(harness, "> Sort");
    harness_type(harness, "ga");
    harness_wait_text(harness, "F9 Send"); /* the last line is drawn last */
    harness_settle(harness);
    assert_true(harness_has_text(harness, "Old password"));
    assert_false(harness_has_text(harness, "The password is changed."));
    harness_type(harness, "\x1bOR");
    assert_int_equal(harness_wait_exit(harness), 0);
    harness_stop(harness);
}

/* Who came by a key and has no password is not asked for the old one. */
static void test_account_without_password(void **state)
{
    struct harness *harness =
        start("\"user\":\"bo\",\"role\":\"admin\",\"stores\":[],\"method\":\"key\",\"has_password\":false,"
              "\"key\":\"SHA256:7jI0\",\"expires_at\":\"2026-03-05T10:31:00Z\"",
              80, 24, "30 items");
    (void)state;
    harness_type(harness, "ga");
    harness_wait_text(harness, "There is no password yet");
    harness_wait_text(harness, "by key SHA256:7jI0");
    harness_wait_text(harness, "2026-03-05 10:31");
    assert_false(harness_has_text(harness, "Old password"));
    harness_type(harness, "long enough\rlong enough\r");
    harness_wait_text(harness, "The password is changed.");
    harness_wait_text(harness, "Old password");
    harness_stop(harness);
}

/* The server's words, and what it says of the user, cannot take the terminal over. */
static void test_hostile(void **state)
{
    struct harness *harness = start(
        "\"user\":\"\\u001b]0;owned\\u0007ann\",\"role\":\"\\u009b31m\",\"stores\":[\"\\u001b[2J\",7,null],"
        "\"method\":\"\\u202ekey\",\"key\":[1],\"has_password\":\"yes\",\"expires_at\":\"\\u001b[5m\"",
        80, 24, "?[2J");
    (void)state;
    harness_type(harness, "ga");
    harness_wait_text(harness, "There is no password yet");
    harness_check_golden(harness, "account-hostile");
    harness_type(harness, "long enough\rlong enough");
    harness_settle(harness);
    assert_false(harness_output_has(harness, "\x1b]0;"));
    assert_false(harness_output_has(harness, "\xc2\x9b"));
    assert_false(harness_output_has(harness, "\xe2\x80\xae"));
    assert_false(harness_output_has(harness, "\x1b[5m"));
    harness_stop(harness);
}

/* Should the server take a password for a command, its answer may repeat it: that is not shown. */
static void test_stray_answer(void **state)
{
    struct harness *harness = start(NULL, 80, 24, "30 items");
    (void)state;
    harness_push(
        harness,
        "{\"line\":9,\"ok\":false,\"error\":\"unknown-command\",\"message\":\"no command 'hunter22'\"}");
    harness_push(harness, "{\"ok\":false,\"error\":\"busy\",\"message\":\"for everybody\"}");
    harness_wait_text(harness, "for everybody");
    assert_false(harness_output_has(harness, "hunter22"));
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signup),
        cmocka_unit_test(test_signup_with_invite),
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_small_forms),
        cmocka_unit_test(test_first_password),
        cmocka_unit_test(test_account),
        cmocka_unit_test(test_account_without_password),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_stray_answer),
    };
    return cmocka_run_group_tests_name("screens.people", tests, NULL, NULL);
}
