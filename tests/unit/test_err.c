/* Tests of common/err: the codes of the contract, and messages that are fit to be shown. */
#include "common/err.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/text.h"
#include "tests/unit/unit.h"

/* The contract, written a second time on purpose. */
static const struct {
    enum err code;
    const char *text;
    int status;
    bool retryable;
} contract[] = {
    {ERR_OK, "ok", 0, false},
    {ERR_USAGE, "usage", 64, false},
    {ERR_UNKNOWN_COMMAND, "unknown-command", 64, false},
    {ERR_BAD_VALUE, "bad-value", 65, false},
    {ERR_UNKNOWN_PRODUCT, "unknown-product", 65, false},
    {ERR_UNKNOWN_STORE, "unknown-store", 65, false},
    {ERR_UNKNOWN_USER, "unknown-user", 65, false},
    {ERR_UNKNOWN_MOVEMENT, "unknown-movement", 65, false},
    {ERR_INSUFFICIENT_STOCK, "insufficient-stock", 1, false},
    {ERR_ALREADY_EXISTS, "already-exists", 1, false},
    {ERR_ALREADY_REVERSED, "already-reversed", 1, false},
    {ERR_REF_CONFLICT, "ref-conflict", 1, false},
    {ERR_RETIRED_PRODUCT, "retired-product", 1, false},
    {ERR_CLOSED_STORE, "closed-store", 1, false},
    {ERR_IN_USE, "in-use", 1, false}, /* product retire, store close */
    {ERR_UNSOUND, "unsound", 1, false}, /* verify: the contract names its exit status only */
    {ERR_NOT_PERMITTED, "not-permitted", 77, false},
    {ERR_THROTTLED, "throttled", 75, true},
    {ERR_BUSY, "busy", 75, true},
    {ERR_DATABASE_UNAVAILABLE, "database-unavailable", 69, true},
    {ERR_TOO_LONG, "too-long", 65, false},
    {ERR_BAD_ENCODING, "bad-encoding", 65, false},
    {ERR_INTERNAL, "internal", 70, false},
};

static void codes_are_those_of_the_contract(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(contract); i++) {
        assert_string_equal(err_text(contract[i].code), contract[i].text);
        assert_int_equal(err_exit_status(contract[i].code), contract[i].status);
        assert_int_equal(err_retryable(contract[i].code), contract[i].retryable);
    }
}

static void unknown_code_is_internal(void **state)
{
    (void)state;
    assert_string_equal(err_text((enum err)1000), "internal");
    assert_int_equal(err_exit_status((enum err)1000), 70);
    assert_false(err_retryable((enum err)1000));
}

static void set_returns_code_and_fills_info(void **state)
{
    struct err_info info = {ERR_OK, "old"};

    (void)state;
    assert_int_equal(err_set(&info, ERR_BAD_VALUE, "%s has %d of %s", "S001", 2, "A-1"), ERR_BAD_VALUE);
    assert_int_equal(info.code, ERR_BAD_VALUE);
    assert_string_equal(info.message, "S001 has 2 of A-1");
    assert_int_equal(err_set(NULL, ERR_BUSY, "%s", "nobody reads this"), ERR_BUSY);
}

static void message_is_cleaned(void **state)
{
    struct err_info info;

    (void)state;
    err_set(&info, ERR_BAD_VALUE, "%s",
            "a\x1b[31mb\nc\x7f"
            "d");
    assert_string_equal(info.message, "a?[31mb?c?d");
    err_set(&info, ERR_BAD_VALUE, "%s", "x\xff\xc0\xafy\xe2\x80\xaez\xe2\x80\x8bw");
    assert_string_equal(info.message, "x???y?z?w");
    err_set(&info, ERR_BAD_VALUE, "%s", "Käse 寿司");
    assert_string_equal(info.message, "Käse 寿司");
}

static void message_is_cut_between_characters(void **state)
{
    struct err_info info;
    char text[1000];
    size_t room = sizeof info.message - 1;

    (void)state;
    for (size_t lead = 0; lead < 4; lead++) {
        size_t len = 0;

        while (len < lead) {
            text[len++] = 'a';
        }
        while (len + 3 < sizeof text) {
            memcpy(text + len, "寿", 3);
            len += 3;
        }
        text[len] = '\0';
        err_set(&info, ERR_BAD_VALUE, "%s", text);
        len = strlen(info.message);
        assert_true(len <= room && len > room - 3);
        assert_true(text_is_utf8(info.message, len));
        assert_null(strchr(info.message, '?'));
        assert_memory_equal(info.message, text, len);
    }
}

static void very_long_message_is_cut(void **state)
{
    struct err_info info;
    char *text = malloc(100000);

    (void)state;
    memset(text, 'x', 99999);
    text[99999] = '\0';
    err_set(&info, ERR_TOO_LONG, "%s", text);
    assert_int_equal(strlen(info.message), sizeof info.message - 1);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_contract),   cmocka_unit_test(unknown_code_is_internal),
        cmocka_unit_test(set_returns_code_and_fills_info),   cmocka_unit_test(message_is_cleaned),
        cmocka_unit_test(message_is_cut_between_characters), cmocka_unit_test(very_long_message_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
