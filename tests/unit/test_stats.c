/* Tests of server/core/stats: bounds of buckets, percentiles, and that no count is lost between threads. */
#include "server/core/stats.h"

#include <pthread.h>

#include "tests/unit/unit.h"

enum { THREADS = 4, ROUNDS = 20000 };

/* The bucket that one more measurement fell into. */
static unsigned bucket_for(uint64_t microseconds)
{
    struct stats_times before;
    struct stats_times after;

    stats_read_times(STATS_TIME_scan, &before);
    stats_time(STATS_TIME_scan, microseconds);
    stats_read_times(STATS_TIME_scan, &after);
    assert_int_equal(after.count, before.count + 1);
    assert_int_equal(after.sum_us, before.sum_us + microseconds);
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        if (after.buckets[i] != before.buckets[i]) {
            return i;
        }
    }
    fail();
    return 0;
}

static void every_time_is_in_the_bucket_that_bounds_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i + 1 < STATS_BUCKETS; i++) {
        uint64_t most_us = stats_bucket_most_us(i);

        assert_int_equal(bucket_for(most_us), i);
        assert_int_equal(bucket_for(most_us + 1), i + 1);
        assert_true(stats_bucket_most_us(i + 1) > most_us);
        /* A bucket is never wider than a quarter of where it begins, beyond the first few. */
        assert_true(i < 4 || i + 2 >= STATS_BUCKETS ||
                    stats_bucket_most_us(i + 1) - most_us <= most_us / 4 + 1);
    }
    assert_int_equal(bucket_for(0), 0);
    assert_int_equal(stats_bucket_most_us(STATS_BUCKETS - 2), UINT64_C(1) << 27);
    assert_int_equal(bucket_for(UINT32_MAX), STATS_BUCKETS - 1);
}

static void percentiles_are_bounds_of_buckets(void **state)
{
    struct stats_times times;

    (void)state;
    stats_read_times(STATS_TIME_commit, &times);
    assert_int_equal(stats_percentile_us(&times, 99), 0);
    for (unsigned i = 0; i < 98; i++) {
        stats_time(STATS_TIME_commit, 64);
    }
    stats_time(STATS_TIME_commit, 1000);
    stats_time(STATS_TIME_commit, 5000);
    stats_read_times(STATS_TIME_commit, &times);
    assert_int_equal(times.count, 100);
    assert_int_equal(times.max_us, 5000);
    assert_int_equal(times.sum_us, 98 * 64 + 6000);
    assert_int_equal(stats_percentile_us(&times, 50), 64);
    assert_int_equal(stats_percentile_us(&times, 98), 64);
    assert_int_equal(stats_percentile_us(&times, 99), 1024);
    assert_int_equal(stats_percentile_us(&times, 100), 5000); /* not its bucket's 5120 */
}

static void one_measurement_is_every_percentile(void **state)
{
    struct stats_times times;

    (void)state;
    stats_time(STATS_TIME_authentication, 100);
    stats_read_times(STATS_TIME_authentication, &times);
    for (unsigned percent = 1; percent <= 100; percent++) {
        assert_int_equal(stats_percentile_us(&times, percent), 100);
    }
}

static void *count_much(void *argument)
{
    (void)argument;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        stats_add(STATS_movements_posted, 2);
        stats_time(STATS_TIME_read, i);
    }
    return NULL;
}

static void threads_lose_no_count(void **state)
{
    pthread_t threads[THREADS];
    struct stats_times times;

    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_much, NULL), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(stats_count(STATS_movements_posted), 2 * THREADS * ROUNDS);
    assert_int_equal(stats_count(STATS_logins), 0);
    stats_read_times(STATS_TIME_read, &times);
    assert_int_equal(times.count, THREADS * ROUNDS);
    assert_int_equal(times.max_us, ROUNDS - 1);
}

static void front_is_unknown_until_it_speaks(void **state)
{
    uint64_t values[WIRE_STAT_COUNT];
    uint64_t heard_ms;

    (void)state;
    assert_false(stats_front(values, &heard_ms));
    for (unsigned i = 0; i < WIRE_STAT_COUNT; i++) {
        values[i] = i + 7;
    }
    stats_set_front(values, 1234);
    memset(values, 0, sizeof values);
    assert_true(stats_front(values, &heard_ms));
    assert_int_equal(heard_ms, 1234);
    assert_int_equal(values[WIRE_STAT_COUNT - 1], WIRE_STAT_COUNT + 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_time_is_in_the_bucket_that_bounds_it),
        cmocka_unit_test(percentiles_are_bounds_of_buckets),
        cmocka_unit_test(one_measurement_is_every_percentile),
        cmocka_unit_test(threads_lose_no_count),
        cmocka_unit_test(front_is_unknown_until_it_speaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
