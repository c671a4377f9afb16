/* Gates: how many bytes a key may cost, and that an idle screen costs nothing.
 * Run by ctest as screens.gates. Bytes are counted, time is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/screens/harness.h"

enum { IDLE_WAIT_MS = 500 };

static struct harness *start(void)
{
    struct harness_options options = {.items = 100};
    struct harness *harness = harness_start(&options);
    harness_wait_text(harness, "100 items");
    harness_settle(harness);
    return harness;
}

/* Type keys and see that they cost at most so many bytes (and something). */
static void check_cost(struct harness *harness, const char *keys, size_t most)
{
    harness_mark(harness);
    harness_type(harness, keys);
    harness_settle(harness);
    size_t bytes = harness_bytes(harness);
    print_message("%zu bytes of %zu\n", bytes, most);
    assert_in_range(bytes, 1, most);
}

static void test_first_paint(void **state)
{
    struct harness_options options = {.items = 100, .silent = true};
    struct harness *harness = harness_start(&options);
    (void)state;
    harness_wait_command(harness, "store list");
    harness_let_answer(harness);
    harness_wait_text(harness, "100 items");
    harness_settle(harness);
    print_message("%zu bytes from the start to the full screen\n", harness_bytes(harness));
    assert_in_range(harness_bytes(harness), 500, 2560);
    harness_stop(harness);
}

static void test_next_page(void **state)
{
    struct harness *harness = start();
    (void)state;
    check_cost(harness, "\x1b[6~", 1638);
    check_cost(harness, "\x1b[6~", 1638);
    check_cost(harness, "\x1b[5~", 1638);
    harness_stop(harness);
}

static void test_down_and_scroll(void **state)
{
    struct harness *harness = start();
    (void)state;
    for (int i = 0; i < 19; i++) {
        check_cost(harness, "j", 64);
    }
    check_cost(harness, "k", 64);
    check_cost(harness, "\x1b[B", 64);
    for (int i = 0; i < 30; i++) {
        check_cost(harness, "j", 160);
    }
    check_cost(harness, "\x1b[H", 1638);
    check_cost(harness, "\x1b[6~", 1638);
    for (int i = 0; i < 19; i++) {
        check_cost(harness, "k", 160);
    }
    harness_stop(harness);
}

static void test_typed_character(void **state)
{
    struct harness *harness = start();
    static const char *const letters[] = {"b", "a", "t", "\xc3\xa9", "\xe8\xb1\x86", " ", "1"};
    (void)state;
    harness_type(harness, "/");
    harness_settle(harness);
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        check_cost(harness, letters[i], 8);
    }
    harness_stop(harness);
}

/* The same in forms, in the fields that show stars too. */
static void test_typed_in_forms(void **state)
{
    static const char *const letters[] = {"b", "a", "t", "\xc3\xa9", "\xe8\xb1\x86", "1"};
    struct harness_options options = {.user_json = "\"user\":\"signup\",\"role\":\"signup\",\"stores\":[]"};
    struct harness *harness = harness_start(&options);
    (void)state;
    harness_wait_text(harness, "Sign up");
    for (int field = 0; field < 4; field++) {
        harness_settle(harness);
        for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
            check_cost(harness, letters[i], 8);
        }
        if (field == 2) {
            check_cost(harness, "2", 8); /* so that the second password is not the first */
        }
        check_cost(harness, "\t", 160);
    }
    harness_type(harness, "\t\t\t\t\x1b[20~"); /* refused by the form, with a message on the screen */
    harness_wait_text(harness, "not the same");
    harness_settle(harness);
    check_cost(harness, "x", 8);
    harness_stop(harness);
}

static void test_idle(void **state)
{
    struct harness *harness = start();
    (void)state;
    harness_mark(harness);
    long sleeps = harness_count_sleeps(harness);
    assert_true(harness_is_quiet(harness, IDLE_WAIT_MS));
    assert_int_equal(harness_count_sleeps(harness), sleeps);
    assert_int_equal(harness_bytes(harness), 0);
    harness_stop(harness);
}

/* A key that means nothing, and a movement of another store, send nothing. */
static void test_nothing_changes(void **state)
{
    struct harness *harness = start();
    (void)state;
    harness_mark(harness);
    harness_type(harness, "x\x1b[99;5u");
    harness_push(harness,
                 "{\"tag\":\"$W\",\"store\":\"S999\",\"sku\":\"10001\",\"quantity\":1,\"balance\":9}");
    harness_settle(harness);
    assert_int_equal(harness_bytes(harness), 0);
    harness_stop(harness);
}

static long read_private_kib(int pid)
{
    char path[64];
    char line[256];
    long kib = 0;
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        long value;
        if (sscanf(line, "Private_Dirty: %ld kB", &value) == 1) {
            kib = value;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

static void test_memory(void **state)
{
    struct harness *harness = start();
    (void)state;
    long kib = read_private_kib(harness_pid(harness));
    print_message("%ld KiB of private memory\n", kib);
#ifndef STOCKROOM_SANITIZED
    assert_in_range(kib, 0, 1024);
#endif
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_paint),     cmocka_unit_test(test_next_page),
        cmocka_unit_test(test_down_and_scroll), cmocka_unit_test(test_typed_character),
        cmocka_unit_test(test_typed_in_forms),  cmocka_unit_test(test_idle),
        cmocka_unit_test(test_nothing_changes), cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests_name("screens.gates", tests, NULL, NULL);
}
