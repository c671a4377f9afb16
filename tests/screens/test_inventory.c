/* Screens of the inventory at many sizes: golden pictures, moving, searching, filtering, sorting, help,
 * stores. Run by ctest as screens.inventory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/screens/harness.h"

static struct harness *start(int columns, int rows, size_t items)
{
    struct harness_options options = {.columns = columns, .rows = rows, .items = items};
    return harness_start(&options);
}

static void check_size(int columns, int rows, const char *name)
{
    struct harness *harness = start(columns, rows, 100);
    harness_wait_command(harness, "inventory");
    harness_settle(harness);
    harness_check_golden(harness, name);
    harness_stop(harness);
}

static void test_80x24(void **state)
{
    (void)state;
    check_size(80, 24, "inventory-80x24");
}

static void test_132x43(void **state)
{
    (void)state;
    check_size(132, 43, "inventory-132x43");
}

static void test_40x10(void **state)
{
    (void)state;
    check_size(40, 10, "inventory-40x10");
}

static void test_1x1(void **state)
{
    (void)state;
    check_size(1, 1, "inventory-1x1");
}

static void test_500x200(void **state)
{
    (void)state;
    check_size(500, 200, "inventory-500x200");
}

/* Every key at the smallest sizes, and every small size: nothing crashes. */
static void test_tiny_sizes(void **state)
{
    struct harness *harness = start(1, 1, 30);
    (void)state;
    harness_wait_command(harness, "inventory");
    for (int rows = 1; rows <= 7; rows++) {
        for (int columns = 1; columns <= 12; columns += rows) {
            harness_resize(harness, columns, rows);
            harness_type(harness, "jk/lamp\r\\milk\r<>I?jq\x0c");
            harness_settle(harness);
        }
    }
    harness_type(harness, "q");
    assert_int_equal(harness_wait_exit(harness), 0);
    harness_stop(harness);
}

static void test_resize_while_running(void **state)
{
    struct harness *harness = start(80, 24, 100);
    (void)state;
    harness_wait_text(harness, "100 items");
    harness_type(harness, "jjj");
    harness_resize(harness, 132, 43);
    harness_settle(harness);
    harness_check_golden(harness, "resized-132x43");
    harness_resize(harness, 40, 10);
    harness_settle(harness);
    harness_check_golden(harness, "resized-40x10");
    harness_resize(harness, 1, 1);
    harness_resize(harness, 65535, 65535); /* clamped to 500x200 */
    harness_resize(harness, 80, 24);
    harness_settle(harness);
    harness_check_golden(harness, "resized-80x24");
    harness_stop(harness);
}

static void test_moving(void **state)
{
    struct harness *harness = start(80, 24, 100);
    (void)state;
    harness_wait_text(harness, "100 items");
    harness_type(harness, "\x1b[6~");
    harness_wait_text(harness, "21/100");
    harness_check_golden(harness, "second-page");
    harness_type(harness, "\x1b[F");
    harness_wait_text(harness, "100/100");
    harness_type(harness, "\x1bOA");
    harness_wait_text(harness, "99/100");
    harness_type(harness, "\x1b[5~");
    harness_wait_text(harness, "79/100");
    harness_type(harness, "\x1b[H");
    harness_wait_text(harness, "1/100");
    harness_type(harness, "jjjk\x1b[B\x1bOB");
    harness_wait_text(harness, "5/100");
    harness_stop(harness);
}

static void test_search(void **state)
{
    struct harness *harness = start(80, 24, 100);
    (void)state;
    harness_wait_text(harness, "100 items");
    harness_type(harness, "/LAMP");
    harness_wait_text(harness, "/LAMP");
    harness_check_golden(harness, "search-field");
    harness_type(harness, "\r");
    harness_wait_text(harness, "3/100");
    harness_type(harness, "n");
    harness_wait_text(harness, "15/100");
    harness_type(harness, "N");
    harness_wait_text(harness, "3/100");
    harness_type(harness, "/10042\r");
    harness_wait_text(harness, "43/100");
    harness_type(harness, "/\xc3\xa9"
                          "cru\r"); /* é finds É */
    harness_wait_text(harness, "52/100");
    harness_type(harness, "/nowhere\r");
    harness_wait_text(harness, "Not found: nowhere");
    harness_type(harness, "/abc\x1b");
    harness_wait_no_text(harness, "/abc");
    harness_stop(harness);
}

static void test_filter(void **state)
{
    struct harness *harness = start(80, 24, 100);
    (void)state;
    harness_wait_text(harness, "100 items");
    harness_type(harness, "\\tofu");
    harness_wait_text(harness, "[tofu]");
    harness_check_golden(harness, "filter-field");
    harness_type(harness, "\r");
    harness_wait_text(harness, "1/8");
    harness_type(harness, "\\\x7f\x7fxx");
    harness_wait_text(harness, "Nothing matches");
    harness_type(harness, "\x1b");
    harness_wait_text(harness, "1/100");
    harness_type(harness, "\\tofu\r");
    harness_wait_text(harness, "1/8");
    harness_type(harness, "\x1b"); /* Esc in the list drops it as well */
    harness_wait_text(harness, "1/100");
    harness_stop(harness);
}

static void test_sort(void **state)
{
    struct harness *harness = start(80, 24, 100);
    (void)state;
    harness_wait_text(harness, "SKU^");
    harness_type(harness, ">");
    harness_wait_text(harness, "Name^");
    harness_type(harness, ">>I");
    harness_wait_text(harness, "On handv");
    harness_check_golden(harness, "sorted-by-quantity");
    harness_type(harness, "<<<I");
    harness_wait_text(harness, "SKU^");
    harness_type(harness, "<");
    harness_wait_text(harness, "Price^");
    harness_stop(harness);
}

static void test_help(void **state)
{
    struct harness *harness = start(80, 24, 20);
    (void)state;
    harness_wait_text(harness, "20 items");
    harness_type(harness, "?");
    harness_wait_text(harness, "Show only rows that hold a text");
    harness_check_golden(harness, "help");
    harness_type(harness, "q");
    harness_wait_text(harness, "20 items");
    harness_type(harness, "\x1bOP");
    harness_wait_text(harness, "Show only rows that hold a text");
    harness_type(harness, "\x1b[11~"); /* PuTTY's F1 */
    harness_wait_text(harness, "20 items");
    harness_stop(harness);
}

static void test_stores(void **state)
{
    struct harness_options options = {.items = 5, .stores = "S003 S001 S002"};
    struct harness *harness = harness_start(&options);
    (void)state;
    harness_wait_text(harness, "Main St 3");
    harness_check_golden(harness, "stores");
    assert_int_equal(harness_count_commands(harness, "inventory"), 0);
    harness_type(harness, "j\r");
    harness_wait_text(harness, "Inventory  S002 Main St 3");
    harness_wait_text(harness, "5 items");
    harness_type(harness, "s");
    harness_wait_text(harness, "*S002");
    harness_type(harness, "\\main st 2\r\r");
    harness_wait_text(harness, "Inventory  S001 Main St 2");
    assert_int_equal(harness_count_commands(harness, "watch --store=S001"), 1);
    harness_type(harness, "sq");
    harness_settle(harness);
    assert_true(harness_has_text(harness, "Inventory  S001"));
    harness_stop(harness);
}

static void test_empty(void **state)
{
    struct harness_options options = {.silent = true};
    struct harness *harness = harness_start(&options);
    (void)state;
    harness_wait_text(harness, "Loading");
    harness_type(harness, "jj>/x"); /* keys before the answer are kept */
    harness_let_answer(harness);
    harness_wait_text(harness, "No items in this store yet");
    harness_wait_text(harness, "/x");
    harness_check_golden(harness, "empty");
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_80x24),   cmocka_unit_test(test_132x43),
        cmocka_unit_test(test_40x10),   cmocka_unit_test(test_1x1),
        cmocka_unit_test(test_500x200), cmocka_unit_test(test_resize_while_running),
        cmocka_unit_test(test_moving),  cmocka_unit_test(test_tiny_sizes),
        cmocka_unit_test(test_search),  cmocka_unit_test(test_filter),
        cmocka_unit_test(test_sort),    cmocka_unit_test(test_help),
        cmocka_unit_test(test_stores),  cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests_name("screens.inventory", tests, NULL, NULL);
}
