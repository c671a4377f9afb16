/* The TUI's pure parts, without a terminal: numbers, cleaning, lists, the inventory's bookkeeping.
 * Run by ctest as screens.parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/lexer.h"
#include "tui/client/answer.h"
#include "tui/client/words.h"
#include "tui/keymap.h"
#include "tui/model/arrangement.h"
#include "tui/model/inventory.h"
#include "tui/model/label.h"
#include "tui/widgets/field.h"
#include "tui/widgets/form.h"
#include "tui/widgets/list.h"

static void test_decimals(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int64_t milli;
    } cases[] = {
        {"0", true, 0},
        {"17", true, 17000},
        {"-3", true, -3000},
        {"0.125", true, 125},
        {"-0.5", true, -500},
        {"12.50", true, 12500},
        {"1000000000000", true, INT64_C(1000000000000000)},
        {"", false, 0},
        {"-", false, 0},
        {".5", false, 0},
        {"5.", false, 0},
        {"1.2345", false, 0},
        {"1e3", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.2.3", false, 0},
        {"0x10", false, 0},
        {"9223372036854775808", false, 0},
        {"922337203685477580700000000000", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t milli = 42;
        assert_int_equal(label_parse_decimal(cases[i].text, &milli), cases[i].good);
        assert_int_equal(milli, cases[i].good ? cases[i].milli : 42);
    }
}

static void test_cleaning(void **state)
{
    char text[8];
    (void)state;
    label_clean(text, sizeof(text), "a\x1b[2J", 5);
    assert_string_equal(text, "a?[2J");
    label_clean(text, sizeof(text), "a\0b", 3);
    assert_string_equal(text, "a?b");
    label_clean(text, sizeof(text), "abcdef\xc3\xa9", 8); /* no half characters */
    assert_string_equal(text, "abcdef");
    label_clean(text, sizeof(text), "\xff\xc3", 2);
    assert_string_equal(text, "??");
}

static void test_times(void **state)
{
    char text[32];
    (void)state;
    label_format_clock("2026-03-05T10:31:00.123456Z", text, sizeof(text));
    assert_int_equal(strlen(text), 5);
    label_format_clock("yesterday", text, sizeof(text));
    assert_string_equal(text, "");
    label_format_day("", text, sizeof(text));
    assert_string_equal(text, "");
}

static void check_answer(const char *line, bool good)
{
    struct answer answer;
    char reason[128];
    assert_int_equal(answer_parse(line, strlen(line), &answer, reason, sizeof(reason)), good);
    if (good) {
        answer_done(&answer);
    }
}

static void test_answers(void **state)
{
    struct answer answer;
    struct item_row row;
    char reason[128];
    static const char line[] =
        "{\"line\":3,\"tag\":\"7\",\"store\":\"S1\",\"sku\":\"A \\\"1.5\\\"\",\"quantity\":1234567.125,"
        "\"reorder_point\":-0.5,\"price\":\"2.49\",\"low\":true}";
    (void)state;
    assert_true(answer_parse(line, strlen(line), &answer, reason, sizeof(reason)));
    assert_int_equal(answer.request, 7);
    assert_false(answer.is_end);
    assert_true(answer_get_item(&answer, &row));
    assert_string_equal(row.sku, "A \"1.5\"");
    assert_int_equal(row.quantity_milli, 1234567125);
    assert_int_equal(row.reorder_milli, -500);
    assert_true(row.low);
    answer_done(&answer);
    check_answer("", false);
    check_answer("{}", true);
    check_answer("{\"ok\":true,\"after\":\"x\\u0007\"}", false);
    check_answer("{\"ok\":true,\"after\":5}", false);
    check_answer("{\"ok\":true,\"after\":null}", true);
    check_answer("{\"tag\":\"-1\"}", true);
    check_answer("{\"a\":\"\\\\\",\"b\":1.5,\"c\":\"\\\"2.5\"}", true);
}

static struct item_row make_row(const char *sku, int64_t quantity_milli)
{
    struct item_row row = {.quantity_milli = quantity_milli, .reorder_milli = 5000, .has_reorder = true};
    snprintf(row.sku, sizeof(row.sku), "%s", sku);
    row.low = quantity_milli <= row.reorder_milli;
    return row;
}

static void test_inventory(void **state)
{
    struct inventory *inventory = inventory_new(3);
    struct item_row a = make_row("A", 4000);
    struct item_row b = make_row("B", 9000);
    struct item_row c = make_row("C", 1000);
    struct item_row d = make_row("D", 1000);
    struct movement sold = {.sku = "B", .balance_milli = 2000};
    (void)state;
    inventory_begin_load(inventory);
    assert_true(inventory_put(inventory, &a, 1) && inventory_put(inventory, &b, 1) &&
                inventory_put(inventory, &c, 1));
    assert_false(inventory_put(inventory, &d, 1));
    assert_int_equal(inventory_count_low(inventory), 2);
    assert_true(inventory_apply(inventory, &sold, 2));
    assert_int_equal(inventory_count_low(inventory), 3);
    assert_true(inventory_put(inventory, &b, 2)); /* asked for before the push: older */
    assert_int_equal(inventory_find(inventory, "B")->quantity_milli, 2000);
    assert_true(inventory_put(inventory, &b, 3));
    assert_int_equal(inventory_find(inventory, "B")->quantity_milli, 9000);
    inventory_begin_load(inventory);
    assert_true(inventory_put(inventory, &c, 4));
    inventory_end_load(inventory, true);
    assert_int_equal(inventory_count(inventory), 1);
    assert_int_equal(inventory_count_low(inventory), 1);
    assert_null(inventory_find(inventory, "A"));
    assert_non_null(inventory_find(inventory, "C"));
    inventory_free(inventory);
}

static void test_many_items(void **state)
{
    struct inventory *inventory = inventory_new(INVENTORY_ITEMS_MAX);
    struct arrangement *arrangement = arrangement_new(inventory);
    (void)state;
    for (int i = INVENTORY_ITEMS_MAX; i > 0; i--) {
        char sku[16];
        snprintf(sku, sizeof(sku), "%06d", i);
        struct item_row row = make_row(sku, i * 1000);
        assert_true(inventory_put(inventory, &row, 1));
    }
    assert_true(inventory_is_full(inventory));
    arrangement_update(arrangement);
    assert_string_equal(arrangement_item(arrangement, 0)->sku, "000001");
    arrangement_set_filter(arrangement, "1999");
    arrangement_update(arrangement);
    assert_int_equal(arrangement_count(arrangement), 11 + 1);
    arrangement_free(arrangement);
    inventory_free(inventory);
}

static void test_list(void **state)
{
    struct list list = {0};
    (void)state;
    list_set_page(&list, 10);
    list_set_content(&list, 25, 0);
    assert_true(list_act(&list, ACTION_PAGE_DOWN));
    assert_int_equal(list.selected, 10);
    assert_int_equal(list.top, 10);
    assert_true(list_act(&list, ACTION_PAGE_DOWN));
    assert_int_equal(list.selected, 20);
    assert_int_equal(list.top, 15);
    assert_true(list_act(&list, ACTION_PAGE_DOWN));
    assert_int_equal(list.selected, 24);
    assert_true(list_act(&list, ACTION_FIRST));
    assert_int_equal(list.top, 0);
    list_set_content(&list, 0, 7);
    assert_int_equal(list.selected, 0);
    for (enum action action = ACTION_NONE; action <= ACTION_FINISH; action++) {
        list_act(&list, action);
        assert_int_equal(list.selected, 0);
    }
    assert_false(list_act(&list, ACTION_HELP));
}

static void test_field(void **state)
{
    struct field field = {0};
    (void)state;
    for (int i = 0; i < 500; i++) {
        field_key(&field, &(struct key_event){.key = 0x1f600}, ACTION_NONE);
    }
    assert_in_range(field.len, 1, FIELD_BYTES_MAX);
    field_key(&field, &(struct key_event){0}, ACTION_ERASE);
    assert_int_equal(field.len % 4, 0);
    field_key(&field, &(struct key_event){0}, ACTION_ERASE_ALL);
    assert_false(field_key(&field, &(struct key_event){.key = 0x1b, .pasted = true}, ACTION_NONE));
    assert_false(field_key(&field, &(struct key_event){.key = 0x202e}, ACTION_NONE));
    assert_false(field_key(&field, &(struct key_event){.key = TUI_KEY_UP}, ACTION_NONE));
    assert_true(field_key(&field, &(struct key_event){.key = 'b'}, ACTION_NONE));
    field_key(&field, &(struct key_event){0}, ACTION_START);
    assert_true(field_key(&field, &(struct key_event){.key = 'a'}, ACTION_NONE));
    assert_string_equal(field.text, "ab");
    assert_true(field_key(&field, &(struct key_event){0}, ACTION_ERASE_NEXT));
    assert_string_equal(field.text, "a");
}

/* What the lexer makes of a quoted word is the word. */
static void check_word(const char *word)
{
    struct buf line = {0};
    struct arena arena = {0};
    struct words words;
    struct err_info info;
    buf_append_text(&line, "a ");
    words_append(&line, word);
    buf_append_text(&line, " z");
    assert_int_equal(lexer_split(&arena, line.data, line.len, &words, &info), ERR_OK);
    assert_int_equal(words.count, 3);
    assert_string_equal(words.texts[1], word);
    assert_string_equal(words.texts[2], "z");
    arena_done(&arena);
    buf_done(&line);
}

static void test_words(void **state)
{
    static const char *const words[] = {
        "",
        "plain",
        "--name=x",
        "--store-name=My \"Store\"",
        "it's",
        "\\",
        "a\\",
        "\\\"",
        "\"",
        "#comment",
        "--x=#1",
        "@7",
        "$HOME `ls` ;|&",
        " ",
        "  two  ",
        "'quoted'",
        "\xe8\xb1\x86\xe8\x85\x90 x",
        "--",
        "--invite=--all",
        "=",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        check_word(words[i]);
    }
    for (int first = ' '; first < 0x7f; first++) { /* every pair of marks */
        for (int second = ' '; second < 0x7f; second++) {
            const char pair[] = {(char)first, (char)second, '\0'};
            check_word(pair);
        }
    }
}

static void type(struct form *form, const char *text)
{
    enum action action;
    for (; *text != '\0'; text++) {
        form_key(form, &(struct key_event){.key = (unsigned char)*text}, &action);
    }
}

static void test_form(void **state)
{
    static const struct form_field fields[] = {
        {"Name", "", "name", "preset", FIELD_SHOWN, true, false},
        {"Password", "", NULL, NULL, FIELD_STARS, true, false},
        {"Again", "", NULL, NULL, FIELD_STARS, true, true},
    };
    static const struct form_spec spec = {"x", fields, 3};
    struct form form = {0};
    char reason[80];
    enum action action = ACTION_NONE;
    (void)state;
    form_set_spec(&form, &spec);
    assert_string_equal(form.fields[0].text, "preset");
    assert_false(form_check(&form, reason, sizeof(reason)));
    assert_int_equal(form.focus, 1);
    type(&form, "secret one\tsecret two");
    assert_false(form_check(&form, reason, sizeof(reason)));
    assert_int_equal(form.focus, 2);
    type(&form, "\x15secret one");
    assert_true(form_check(&form, reason, sizeof(reason)));
    assert_int_equal(form_key(&form, &(struct key_event){.key = TUI_KEY_ENTER, .pasted = true}, &action),
                     FORM_DONE);
    assert_int_equal(form_key(&form, &(struct key_event){.key = TUI_KEY_ENTER}, &action), FORM_SEND);
    assert_int_equal(form_key(&form, &(struct key_event){.key = TUI_KEY_ESC}, &action), FORM_ACTION);
    assert_int_equal(action, ACTION_ABANDON);
    form_clear(&form);
    assert_string_equal(form.fields[0].text, "preset");
    for (size_t i = 0; i < sizeof(form.fields[1].text); i++) { /* nothing of it stays in memory */
        assert_int_equal(form.fields[1].text[i], 0);
    }
}

/* Every action can be reached in every scope that it names, by its first key. */
static void test_keymap(void **state)
{
    (void)state;
#define X(name, scope, legend, command, help, key1, key2, key3)                                              \
    for (unsigned bit = 1; bit <= SCOPE_LAST; bit <<= 1) {                                                   \
        if (((scope)&bit) != 0) {                                                                            \
            assert_int_equal(keymap_find_action(bit, key1), ACTION_##name);                                  \
        }                                                                                                    \
    }
    KEYMAP_LIST(X)
#undef X
    assert_int_equal(keymap_find_action(SCOPE_INVENTORY, TUI_KEY_NONE), ACTION_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimals), cmocka_unit_test(test_cleaning),  cmocka_unit_test(test_times),
        cmocka_unit_test(test_answers),  cmocka_unit_test(test_inventory), cmocka_unit_test(test_many_items),
        cmocka_unit_test(test_list),     cmocka_unit_test(test_field),     cmocka_unit_test(test_keymap),
        cmocka_unit_test(test_words),    cmocka_unit_test(test_form),
    };
    return cmocka_run_group_tests_name("screens.parts", tests, NULL, NULL);
}
