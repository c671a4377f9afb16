/* Tests of server/core/throttle, with a clock of their own: what a bucket gives, what is shared, what
 * reconnecting buys (nothing), what changing a limit does, and what is remembered for how long. */
#include "server/core/throttle.h"

#include "server/core/directory.h"
#include "tests/unit/unit.h"

static struct config config;

static int setup(void **state)
{
    config.throttle.staff = (struct config_rates){
        .read = {50, 100}, .write = {10, 20}, .scan = {3, 7}, .login = {2, 10}, .batch = {0, 0}};
    config.throttle.owner = (struct config_rates){.read = {100, 200}};
    *state = throttle_new(&config);
    return 0;
}

static int teardown(void **state)
{
    throttle_free(*state);
    return 0;
}

/* Take one by one until there is none; the number, and how long the next one takes. */
static unsigned drain(struct throttle_user *user, enum throttle_bucket bucket, uint64_t now_ms,
                      uint64_t *ret_wait_ms)
{
    unsigned taken = 0;

    while (throttle_take(user, bucket, 1, now_ms, ret_wait_ms)) {
        taken++;
        assert_true(taken < 1000000);
    }
    return taken;
}

static void begins_full_and_says_how_long_to_wait(void **state)
{
    struct throttle_user *user = throttle_enter(*state, 1, ROLE_STAFF, NULL);
    uint64_t wait_ms = 0;

    assert_int_equal(throttle_available(user, THROTTLE_WRITE, 1000), 20);
    assert_int_equal(drain(user, THROTTLE_WRITE, 1000, &wait_ms), 20);
    assert_int_equal(wait_ms, 100);
    assert_false(throttle_take(user, THROTTLE_WRITE, 1, 1099, &wait_ms));
    assert_int_equal(wait_ms, 1);
    assert_true(throttle_take(user, THROTTLE_WRITE, 1, 1100, &wait_ms));
    assert_false(throttle_take(user, THROTTLE_WRITE, 1, 1100, &wait_ms));
    assert_int_equal(throttle_available(user, THROTTLE_READ, 1100), 100); /* the classes are apart */
    throttle_leave(user, 1100);
}

/* Asking often must not bring more or less than asking seldom. */
static void does_not_drift(void **state)
{
    struct throttle_user *user = throttle_enter(*state, 1, ROLE_STAFF, NULL);
    uint64_t wait_ms = 0;
    unsigned taken = 0;

    drain(user, THROTTLE_SCAN, 5000, &wait_ms);
    for (uint64_t now_ms = 5000; now_ms <= 1005000; now_ms++) { /* 1,000 s at 3 a second */
        taken += throttle_take(user, THROTTLE_SCAN, 1, now_ms, &wait_ms);
    }
    assert_int_equal(taken, 3000);
    throttle_leave(user, 1005000);
}

static void a_wait_is_exactly_long_enough(void **state)
{
    struct throttle_user *user = throttle_enter(*state, 1, ROLE_STAFF, NULL);
    uint64_t now_ms = 77;
    uint64_t wait_ms = 0;

    drain(user, THROTTLE_SCAN, now_ms, &wait_ms);
    for (unsigned count = 1; count <= 7; count++) {
        uint64_t unused;

        assert_false(throttle_take(user, THROTTLE_SCAN, count, now_ms, &wait_ms));
        assert_false(throttle_take(user, THROTTLE_SCAN, count, now_ms + wait_ms - 1, &unused));
        now_ms += wait_ms;
        assert_true(throttle_take(user, THROTTLE_SCAN, count, now_ms, &unused));
    }
    throttle_leave(user, now_ms);
}

static void more_than_the_burst_waits_for_the_burst(void **state)
{
    struct throttle_user *user = throttle_enter(*state, 1, ROLE_STAFF, NULL);
    uint64_t wait_ms = 0;

    assert_true(throttle_take(user, THROTTLE_SCAN, 100, 1, &wait_ms));
    assert_int_equal(throttle_available(user, THROTTLE_SCAN, 1), 0);
    assert_false(throttle_take(user, THROTTLE_SCAN, 100, 1, &wait_ms));
    assert_int_equal(wait_ms, 2334); /* 7 at 3 a second */
    throttle_leave(user, 1);
}

static void nothing_is_gathered_beyond_the_burst(void **state)
{
    struct throttle_user *user = throttle_enter(*state, 1, ROLE_STAFF, NULL);
    uint64_t wait_ms;

    drain(user, THROTTLE_WRITE, 0, &wait_ms);
    assert_int_equal(throttle_available(user, THROTTLE_WRITE, UINT64_MAX / 2), 20);
    assert_int_equal(drain(user, THROTTLE_WRITE, UINT64_MAX / 2, &wait_ms), 20);
    assert_int_equal(throttle_available(user, THROTTLE_WRITE, 12), 0); /* nor by a clock that goes back */
    throttle_leave(user, UINT64_MAX / 2);
}

static void no_limit_is_no_limit(void **state)
{
    struct throttle_user *user = throttle_enter(*state, 1, ROLE_STAFF, NULL);
    uint64_t wait_ms;

    assert_int_equal(throttle_available(user, THROTTLE_BATCH, 0), UINT32_MAX);
    for (unsigned i = 0; i < 1000; i++) {
        assert_true(throttle_take(user, THROTTLE_BATCH, 1000000, 0, &wait_ms));
    }
    assert_int_equal(throttle_rate(user, THROTTLE_BATCH).per_second, 0);
    throttle_leave(user, 0);
    assert_int_equal(throttle_count(*state), 0);
}

static void sessions_of_a_user_share_and_reconnecting_buys_nothing(void **state)
{
    struct throttle *throttle = *state;
    struct throttle_user *one = throttle_enter(throttle, 7, ROLE_STAFF, NULL);
    struct throttle_user *two = throttle_enter(throttle, 7, ROLE_STAFF, NULL);
    struct throttle_user *other = throttle_enter(throttle, 8, ROLE_STAFF, NULL);
    uint64_t wait_ms;

    assert_ptr_equal(one, two);
    assert_ptr_equal(throttle_join(one), one);
    drain(one, THROTTLE_WRITE, 1000, &wait_ms);
    assert_false(throttle_take(two, THROTTLE_WRITE, 1, 1000, &wait_ms));
    assert_true(throttle_take(other, THROTTLE_WRITE, 1, 1000, &wait_ms));
    throttle_leave(one, 1000);
    throttle_leave(two, 1000);
    throttle_leave(one, 1000);
    one = throttle_enter(throttle, 7, ROLE_STAFF, NULL);
    assert_false(throttle_take(one, THROTTLE_WRITE, 1, 1000, &wait_ms));
    assert_int_equal(throttle_available(one, THROTTLE_WRITE, 1500), 5);
    throttle_leave(one, 1500);
    throttle_leave(other, 1500);
}

static void is_forgotten_when_full_and_unused(void **state)
{
    struct throttle *throttle = *state;
    uint64_t wait_ms;

    for (int32_t id = 1; id <= 1000; id++) { /* each takes all, and goes */
        struct throttle_user *user = throttle_enter(throttle, id, ROLE_STAFF, NULL);

        drain(user, THROTTLE_WRITE, 1000, &wait_ms);
        throttle_leave(user, 1000);
    }
    assert_int_equal(throttle_count(throttle), 1000);
    assert_non_null(throttle_find(throttle, 1000));
    for (int32_t id = 2001; id <= 2400; id++) { /* two seconds later everybody is full again */
        struct throttle_user *user = throttle_enter(throttle, id, ROLE_STAFF, NULL);

        throttle_leave(user, 3000);
    }
    assert_int_equal(throttle_count(throttle), 0);
    assert_null(throttle_find(throttle, 1000));
}

static void one_that_came_back_is_not_forgotten(void **state)
{
    struct throttle *throttle = *state;
    struct throttle_user *user = throttle_enter(throttle, 1, ROLE_STAFF, NULL);
    uint64_t wait_ms;

    drain(user, THROTTLE_WRITE, 0, &wait_ms);
    throttle_leave(user, 0);
    user = throttle_enter(throttle, 1, ROLE_STAFF, NULL);
    for (int32_t id = 2; id < 50; id++) {
        throttle_leave(throttle_enter(throttle, id, ROLE_STAFF, NULL), 1000000);
    }
    assert_ptr_equal(throttle_find(throttle, 1), user);
    throttle_leave(user, 1000000);
    assert_int_equal(throttle_count(throttle), 0);
}

static void limits_of_the_user_come_before_the_roles(void **state)
{
    struct throttle *throttle = *state;
    struct directory_user own = {.user_id = 3, .role = ROLE_STAFF};
    uint64_t wait_ms;

    own.has_limit[THROTTLE_WRITE] = true;
    own.limits[THROTTLE_WRITE] = (struct config_rate){1, 3};
    own.has_limit[THROTTLE_READ] = true; /* none at all */

    struct throttle_user *user = throttle_enter(throttle, 3, ROLE_STAFF, &own);
    assert_int_equal(drain(user, THROTTLE_WRITE, 1000, &wait_ms), 3);
    assert_int_equal(throttle_available(user, THROTTLE_READ, 1000), UINT32_MAX);
    assert_int_equal(throttle_available(user, THROTTLE_SCAN, 1000), 7);

    /* One more session while the directory knows nothing: what was known stays. */
    assert_ptr_equal(throttle_enter(throttle, 3, ROLE_STAFF, NULL), user);
    assert_int_equal(throttle_rate(user, THROTTLE_WRITE).burst, 3);
    throttle_leave(user, 1000);
    throttle_leave(user, 1000);
}

static void a_changed_limit_takes_and_gives_nothing_at_once(void **state)
{
    struct throttle *throttle = *state;
    struct throttle_user *user = throttle_enter(throttle, 3, ROLE_STAFF, NULL);
    struct directory_user changed = {.user_id = 3, .role = ROLE_STAFF};
    uint64_t wait_ms;

    assert_true(throttle_take(user, THROTTLE_WRITE, 20, 1000, &wait_ms));
    changed.has_limit[THROTTLE_WRITE] = true;
    changed.limits[THROTTLE_WRITE] = (struct config_rate){1000, 2000};
    throttle_change(throttle, &changed, 1500); /* until here at the old rate: 5 */
    assert_int_equal(throttle_available(user, THROTTLE_WRITE, 1500), 5);
    assert_int_equal(throttle_available(user, THROTTLE_WRITE, 1600), 105);
    changed.limits[THROTTLE_WRITE] = (struct config_rate){1, 2};
    throttle_change(throttle, &changed, 1600);
    assert_int_equal(throttle_available(user, THROTTLE_WRITE, 1600), 2);
    changed.limits[THROTTLE_WRITE] = (struct config_rate){1, 0}; /* as the database may say: one at a time */
    throttle_change(throttle, &changed, 1600);
    assert_int_equal(drain(user, THROTTLE_WRITE, 1600, &wait_ms), 1);
    assert_int_equal(wait_ms, 1000);

    changed.role = ROLE_OWNER; /* and its own limits are gone: write has none there */
    changed.has_limit[THROTTLE_WRITE] = false;
    throttle_change(throttle, &changed, 1700);
    assert_int_equal(throttle_available(user, THROTTLE_WRITE, 1700), UINT32_MAX);
    assert_int_equal(throttle_rate(user, THROTTLE_READ).burst, 200);
    assert_int_equal(throttle_available(user, THROTTLE_READ, 1700), 100); /* what it had, not what it may */

    changed.user_id = 4; /* one who is not here */
    throttle_change(throttle, &changed, 1700);
    assert_int_equal(throttle_count(throttle), 1);
    throttle_leave(user, 1700);
}

static void signups_share_nothing(void **state)
{
    struct throttle *throttle = *state;
    struct throttle_user *one = throttle_enter(throttle, 0, ROLE_SIGNUP, NULL);
    struct throttle_user *two = throttle_enter(throttle, 0, ROLE_SIGNUP, NULL);
    uint64_t wait_ms;

    assert_ptr_not_equal(one, two);
    assert_in_range(drain(one, THROTTLE_LOGIN, 1000, &wait_ms), 1, 10);
    assert_true(throttle_take(two, THROTTLE_LOGIN, 1, 1000, &wait_ms));
    assert_int_equal(throttle_count(throttle), 0);
    assert_null(throttle_find(throttle, 0));
    throttle_leave(one, 1000);
    throttle_leave(two, 1000);
    throttle_leave(NULL, 1000);
}

static void words_and_buckets(void **state)
{
    enum throttle_bucket bucket = THROTTLE_READ;

    (void)state;
    for (unsigned i = 0; i < THROTTLE_BUCKETS; i++) {
        assert_true(throttle_parse_bucket(throttle_bucket_text((enum throttle_bucket)i), &bucket));
        assert_int_equal(bucket, i);
    }
    assert_false(throttle_parse_bucket("", &bucket));
    assert_false(throttle_parse_bucket("Read", &bucket));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(begins_full_and_says_how_long_to_wait),
        TEST(does_not_drift),
        TEST(a_wait_is_exactly_long_enough),
        TEST(more_than_the_burst_waits_for_the_burst),
        TEST(nothing_is_gathered_beyond_the_burst),
        TEST(no_limit_is_no_limit),
        TEST(sessions_of_a_user_share_and_reconnecting_buys_nothing),
        TEST(is_forgotten_when_full_and_unused),
        TEST(one_that_came_back_is_not_forgotten),
        TEST(limits_of_the_user_come_before_the_roles),
        TEST(a_changed_limit_takes_and_gives_nothing_at_once),
        TEST(signups_share_nothing),
        TEST(words_and_buckets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
