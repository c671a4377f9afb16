/* The live inventory: pushed movements, products that are new, pages, pauses, failures that pass.
 * Run by ctest as screens.live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/screens/harness.h"

#define MOVEMENT(sku, type, quantity, balance)                                                               \
    "{\"line\":3,\"tag\":\"$W\",\"store\":\"S001\",\"seq\":7,\"sku\":\"" sku                                 \
    "\",\"name\":\"x\",\"type\":\"" type "\",\"quantity\":" quantity ",\"balance\":" balance                 \
    ",\"reason\":null,\"note\":null,\"ref\":null,\"user\":\"ann\","                                          \
    "\"price\":null,\"cost\":null,\"reverses\":null,\"occurred_at\":\"2026-03-05T10:31:00Z\","               \
    "\"recorded_at\":\"2026-03-05T10:31:00.5Z\"}"

static struct harness *start(size_t items)
{
    struct harness_options options = {.items = items};
    struct harness *harness = harness_start(&options);
    harness_wait_text(harness, "live");
    harness_wait_no_text(harness, "not live");
    harness_settle(harness);
    return harness;
}

static void test_movement(void **state)
{
    struct harness *harness = start(100);
    (void)state;
    harness_mark(harness);
    harness_push(harness, MOVEMENT("10002", "SELL", "-3", "71"));
    harness_wait_text(harness, "10:31 sell 10002 -3 by ann \xe2\x86\x92 71");
    harness_settle(harness);
    assert_in_range(harness_bytes(harness), 1, 100);
    harness_check_golden(harness, "movement");
    assert_int_equal(harness_count_commands(harness, "inventory"), 1);
    harness_type(harness, "j");
    harness_wait_no_text(harness, "10:31");
    harness_stop(harness);
}

static void test_movement_makes_low(void **state)
{
    struct harness *harness = start(100);
    (void)state;
    harness_wait_text(harness, "7 low");
    harness_push(harness, MOVEMENT("10002", "SELL", "-54", "20"));
    harness_wait_text(harness, "8 low");
    harness_wait_text(harness, "20!");
    harness_push(harness, MOVEMENT("10002", "IN", "0.5", "20.5"));
    harness_wait_text(harness, "7 low");
    harness_wait_text(harness, "in 10002 +0.5 by ann");
    harness_stop(harness);
}

/* What is off the page changes too, and the order follows the quantity when that is the sort. */
static void test_movement_reorders(void **state)
{
    struct harness *harness = start(100);
    (void)state;
    harness_type(harness, ">>>I");
    harness_wait_text(harness, "On handv");
    harness_type(harness, "j");
    harness_wait_text(harness, "2/100");
    harness_push(harness, MOVEMENT("10099", "IN", "5000", "5163"));
    harness_wait_text(harness, "5163");
    harness_wait_text(harness, "3/100"); /* the selection stayed on its item */
    harness_stop(harness);
}

static void test_unknown_product(void **state)
{
    struct harness *harness = start(10);
    (void)state;
    harness_push(harness, MOVEMENT("N-1", "IN", "24", "24"));
    harness_wait_command(harness, "inventory --product=N-1 --store=S001");
    harness_wait_text(harness, "Brand new");
    harness_wait_text(harness, "11 items");
    harness_stop(harness);
}

/* Many new products at once are not asked for one by one. */
static void test_many_unknown_products(void **state)
{
    struct harness *harness = start(10);
    (void)state;
    for (int i = 0; i < 40; i++) {
        harness_push(harness, MOVEMENT("N-1", "IN", "24", "24"));
    }
    harness_settle(harness);
    assert_in_range(harness_count_commands(harness, "--product"), 1, 40);
    assert_in_range(harness_count_commands(harness, "--limit=1000"), 2, 10);
    harness_stop(harness);
}

static void test_pages(void **state)
{
    struct harness_options options = {.items = 3500, .page_rows = 1000};
    struct harness *harness = harness_start(&options);
    (void)state;
    harness_wait_text(harness, "3500 items");
    assert_int_equal(harness_count_commands(harness, "inventory"), 4);
    assert_int_equal(harness_count_commands(harness, "--after=3000"), 1);
    harness_type(harness, "/13499\r");
    harness_wait_text(harness, "3500/3500");
    harness_stop(harness);
}

/* A quantity that was pushed while a page was on its way is newer than the page's. */
static void test_push_beats_page(void **state)
{
    static const char *const rows[] = {"\"store\":\"S001\",\"sku\":\"A\",\"name\":\"thing\",\"quantity\":5",
                                       NULL};
    struct harness_options options = {.rows_json = rows};
    struct harness *harness = harness_start(&options);
    (void)state;
    harness_wait_text(harness, "1 items");
    harness_type(harness, "r");
    harness_push(harness, MOVEMENT("A", "SELL", "-1", "4444"));
    harness_wait_text(harness, "4444");
    harness_settle(harness);
    harness_type(harness, "r"); /* asked for after the push: the row is newer again */
    harness_wait_no_text(harness, "4444");
    harness_stop(harness);
}

static void test_pause(void **state)
{
    struct harness *harness = start(10);
    (void)state;
    harness_type(harness, "Z");
    harness_wait_text(harness, "PAUSED");
    harness_push(harness, MOVEMENT("10002", "SELL", "-3", "4242"));
    harness_push(harness, MOVEMENT("10002", "SELL", "-3", "4239"));
    harness_wait_text(harness, "2 held");
    assert_false(harness_has_text(harness, "4242") || harness_has_text(harness, "4239"));
    harness_type(harness, "Z");
    harness_wait_no_text(harness, "PAUSED");
    harness_settle(harness);
    assert_int_equal(harness_count_commands(harness, "inventory --store"), 2);
    harness_stop(harness);
}

/* What fails for a passing reason is tried again without being asked. */
static void check_retry(const char *command)
{
    struct harness_options options = {.items = 10, .fail_once = command};
    struct harness *harness = harness_start(&options);
    harness_wait_text(harness, "busy: come again");
    harness_wait_text(harness, "10 items");
    harness_wait_text(harness, "live");
    harness_wait_no_text(harness, "busy");
    harness_stop(harness);
}

static void test_retry(void **state)
{
    (void)state;
    check_retry("whoami");
    check_retry("store list");
    check_retry("watch");
    check_retry("inventory");
}

static void test_too_many_items(void **state)
{
    struct harness_options options = {.items = 21000};
    struct harness *harness = harness_start(&options);
    (void)state;
    harness_wait_text(harness, "Only the first 20000 items");
    harness_type(harness, "\\lamp\r");
    harness_wait_command(harness, "--search=lamp");
    harness_wait_text(harness, "[lamp]");
    harness_type(harness, "\x1b");
    harness_wait_no_text(harness, "[lamp]");
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_movement),
        cmocka_unit_test(test_movement_makes_low),
        cmocka_unit_test(test_movement_reorders),
        cmocka_unit_test(test_unknown_product),
        cmocka_unit_test(test_many_unknown_products),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_push_beats_page),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_too_many_items),
    };
    return cmocka_run_group_tests_name("screens.live", tests, NULL, NULL);
}
