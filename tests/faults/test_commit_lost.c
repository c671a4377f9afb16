/* Answers to COMMIT that are lost: every line is answered as it happened, without help from a ref, and none
 * posts twice. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "tests/database/ledger_fixture.h"
#include "tests/faults/commit_proxy.h"

/* The same database as the fixture's, by way of a proxy in directory. */
static struct commit_proxy *proxied(const struct fixture *fixture, const char *directory, unsigned every,
                                    struct fixture *ret_proxied)
{
    const char *host = PQhost(fixture->sql);
    const char *port = PQport(fixture->sql);
    char path[256];

    if (host == NULL || host[0] != '/') {
        fail_msg("STOCKROOM_TEST_DSN must name a unix socket's directory");
    }
    snprintf(path, sizeof(path), "%s/.s.PGSQL.%s", host, port);
    *ret_proxied = *fixture;
    snprintf(ret_proxied->dsn, sizeof(ret_proxied->dsn), "%.800s host=%.200s", fixture->dsn, directory);
    return commit_proxy_new(directory, port, path, every);
}

static void test_lost_answers(void **state)
{
    enum { LINES = 300 };
    struct movement *movements[LINES];
    char directory[] = "/tmp/stockroom-proxy-XXXXXX";
    struct fixture fixture;
    struct server server;
    unsigned before;
    unsigned after;
    assert_non_null(mkdtemp(directory));
    struct commit_proxy *proxy = proxied(*state, directory, 7, &fixture);
    server_start(&server, &fixture);
    for (int i = 0; i < LINES; i++) {
        /* One at a time: each is a commit of its own. */
        movements[i] = server_post(&server, MOVEMENT_IN, i % 2 == 0 ? "S1" : "S2", "P1", 1, NULL);
    }
    server_stop(&server);
    commit_proxy_count(proxy, &before, &after);
    commit_proxy_free(proxy);
    rmdir(directory);
    for (int i = 0; i < LINES; i++) {
        assert_int_equal(movements[i]->err, ERR_OK);
        assert_int_equal(movements[i]->seq, i / 2 + 1);
        assert_int_equal(movements[i]->balance_milli, (i / 2 + 1) * 1000);
        move_free(movements[i]);
    }
    assert_in_range(before, 10, LINES);
    assert_in_range(after, 10, LINES);
    assert_int_equal(fixture_sql(*state, "SELECT count(*) FROM stock_movements"), LINES);
    fixture_prove(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lost_answers, fixture_setup, fixture_teardown),
    };
    log_init("test", open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_LEVEL_ERROR); /* it tells of every cut */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
