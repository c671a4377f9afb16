/* The ledger writer against a real PostgreSQL: order, refusals, refs, groups, many sources, two servers, and
 * connections that are cut while it commits. Every test ends with a proof of the whole ledger. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/values.h"
#include "server/core/db/db.h"
#include "tests/database/ledger_fixture.h"

static void expect(struct movement *movement, enum err err, int64_t seq, int64_t balance, bool replayed)
{
    if (movement->err != err) {
        fail_msg("%s instead of %s: %s", err_text(movement->err), err_text(err),
                 movement->message == NULL ? "" : movement->message);
    }
    if (err == ERR_OK) {
        assert_int_equal(movement->seq, seq);
        assert_int_equal(movement->balance_milli, balance * 1000);
        assert_int_equal(movement->replayed, replayed);
        assert_false(movement->skipped);
    } else {
        assert_non_null(movement->message);
    }
    move_free(movement);
}

static void test_one_after_another(void **state)
{
    struct server server;
    server_start(&server, *state);
    expect(server_post(&server, MOVEMENT_SELL, "S1", "P1", 1, NULL), ERR_INSUFFICIENT_STOCK, 0, 0, false);
    expect(server_post(&server, MOVEMENT_IN, "S1", "P1", 10, NULL), ERR_OK, 1, 10, false);
    expect(server_post(&server, MOVEMENT_SELL, "S1", "4006381333931", 3, NULL), ERR_OK, 2, 7, false);
    expect(server_post(&server, MOVEMENT_REMOVE, "S1", "P1", 7, NULL), ERR_OK, 3, 0, false);
    expect(server_post(&server, MOVEMENT_SELL, "S1", "P1", 1, NULL), ERR_INSUFFICIENT_STOCK, 0, 0, false);
    expect(server_post(&server, MOVEMENT_IN, "S2", "P1", 1, NULL), ERR_OK, 1, 1, false);
    expect(server_post(&server, MOVEMENT_IN, "S9", "P1", 1, NULL), ERR_UNKNOWN_STORE, 0, 0, false);
    expect(server_post(&server, MOVEMENT_IN, "S1", "P99", 1, NULL), ERR_UNKNOWN_PRODUCT, 0, 0, false);
    server_stop(&server);
    assert_int_equal(server.news, 4);
    fixture_prove(*state);
}

static void test_fractions_and_limits(void **state)
{
    struct server server;
    server_start(&server, *state);
    struct ledger_source *source = ledger_source_new(server.ledger, true, false);
    struct movement *half_kg = move_new(MOVEMENT_IN, "S1", "P19", 0, NULL);
    struct movement *half_piece = move_new(MOVEMENT_IN, "S1", "P1", 0, NULL);
    half_kg->quantity_milli = 500;
    half_piece->quantity_milli = 500;
    server_submit(&server, source, half_kg);
    server_submit(&server, source, half_piece);
    server_settle(&server);
    assert_int_equal(half_kg->balance_milli, 500);
    assert_int_equal(half_piece->err, ERR_BAD_VALUE);
    move_free(half_kg);
    move_free(half_piece);
    ledger_source_free(source);
    server_stop(&server);
    fixture_prove(*state);
}

static void test_refs(void **state)
{
    struct server server;
    server_start(&server, *state);
    expect(server_post(&server, MOVEMENT_IN, "S1", "P1", 10, "r1"), ERR_OK, 1, 10, false);
    expect(server_post(&server, MOVEMENT_SELL, "S1", "P1", 4, NULL), ERR_OK, 2, 6, false);
    expect(server_post(&server, MOVEMENT_IN, "S1", "P1", 10, "r1"), ERR_OK, 1, 10, true);
    expect(server_post(&server, MOVEMENT_IN, "S1", "P1", 11, "r1"), ERR_REF_CONFLICT, 0, 0, false);
    expect(server_post(&server, MOVEMENT_SELL, "S1", "P1", 10, "r1"), ERR_REF_CONFLICT, 0, 0, false);
    expect(server_post(&server, MOVEMENT_IN, "S2", "P1", 11, "r1"), ERR_OK, 1, 11, false);
    /* A refused request leaves its ref free. */
    expect(server_post(&server, MOVEMENT_SELL, "S1", "P2", 1, "r2"), ERR_INSUFFICIENT_STOCK, 0, 0, false);
    expect(server_post(&server, MOVEMENT_IN, "S1", "P2", 1, "r2"), ERR_OK, 3, 1, false);
    server_stop(&server);
    fixture_prove(*state);
}

/* One submission of lines 1..count of batch KEY on one source. */
static void post_batch(struct server *server, struct movement **movements, int count, const char *key)
{
    struct ledger_source *source = ledger_source_new(server->ledger, false, false);
    for (int i = 0; i < count; i++) {
        movements[i] = move_new(MOVEMENT_IN, i % 3 == 0 ? "S1" : "S2", i % 2 == 0 ? "P1" : "P2", 1, NULL);
        movements[i]->batch_key = key;
        movements[i]->batch_line = i + 1;
        server_submit(server, source, movements[i]);
    }
    server_settle(server);
    ledger_source_free(source);
}

static void test_batch_key_replays(void **state)
{
    enum { LINES = 2500 };
    struct movement *first[LINES];
    struct movement *again[LINES];
    struct server server;
    server_start(&server, *state);
    post_batch(&server, first, LINES / 2, "K:7");
    post_batch(&server, again, LINES, "K:7");
    for (int i = 0; i < LINES; i++) {
        assert_int_equal(again[i]->err, ERR_OK);
        assert_int_equal(again[i]->replayed, i < LINES / 2);
        if (i < LINES / 2) {
            assert_int_equal(again[i]->seq, first[i]->seq);
            assert_int_equal(again[i]->balance_milli, first[i]->balance_milli);
            move_free(first[i]);
        }
        move_free(again[i]);
    }
    /* KEY:N written as a ref is the same name. */
    expect(server_post(&server, MOVEMENT_IN, "S1", "P1", 1, "K:7:1"), ERR_OK, 1, 1, true);
    expect(server_post(&server, MOVEMENT_IN, "S1", "P1", 2, "K:7:1"), ERR_REF_CONFLICT, 0, 0, false);
    expect(server_post(&server, MOVEMENT_IN, "S3", "P1", 5, "Z:2"), ERR_OK, 1, 5, false);
    struct movement *zed[2];
    struct ledger_source *source = ledger_source_new(server.ledger, false, false);
    for (int i = 0; i < 2; i++) {
        zed[i] = move_new(MOVEMENT_IN, "S3", "P1", 5, NULL);
        zed[i]->batch_key = "Z";
        zed[i]->batch_line = i + 1;
        server_submit(&server, source, zed[i]);
    }
    server_settle(&server);
    ledger_source_free(source);
    expect(zed[0], ERR_OK, 2, 10, false);
    expect(zed[1], ERR_OK, 1, 5, true);
    server_stop(&server);
    assert_int_equal(rig_number(*state, "SELECT count(*) FROM stock_movements"), LINES + 2);
    fixture_prove(*state);
}

/* The same ref twice in one posting: submitted together, they are gathered together. */
static void test_ref_twice_in_one_posting(void **state)
{
    struct movement *movements[4];
    struct server server;
    server_start(&server, *state);
    struct ledger_source *source = ledger_source_new(server.ledger, false, false);
    for (int i = 0; i < 4; i++) {
        movements[i] = move_new(MOVEMENT_IN, "S1", "P1", i == 3 ? 2 : 1, i == 1 ? NULL : "twice");
        server_submit(&server, source, movements[i]);
    }
    server_settle(&server);
    ledger_source_free(source);
    expect(movements[0], ERR_OK, 1, 1, false);
    expect(movements[1], ERR_OK, 2, 2, false);
    expect(movements[2], ERR_OK, 1, 1, true);
    expect(movements[3], ERR_REF_CONFLICT, 0, 0, false);
    server_stop(&server);
    fixture_prove(*state);
}

static void submit_group(struct server *server, struct movement **movements, int count)
{
    struct ledger_source *source = ledger_source_new(server->ledger, false, false);
    movements[0]->group_lines = (unsigned)count;
    for (int i = 0; i < count; i++) {
        server_submit(server, source, movements[i]);
    }
    server_settle(server);
    ledger_source_free(source);
}

static void test_groups(void **state)
{
    struct movement *movements[3];
    struct server server;
    server_start(&server, *state);
    movements[0] = move_new(MOVEMENT_IN, "S1", "P1", 5, "g1");
    movements[1] = move_new(MOVEMENT_SELL, "S1", "P1", 2, NULL);
    movements[2] = move_new(MOVEMENT_SELL, "S2", "P1", 1, NULL);
    submit_group(&server, movements, 3);
    assert_non_null(strstr(movements[0]->message, "line 3"));
    expect(movements[0], ERR_INSUFFICIENT_STOCK, 0, 0, false);
    expect(movements[1], ERR_INSUFFICIENT_STOCK, 0, 0, false);
    expect(movements[2], ERR_INSUFFICIENT_STOCK, 0, 0, false);
    assert_int_equal(rig_number(*state, "SELECT count(*) FROM stock_movements"), 0);
    movements[0] = move_new(MOVEMENT_IN, "S1", "P1", 5, "g1");
    movements[1] = move_new(MOVEMENT_SELL, "S1", "P1", 2, NULL);
    movements[2] = move_new(MOVEMENT_SELL, "S1", "P1", 3, NULL);
    submit_group(&server, movements, 3);
    expect(movements[0], ERR_OK, 1, 5, false);
    expect(movements[1], ERR_OK, 2, 3, false);
    expect(movements[2], ERR_OK, 3, 0, false);
    server_stop(&server);
    fixture_prove(*state);
}

/* One store a transaction, as Citus wants it: recorded_at is the transaction's, so none is of two stores. */
static void test_one_store_a_transaction(void **state)
{
    enum { LINES = 300 };
    struct movement *movements[LINES];
    struct server server;
    server_start_limited(&server, *state, 1);
    struct ledger_source *source = ledger_source_new(server.ledger, false, false);
    for (int i = 0; i < LINES; i++) {
        movements[i] = move_new(MOVEMENT_IN, i % 2 == 0 ? "S1" : i % 3 == 0 ? "S2" : "S3", "P1", 1, NULL);
        server_submit(&server, source, movements[i]);
    }
    server_settle(&server);
    ledger_source_free(source);
    for (int i = 0; i < LINES; i++) {
        assert_int_equal(movements[i]->err, ERR_OK);
        move_free(movements[i]);
    }
    movements[0] = move_new(MOVEMENT_IN, "S1", "P1", 1, NULL);
    movements[1] = move_new(MOVEMENT_IN, "S2", "P1", 1, NULL);
    submit_group(&server, movements, 2);
    expect(movements[0], ERR_USAGE, 0, 0, false);
    expect(movements[1], ERR_USAGE, 0, 0, false);
    server_stop(&server);
    assert_int_equal(rig_number(*state, "SELECT count(*) FROM stock_movements"), LINES);
    assert_int_equal(rig_number(*state,
                                "SELECT count(*) FROM (SELECT 1 FROM stock_movements GROUP BY recorded_at"
                                " HAVING count(DISTINCT store_id) > 1) x"),
                     0);
    fixture_prove(*state);
}

static void test_stop_on_error(void **state)
{
    struct movement *movements[4];
    struct server server;
    server_start(&server, *state);
    struct ledger_source *source = ledger_source_new(server.ledger, false, true);
    for (int i = 0; i < 4; i++) {
        movements[i] = move_new(i == 1 ? MOVEMENT_SELL : MOVEMENT_IN, "S1", i == 1 ? "P2" : "P1", 1, NULL);
        server_submit(&server, source, movements[i]);
    }
    server_settle(&server);
    expect(movements[0], ERR_OK, 1, 1, false);
    expect(movements[1], ERR_INSUFFICIENT_STOCK, 0, 0, false);
    assert_true(movements[2]->skipped && movements[3]->skipped);
    move_free(movements[2]);
    move_free(movements[3]);
    struct movement *late = move_new(MOVEMENT_IN, "S1", "P1", 1, NULL);
    server_submit(&server, source, late);
    server_settle(&server);
    assert_true(late->skipped);
    move_free(late);
    ledger_source_free(source);
    server_stop(&server);
    assert_int_equal(rig_number(*state, "SELECT count(*) FROM stock_movements"), 1);
    fixture_prove(*state);
}

/* Another server changes the catalogue between two postings: what was remembered must not be believed. */
static void test_catalogue_changes(void **state)
{
    struct server server;
    server_start(&server, *state);
    expect(server_post(&server, MOVEMENT_IN, "S1", "4006381333931", 1, NULL), ERR_OK, 1, 1, false);
    rig_number(*state,
               "UPDATE product_barcodes SET product_id = (SELECT product_id FROM products WHERE sku = 'P2')");
    rig_number(*state, "UPDATE catalogue_version SET version = version + 1");
    struct movement *movement = server_post(&server, MOVEMENT_IN, "S1", "4006381333931", 1, NULL);
    assert_string_equal(movement->sku, "P2");
    move_free(movement);
    rig_number(*state, "UPDATE stores SET closed_at = now() WHERE code = 'S1'");
    rig_number(*state, "UPDATE catalogue_version SET version = version + 1");
    expect(server_post(&server, MOVEMENT_IN, "S1", "P1", 1, NULL), ERR_CLOSED_STORE, 0, 0, false);
    server_stop(&server);
    fixture_prove(*state);
}

/* A source that goes away takes back what was not yet posted, and nothing is lost or answered twice. */
static void test_source_goes_away(void **state)
{
    enum { LINES = 5000 };
    static struct movement *movements[LINES];
    struct server server;
    int64_t answered = 0;
    server_start(&server, *state);
    struct ledger_source *source = ledger_source_new(server.ledger, false, false);
    for (int i = 0; i < LINES; i++) {
        movements[i] = move_new(MOVEMENT_IN, "S1", "P1", 1, NULL);
        server_submit(&server, source, movements[i]);
    }
    uv_run(&server.loop, UV_RUN_ONCE);
    ledger_source_free(source);
    server_settle(&server);
    server_stop(&server);
    for (int i = 0; i < LINES; i++) {
        answered += movements[i]->skipped ? 0 : 1;
        move_free(movements[i]);
    }
    assert_int_equal(rig_number(*state, "SELECT count(*) FROM stock_movements"), answered);
    fixture_prove(*state);
}

/* Fifty sessions sell one hot product on two servers at once: what was there is sold, and not one more. */
static void test_hot_product_on_two_servers(void **state)
{
    enum { SOURCES = 50, LINES = 40, STOCK = 1500 };
    static struct movement *movements[SOURCES * LINES];
    struct ledger_source *sources[SOURCES];
    struct server servers[2];
    int64_t sold = 0;
    server_start(&servers[0], *state);
    server_start(&servers[1], *state);
    expect(server_post(&servers[0], MOVEMENT_IN, "S1", "P1", STOCK, NULL), ERR_OK, 1, STOCK, false);
    for (int i = 0; i < SOURCES; i++) {
        sources[i] = ledger_source_new(servers[i % 2].ledger, i % 3 == 0, false);
    }
    for (int line = 0; line < LINES; line++) {
        for (int i = 0; i < SOURCES; i++) {
            movements[line * SOURCES + i] = move_new(MOVEMENT_SELL, "S1", "P1", 1, NULL);
            server_submit(&servers[i % 2], sources[i], movements[line * SOURCES + i]);
        }
    }
    server_settle(&servers[0]);
    server_settle(&servers[1]);
    for (int i = 0; i < SOURCES; i++) {
        ledger_source_free(sources[i]);
    }
    for (int i = 0; i < SOURCES * LINES; i++) {
        assert_true(movements[i]->err == ERR_OK || movements[i]->err == ERR_INSUFFICIENT_STOCK);
        sold += movements[i]->err == ERR_OK;
        move_free(movements[i]);
    }
    server_stop(&servers[0]);
    server_stop(&servers[1]);
    assert_int_equal(sold, STOCK);
    assert_int_equal(rig_number(*state, "SELECT sum(quantity) FROM inventory"), 0);
    fixture_prove(*state);
}

/* Cut the writers' connections again and again while they work. */
struct cutter {
    const struct rig *rig;
    atomic_bool stop;
    atomic_llong cuts;
};

static void *cutter_thread(void *argument)
{
    struct cutter *cutter = argument;
    PGconn *sql = PQconnectdb(cutter->rig->owner_dsn);
    while (!atomic_load(&cutter->stop)) {
        int64_t cuts = 0;
        PGresult *result = PQexec(
            sql, "SELECT count(pg_terminate_backend(pid)), pg_sleep(random() * 0.15) FROM pg_stat_activity"
                 " WHERE datname = current_database() AND application_name = 'stockroom ledger'");
        if (PQntuples(result) == 1 && values_parse_i64(PQgetvalue(result, 0, 0), &cuts)) {
            atomic_fetch_add(&cutter->cuts, cuts);
        }
        PQclear(result);
    }
    PQfinish(sql);
    return NULL;
}

enum { CUT_LINES = 3000 };

/* Submit the lines of a batch that are not acknowledged yet; returns how many then still are not. */
static int post_unacknowledged(struct server *server, const char *key, bool *is_acknowledged)
{
    static struct movement *movements[CUT_LINES];
    struct ledger_source *source = ledger_source_new(server->ledger, false, false);
    int left = 0;
    for (int i = 0; i < CUT_LINES; i++) {
        movements[i] = NULL;
        if (!is_acknowledged[i]) {
            movements[i] = move_new(MOVEMENT_IN, i % 2 == 0 ? "S1" : "S2", "P1", 1, NULL);
            movements[i]->batch_key = key;
            movements[i]->batch_line = i + 1;
            server_submit(server, source, movements[i]);
        }
    }
    server_settle(server);
    ledger_source_free(source);
    for (int i = 0; i < CUT_LINES; i++) {
        if (movements[i] != NULL) {
            is_acknowledged[i] = movements[i]->err == ERR_OK && !movements[i]->skipped;
            left += !is_acknowledged[i];
            move_free(movements[i]);
        }
    }
    return left;
}

/* Until each line is acknowledged, its client repeats it with the same ref, as it would over a new
 * connection; batch after batch, until enough connections were cut. */
static void test_connections_cut(void **state)
{
    enum { CUTS = 5, BATCHES_MAX = 200, ROUNDS_MAX = 400 };
    static bool is_acknowledged[CUT_LINES];
    struct cutter cutter = {.rig = *state};
    struct server server;
    pthread_t thread;
    int batches = 0;
    fixture_be_quiet();
    server_start(&server, *state);
    assert_int_equal(pthread_create(&thread, NULL, cutter_thread, &cutter), 0);
    for (; batches < BATCHES_MAX && atomic_load(&cutter.cuts) < CUTS; batches++) {
        char key[16];
        int rounds = 0;
        snprintf(key, sizeof(key), "cut-%d", batches);
        memset(is_acknowledged, 0, sizeof(is_acknowledged));
        while (post_unacknowledged(&server, key, is_acknowledged) > 0) {
            assert_true(++rounds < ROUNDS_MAX);
        }
    }
    atomic_store(&cutter.stop, true);
    pthread_join(thread, NULL);
    server_stop(&server);
    assert_true(atomic_load(&cutter.cuts) >= CUTS);
    assert_int_equal(rig_number(*state, "SELECT count(*) FROM stock_movements"), batches * CUT_LINES);
    fixture_prove(*state);
}

static void test_rehearsal(void **state)
{
    struct rig *rig = *state;
    struct server server;
    struct err_info info;
    server_start(&server, rig);
    expect(server_post(&server, MOVEMENT_IN, "S1", "P1", 5, NULL), ERR_OK, 1, 5, false);
    struct db_settings settings = {
        .dsn = rig->server_dsn, .application_name = "test", .connect_timeout_seconds = 5, .retry_seconds = 1};
    struct db *db = db_new(&settings);
    assert_int_equal(db_ensure(db, &info), ERR_OK);
    struct ledger_rehearsal *rehearsal = ledger_rehearsal_new(&server.config);
    for (int i = 0; i < 3; i++) {
        struct movement *movement = move_new(MOVEMENT_SELL, "S1", "P1", 2, NULL);
        assert_int_equal(ledger_rehearse(rehearsal, db, &movement, 1, &info), ERR_OK);
        expect(movement, i < 2 ? ERR_OK : ERR_INSUFFICIENT_STOCK, 0, 5 - 2 * (i + 1), false);
    }
    ledger_rehearsal_free(rehearsal);
    db_free(db);
    server_stop(&server);
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM stock_movements"), 1);
    fixture_prove(rig);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_one_after_another),
        TEST(test_fractions_and_limits),
        TEST(test_refs),
        TEST(test_batch_key_replays),
        TEST(test_ref_twice_in_one_posting),
        TEST(test_groups),
        TEST(test_one_store_a_transaction),
        TEST(test_stop_on_error),
        TEST(test_catalogue_changes),
        TEST(test_source_goes_away),
        TEST(test_hot_product_on_two_servers),
        TEST(test_connections_cut),
        TEST(test_rehearsal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
