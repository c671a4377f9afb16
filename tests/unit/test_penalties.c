/* Tests of server/front/penalties: sums that grow, run down, are enforced and forgotten, in a table that has
 * an end. */
#include "server/front/penalties.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "tests/unit/unit.h"

enum { SECOND = 1000, START = 5000000 };

static struct config make_config(unsigned sources)
{
    struct config config = {0};
    config.penalties.login_failure_seconds = 5;
    config.penalties.no_login_seconds = 1;
    config.penalties.grace_seconds = 20;
    config.penalties.crash_seconds = 90;
    config.penalties.enforce_seconds = 30;
    config.penalties.most_seconds = 600;
    config.penalties.sources = sources;
    return config;
}

static struct address ipv4(uint32_t number)
{
    struct sockaddr_storage from = {0};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(number)};
    struct address address;
    memcpy(&from, &in, sizeof in);
    assert_true(address_read(&from, &address));
    return address;
}

static struct address ipv6(const char *text)
{
    struct sockaddr_storage from = {0};
    struct sockaddr_in6 in = {.sin6_family = AF_INET6};
    struct address address;
    assert_int_equal(inet_pton(AF_INET6, text, &in.sin6_addr), 1);
    memcpy(&from, &in, sizeof in);
    assert_true(address_read(&from, &address));
    return address;
}

/* Adds; the seconds of a refusal that begins now. */
static unsigned add(struct penalties *penalties, const struct address *address, enum offence offence,
                    int64_t now_ms)
{
    unsigned seconds = 4711;
    assert_true(penalties_add(penalties, address, offence, now_ms, &seconds));
    return seconds;
}

static void offences_add_up_until_enforced(void **state)
{
    struct config config = make_config(100);
    struct penalties *penalties = penalties_new(&config);
    struct address address = ipv4(1);
    struct address other = ipv4(2);
    (void)state;
    assert_int_equal(penalties_left(penalties, &address, START), 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(add(penalties, &address, OFFENCE_LOGIN_FAILURE, START), 0);
        assert_int_equal(penalties_left(penalties, &address, START), 0);
    }
    assert_int_equal(add(penalties, &address, OFFENCE_LOGIN_FAILURE, START), 30);
    assert_int_equal(penalties_left(penalties, &address, START), 30);
    assert_int_equal(penalties_left(penalties, &other, START), 0);
    assert_int_equal(penalties_count_refused(penalties), 1);
    assert_int_equal(add(penalties, &address, OFFENCE_GRACE, START), 0); /* refused before */
    assert_int_equal(penalties_left(penalties, &address, START), 50);
    assert_int_equal(penalties_count_refused(penalties), 1);
    penalties_free(penalties);
}

/* Refused until nothing is left, then all is as for a newcomer. */
static void sums_run_down(void **state)
{
    struct config config = make_config(100);
    struct penalties *penalties = penalties_new(&config);
    struct address address = ipv4(1);
    (void)state;
    assert_int_equal(add(penalties, &address, OFFENCE_CRASH, START), 90);
    assert_int_equal(penalties_left(penalties, &address, START + 1), 90);
    assert_int_equal(penalties_left(penalties, &address, START + 70 * SECOND), 20);
    assert_int_equal(penalties_left(penalties, &address, START + 90 * SECOND - 1), 1);
    assert_int_equal(penalties_left(penalties, &address, START + 90 * SECOND), 0);
    assert_int_equal(add(penalties, &address, OFFENCE_GRACE, START + 90 * SECOND), 0);
    assert_int_equal(penalties_left(penalties, &address, START + 90 * SECOND), 0);
    assert_int_equal(penalties_count_refused(penalties), 0);
    assert_int_equal(add(penalties, &address, OFFENCE_GRACE, START + 95 * SECOND), 35);
    assert_int_equal(penalties_count_refused(penalties), 1);
    penalties_free(penalties);
}

/* What time takes away faster than it is added never gets anywhere. */
static void rare_offences_are_forgiven(void **state)
{
    struct config config = make_config(100);
    struct penalties *penalties = penalties_new(&config);
    struct address address = ipv4(1);
    (void)state;
    for (int64_t i = 0; i < 1000; i++) {
        assert_int_equal(add(penalties, &address, OFFENCE_LOGIN_FAILURE, START + i * 6 * SECOND), 0);
    }
    assert_int_equal(penalties_left(penalties, &address, START + 6000 * SECOND), 0);
    penalties_free(penalties);
}

static void sums_have_an_end(void **state)
{
    struct config config = make_config(100);
    struct penalties *penalties = penalties_new(&config);
    struct address address = ipv4(1);
    (void)state;
    for (int i = 0; i < 1000; i++) {
        (void)add(penalties, &address, OFFENCE_CRASH, START);
    }
    assert_int_equal(penalties_left(penalties, &address, START), 600);
    assert_int_equal(penalties_left(penalties, &address, START + 600 * SECOND), 0);
    penalties_free(penalties);
}

static void ticks_forget(void **state)
{
    struct config config = make_config(100);
    struct penalties *penalties = penalties_new(&config);
    (void)state;
    assert_true(penalties_next_ms(penalties) == INT64_MAX);
    for (uint32_t i = 1; i <= 50; i++) {
        struct address address = ipv4(i);
        (void)add(penalties, &address, OFFENCE_CRASH, START + (int64_t)(i * 37 % 50) * SECOND);
    }
    assert_int_equal(penalties_count_refused(penalties), 50);
    for (int64_t i = 0; i < 50; i++) {
        assert_true(penalties_next_ms(penalties) == START + (90 + i) * SECOND);
        penalties_tick(penalties, START + (90 + i) * SECOND - 1);
        assert_int_equal(penalties_count_refused(penalties), 50 - i);
        penalties_tick(penalties, START + (90 + i) * SECOND);
        assert_int_equal(penalties_count_refused(penalties), 49 - i);
    }
    assert_true(penalties_next_ms(penalties) == INT64_MAX);
    penalties_free(penalties);
}

static void exempt_sources_are_never_penalised(void **state)
{
    struct config config = make_config(100);
    struct penalties *penalties = penalties_new(&config);
    struct address till = ipv4(0xC6336407); /* 198.51.100.7 */
    struct address house = ipv6("2001:db8:1:2::3");
    struct address neighbour = ipv6("2001:db8:1:2::4");
    unsigned seconds;
    (void)state;
    config.penalties.exempt.count = 2;
    assert_true(network_parse("198.51.100.0/24", &config.penalties.exempt.items[0]));
    assert_true(network_parse("2001:db8:1:2::3", &config.penalties.exempt.items[1]));
    assert_false(penalties_add(penalties, &till, OFFENCE_CRASH, START, &seconds));
    assert_int_equal(penalties_left(penalties, &till, START), 0);
    assert_int_equal(add(penalties, &neighbour, OFFENCE_CRASH, START), 90);
    assert_int_equal(penalties_left(penalties, &neighbour, START), 90);
    assert_int_equal(penalties_left(penalties, &house, START), 0); /* of the same /64 */
    config.penalties.exempt.count = 0;
    assert_int_equal(penalties_left(penalties, &house, START), 90);
    penalties_free(penalties);
}

static void an_ipv6_network_is_one_source(void **state)
{
    struct config config = make_config(100);
    struct penalties *penalties = penalties_new(&config);
    struct address stranger = ipv6("2001:db8:1:3::1");
    char text[64];
    (void)state;
    for (int i = 1; i <= 6; i++) {
        snprintf(text, sizeof text, "2001:db8:1:2::%x", (unsigned)i);
        struct address address = ipv6(text);
        assert_int_equal(add(penalties, &address, OFFENCE_LOGIN_FAILURE, START), i == 6 ? 30 : 0);
    }
    assert_int_equal(penalties_left(penalties, &stranger, START), 0);
    penalties_free(penalties);
}

static void free_offences_leave_no_trace(void **state)
{
    struct config config = make_config(100);
    struct penalties *penalties = penalties_new(&config);
    struct address address = ipv4(1);
    unsigned seconds;
    (void)state;
    config.penalties.no_login_seconds = 0;
    assert_false(penalties_add(penalties, &address, OFFENCE_NO_LOGIN, START, &seconds));
    assert_false(penalties_add(penalties, &address, OFFENCE_NONE, START, &seconds));
    assert_true(penalties_next_ms(penalties) == INT64_MAX);
    penalties_free(penalties);
}

/* The one nearest to forgiveness makes room, be it the one that comes. */
static void the_table_has_an_end(void **state)
{
    struct config config = make_config(3);
    struct penalties *penalties = penalties_new(&config);
    struct address addresses[5];
    (void)state;
    for (uint32_t i = 0; i < COUNT_OF(addresses); i++) {
        addresses[i] = ipv4(i + 1);
    }
    for (uint32_t i = 0; i < 4; i++) { /* 0 is the nearest when 3 comes */
        (void)add(penalties, &addresses[i], OFFENCE_CRASH, START + (int64_t)i * SECOND);
    }
    assert_int_equal(penalties_count_refused(penalties), 3);
    assert_int_equal(penalties_left(penalties, &addresses[0], START), 0);
    assert_int_equal(penalties_left(penalties, &addresses[1], START), 91);
    (void)add(penalties, &addresses[4], OFFENCE_NO_LOGIN, START + 4 * SECOND);
    assert_int_equal(penalties_count_refused(penalties), 3);
    config.penalties.sources = 1;
    penalties_resize(penalties);
    assert_int_equal(penalties_count_refused(penalties), 1);
    assert_int_equal(penalties_left(penalties, &addresses[3], START), 93);
    config.penalties.sources = 1000;
    penalties_resize(penalties);
    assert_int_equal(penalties_left(penalties, &addresses[3], START), 93);
    (void)add(penalties, &addresses[4], OFFENCE_CRASH, START);
    assert_int_equal(penalties_count_refused(penalties), 2);
    penalties_free(penalties);
}

/* Two thousand sources at random, against sums that are kept the simple way. */
static void many_sources_are_kept_apart(void **state)
{
    enum { SOURCES = 2000, OFFENCES = 100000 };
    static const enum offence offences[] = {OFFENCE_LOGIN_FAILURE, OFFENCE_NO_LOGIN, OFFENCE_GRACE,
                                            OFFENCE_CRASH};
    static const int64_t prices[] = {5, 1, 20, 90};
    static int64_t ends_ms[SOURCES];
    static bool is_refused[SOURCES];
    struct config config = make_config(SOURCES);
    struct penalties *penalties = penalties_new(&config);
    uint32_t random = 12345;
    int64_t now_ms = START;
    (void)state;
    for (int i = 0; i < OFFENCES; i++) {
        random = random * 1664525 + 1013904223;
        uint32_t source = (random >> 8) % SOURCES;
        size_t kind = random >> 30;
        struct address address = ipv4(source);
        now_ms += random % 31;
        bool is_running = ends_ms[source] > now_ms;
        int64_t sum_ms = prices[kind] * SECOND + (is_running ? ends_ms[source] - now_ms : 0);
        sum_ms = sum_ms < 600 * SECOND ? sum_ms : 600 * SECOND;
        is_refused[source] = (is_refused[source] && is_running) || sum_ms >= 30 * SECOND;
        ends_ms[source] = now_ms + sum_ms;
        (void)add(penalties, &address, offences[kind], now_ms);
        if (i % 100 == 0) {
            penalties_tick(penalties, now_ms);
        }
    }
    penalties_tick(penalties, now_ms);
    unsigned refused = 0;
    for (uint32_t source = 0; source < SOURCES; source++) {
        struct address address = ipv4(source);
        bool is_out = is_refused[source] && ends_ms[source] > now_ms;
        int64_t left = is_out ? (ends_ms[source] - now_ms + SECOND - 1) / SECOND : 0;
        assert_int_equal(penalties_left(penalties, &address, now_ms), left);
        refused += is_out ? 1 : 0;
    }
    assert_int_equal(penalties_count_refused(penalties), refused);
    assert_true(refused > 100 && refused < SOURCES);
    penalties_free(penalties);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offences_add_up_until_enforced),
        cmocka_unit_test(sums_run_down),
        cmocka_unit_test(rare_offences_are_forgiven),
        cmocka_unit_test(sums_have_an_end),
        cmocka_unit_test(ticks_forget),
        cmocka_unit_test(exempt_sources_are_never_penalised),
        cmocka_unit_test(an_ipv6_network_is_one_source),
        cmocka_unit_test(free_offences_leave_no_trace),
        cmocka_unit_test(the_table_has_an_end),
        cmocka_unit_test(many_sources_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
