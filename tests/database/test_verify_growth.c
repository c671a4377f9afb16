/* verify on ledgers of some size: several pages, postings between any two of its statements, and the indexes
 * by which it reads. The ledger comes from the real writer. Expects that nothing that is posted meanwhile is
 * taken for a fault. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/ledger/verify.h"
#include "tests/database/ledger_fixture.h"

enum { MANY = 5000 };

static void post_many(struct server *server, int count)
{
    struct ledger_source *source = ledger_source_new(server->ledger, false, false);
    struct movement **all = calloc((size_t)count, sizeof *all);

    assert_non_null(all);
    for (int i = 0; i < count; i++) {
        char product[8];
        snprintf(product, sizeof product, "P%d", i % 10);
        all[i] = move_new(i % 3 == 2 ? MOVEMENT_SELL : MOVEMENT_IN, "S1", product, 1, NULL);
        server_submit(server, source, all[i]);
    }
    server_settle(server);
    for (int i = 0; i < count; i++) {
        move_free(all[i]);
    }
    free(all);
    ledger_source_free(source);
}

/* Something is posted between any two statements of the verification: old products and new ones, transfers,
 * batches. */
static void post_between(struct server *server, unsigned step)
{
    char ref[32], product[8];

    snprintf(ref, sizeof ref, "live:%u", step + 1);
    snprintf(product, sizeof product, "P%u", 10 + step % 9);
    server_act(server, &(struct fixture_act){MOVEMENT_SELL, "S1", "P1", 1, .ref = ref});
    server_act(server, &(struct fixture_act){MOVEMENT_IN, "S1", product, 2, .cost = 7});
    server_act(server, &(struct fixture_act){MOVEMENT_TRANSFER_OUT, "S1", product, 1, .other = "S2"});
}

/* The first wrong movement of S1, by a whole verification; 0: it is sound. */
static int64_t fault_seq(const struct rig *rig)
{
    static const char *const codes[] = {"S1"};
    struct verify_scope scope = {.codes = codes, .code_count = 1, .from_seq = 1, .products_max = 1000};
    struct verify *proof = verify_new(&scope);
    enum verify_state now = VERIFY_MORE;
    struct verify_result result;
    struct err_info info;

    while (now != VERIFY_STORE) {
        assert_int_equal(verify_step(proof, rig->db, &now, &result, &info), ERR_OK);
    }
    verify_free(proof);
    assert_true(result.is_sound == (result.fault_seq == 0));
    return result.fault_seq;
}

static void test_growing_ledger_is_sound(void **state)
{
    const struct rig *rig = *state;
    struct server server;
    struct err_info info;
    struct verify_result result;
    enum verify_state now = VERIFY_MORE;
    unsigned steps = 0, stores = 0;

    server_start(&server, rig);
    post_many(&server, MANY);
    for (int incremental = 0; incremental < 2; incremental++) {
        struct verify_scope scope = {.from_seq = 1, .is_incremental = incremental != 0, .products_max = 1000};
        struct verify *proof = verify_new(&scope);
        for (now = VERIFY_MORE, stores = 0; now != VERIFY_END; steps++) {
            assert_int_equal(verify_step(proof, rig->db, &now, &result, &info), ERR_OK);
            if (now == VERIFY_STORE) {
                stores++;
                if (!result.is_sound) {
                    fail_msg("%s: %s", result.store, result.fault);
                }
            }
            if (now != VERIFY_END) {
                post_between(&server, steps);
            }
            if (steps == 2) {
                post_many(&server, MANY); /* more than a page came meanwhile: it is looked at too */
            }
        }
        assert_int_equal(stores, 3);
        if (incremental == 0) {
            assert_true(verify_movements(proof) > 2 * MANY);
        } else {
            assert_true(verify_movements(proof) < MANY);
        }
        verify_free(proof);
    }
    server_stop(&server);
    fixture_prove(rig);
    rig_number(rig, "UPDATE stock_movements SET note = 'x' WHERE store_id = 1 AND seq = 7654");
    assert_int_equal(fault_seq(rig), 7654);
}

/* ------------------------------------------------------------------ how it reads */

/* Each read finds what it wants by this index. With sequential scans forbidden one is only left where no
 * index fits. */
static const struct {
    enum sql_query query;
    const char *arguments;
    const char *index;
} reads[] = {
    {SQL_QUERY_VERIFY_MOVEMENTS, "1, 5, 9, 2000", "stock_movements_pkey"},
    {SQL_QUERY_VERIFY_HEAD, "1", "stock_movements_pkey"},
    {SQL_QUERY_VERIFY_BALANCES, "1, ARRAY[2, 3], 9", "stock_movements_product"},
    {SQL_QUERY_VERIFY_INVENTORY, "1, 0, 9, 2000", "stock_movements_product"},
    {SQL_QUERY_VERIFY_INVENTORY_OF, "1, ARRAY[2], 9", "stock_movements_product"},
    {SQL_QUERY_VERIFY_TRANSFERS, "1, 0, 2000", "stock_movements_transferred"},
    {SQL_QUERY_VERIFY_HEADS, "NULL, NULL, 1000", "stock_movements_pkey"},
    {SQL_QUERY_VERIFY_STORE, "NULL, 'S1'", "stores_code_key"},
};

static void check_plan(const char *name, const PGresult *plan, const char *index)
{
    bool is_used = false;

    for (int row = 0; row < PQntuples(plan); row++) {
        const char *line = PQgetvalue(plan, row, 0);
        is_used = is_used || strstr(line, index) != NULL;
        if (strstr(line, "Seq Scan") != NULL) {
            fail_msg("%s: %s", name, line);
        }
    }
    if (!is_used) {
        fail_msg("%s does not use %s", name, index);
    }
}

static void test_no_table_is_scanned(void **state)
{
    const struct rig *rig = *state;

    rig_number(rig, "ANALYZE");
    rig_number(rig, "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan");
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        const struct sql_text *query = &sql_queries[reads[i].query];
        char sql[256];
        PQclear(PQprepare(rig->sql, query->name, query->text, 0, NULL));
        snprintf(sql, sizeof sql, "EXPLAIN EXECUTE %s (%s)", query->name, reads[i].arguments);
        PGresult *plan = PQexec(rig->sql, sql);
        assert_int_equal(PQresultStatus(plan), PGRES_TUPLES_OK);
        check_plan(query->name, plan, reads[i].index);
        PQclear(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growing_ledger_is_sound),
        cmocka_unit_test(test_no_table_is_scanned),
    };

    return cmocka_run_group_tests_name("database.verify_growth", tests, fixture_setup, rig_teardown);
}
