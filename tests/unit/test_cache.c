/* Tests of server/core/cache: what is kept and served, what commits and announcements do to it, that nothing
 * older follows what is newer, and that memory stays within its bound. */
#include "server/core/cache.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/core/stats.h"
#include "tests/unit/unit.h"

enum { KEPT_MS = 5000, NOW_MS = 1000000 };

#define BYTES_MAX   (1024 * 1024)
#define HOUR_MICROS INT64_C(3600000000)

static int setup(void **state)
{
    struct cache *cache;

    assert_true(sodium_init() >= 0);
    cache = cache_new(BYTES_MAX, KEPT_MS);
    cache_open(cache);
    *state = cache;
    return 0;
}

static int teardown(void **state)
{
    cache_free(*state);
    return 0;
}

/* What the database said of a product at a version. */
static void put(struct cache *cache, uint64_t epoch, const char *store, int32_t product_id, const char *code,
                int64_t version, int64_t quantity_milli)
{
    const struct cell cells[] = {{.value = store}, {.value = code}, {.value = NULL, .shown = "shown"}};
    const struct cache_stock stock = {.store = store,
                                      .product_id = product_id,
                                      .version = version,
                                      .quantity_milli = quantity_milli,
                                      .offset_from_micros = 0,
                                      .offset_to_micros = HOUR_MICROS,
                                      .cells = cells,
                                      .cell_count = COUNT_OF(cells)};

    cache_put(cache, epoch, &stock, code, NOW_MS);
}

static void put_now(struct cache *cache, const char *store, int32_t product_id, const char *code,
                    int64_t version, int64_t quantity_milli)
{
    put(cache, cache_epoch(cache), store, product_id, code, version, quantity_milli);
}

static void assert_serves(struct cache *cache, const char *store, const char *code, int64_t quantity_milli)
{
    const struct cache_stock *stock = cache_find(cache, store, code, NOW_MS);

    assert_non_null(stock);
    assert_int_equal(stock->quantity_milli, quantity_milli);
}

static void assert_asks(struct cache *cache, const char *store, const char *code)
{
    assert_null(cache_find(cache, store, code, NOW_MS));
}

/* This server commits one balance. */
static void commit(struct cache *cache, const char *store, int64_t before_seq, int64_t last_seq,
                   int32_t product_id, int64_t quantity_milli)
{
    struct news *news = news_new(store, 1);

    news->before_seq = before_seq;
    news->last_seq = last_seq;
    news->recorded_micros = HOUR_MICROS / 2;
    news->balances[news->balance_count++] = (struct news_balance){product_id, quantity_milli};
    cache_take_news(cache, news, NOW_MS);
    free(news);
}

static void test_serves_what_was_put(void **state)
{
    struct cache *cache = *state;
    char store[] = "S001";
    char code[] = "A-1";

    assert_asks(cache, "S001", "A-1");
    put_now(cache, store, 7, code, 100, 5000);
    memset(store, 'x', 4); /* it was copied */
    memset(code, 'x', 3);
    const struct cache_stock *stock = cache_find(cache, "S001", "A-1", NOW_MS);
    assert_non_null(stock);
    assert_int_equal(stock->quantity_milli, 5000);
    assert_string_equal(stock->store, "S001");
    assert_int_equal(stock->cell_count, 3);
    assert_string_equal(stock->cells[1].value, "A-1");
    assert_null(stock->cells[2].value);
    assert_string_equal(stock->cells[2].shown, "shown");
    assert_false(stock->is_changed);
    assert_asks(cache, "S002", "A-1");
    assert_asks(cache, "S001", "A-2");
    assert_int_equal(cache_count(cache), 1);
}

static void test_one_entry_has_many_names(void **state)
{
    struct cache *cache = *state;

    put_now(cache, "S001", 7, "A-1", 100, 5000);
    put_now(cache, "S001", 7, "4006381333931", 101, 4000);
    assert_int_equal(cache_count(cache), 1);
    assert_serves(cache, "S001", "A-1", 4000);
    assert_serves(cache, "S001", "4006381333931", 4000);
    commit(cache, "S001", 101, 102, 7, 3000);
    assert_serves(cache, "S001", "A-1", 3000);
    assert_serves(cache, "S001", "4006381333931", 3000);
    for (int i = 0; i < 500; i++) {
        char code[32];
        snprintf(code, sizeof code, "B-%d", i);
        put_now(cache, "S001", 7, code, 102, 3000);
        assert_serves(cache, "S001", code, 3000);
    }
    assert_int_equal(cache_count(cache), 1);
    assert_true(cache_bytes(cache) < 64 * 1024);
}

static void test_own_commits_write_through(void **state)
{
    struct cache *cache = *state;

    put_now(cache, "S001", 7, "A-1", 100, 5000);
    put_now(cache, "S001", 8, "A-2", 100, 9000);
    put_now(cache, "S002", 7, "A-1", 50, 1000);
    commit(cache, "S001", 100, 102, 7, 3000);
    const struct cache_stock *stock = cache_find(cache, "S001", "A-1", NOW_MS);
    assert_non_null(stock);
    assert_int_equal(stock->quantity_milli, 3000);
    assert_int_equal(stock->version, 102);
    assert_true(stock->is_changed);
    assert_int_equal(stock->changed_micros, HOUR_MICROS / 2);
    assert_serves(cache, "S001", "A-2", 9000);
    assert_serves(cache, "S002", "A-1", 1000);
}

static void test_a_commit_beyond_the_known_local_time_is_asked(void **state)
{
    struct cache *cache = *state;
    struct news *news = news_new("S001", 1);

    put_now(cache, "S001", 7, "A-1", 100, 5000);
    news->before_seq = 100;
    news->last_seq = 101;
    news->recorded_micros = HOUR_MICROS;
    news->balances[news->balance_count++] = (struct news_balance){7, 1000};
    cache_take_news(cache, news, NOW_MS);
    free(news);
    assert_asks(cache, "S001", "A-1");
}

static void test_others_commits_void_their_store(void **state)
{
    struct cache *cache = *state;

    put_now(cache, "S001", 7, "A-1", 100, 5000);
    put_now(cache, "S002", 7, "A-1", 50, 1000);
    cache_take_announcement(cache, "S001", 101);
    assert_asks(cache, "S001", "A-1");
    assert_serves(cache, "S002", "A-1", 1000);
    put_now(cache, "S001", 7, "A-1", 101, 4000);
    assert_serves(cache, "S001", "A-1", 4000);
    cache_take_announcement(cache, "S001", 101); /* told late, and known */
    assert_serves(cache, "S001", "A-1", 4000);
}

/* A commit of this server that follows one which was not announced yet tells of it. */
static void test_a_gap_before_an_own_commit_voids(void **state)
{
    struct cache *cache = *state;

    put_now(cache, "S001", 7, "A-1", 100, 5000);
    put_now(cache, "S001", 8, "A-2", 100, 9000);
    commit(cache, "S001", 101, 102, 7, 3000); /* somebody else's was 101 */
    assert_asks(cache, "S001", "A-2");
    assert_serves(cache, "S001", "A-1", 3000); /* what the writer knows is the balance itself */
    cache_take_announcement(cache, "S001", 101);
    assert_serves(cache, "S001", "A-1", 3000);
}

static void test_late_answers_are_not_kept(void **state)
{
    struct cache *cache = *state;

    /* Of a commit that nothing was kept of. */
    commit(cache, "S001", 100, 101, 7, 3000);
    put_now(cache, "S001", 7, "A-1", 100, 5000);
    assert_asks(cache, "S001", "A-1");
    put_now(cache, "S001", 7, "A-1", 101, 3000);
    assert_serves(cache, "S001", "A-1", 3000);
    /* Of an announcement. */
    cache_take_announcement(cache, "S009", 10);
    put_now(cache, "S009", 7, "A-1", 9, 5000);
    assert_asks(cache, "S009", "A-1");
    /* Of two answers, in the wrong order. */
    put_now(cache, "S001", 7, "A-1", 110, 1000);
    put_now(cache, "S001", 7, "A-1", 105, 2000);
    assert_serves(cache, "S001", "A-1", 1000);
    /* And of a commit that is told after an answer has shown it. */
    commit(cache, "S001", 101, 105, 7, 2000);
    assert_serves(cache, "S001", "A-1", 1000);
}

static void test_nothing_is_served_while_closed(void **state)
{
    struct cache *cache = *state;
    uint64_t before = cache_epoch(cache);

    put_now(cache, "S001", 7, "A-1", 100, 5000);
    cache_close(cache);
    assert_int_equal(cache_epoch(cache), 0);
    assert_int_equal(cache_count(cache), 0);
    put(cache, before, "S001", 7, "A-1", 100, 5000);
    put(cache, 0, "S001", 7, "A-1", 100, 5000);
    assert_asks(cache, "S001", "A-1");
    cache_open(cache);
    put(cache, before, "S001", 7, "A-1", 100, 5000); /* asked before, and heard nothing in between */
    put(cache, 0, "S001", 7, "A-1", 100, 5000);
    assert_asks(cache, "S001", "A-1");
    put_now(cache, "S001", 7, "A-1", 100, 5000);
    assert_serves(cache, "S001", "A-1", 5000);
}

static void test_forgets_and_what_was_asked_before(void **state)
{
    struct cache *cache = *state;
    uint64_t before = cache_epoch(cache);

    put_now(cache, "S001", 7, "A-1", 100, 5000);
    cache_forget(cache);
    assert_int_equal(cache_count(cache), 0);
    assert_int_equal(cache_bytes(cache), 0);
    put(cache, before, "S001", 7, "A-1", 100, 5000);
    assert_asks(cache, "S001", "A-1");
    /* A commit that is in doubt is one. */
    put_now(cache, "S001", 7, "A-1", 100, 5000);
    commit(cache, "S001", 100, 0, 7, 3000);
    assert_asks(cache, "S001", "A-1");
}

static void test_is_confirmed_from_time_to_time(void **state)
{
    struct cache *cache = *state;

    put_now(cache, "S001", 7, "A-1", 100, 5000);
    assert_non_null(cache_find(cache, "S001", "A-1", NOW_MS + KEPT_MS));
    assert_null(cache_find(cache, "S001", "A-1", NOW_MS + KEPT_MS + 1));
}

static void test_a_code_may_change_its_product(void **state)
{
    struct cache *cache = *state;

    put_now(cache, "S001", 7, "A-1", 100, 5000);
    put_now(cache, "S001", 8, "A-1", 100, 9000);
    assert_serves(cache, "S001", "A-1", 9000);
    commit(cache, "S001", 100, 101, 7, 1000);
    assert_serves(cache, "S001", "A-1", 9000);
}

static void test_memory_is_bounded(void **state)
{
    struct cache *cache = *state;
    uint64_t evictions = stats_count(STATS_cache_evictions);
    char code[32];

    for (int32_t i = 0; i < 20000; i++) {
        snprintf(code, sizeof code, "A-%d", i);
        put_now(cache, "S001", i, code, 100, i);
        assert_true(cache_bytes(cache) <= BYTES_MAX);
        assert_serves(cache, "S001", "A-0", 0); /* used again and again, it stays */
    }
    assert_serves(cache, "S001", code, 19999);
    assert_asks(cache, "S001", "A-1");
    assert_int_equal(stats_count(STATS_cache_evictions) - evictions, 20000 - cache_count(cache));
    /* Announcements of stores that nobody knows do not fill it either. */
    for (int i = 0; i < 200000; i++) {
        snprintf(code, sizeof code, "S%d", i);
        cache_take_announcement(cache, code, 1);
    }
    put_now(cache, "S001", 7, "A-1", 100, 5000);
    assert_serves(cache, "S001", "A-1", 5000);
}

static void test_off_keeps_nothing(void **state)
{
    struct cache *cache = cache_new(0, KEPT_MS);
    uint64_t misses = stats_count(STATS_cache_misses);

    (void)state;
    cache_open(cache);
    assert_int_equal(cache_epoch(cache), 0);
    put(cache, 1, "S001", 7, "A-1", 100, 5000);
    assert_asks(cache, "S001", "A-1");
    commit(cache, "S001", 100, 101, 7, 1000);
    assert_int_equal(cache_count(cache), 0);
    assert_int_equal(stats_count(STATS_cache_misses), misses);
    cache_free(cache);
}

/* Everything at once, against a model: one product, commits of this server and of others with their
 * announcements late, answers late and out of order. What is served never goes back, and never is older than
 * what has been announced. */
static void test_random_histories(void **state)
{
    enum { STEPS = 200000, LATE = 8 };
    struct cache *cache = *state;
    int64_t seq = 0;  /* the quantity is the seq of its last change: every commit changes it */
    int64_t told = 0; /* news and announcements have been given up to here */
    int64_t served = 0;
    uint64_t hits = 0;
    struct {
        int64_t before, last;
        bool is_own;
    } waiting[LATE];
    struct {
        uint64_t epoch;
        int64_t version;
    } reads[LATE];
    unsigned waiting_count = 0, read_count = 0;

    for (unsigned step = 0; step < STEPS; step++) {
        switch (randombytes_uniform(8)) {
        case 0:
            if (waiting_count < LATE) {
                bool is_own = randombytes_uniform(2) == 0;
                waiting[waiting_count].before = seq;
                seq += 1 + randombytes_uniform(3);
                waiting[waiting_count].last = seq;
                waiting[waiting_count++].is_own = is_own;
            }
            break;
        case 1: /* own and others' news each come in order, but not of one another */
        case 2:
            for (unsigned i = 0, skip = randombytes_uniform(2); i < waiting_count; i++) {
                if (waiting[i].is_own != (skip == 1)) {
                    continue;
                }
                if (waiting[i].is_own) {
                    commit(cache, "S001", waiting[i].before, waiting[i].last, 7, waiting[i].last);
                } else {
                    cache_take_announcement(cache, "S001", waiting[i].last);
                }
                told = waiting[i].last > told ? waiting[i].last : told;
                memmove(waiting + i, waiting + i + 1, (--waiting_count - i) * sizeof *waiting);
                break;
            }
            break;
        case 3:
        case 4:
            if (read_count < LATE) {
                reads[read_count].epoch = cache_epoch(cache);
                reads[read_count++].version = seq;
            }
            break;
        case 5:
            if (read_count > 0) {
                unsigned i = randombytes_uniform(read_count);
                put(cache, reads[i].epoch, "S001", 7, "A-1", reads[i].version, reads[i].version);
                reads[i] = reads[--read_count];
            }
            break;
        default:
            if (randombytes_uniform(1000) == 0) {
                cache_forget(cache);
            }
            const struct cache_stock *stock = cache_find(cache, "S001", "A-1", NOW_MS);
            if (stock) {
                assert_true(stock->quantity_milli >= served);
                assert_true(stock->quantity_milli >= told);
                assert_true(stock->quantity_milli <= seq);
                served = stock->quantity_milli;
                hits++;
            }
        }
    }
    assert_true(hits > STEPS / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_serves_what_was_put, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_entry_has_many_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_commits_write_through, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_commit_beyond_the_known_local_time_is_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_others_commits_void_their_store, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_gap_before_an_own_commit_voids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_late_answers_are_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_served_while_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forgets_and_what_was_asked_before, setup, teardown),
        cmocka_unit_test_setup_teardown(test_is_confirmed_from_time_to_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_code_may_change_its_product, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_off_keeps_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_histories, setup, teardown),
    };

    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
