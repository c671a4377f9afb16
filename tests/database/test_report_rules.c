/* The reports by hand: days with a clock change, sums and how they look, what is refused, today; and how the
 * database reads for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/database/reports_fixture.h"

/* ------------------------------------------------------------------ by hand */

struct sale {
    const char *store;
    int64_t micros;
    int64_t quantity;
};

#define AT(seconds) (INT64_C(seconds) * 1000000)

/* The seconds around midnight of the days on which clocks change: 23 hours in Berlin on March 30th and in New
 * York on March 9th, 25 on October 26th and November 2nd 2025. */
static void test_days_with_a_clock_change(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "cid", "");
    static const struct sale sales[] = {
        {"S1", AT(1743289199), 1},   /* 2025-03-29T22:59:59Z: 23:59:59 in winter time */
        {"S1", AT(1743289200), 2},   /* 23:00:00Z: midnight, March 30th */
        {"S1", AT(1743371999), 4},   /* 2025-03-30T21:59:59Z: 23:59:59 in summer time */
        {"S1", AT(1743372000), 8},   /* 22:00:00Z: midnight, March 31st */
        {"S1", AT(1761429600), 16},  /* 2025-10-25T22:00:00Z: midnight, October 26th */
        {"S1", AT(1761519599), 32},  /* 2025-10-26T22:59:59Z: its last second */
        {"S1", AT(1761519600), 64},  /* midnight, October 27th */
        {"S2", AT(1741496399), 1},   /* 2025-03-09T04:59:59Z: March 8th, 23:59:59 */
        {"S2", AT(1741496400), 2},   /* midnight, March 9th */
        {"S2", AT(1741579199), 4},   /* 2025-03-10T03:59:59Z: its last second */
        {"S2", AT(1741579200), 8},   /* midnight, March 10th */
        {"S2", AT(1762055999), 16},  /* 2025-11-02T03:59:59Z: November 1st, 23:59:59 */
        {"S2", AT(1762145999), 32},  /* 2025-11-03T04:59:59Z: November 2nd, 23:59:59 */
        {"S2", AT(1743371999), 64},  /* 2025-03-30T21:59:59Z is 17:59:59 in New York */
        {"S3", AT(1743371999), 128}, /* and March 31st in Tokyo */
    };
    struct server server;

    server_start(&server, rig);
    for (int i = 0; i < 3; i++) {
        struct movement *movement = move_new(MOVEMENT_IN, reports_store_codes[i], "P1", 500, NULL);
        reports_post_all(&server, &movement, 1);
        move_free(movement);
    }
    for (size_t i = 0; i < sizeof sales / sizeof sales[0]; i++) {
        struct movement *movement = move_new(MOVEMENT_SELL, sales[i].store, "P1", sales[i].quantity, NULL);
        movement->has_at = true;
        movement->at_micros = sales[i].micros;
        movement->price_milli = 1000;
        reports_post_all(&server, &movement, 1);
        assert_int_equal(movement->err, ERR_OK);
        move_free(movement);
    }
    server_stop(&server);
    fixture_prove(rig);
#define ROW(by, key, currency, quantity, money)                                                              \
    "{\"" by "\":\"" key "\",\"currency\":\"" currency "\",\"quantity\":" quantity                           \
    ",\"returned\":0,\"net\":" quantity ",\"revenue\":\"" money "\",\"cost\":\"0.00\",\"margin\":\"" money   \
    "\",\"margin_percent\":100.0}\n"
#define DAY(key, currency, quantity, money) ROW("day", key, currency, quantity, money)
    rig_expect(rig, admin, "report sales --store S1 --from 2025-03-29 --to 2025-12-01",
               DAY("2025-03-29", "EUR", "1", "1.00") DAY("2025-03-30", "EUR", "6", "6.00")
                   DAY("2025-03-31", "EUR", "8", "8.00") DAY("2025-10-26", "EUR", "48", "48.00")
                       DAY("2025-10-27", "EUR", "64", "64.00"));
    rig_expect(rig, admin, "report sales --store S2 --from 2025-03-01 --to 2025-11-03",
               DAY("2025-03-08", "USD", "1", "1.00") DAY("2025-03-09", "USD", "6", "6.00")
                   DAY("2025-03-10", "USD", "8", "8.00") DAY("2025-03-30", "USD", "64", "64.00")
                       DAY("2025-11-01", "USD", "16", "16.00") DAY("2025-11-02", "USD", "32", "32.00"));
    /* a date is that day in every store; a moment is another day here than there */
    rig_expect(rig, admin, "report sales --all-stores --from 2025-03-30 --to 2025-03-31",
               DAY("2025-03-30", "EUR", "6", "6.00") DAY("2025-03-30", "USD", "64", "64.00"));
    rig_expect(
        rig, admin,
        "report sales --all-stores --from 2025-03-30T21:59:59Z --to 2025-03-31T21:59:59+02:00 --by week",
        ROW("week", "2025-W13", "EUR", "6", "6.00")
            ROW("week", "2025-W13", "USD", "64",
                "64.00") "{\"week\":\"2025-W14\",\"currency\":\"JPY\",\"quantity\":128,\"returned\":0,"
                         "\"net\":128,"
                         "\"revenue\":\"128\",\"cost\":\"0\",\"margin\":\"128\",\"margin_percent\":100.0}\n");
#undef DAY
#undef ROW
    identity_unref(admin);
}

/* An amount of each currency's smallest worth, sums beyond 64 bits, and how it looks to people. */
static void test_text_and_totals(void **state)
{
    const struct rig *rig = *state;
    struct identity *owner = rig_who(rig, ROLE_OWNER, "cid", "S1 S2 S4");
    struct identity *staff = rig_who(rig, ROLE_STAFF, "ann", "S1");
    struct outcome *outcome;

    rig_number(rig,
               "INSERT INTO stock_daily_users VALUES"
               " (1, '2025-05-01', 1, 2, -2000, 500000, -300000, 1), (1, '2025-05-02', 2, 4, 500, "
               "-125000, 75000, 1),"
               " (4, '2025-05-01', 1, 2, -1000, 1499, -500, 1), (2, '2025-05-02', 1, 2, -9000000000000000000,"
               " 9000000000000000000, -1, 1), (2, '2025-05-02', 2, 2, -9000000000000000000, "
               "9000000000000000000, -1, 1)");
    outcome = rig_run_on(rig, rig->db, owner, FORMAT_TEXT,
                         "report sales --all-stores --from 2025-05-01 --to 2025-05-03", NULL);
    assert_int_equal(outcome->err, ERR_OK);
    assert_string_equal(outcome->output,
                        "day         currency           quantity  returned                net             "
                        "revenue   cost              margin  margin_percent\n"
                        "2025-05-01  EUR                       3         0                  3                "
                        "5.01   3.01                2.00            40.1\n"
                        "2025-05-02  EUR                       0       0.5               -0.5               "
                        "-1.25  -0.75               -0.50            40.0\n"
                        "2025-05-02  USD       18000000000000000         0  18000000000000000  "
                        "180000000000000.00   0.00  180000000000000.00           100.0\n"
                        "total       EUR                       3       0.5                2.5                "
                        "3.76   2.26                1.50            40.1\n"
                        "total       USD       18000000000000000         0  18000000000000000  "
                        "180000000000000.00   0.00  180000000000000.00           100.0\n");
    outcome_done(outcome);
    outcome = rig_run_on(rig, rig->db, staff, FORMAT_TEXT,
                         "report sales --by month --from 2025-05-01 --to 2025-05-03", NULL);
    assert_string_equal(outcome->output, "month    currency  quantity  returned  net  revenue\n"
                                         "2025-05  EUR              2       0.5  1.5     3.75\n");
    outcome_done(outcome);
    outcome = rig_run_on(rig, rig->db, staff, FORMAT_CSV,
                         "report sales --by month --from 2025-05-01 --to 2025-05-03", NULL);
    assert_string_equal(outcome->output,
                        "month,currency,quantity,returned,net,revenue,cost,margin,margin_percent\r\n"
                        "2025-05,EUR,2,0.5,1.5,3.75,,,\r\n");
    outcome_done(outcome);
    identity_unref(owner);
    identity_unref(staff);
}

static void test_what_is_refused(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "cid", "");
    struct identity *owner = rig_who(rig, ROLE_OWNER, "cid", "S1 S2");
    struct identity *staff = rig_who(rig, ROLE_STAFF, "ann", "S1");

    rig_refuse(rig, staff, "report valuation", ERR_NOT_PERMITTED, "");
    rig_refuse(rig, staff, "report sales --store S2", ERR_UNKNOWN_STORE, "no store S2");
    rig_refuse(rig, owner, "report sales --store S3", ERR_UNKNOWN_STORE, "no store S3");
    rig_refuse(rig, owner, "report sales", ERR_USAGE, "--store");
    rig_refuse(rig, admin, "report sales --store S9", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, admin, "report low-stock --store S9", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, owner, "report sales --store S1 --all-stores", ERR_USAGE, "exclude");
    rig_refuse(rig, staff, "report sales --by colour", ERR_BAD_VALUE, "day, week, month, store, product");
    rig_refuse(rig, staff, "report shrinkage --by user", ERR_BAD_VALUE, "product, category");
    rig_refuse(rig, staff, "report on-hand --from today", ERR_USAGE, "no option");
    rig_refuse(rig, staff, "report sales --from 2025-03-02 --to 2025-03-02", ERR_BAD_VALUE, "no day lies");
    rig_refuse(rig, staff, "report sales --from -2d --to -3d", ERR_BAD_VALUE, "no day lies");
    rig_refuse(rig, staff, "report sales --from noon", ERR_BAD_VALUE, "noon");
    rig_refuse(rig, staff, "report sales --after bm9uZQ", ERR_BAD_VALUE, "no cursor");
    rig_refuse(rig, staff, "report sales --limit 0", ERR_BAD_VALUE, "");
    rig_refuse(rig, staff, "report variance", ERR_USAGE, "--session");
    rig_refuse(rig, staff, "report variance --session ''", ERR_BAD_VALUE, "1 to 64");
    rig_refuse(rig, staff, "report nonsense", ERR_UNKNOWN_COMMAND, "");
    /* nothing to tell is no error, and the far past and future are only far */
    rig_expect(rig, staff, "report sales", "");
    rig_expect(rig, staff, "report sales --from -999999d --to today", "");
    rig_expect(rig, staff, "report turnover --from 9999-12-31", "");
    rig_expect(rig, staff, "report dead-stock --from -3h", "");
    rig_expect(rig, staff, "report variance --session none", "");
    rig_expect(rig, staff, "report on-hand", "");
    /* a store that waits for approval is none */
    rig_number(rig, "UPDATE stores SET pending_since = now() WHERE code = 'S2'");
    rig_refuse(rig, admin, "report sales --store S2", ERR_UNKNOWN_STORE, "no store S2");
    identity_unref(admin);
    identity_unref(owner);
    identity_unref(staff);
}

/* What happened a moment ago is in today's sums, and not in yesterday's. */
static void test_today(void **state)
{
    const struct rig *rig = *state;
    struct identity *staff = rig_who(rig, ROLE_STAFF, "ann", "S1");
    struct server server;

    server_start(&server, rig);
    move_free(server_post(&server, MOVEMENT_IN, "S1", "P1", 9, NULL));
    move_free(server_post(&server, MOVEMENT_SELL, "S1", "P1", 3, NULL));
    server_stop(&server);
    static const char *const periods[] = {"", "--from -0d", "--from today", "--from -7d",
                                          "--from -1d --to 9999-01-01"};
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
        char line[128];

        snprintf(line, sizeof line, "report sales --by store %s", periods[i]);
        rig_contains(rig, staff, line,
                     "\"store\":\"S1\",\"name\":\"One\",\"currency\":\"EUR\",\"quantity\":3,");
    }
    rig_expect(rig, staff, "report sales --by store --from yesterday --to today", "");
    rig_expect(rig, staff, "report dead-stock --from today", "");
    rig_contains(rig, staff, "report dead-stock --from yesterday --to today", "\"sku\":\"P1\"");
    identity_unref(staff);
}

/* ------------------------------------------------------------------ at size */

/* Enough rows that PostgreSQL would not read them all for want of anything better to do. */
static const char *const bulk[] = {
    "INSERT INTO stores (code, name) SELECT 'B' || n, 'Bulk' FROM generate_series(1, 100) n",
    "INSERT INTO store_ledger (store_id) SELECT store_id FROM stores WHERE code LIKE 'B%'",
    "INSERT INTO products (sku, name) SELECT 'Q' || n, 'Bulk' FROM generate_series(1, 400) n",
    "INSERT INTO inventory SELECT store_id, product_id, 1000, 2000, now() FROM stores, products WHERE sku "
    "LIKE "
    "'Q%'",
    "INSERT INTO stock_daily SELECT store_id, date '2025-01-01' + d, product_id, 2, 0, -1, 1, -1, 1"
    " FROM generate_series(0, 59) d, stores, products WHERE sku LIKE 'Q%' AND product_id % 10 = d % 10",
    "INSERT INTO stock_daily_users SELECT store_id, date '2025-01-01' + d, user_id, 2, -1, 1, -1, 1"
    " FROM generate_series(0, 199) d, stores, users",
    "INSERT INTO transfers (store_id, seq, product_id, to_store_id, quantity, received, value, sent_at)"
    " SELECT store_id, n, 1, 1 + (store_id + n) % 100, 5, CASE WHEN n % 50 = 0 THEN 0 ELSE 5 END, 0, now()"
    " FROM generate_series(1, 300) n, stores",
    "INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, recorded_at, "
    "user_id,"
    " type_id, hash, stocktake) SELECT store_id, 1, n, 1, 1, now(), now(), 1, CASE WHEN n % 100 = 0 THEN 5 "
    "ELSE 1 "
    "END, decode(repeat('00', 32), 'hex'), CASE WHEN n % 100 = 0 THEN 'spring' END"
    " FROM generate_series(1, 1000) n, stores",
    "ANALYZE",
};

/* A query and its usual parameters after those that are told store by store. */
static const struct plan {
    enum sql_query query;
    bool has_period;
    bool has_places;
    const char *rest;
} plans[] = {
    {SQL_QUERY_REPORT_SALES, true, true, "'day', NULL, NULL, 1001"},
    {SQL_QUERY_REPORT_SALES, true, true, "'product', NULL, NULL, 1001"},
    {SQL_QUERY_REPORT_TOP_SELLERS, true, true, "'revenue', NULL, NULL, 21"},
    {SQL_QUERY_REPORT_SHRINKAGE, true, true, "NULL, NULL, NULL, 1001"},
    {SQL_QUERY_REPORT_TURNOVER, true, true, "'store', NULL, NULL, 1001"},
    {SQL_QUERY_REPORT_TURNOVER, true, true, "'product', NULL, NULL, 1001"},
    {SQL_QUERY_REPORT_DEAD_STOCK, true, true, "NULL, NULL, 1001"},
    {SQL_QUERY_REPORT_ON_HAND, false, false, "'product', NULL, NULL, 1001"},
    {SQL_QUERY_REPORT_VALUATION, false, true, "'store', NULL, NULL, 1001"},
    {SQL_QUERY_REPORT_LOW_STOCK, false, false, "NULL, NULL, 1001"},
    {SQL_QUERY_REPORT_VARIANCE, false, true, "'spring', NULL, NULL, 1001"},
};

/* The same number for so many stores, as an array. */
static void append_array(struct buf *sql, int64_t first, int64_t step, int64_t count)
{
    buf_append_text(sql, "'{");
    for (int64_t i = 0; i < count; i++) {
        buf_printf(sql, "%s%lld", i > 0 ? "," : "", (long long)(first + i * step));
    }
    buf_append_text(sql, "}', ");
}

static void check_plan(const struct rig *rig, const struct plan *plan, int64_t first_store, int64_t stores,
                       const char *mode)
{
    static const char *const growing[] = {"stock_movements", "inventory", "stock_daily", "transfers"};
    struct buf sql = {0};

    buf_printf(&sql, "SET plan_cache_mode = %s; PREPARE asked AS %s; EXPLAIN EXECUTE asked (", mode,
               sql_queries[plan->query].text);
    append_array(&sql, first_store, 1, stores);
    if (plan->has_period) {
        append_array(&sql, 20110, 0, stores);
        append_array(&sql, 20140, 0, stores);
    }
    if (plan->has_places) {
        append_array(&sql, 2, 0, stores);
    }
    buf_printf(&sql, "%s)", plan->rest);
    buf_append_char(&sql, '\0');
    PGresult *result = PQexec(rig->sql, sql.data);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", sql_queries[plan->query].name, PQerrorMessage(rig->sql));
    }
    assert_true(PQntuples(result) > 2);
    for (int line = 0; line < PQntuples(result); line++) {
        const char *scan = strstr(PQgetvalue(result, line, 0), "Seq Scan on ");

        for (size_t i = 0; scan != NULL && i < sizeof growing / sizeof growing[0]; i++) {
            if (strncmp(scan + strlen("Seq Scan on "), growing[i], strlen(growing[i])) == 0) {
                fail_msg("%s, %lld stores, %s: %s", sql_queries[plan->query].name, (long long)stores, mode,
                         PQgetvalue(result, line, 0));
            }
        }
    }
    PQclear(result);
    buf_done(&sql);
    rig_number(rig, "DEALLOCATE asked");
}

static void test_no_report_reads_a_whole_table(void **state)
{
    const struct rig *rig = *state;
    int64_t first, stores;

    for (size_t i = 0; i < sizeof bulk / sizeof bulk[0]; i++) {
        rig_number(rig, bulk[i]);
    }
    first = rig_number(rig, "SELECT min(store_id) FROM stores WHERE code LIKE 'B%'");
    stores = rig_number(rig, "SELECT count(*) FROM stores WHERE code LIKE 'B%'");
    assert_int_equal(stores, 100);
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        check_plan(rig, &plans[i], first, 1, "force_custom_plan");
        check_plan(rig, &plans[i], first, 1, "force_generic_plan");
        check_plan(rig, &plans[i], first, stores, "force_custom_plan");
        check_plan(rig, &plans[i], first, stores, "force_generic_plan");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_days_with_a_clock_change, reports_arrange, rig_teardown),
        cmocka_unit_test_setup_teardown(test_text_and_totals, reports_arrange, rig_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_refused, reports_arrange, rig_teardown),
        cmocka_unit_test_setup_teardown(test_today, reports_arrange, rig_teardown),
        cmocka_unit_test_setup_teardown(test_no_report_reads_a_whole_table, reports_arrange, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.report_rules", tests, NULL, NULL);
}
