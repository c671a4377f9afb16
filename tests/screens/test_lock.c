/* The idle lock: nothing of the screen is left behind it, only the password opens it, and what was being done
 * is there again. Run by ctest as screens.lock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/screens/fake_core.h"
#include "tests/screens/harness.h"

enum { SOON = 2, LATE = 3600, IDLE_WAIT_MS = 500 };

static struct harness *start(int columns, int rows, const char *user_json, int lock_seconds)
{
    struct harness_options options = {
        .items = 100, .columns = columns, .rows = rows, .user_json = user_json, .lock_seconds = lock_seconds};
    struct harness *harness = harness_start(&options);
    harness_wait_text(harness, "10000");
    return harness;
}

static void wait_lock(struct harness *harness)
{
    harness_wait_text(harness, "Locked. staff1's password:");
    harness_settle(harness);
}

static void test_lock_and_unlock(void **state)
{
    struct harness *harness = start(80, 24, NULL, SOON);
    (void)state;
    harness_type(harness, "/lam");
    harness_wait_text(harness, "/lam");
    wait_lock(harness);
    assert_true(harness_is_cursor_visible(harness));
    harness_check_golden(harness, "locked");
    harness_mark(harness);
    harness_push(harness,
                 "{\"tag\":\"$W\",\"store\":\"S001\",\"sku\":\"10001\",\"type\":\"SELL\",\"quantity\":-1,"
                 "\"balance\":4242,\"user\":\"bo\"}");
    harness_type(harness, "wrong password");
    harness_settle(harness);
    assert_int_equal(harness_bytes(harness), 0); /* neither what happens nor what is typed */
    harness_type(harness, "\r");
    harness_wait_text(harness, "that is not the password");
    assert_false(harness_has_text(harness, "10001"));
    harness_type(harness, FAKE_CORE_PASSWORD "\r");
    harness_wait_no_text(harness, "Locked");
    harness_wait_text(harness, "4242");
    harness_wait_text(harness, "/lam");
    assert_int_equal(harness_count_commands(harness, "unlock"), 2);
    harness_stop(harness);
}

/* A scan or a paste that comes while it is locked does nothing, and does not open it. */
static void test_keys_do_nothing(void **state)
{
    struct harness *harness = start(80, 24, NULL, SOON);
    (void)state;
    wait_lock(harness);
    harness_mark(harness);
    harness_type(harness, "\x1b[200~" FAKE_CORE_PASSWORD "\r\x1b[201~\x1b[B\t\x1b[Z?");
    harness_settle(harness);
    assert_int_equal(harness_bytes(harness), 0);
    assert_int_equal(harness_count_commands(harness, "unlock"), 0);
    harness_type(harness, "\x15\r"); /* empty: nothing to ask the server for */
    harness_settle(harness);
    assert_int_equal(harness_count_commands(harness, "unlock"), 0);
    harness_stop(harness);
}

static void check_leaving(const char *keys)
{
    struct harness *harness = start(80, 24, NULL, SOON);
    wait_lock(harness);
    harness_type(harness, keys);
    assert_int_equal(harness_wait_exit(harness), 0);
    assert_false(harness_is_alternate(harness));
    assert_true(harness_is_cursor_visible(harness));
    harness_stop(harness);
}

static void test_leaving(void **state)
{
    (void)state;
    check_leaving("\x1b");
    check_leaving("\x1bOR");
}

static void test_core_gone(void **state)
{
    struct harness *harness = start(80, 24, NULL, SOON);
    (void)state;
    wait_lock(harness);
    harness_close_core(harness);
    assert_int_equal(harness_wait_exit(harness), 69);
    assert_false(harness_is_alternate(harness));
    harness_stop(harness);
}

/* Other sizes, and answers that would lead elsewhere: it stays locked. */
static void test_sizes(void **state)
{
    static const struct {
        int columns;
        int rows;
    } sizes[] = {{40, 10}, {1, 1}, {500, 200}, {60, 6}, {59, 5}, {80, 24}};
    struct harness *harness = start(80, 24, NULL, SOON);
    (void)state;
    wait_lock(harness);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        harness_resize(harness, sizes[i].columns, sizes[i].rows);
        harness_settle(harness);
        assert_false(harness_has_text(harness, "Oat") || harness_has_text(harness, "10000"));
    }
    wait_lock(harness);
    harness_resize(harness, 40, 10);
    harness_settle(harness);
    harness_check_golden(harness, "locked-40x10");
    harness_type(harness, FAKE_CORE_PASSWORD "\r");
    harness_wait_text(harness, "10000");
    harness_stop(harness);
}

static void check_leaves_instead(const char *user_json, const char *shown)
{
    struct harness_options options = {.items = 10, .user_json = user_json, .lock_seconds = SOON};
    struct harness *harness = harness_start(&options);
    harness_wait_text(harness, shown);
    assert_int_equal(harness_wait_exit(harness), 0);
    assert_false(harness_is_alternate(harness));
    assert_true(harness_output_has(
        harness, "\r\nstockroom: Locked for 2 seconds without a key: please log in again\r\n"));
    assert_int_equal(harness_count_commands(harness, "unlock"), 0);
    harness_stop(harness);
}

/* Who has no password cannot unlock: the session ends instead. */
static void test_no_password(void **state)
{
    (void)state;
    check_leaves_instead("\"user\":\"bo\",\"role\":\"staff\",\"stores\":[\"S001\"],\"has_password\":false",
                         "10 items");
    check_leaves_instead("\"user\":\"signup\",\"role\":\"signup\",\"stores\":[]", "Sign up");
}

/* The lock's timer is the only one, and it does not tick. */
static void test_idle(void **state)
{
    struct harness *harness = start(80, 24, NULL, LATE);
    (void)state;
    harness_settle(harness);
    harness_mark(harness);
    long sleeps = harness_count_sleeps(harness);
    assert_true(harness_is_quiet(harness, IDLE_WAIT_MS));
    assert_int_equal(harness_count_sleeps(harness), sleeps);
    assert_int_equal(harness_bytes(harness), 0);
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lock_and_unlock),
        cmocka_unit_test(test_keys_do_nothing),
        cmocka_unit_test(test_leaving),
        cmocka_unit_test(test_core_gone),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_no_password),
        cmocka_unit_test(test_idle),
    };
    return cmocka_run_group_tests_name("screens.lock", tests, NULL, NULL);
}
