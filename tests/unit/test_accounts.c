/* Tests of server/core/accounts: what wrong passwords cost an account, whom they do not, and what makes room.
 */
#include "server/core/accounts.h"

#include <sodium.h>
#include <stdio.h>

#include "tests/unit/unit.h"

enum { FREE = 3, FIRST_SECONDS = 10, MOST_SECONDS = 100 };

#define SECOND UINT64_C(1000)

static struct accounts *make(unsigned most)
{
    struct config config = {0};

    config.penalties.account_failures = FREE;
    config.penalties.account_seconds = FIRST_SECONDS;
    config.penalties.account_most_seconds = MOST_SECONDS;
    config.penalties.accounts = most;
    return accounts_new(&config);
}

static enum accounts_answer begin(struct accounts *accounts, const char *user, const char *source,
                                  uint64_t now_ms, struct accounts_try *ret_try, unsigned *ret_seconds)
{
    *ret_seconds = 0;
    return accounts_begin(accounts, user, strlen(user), source, now_ms, ret_try, ret_seconds);
}

/* One password checked from begin to end. Returns the seconds of a refusal, 0 when it was looked at. */
static unsigned try_one(struct accounts *accounts, const char *user, const char *source, uint64_t now_ms,
                        enum accounts_outcome outcome)
{
    struct accounts_try attempt;
    unsigned seconds;
    enum accounts_answer answer = begin(accounts, user, source, now_ms, &attempt, &seconds);

    assert_int_not_equal(answer, ACCOUNTS_WAIT);
    assert_int_equal(answer == ACCOUNTS_REFUSED, seconds > 0);
    accounts_end(accounts, &attempt, outcome, now_ms);
    return seconds;
}

static unsigned wrong(struct accounts *accounts, const char *user, uint64_t now_ms)
{
    return try_one(accounts, user, "192.0.2.1", now_ms, ACCOUNTS_WRONG);
}

/* Each penalty is sat out before the next wrong one. */
static void test_costs(void **state)
{
    static const unsigned costs[] = {10, 20, 40, 80, 100, 100, 100};
    struct accounts *accounts = make(100);
    uint64_t now_ms = 5 * SECOND;

    (void)state;
    for (int i = 0; i < FREE; i++) {
        assert_int_equal(wrong(accounts, "ann", now_ms), 0);
    }
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
        assert_int_equal(wrong(accounts, "ann", now_ms), 0); /* looked at, and wrong again */
        assert_int_equal(wrong(accounts, "ann", now_ms), costs[i]);
        assert_int_equal(wrong(accounts, "ann", now_ms + 1), costs[i]); /* begun seconds count */
        assert_int_equal(wrong(accounts, "ann", now_ms + (uint64_t)(costs[i] - 1) * SECOND), 1);
        assert_int_equal(try_one(accounts, "bob", "", now_ms, ACCOUNTS_RIGHT), 0); /* nobody else pays */
        now_ms += costs[i] * SECOND;
    }
    accounts_free(accounts);
}

static void test_forgets(void **state)
{
    struct accounts *accounts = make(100);

    (void)state;
    for (int i = 0; i < FREE + 1; i++) {
        assert_int_equal(wrong(accounts, "ann", 0), 0);
    }
    assert_int_equal(wrong(accounts, "ann", 1), FIRST_SECONDS);
    uint64_t rested_ms = (FIRST_SECONDS + MOST_SECONDS) * SECOND;
    for (int i = 0; i < FREE + 1; i++) { /* as if nothing had been */
        assert_int_equal(wrong(accounts, "ann", rested_ms), 0);
    }
    assert_int_equal(wrong(accounts, "ann", rested_ms), FIRST_SECONDS);
    /* A moment less of a rest, and the next one costs more. */
    rested_ms += (FIRST_SECONDS + MOST_SECONDS) * SECOND - 1;
    assert_int_equal(wrong(accounts, "ann", rested_ms), 0);
    assert_int_equal(wrong(accounts, "ann", rested_ms), 2 * FIRST_SECONDS);
    accounts_free(accounts);
}

static void test_known_sources(void **state)
{
    struct accounts *accounts = make(100);
    char source[16];

    (void)state;
    assert_int_equal(try_one(accounts, "ann", "home", 0, ACCOUNTS_RIGHT), 0);
    accounts_remember(accounts, "ann", 3, "shop");
    for (int i = 0; i < FREE + 1; i++) {
        assert_int_equal(wrong(accounts, "ann", 0), 0);
    }
    assert_int_equal(wrong(accounts, "ann", 0), FIRST_SECONDS);
    assert_int_equal(try_one(accounts, "ann", "home", 0, ACCOUNTS_RIGHT), 0);
    assert_int_equal(try_one(accounts, "ann", "shop", 0, ACCOUNTS_RIGHT), 0);
    assert_int_equal(try_one(accounts, "ann", "", 0, ACCOUNTS_RIGHT), FIRST_SECONDS);
    accounts_remember(accounts, "ann", 3, ""); /* no source: nothing to know */
    assert_int_equal(try_one(accounts, "ann", "", 0, ACCOUNTS_RIGHT), FIRST_SECONDS);
    for (int i = 0; i < 4; i++) { /* the last four are kept */
        snprintf(source, sizeof source, "new-%d", i);
        accounts_remember(accounts, "ann", 3, source);
    }
    for (int i = 0; i < 4; i++) {
        snprintf(source, sizeof source, "new-%d", i);
        assert_int_equal(try_one(accounts, "ann", source, 0, ACCOUNTS_RIGHT), 0);
    }
    assert_int_equal(try_one(accounts, "ann", "home", 0, ACCOUNTS_RIGHT), FIRST_SECONDS);
    accounts_free(accounts);
}

/* Of many at once only as many are looked at as cost nothing; the rest waits for these. */
static void test_at_once(void **state)
{
    struct accounts *accounts = make(100);
    struct accounts_try tries[FREE];
    struct accounts_try late;
    unsigned seconds;

    (void)state;
    for (int i = 0; i < FREE; i++) {
        assert_int_equal(begin(accounts, "ann", "far", 0, &tries[i], &seconds), ACCOUNTS_GO);
    }
    assert_int_equal(begin(accounts, "ann", "far", 0, &late, &seconds), ACCOUNTS_WAIT);
    accounts_end(accounts, &late, ACCOUNTS_WRONG, 0); /* was never open: changes nothing */
    accounts_end(accounts, &tries[0], ACCOUNTS_UNKNOWN, 0);
    assert_int_equal(begin(accounts, "ann", "far", 0, &tries[0], &seconds), ACCOUNTS_GO);
    for (int i = 0; i < FREE; i++) {
        accounts_end(accounts, &tries[i], ACCOUNTS_WRONG, 0);
        accounts_end(accounts, &tries[i], ACCOUNTS_WRONG, 0); /* once is enough */
    }
    assert_int_equal(begin(accounts, "ann", "far", 0, &tries[0], &seconds), ACCOUNTS_GO);
    assert_int_equal(begin(accounts, "ann", "far", 0, &late, &seconds), ACCOUNTS_WAIT);
    accounts_end(accounts, &tries[0], ACCOUNTS_WRONG, 0);
    assert_int_equal(begin(accounts, "ann", "far", 0, &late, &seconds), ACCOUNTS_REFUSED);
    assert_int_equal(seconds, FIRST_SECONDS);
    accounts_free(accounts);
}

static void test_makes_room(void **state)
{
    enum { MOST = 50 };
    struct accounts *accounts = make(MOST);
    char name[16];

    (void)state;
    accounts_remember(accounts, "ann", 3, "home");
    for (int i = 0; i < FREE + 3; i++) { /* known: goes on past its penalty */
        assert_int_equal(try_one(accounts, "ann", "home", 0, ACCOUNTS_WRONG), 0);
    }
    assert_int_equal(wrong(accounts, "ann", 0), 4 * FIRST_SECONDS);
    for (int i = 0; i < 40 * MOST;
         i++) { /* names with one failure each come and go; ann is further from mercy */
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(wrong(accounts, name, 1), 0);
    }
    assert_int_equal(wrong(accounts, "ann", 1), 4 * FIRST_SECONDS);
    /* Guessing fills no table of sources. */
    assert_int_equal(try_one(accounts, "ann", "home", 1, ACCOUNTS_RIGHT), 0);
    accounts_free(accounts);
}

static void test_known_makes_room(void **state)
{
    enum { MOST = 3 };
    struct accounts *accounts = make(MOST);
    static const char *const names[] = {"a", "b", "c"};

    (void)state;
    for (int i = 0; i < MOST; i++) {
        accounts_remember(accounts, names[i], 1, "home");
    }
    accounts_remember(accounts, "a", 1, "home");
    accounts_remember(accounts, "d", 1, "home"); /* in the place of b, the oldest */
    for (int i = 0; i < FREE + 1; i++) {
        assert_int_equal(wrong(accounts, "a", 0), 0);
        assert_int_equal(wrong(accounts, "b", 0), 0);
    }
    assert_int_equal(try_one(accounts, "a", "home", 0, ACCOUNTS_WRONG), 0);
    assert_int_equal(try_one(accounts, "b", "home", 0, ACCOUNTS_WRONG), FIRST_SECONDS);
    accounts_free(accounts);
}

static void test_tags(void **state)
{
    struct accounts *accounts = make(10);
    struct accounts *other = make(10);
    char ann[ACCOUNTS_TAG_SIZE];
    char again[ACCOUNTS_TAG_SIZE];
    char bob[ACCOUNTS_TAG_SIZE];

    (void)state;
    accounts_tag(accounts, "ann", 3, ann);
    accounts_tag(accounts, "ann", 3, again);
    accounts_tag(accounts, "bob", 3, bob);
    assert_int_equal(strlen(ann), ACCOUNTS_TAG_SIZE - 1);
    assert_string_equal(ann, again);
    assert_string_not_equal(ann, bob);
    accounts_tag(other, "ann", 3, again); /* another server's says nothing here */
    assert_string_not_equal(ann, again);
    accounts_free(accounts);
    accounts_free(other);
}

static int set_up(void **state)
{
    (void)state;
    return sodium_init() < 0 ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_costs),         cmocka_unit_test(test_forgets),
        cmocka_unit_test(test_known_sources), cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_makes_room),    cmocka_unit_test(test_known_makes_room),
        cmocka_unit_test(test_tags),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
