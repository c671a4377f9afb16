/* Answers to COMMIT that are lost: every line is answered as it happened, without help from a ref, and none
 * posts twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/database/ledger_fixture.h"
#include "tests/faults/commit_proxy.h"

/* The same database as the fixture's, by way of a proxy in directory. */
static struct commit_proxy *proxied(const struct rig *rig, const char *directory, unsigned every,
                                    struct rig *ret_proxied)
{
    const char *host = PQhost(rig->sql);
    const char *port = PQport(rig->sql);
    char path[256];

    if (host == NULL || host[0] != '/') {
        fail_msg("STOCKROOM_TEST_DSN must name a unix socket's directory");
    }
    snprintf(path, sizeof(path), "%s/.s.PGSQL.%s", host, port);
    *ret_proxied = *rig;
    snprintf(ret_proxied->server_dsn, sizeof(ret_proxied->server_dsn), "%.800s host=%.200s", rig->server_dsn,
             directory);
    return commit_proxy_new(directory, port, path, every);
}

static void test_lost_answers(void **state)
{
    enum { LINES = 300 };
    struct movement *movements[LINES];
    char directory[] = "/tmp/stockroom-proxy-XXXXXX";
    struct rig proxied_rig;
    struct server server;
    unsigned before;
    unsigned after;
    fixture_be_quiet();
    assert_non_null(mkdtemp(directory));
    struct commit_proxy *proxy = proxied(*state, directory, 7, &proxied_rig);
    server_start(&server, &proxied_rig);
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
    assert_int_equal(rig_number(*state, "SELECT count(*) FROM stock_movements"), LINES);
    fixture_prove(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lost_answers, fixture_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
