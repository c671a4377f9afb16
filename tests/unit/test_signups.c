/* Tests of server/core/signups, with a clock of their own: so many an hour from one address, what counts as
 * one address, and who is forgotten when too many come. */
#include "server/core/signups.h"

#include <sodium.h>
#include <stdio.h>

#include "tests/unit/unit.h"

enum { HOUR_MS = 3600 * 1000, PER_SOURCE = 3 };

static int setup(void **state)
{
    assert_true(sodium_init() >= 0);
    *state = signups_new(PER_SOURCE);
    return 0;
}

static int teardown(void **state)
{
    signups_free(*state);
    return 0;
}

static unsigned drain(struct signups *signups, const char *source, uint64_t now_ms,
                      uint64_t *ret_wait_seconds)
{
    unsigned taken = 0;

    while (signups_allow(signups, source, now_ms, ret_wait_seconds)) {
        taken++;
        assert_true(taken <= PER_SOURCE);
    }
    return taken;
}

static void test_so_many_an_hour(void **state)
{
    struct signups *signups = *state;
    uint64_t wait = 0;

    assert_true(signups_allow(signups, "192.0.2.1", 1000, &wait));
    assert_int_equal(drain(signups, "192.0.2.1", 1000 + HOUR_MS / 2, &wait), PER_SOURCE - 1);
    assert_int_equal(wait, HOUR_MS / 2 / 1000);
    assert_false(signups_allow(signups, "192.0.2.1", 1000 + HOUR_MS - 1, &wait));
    assert_int_equal(wait, 1);
    assert_int_equal(drain(signups, "192.0.2.1", 1000 + HOUR_MS, &wait), PER_SOURCE);
    assert_int_equal(wait, HOUR_MS / 1000);
}

static void test_what_is_one_source(void **state)
{
    struct signups *signups = *state;
    uint64_t wait = 0;

    assert_int_equal(drain(signups, "192.0.2.1", 0, &wait), PER_SOURCE);
    assert_int_equal(drain(signups, "::ffff:192.0.2.1", 0, &wait), 0);
    assert_int_equal(drain(signups, "192.0.2.2", 0, &wait), PER_SOURCE);
    assert_int_equal(drain(signups, "2001:db8:1:2::1", 0, &wait), PER_SOURCE);
    assert_int_equal(drain(signups, "2001:db8:1:2:ffff::9", 0, &wait), 0);
    assert_int_equal(drain(signups, "2001:db8:1:3::1", 0, &wait), PER_SOURCE);
    assert_int_equal(drain(signups, "fe80::1%eth0", 0, &wait), PER_SOURCE); /* no address: as it is written */
    assert_int_equal(drain(signups, "fe80::1%eth0", 0, &wait), 0);
    assert_int_equal(drain(signups, "", 0, &wait), PER_SOURCE);
}

static void test_bounded(void **state)
{
    struct signups *signups = *state;
    uint64_t wait = 0;
    char source[32];

    assert_int_equal(drain(signups, "192.0.2.1", 0, &wait), PER_SOURCE);
    for (unsigned i = 0; i < SIGNUPS_SOURCES_MAX - 1; i++) {
        snprintf(source, sizeof source, "10.0.%u.%u", i / 256, i % 256);
        assert_true(signups_allow(signups, source, 1000 + i, &wait));
    }
    assert_false(signups_allow(signups, "192.0.2.1", 10000, &wait)); /* all have room */
    assert_true(signups_allow(signups, "192.0.2.9", 10000, &wait));  /* the oldest makes room */
    assert_int_equal(drain(signups, "192.0.2.1", 10000, &wait), PER_SOURCE);
    assert_int_equal(drain(signups, "10.0.1.1", 10000, &wait),
                     PER_SOURCE - 1); /* the others are remembered */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_so_many_an_hour, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_one_source, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
    };

    return cmocka_run_group_tests_name("unit.signups", tests, NULL, NULL);
}
