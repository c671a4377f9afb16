/* What happened between two times, and what there was at one: against the plain definition of both, over
 * ledgers with movements that were set back, clocks that went wrong by minutes, and several time zones. One
 * database for all tests; they only read. */
#include <stdio.h>
#include <string.h>

#include "sql/queries.h"
#include "tests/database/rig.h"

/* S1 and S2 with 600 movements of 20 products, one every 7 minutes; in S2 the clock goes to and fro. */
static int arrange(void **state)
{
    const struct rig *rig;

    rig_setup(state);
    rig = *state;
    rig_text(rig,
             "INSERT INTO stores (code, name, timezone) VALUES ('S1', 'One', 'America/New_York'), "
             "('S2', 'Two', 'Asia/Tokyo'), ('S3', 'Three', 'UTC');"
             "INSERT INTO store_ledger (store_id, last_seq) VALUES (1, 600), (2, 600), (3, 0);"
             "INSERT INTO users (name, role) VALUES ('ann', 'staff');"
             "INSERT INTO products (sku, name) SELECT 'P' || lpad(n::text, 2, '0'), 'Product ' || n FROM "
             "generate_series(1, 20) n");
    rig_text(
        rig,
        "WITH m AS (SELECT store_id, n, 1 + n * 13 % 19 AS product_id, timestamptz '2026-03-01 00:00Z' "
        "+ n * interval '7 minutes' + CASE WHEN store_id = 2 THEN (n * 7919 % 240 - 120) * interval '1 "
        "second' "
        "ELSE interval '0' END AS recorded_at FROM generate_series(1, 600) n, (VALUES (1), (2)) s "
        "(store_id)) "
        "INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, "
        "recorded_at, user_id, "
        "type_id, hash) SELECT store_id, product_id, n, 1000, 1000 * row_number() OVER (PARTITION BY "
        "store_id, "
        "product_id ORDER BY n), recorded_at - CASE WHEN n % 9 = 0 THEN n * interval '3 minutes' WHEN n % 50 "
        "= 7 THEN "
        "interval '-4 minutes' ELSE interval '0' END, recorded_at, 1, 1, decode(repeat('00', 32), 'hex') "
        "FROM m;"
        "INSERT INTO inventory (store_id, product_id, quantity, updated_at) SELECT store_id, product_id, "
        "max(balance), "
        "max(recorded_at) FROM stock_movements GROUP BY store_id, product_id;"
        "INSERT INTO inventory (store_id, product_id, reorder_point, updated_at) VALUES (1, 20, 5000, now());"
        "ANALYZE");
    return 0;
}

/* The numbers in the column of each line that begins so, joined. */
static void join_column(const struct outcome *outcome, int column, int other, char *ret_text, size_t size)
{
    const struct table *table = &outcome->request.table;
    size_t len = 0;

    ret_text[0] = '\0';
    for (size_t i = 0; i < table->row_count; i++) {
        const struct cell *row = &table->cells[i * table->column_count];

        len += (size_t)snprintf(ret_text + len, size - len, "%s%s:%s", i > 0 ? "," : "", row[column].value,
                                row[other].value);
        assert_true(len < size);
    }
}

static void check(const struct rig *rig, struct identity *who, const char *line, int column, int other,
                  const char *sql)
{
    static char got[65536];
    struct outcome *outcome = rig_run_on(rig, rig->db, who, FORMAT_JSON, line, NULL);

    assert_int_equal(outcome->err, ERR_OK);
    assert_null(outcome->request.table.after);
    join_column(outcome, column, other, got, sizeof got);
    outcome_done(outcome);
    PGresult *expected = PQexec(rig->sql, sql);
    if (PQresultStatus(expected) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", sql, PQerrorMessage(rig->sql));
    }
    if (strcmp(PQgetvalue(expected, 0, 0), got) != 0) {
        fail_msg("%s: '%.300s' instead of '%.300s'", line, got, PQgetvalue(expected, 0, 0));
    }
    PQclear(expected);
}

/* Times around the ledger's, before it and after it. */
static const char *const times[] = {
    "2026-02-01T00:00:00Z", "2026-02-28T10:00:00Z", "2026-03-01T00:07:00Z",
    "2026-03-01T08:31:00Z", "2026-03-02T00:00:01Z", "2026-03-03T12:00:00Z",
    "2026-03-03T21:58:00Z", "2026-03-03T22:05:00Z", "2026-03-09T00:00:00Z",
};
enum { TIMES = sizeof times / sizeof times[0] };

static void test_movements_between(void **state)
{
    const struct rig *rig = *state;
    struct identity *olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2 S3");
    static const char *const products[] = {"", "P03"};
    char line[256], sql[1024];

    for (size_t product = 0; product < 2; product++) {
        for (int from = -1; from < TIMES; from++) {
            for (int to = from; to < TIMES; to++) {
                char bounds[128] = "", where[256] = "";

                if (from >= 0) {
                    snprintf(bounds, sizeof bounds, " --from %s", times[from]);
                    snprintf(where, sizeof where, " AND occurred_at >= '%s'", times[from]);
                }
                if (to >= 0) {
                    snprintf(bounds + strlen(bounds), sizeof bounds - strlen(bounds), " --to %s", times[to]);
                    snprintf(where + strlen(where), sizeof where - strlen(where), " AND occurred_at < '%s'",
                             times[to]);
                }
                snprintf(line, sizeof line, "movements --all-stores --limit 10000%s%s%s", bounds,
                         product > 0 ? " --product " : "", products[product]);
                snprintf(sql, sizeof sql,
                         "SELECT coalesce(string_agg('S' || store_id || ':' || seq, ',' ORDER BY store_id, "
                         "seq DESC), '') "
                         "FROM stock_movements WHERE true%s%s",
                         where, product > 0 ? " AND product_id = 3" : "");
                check(rig, olga, line, 0, 1, sql);
            }
        }
    }
    identity_unref(olga);
}

/* Pages of what happened meet where they should. */
static void test_pages_between(void **state)
{
    const struct rig *rig = *state;
    struct identity *olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2 S3");
    char line[256], cursor[128] = "";
    long long rows = 0;

    do {
        snprintf(line, sizeof line, "movements --all-stores --from %s --to %s --limit 17%s%s", times[3],
                 times[5], cursor[0] != '\0' ? " --after " : "", cursor);
        struct outcome *outcome = rig_run_on(rig, rig->db, olga, FORMAT_JSON, line, NULL);
        assert_int_equal(outcome->err, ERR_OK);
        rows += (long long)outcome->request.table.row_count;
        snprintf(cursor, sizeof cursor, "%s",
                 outcome->request.table.after != NULL ? outcome->request.table.after : "");
        outcome_done(outcome);
    } while (cursor[0] != '\0');
    snprintf(line, sizeof line,
             "SELECT count(*) FROM stock_movements WHERE occurred_at >= '%s' AND occurred_at < '%s'",
             times[3], times[5]);
    assert_true(rows > 100);
    assert_int_equal(rows, rig_number(rig, line));
    identity_unref(olga);
}

static void test_as_of(void **state)
{
    const struct rig *rig = *state;
    struct identity *olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2 S3");
    char line[256], sql[1024];

    for (int i = 0; i < TIMES; i++) {
        snprintf(line, sizeof line, "inventory --store S1 --as-of %s", times[i]);
        snprintf(sql, sizeof sql,
                 "SELECT coalesce(string_agg(sku || ':' || balance, ',' ORDER BY sku), '') FROM "
                 "(SELECT DISTINCT ON (product_id) product_id, balance FROM stock_movements WHERE store_id = "
                 "1 AND "
                 "recorded_at <= '%s' ORDER BY product_id, seq DESC) AS b JOIN products USING (product_id)",
                 times[i]);
        check(rig, olga, line, 1, 5, sql);
    }
    rig_expect(rig, olga, "inventory --store S3 --as-of today", "");
    rig_expect(rig, olga, "inventory --store S1 --as-of 2026-02-01T00:00:00Z", "");
    rig_contains(rig, olga, "inventory --all-stores --as-of 2026-03-02T00:00:00Z --search 'product 3'",
                 "\"store\":\"S2\"");
    rig_lacks(rig, olga, "inventory --all-stores --as-of 2026-03-02T00:00:00Z --search 'product 3'", "P04");
    rig_contains(rig, olga, "inventory --store S1 --as-of 2026-03-01T00:07:00Z --product P14",
                 "\"quantity\":1,");
    identity_unref(olga);
}

/* Enough rows that PostgreSQL would not read them all for want of anything better to do. */
static const char bulk[] =
    "INSERT INTO stores (code, name) SELECT 'B' || n, 'Bulk' FROM generate_series(1, 60) n;"
    "INSERT INTO store_ledger (store_id, last_seq) SELECT store_id, 1000 FROM stores WHERE code LIKE 'B%';"
    "INSERT INTO products (sku, name) SELECT 'Q' || n, 'Bulk ' || n FROM generate_series(1, 3000) n;"
    "INSERT INTO inventory (store_id, product_id, quantity, reorder_point, updated_at) SELECT store_id, "
    "product_id, 1000, "
    "CASE WHEN product_id % 10 = 0 THEN 2000 END, now() FROM stores, products WHERE sku LIKE 'Q%' AND code "
    "LIKE 'B%' AND "
    "product_id % 5 = store_id % 5;"
    "INSERT INTO transfers (store_id, seq, product_id, to_store_id, quantity, received, value, sent_at) "
    "SELECT store_id, n, "
    "1, 4 + (store_id + n) % 60, 5, CASE WHEN n % 50 = 0 THEN 0 ELSE 5 END, 0, now() FROM generate_series(1, "
    "300) n, "
    "stores WHERE code LIKE 'B%';"
    "INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, recorded_at, "
    "user_id, type_id, "
    "hash) SELECT store_id, 1 + n % 100, n, 1, 1, timestamptz '2026-01-01' + n * interval '1 hour' - CASE "
    "WHEN n % 90 = 0 "
    "THEN interval '1 day' ELSE interval '0' END, timestamptz '2026-01-01' + n * interval '1 hour', 1, 1, "
    "decode(repeat('00', 32), 'hex') FROM generate_series(1, 1000) n, stores WHERE code LIKE 'B%'";

static const struct plan {
    enum sql_query query;
    const char *parameters;
} plans[] = {
    {SQL_QUERY_INVENTORY_STORE, "'{B1}', NULL, NULL, 101, NULL, false, NULL, NULL, NULL, NULL, NULL, 4"},
    {SQL_QUERY_INVENTORY_STORE,
     "'{B1}', NULL, NULL, 101, '''bulk'':*', true, NULL, NULL, NULL, NULL, NULL, 4"},
    {SQL_QUERY_INVENTORY_LIST, "'{B1}', NULL, NULL, 101, NULL, false, NULL, NULL, NULL, NULL, NULL, 4"},
    {SQL_QUERY_INVENTORY_LIST,
     "NULL, NULL, NULL, 101, '''q77'':*', true, NULL, NULL, NULL, NULL, NULL, NULL"},
    {SQL_QUERY_INVENTORY_PRODUCT, "'{B1}', NULL, NULL, 101, NULL, false, NULL, NULL, NULL, NULL, NULL, 7"},
    {SQL_QUERY_INVENTORY_PRODUCT, "NULL, NULL, NULL, 101, NULL, false, NULL, NULL, NULL, NULL, NULL, 7"},
    {SQL_QUERY_INVENTORY_AS_OF, "'{B1}', NULL, NULL, 101, NULL, false, NULL, '2026-01-15', NULL, NULL, 4"},
    {SQL_QUERY_INVENTORY_AS_OF, "NULL, NULL, NULL, 101, NULL, false, NULL, '2026-01-15', NULL, NULL, NULL"},
    {SQL_QUERY_MOVEMENTS_LIST, "'{B1}', NULL, NULL, 101, NULL, NULL, NULL, NULL, NULL, NULL"},
    {SQL_QUERY_MOVEMENTS_LIST, "'{B1}', NULL, NULL, 101, NULL, NULL, '2026-01-15', NULL, '2026-01-18', NULL"},
    {SQL_QUERY_MOVEMENTS_LIST, "NULL, NULL, NULL, 101, 2, 'ann', NULL, NULL, '2026-01-18', NULL"},
    {SQL_QUERY_MOVEMENTS_PRODUCT, "NULL, NULL, NULL, 101, NULL, NULL, '2026-01-15', NULL, NULL, NULL, 7"},
    {SQL_QUERY_MOVEMENTS_REF,
     "NULL, NULL, NULL, 101, NULL, NULL, NULL, NULL, NULL, NULL, 'k:1', 'k', 1, NULL"},
    {SQL_QUERY_TRANSFER_LIST, "'{B1}', NULL, NULL, 101, true, true"},
    {SQL_QUERY_PRODUCT_LEFT, "7, 4"},
    {SQL_QUERY_STORE_LEFT, "4, 4"},
    {SQL_QUERY_PRODUCT_STORES, "7, NULL"},
    {SQL_QUERY_PRODUCT_FRACTION, "7"},
    {SQL_QUERY_INVENTORY_SIZE, "4, 20001"},
    {SQL_QUERY_PRODUCT_LIST, "NULL, 101, '''q77'':*', NULL, false"},
};

static void check_plan(const struct rig *rig, const struct plan *plan)
{
    static const char *const growing[] = {"stock_movements", "inventory", "transfers"};
    struct buf sql = {0};

    buf_printf(&sql, "PREPARE asked AS %s; EXPLAIN EXECUTE asked (%s)", sql_queries[plan->query].text,
               plan->parameters);
    buf_append_char(&sql, '\0');
    PGresult *result = PQexec(rig->sql, sql.data);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", sql_queries[plan->query].name, PQerrorMessage(rig->sql));
    }
    for (int line = 0; line < PQntuples(result); line++) {
        const char *scan = strstr(PQgetvalue(result, line, 0), "Seq Scan on ");

        for (size_t i = 0; scan != NULL && i < sizeof growing / sizeof growing[0]; i++) {
            if (strncmp(scan + strlen("Seq Scan on "), growing[i], strlen(growing[i])) == 0) {
                fail_msg("%s (%s): %s", sql_queries[plan->query].name, plan->parameters,
                         PQgetvalue(result, line, 0));
            }
        }
    }
    PQclear(result);
    buf_done(&sql);
    rig_number(rig, "DEALLOCATE asked");
}

static void test_no_query_reads_a_whole_table(void **state)
{
    const struct rig *rig = *state;

    rig_text(rig, bulk);
    rig_text(rig, "VACUUM ANALYZE");
    rig_text(rig, "SET plan_cache_mode = force_custom_plan; SET random_page_cost = 1.1");
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        check_plan(rig, &plans[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_movements_between), cmocka_unit_test(test_pages_between),
        cmocka_unit_test(test_as_of),
        cmocka_unit_test(test_no_query_reads_a_whole_table), /* the last: it adds rows */
    };

    return cmocka_run_group_tests_name("database.stock_times", tests, arrange, rig_teardown);
}
