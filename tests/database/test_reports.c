/* The reports against an independent computation from the raw movements of reports_fixture.c: what the server
 * adds up from its daily sums, this test adds up from the ledger. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/database/reports_fixture.h"

enum { SQL_MAX = REPORTS_SQL_MAX };

#define PERIOD " --from 2025-02-10 --to 2025-04-11"

/* What a row begins with, by what it is added up. */
static const struct by {
    const char *name;
    const char *columns; /* in the answer */
    const char *group;
} bys[] = {
    {"day", "to_char(day, 'YYYY-MM-DD') AS day", "day"},
    {"week", "extract(isoyear FROM day) || '-W' || lpad(extract(week FROM day)::text, 2, '0') AS week",
     "extract(isoyear FROM day), extract(week FROM day)"},
    {"month", "left(min(day)::text, 7) AS month", "left(day::text, 7)"},
    {"store", "code AS store, store_name AS name", "code, store_name"},
    {"product", "sku, name, category, unit", "sku, name, category, unit"},
    {"category", "category", "category COLLATE \"C\" NULLS FIRST, category"},
    {"user", "user_name AS user", "user_name"},
};
enum { BY_COUNT = sizeof bys / sizeof bys[0], BY_USER = BY_COUNT - 1 };

/* The same as GROUP BY, where an order may not stand. */
static const char *group_of(const struct by *by)
{
    return strcmp(by->name, "category") == 0 ? "category" : by->group;
}

static void check_sales(const struct rig *rig, struct identity *who, const struct by *by, const char *stores,
                        const char *where, bool has_cost)
{
    char line[256], sql[SQL_MAX];

    snprintf(line, sizeof line, "report sales --by %s %s" PERIOD, by->name, stores);
    snprintf(sql, sizeof sql,
             "SELECT %s, currency, q(sold) AS quantity, q(returned) AS returned, q(sold - returned) AS net,"
             " money(amount, currency)::text AS revenue, %s FROM (SELECT %s, %s, currency,"
             " coalesce(-sum(quantity) FILTER (WHERE type_id = 2), 0) AS sold,"
             " coalesce(sum(quantity) FILTER (WHERE type_id = 4), 0) AS returned, sum(amount) AS amount, "
             "-sum(value) AS cost FROM moved"
             " WHERE type_id IN (2, 4) AND day >= '2025-02-10' AND day < '2025-04-11' AND %s"
             " GROUP BY %s, currency ORDER BY %s, currency) y",
             strcmp(by->name, "store") == 0     ? "store, name"
             : strcmp(by->name, "product") == 0 ? "sku, name, category, unit"
             : strcmp(by->name, "user") == 0    ? "\"user\""
                                                : by->name,
             has_cost ? "money(cost, currency)::text AS cost,"
                        " (money(amount, currency) - money(cost, currency))::text AS margin,"
                        " round((amount - cost) * 100 / nullif(amount, 0), 1) AS margin_percent"
                      : "NULL AS cost, NULL AS margin, NULL AS margin_percent",
             by->columns, strcmp(by->name, "product") == 0 ? "1 AS one" : "2 AS one", where, group_of(by),
             by->group);
    reports_check(rig, who, line, sql);
}

static void test_sales(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "cid", "");
    struct identity *owner = rig_who(rig, ROLE_OWNER, "cid", "S1 S3");
    struct identity *staff = rig_who(rig, ROLE_STAFF, "ann", "S2");

    for (int i = 0; i < BY_COUNT; i++) {
        check_sales(rig, admin, &bys[i], "--all-stores", "true", true);
        check_sales(rig, owner, &bys[i], "--all-stores", "code IN ('S1', 'S3')", true);
        check_sales(rig, staff, &bys[i], "", "code = 'S2'", false);
    }
    identity_unref(admin);
    identity_unref(owner);
    identity_unref(staff);
}

static void test_top_sellers(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "cid", "");
    struct identity *staff = rig_who(rig, ROLE_STAFF, "ann", "S2");
    static const char select[] =
        "SELECT rank, sku, name, category, unit, currency, q(sold) AS quantity, money(amount, "
        "currency)::text AS revenue, %s FROM (SELECT rank() OVER (PARTITION BY currency"
        " ORDER BY %s DESC, sku) AS rank, y.* FROM (SELECT sku, name, category, unit, currency,"
        " -sum(quantity) AS sold, sum(amount) AS amount, -sum(value) AS cost FROM moved"
        " WHERE type_id IN (2, 4) AND day >= '2025-02-10' AND day < '2025-04-11' AND %s"
        " GROUP BY 1, 2, 3, 4, 5) y WHERE sold > 0) z ORDER BY rank, currency LIMIT %d";
    char sql[SQL_MAX];

    snprintf(sql, sizeof sql, select,
             "money(cost, currency)::text AS cost, (money(amount, currency) - money(cost, "
             "currency))::text AS margin",
             "amount", "true", 20);
    reports_check(rig, admin, "report top-sellers --all-stores" PERIOD, sql);
    snprintf(sql, sizeof sql, select, "NULL AS cost, NULL AS margin", "sold", "code = 'S2'", 5);
    reports_check(rig, staff, "report top-sellers --by quantity --limit 5" PERIOD, sql);
    identity_unref(admin);
    identity_unref(staff);
}

static void test_shrinkage(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "cid", "");
    struct identity *staff = rig_who(rig, ROLE_STAFF, "ann", "S1");
    static const char select[] =
        "SELECT %s CASE type_id WHEN 5 THEN 'count' ELSE (ARRAY['damaged', 'expired', 'lost', 'theft',"
        " 'sample', 'other'])[reason_id] END COLLATE \"C\" AS reason, currency, q(-sum(quantity)) AS "
        "quantity, "
        "%s AS value, count(*) AS movements FROM moved WHERE type_id IN (3, 5) AND day >= '2025-02-10'"
        " AND day < '2025-04-11' AND %s GROUP BY %s type_id, reason_id, currency ORDER BY %s currency, "
        "reason";
    char sql[SQL_MAX], line[256], columns[256], group[256], order[256];

    for (int i = 0; i < BY_USER; i++) {
        snprintf(line, sizeof line, "report shrinkage --all-stores --by %s" PERIOD, bys[i].name);
        snprintf(columns, sizeof columns, "%s,", bys[i].columns);
        snprintf(group, sizeof group, "%s,", group_of(&bys[i]));
        snprintf(order, sizeof order, "%s,", bys[i].group);
        snprintf(sql, sizeof sql, select, columns, "money(-sum(value), currency)::text", "true", group,
                 order);
        reports_check(rig, admin, line, sql);
    }
    snprintf(sql, sizeof sql, select, "", "money(-sum(value), currency)::text", "true", "", "");
    reports_check(rig, admin, "report shrinkage --all-stores" PERIOD, sql);
    snprintf(sql, sizeof sql, select, "", "NULL", "code = 'S1'", "", "");
    reports_check(rig, staff, "report shrinkage" PERIOD, sql);
    identity_unref(admin);
    identity_unref(staff);
}

/* The worth at the end of each day, summed up from the first movement on, day by day. */
static void check_turnover(const struct rig *rig, struct identity *who, const char *by, const char *columns,
                           const char *group, const char *order, const char *stores, const char *where,
                           bool has_cost)
{
    char line[256], sql[SQL_MAX];

    snprintf(line, sizeof line, "report turnover --by %s %s" PERIOD, by, stores);
    snprintf(
        sql, sizeof sql,
        "SELECT %s, currency, %s CASE WHEN sum(average) > 0 THEN round(sum(cost) / sum(average), 2) END AS "
        "turns,"
        " CASE WHEN sum(last) >= 0 AND sum(cost) > 0 THEN round(sum(last) / (sum(cost) / 60), 1) END AS "
        "days_of_cover FROM (SELECT s.code, s.name AS "
        "store_name, s.currency, p.sku, p.name, p.category, p.unit,"
        " coalesce((SELECT -sum(w.cost) FROM worth w WHERE (w.code, w.sku) = (s.code, p.sku) AND w.day >= "
        "'2025-02-10' AND w.day < '2025-04-11'), 0) AS cost,"
        " (SELECT avg(coalesce((SELECT sum(w.value) FROM worth w WHERE (w.code, w.sku) = (s.code, p.sku)"
        " AND w.day <= d.day), 0)) FROM generate_series(date '2025-02-10', date '2025-04-10', '1 day') AS d "
        "(day)) AS average,"
        " coalesce((SELECT sum(w.value) FROM worth w WHERE (w.code, w.sku) = (s.code, p.sku) AND w.day < "
        "'2025-04-11'), 0) AS last FROM stores s CROSS JOIN products p) y WHERE %s GROUP BY %s, currency"
        " HAVING sum(average) <> 0 OR sum(cost) <> 0 ORDER BY %s, currency",
        columns,
        has_cost ? "money(sum(cost), currency)::text AS cost, money(sum(average), currency)::text AS "
                   "average_value, money(sum(last), currency)::text AS value,"
                 : "NULL AS cost, NULL AS average_value, NULL AS value,",
        where, group, order);
    reports_check(rig, who, line, sql);
}

static void test_turnover(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "cid", "");
    struct identity *staff = rig_who(rig, ROLE_STAFF, "ann", "S3");
    static const char products[] = "sku, name, category, unit";
    static const char by_category[] = "category COLLATE \"C\" NULLS FIRST";

    check_turnover(rig, admin, "store", "code AS store, store_name AS name", "code, store_name", "code",
                   "--all-stores", "true", true);
    check_turnover(rig, admin, "product", products, products, "sku", "--all-stores", "true", true);
    check_turnover(rig, admin, "category", "category", "category", by_category, "--store S2", "code = 'S2'",
                   true);
    check_turnover(rig, staff, "product", products, products, "sku", "", "code = 'S3'", false);
    identity_unref(admin);
    identity_unref(staff);
}

static void test_dead_stock(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "cid", "");
    struct identity *staff = rig_who(rig, ROLE_STAFF, "ann", "S1");
    static const char select[] =
        "SELECT code AS store, sku, name, category, unit, q(sum(quantity)) AS on_hand, currency, %s AS value,"
        " regexp_replace(to_char(max(recorded_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), "
        "'\\.?0*$', '') || 'Z' AS updated_at FROM moved m WHERE %s GROUP BY 1, 2, 3, 4, 5, currency"
        " HAVING sum(quantity) > 0 AND coalesce(sum(quantity) FILTER (WHERE type_id = 2 AND day >= "
        "'2025-03-25' AND day < '2025-04-02'), 0) >= 0 ORDER BY code, sku";
    char sql[SQL_MAX];

    snprintf(sql, sizeof sql, select, "money(sum(value), currency)::text", "true");
    reports_check(rig, admin, "report dead-stock --all-stores --from 2025-03-25 --to 2025-04-02", sql);
    snprintf(sql, sizeof sql, select, "NULL", "code = 'S1'");
    reports_check(rig, staff, "report dead-stock --from 2025-03-25 --to 2025-04-02", sql);
    identity_unref(admin);
    identity_unref(staff);
}

/* What is on its way, told from the movements. */
#define COMING                                                                                               \
    "(SELECT p.sku, d.code, -o.quantity - coalesce((SELECT sum(i.quantity) FROM stock_movements i WHERE"     \
    " i.type_id = 7 AND i.transfer_store_id = o.store_id AND i.transfer_seq = o.seq), 0)"                    \
    " - coalesce((SELECT r.quantity FROM stock_movements r WHERE r.store_id = o.store_id AND r.reverses = "  \
    "o.seq), 0)"                                                                                             \
    " AS coming FROM stock_movements o JOIN transfers t USING (store_id, seq) JOIN stores d ON d.store_id =" \
    " t.to_store_id JOIN products p ON p.product_id = o.product_id WHERE o.type_id = 6 AND o.reverses IS "   \
    "NULL)"

static void test_on_hand_and_valuation(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "cid", "");
    struct identity *owner = rig_who(rig, ROLE_OWNER, "cid", "S3");
    struct identity *staff = rig_who(rig, ROLE_STAFF, "ann", "S1");

    /* have: each store's product with what is there, what comes, what it is worth */
    rig_number(rig,
               "CREATE VIEW have AS SELECT s.code, s.name AS store_name, s.currency, p.sku, p.name, "
               "p.category, p.unit, coalesce((SELECT sum(quantity) FROM moved m WHERE (m.code, m.sku) = "
               "(s.code, p.sku)), 0) AS quantity, coalesce((SELECT sum(value) FROM moved m WHERE (m.code, "
               "m.sku) = (s.code, p.sku)), 0) AS value, coalesce((SELECT sum(coming) FROM " COMING
               " c WHERE (c.code, c.sku) = (s.code, p.sku)), 0) AS coming FROM stores s CROSS JOIN "
               "products p");
    reports_check(
        rig, admin, "report on-hand --all-stores",
        "SELECT sku, name, category, unit, q(sum(quantity)) AS on_hand, q(sum(coming)) AS in_transit FROM "
        "have GROUP BY 1, 2, 3, 4 HAVING sum(quantity) + sum(coming) > 0 ORDER BY sku");
    reports_check(rig, staff, "report on-hand",
                  "SELECT sku, name, category, unit, q(quantity) AS on_hand, q(coming) AS in_transit FROM "
                  "have WHERE code = 'S1' AND quantity + coming > 0 ORDER BY sku");
    reports_check(
        rig, admin, "report on-hand --all-stores --by store",
        "SELECT code AS store, store_name AS name, count(*) FILTER (WHERE quantity > 0) AS products, "
        "q(sum(quantity)) AS on_hand, q(sum(coming)) AS in_transit FROM have GROUP BY 1, 2 ORDER BY code");
    reports_check(
        rig, admin, "report on-hand --all-stores --by category",
        "SELECT category, count(DISTINCT sku) FILTER (WHERE quantity > 0) AS products, q(sum(quantity)) AS "
        "on_hand, q(sum(coming)) AS in_transit FROM have GROUP BY 1 ORDER BY category COLLATE \"C\" NULLS "
        "FIRST");
    reports_check(
        rig, admin, "report valuation --all-stores",
        "SELECT code AS store, store_name AS name, count(*) AS products, q(sum(quantity)) AS on_hand, "
        "currency, money(sum(value), currency)::text AS value FROM have WHERE quantity > 0 GROUP BY 1, 2, "
        "currency ORDER BY code");
    reports_check(
        rig, admin, "report valuation --all-stores --by product",
        "SELECT sku, name, category, unit, q(sum(quantity)) AS on_hand, currency, money(sum(value) * 1000 / "
        "sum(quantity), currency)::text AS average_cost, money(sum(value), currency)::text AS value FROM "
        "have WHERE quantity > 0 GROUP BY 1, 2, 3, 4, currency ORDER BY sku, currency");
    reports_check(
        rig, owner, "report valuation --by category",
        "SELECT category, count(*) AS products, q(sum(quantity)) AS on_hand, currency, money(sum(value), "
        "currency)::text AS value FROM have WHERE quantity > 0 AND code = 'S3' GROUP BY 1, currency ORDER BY "
        "category COLLATE \"C\" NULLS FIRST");
    reports_check(
        rig, admin, "report low-stock --all-stores",
        "SELECT code AS store, h.sku, h.name, h.category, h.unit, q(h.quantity) AS on_hand, q(coming) AS "
        "in_transit, q(reorder_point) AS reorder_point, q(greatest(0, reorder_point - h.quantity - coming)) "
        "AS missing, q(reorder_quantity) AS reorder_quantity FROM have h JOIN stores USING (code) JOIN "
        "products p USING (sku) JOIN inventory USING (store_id, product_id) WHERE h.quantity <= "
        "reorder_point AND h.sku <> 'P6' ORDER BY code, sku");
    identity_unref(admin);
    identity_unref(owner);
    identity_unref(staff);
}

static void test_stocktake_of_the_history(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "cid", "");

    reports_check(
        rig, admin, "report variance --all-stores --session spring",
        "SELECT store, sku, name, category, unit, q(counted) AS counted, q(counted - variance) AS expected, "
        "q(variance) AS variance, currency, money(value, currency)::text AS value, counts FROM (SELECT code "
        "AS store, sku, name, category, unit, currency, (SELECT balance FROM moved l WHERE l.store_id = "
        "m.store_id AND l.seq = max(m.seq)) AS counted, sum(quantity) AS variance, sum(value) AS value, "
        "count(*) AS counts FROM moved m WHERE stocktake = 'spring' AND (store_id, seq) NOT IN (SELECT "
        "store_id, reverses FROM moved WHERE reverses IS NOT NULL) GROUP BY store_id, 1, 2, 3, 4, 5, 6) y "
        "ORDER BY store, sku");
    identity_unref(admin);
}

/* Every report page by page is the report as a whole. */
static void test_pages(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "cid", "");
    static const char *const lines[] = {
        "report sales --all-stores --by category" PERIOD,
        "report sales --all-stores --by day" PERIOD,
        "report sales --all-stores --by product" PERIOD,
        "report top-sellers --all-stores" PERIOD,
        "report shrinkage --all-stores --by category" PERIOD,
        "report shrinkage --all-stores" PERIOD,
        "report turnover --all-stores --by category" PERIOD,
        "report dead-stock --all-stores --from 2025-03-25 --to 2025-04-02",
        "report on-hand --all-stores --by category",
        "report on-hand --all-stores",
        "report valuation --all-stores --by product",
        "report valuation --all-stores --by category",
        "report low-stock --all-stores",
        "report variance --all-stores --session spring",
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct buf all = {0};
        char line[1024];
        struct outcome *outcome;

        snprintf(line, sizeof line, "%s --limit 10000", lines[i]);
        struct outcome *whole = rig_run_on(rig, rig->db, admin, FORMAT_JSON, line, NULL);
        assert_int_equal(whole->err, ERR_OK);
        assert_null(whole->request.table.after);
        assert_true(whole->request.table.row_count > 2);
        snprintf(line, sizeof line, "%s --limit 2", lines[i]);
        for (;;) {
            outcome = rig_run_on(rig, rig->db, admin, FORMAT_JSON, line, NULL);
            assert_int_equal(outcome->err, ERR_OK);
            assert_true(outcome->request.table.row_count <= 2);
            buf_append_text(&all, outcome->output);
            if (outcome->request.table.after == NULL) {
                break;
            }
            snprintf(line, sizeof line, "%s --limit 2 --after %s", lines[i], outcome->request.table.after);
            outcome_done(outcome);
        }
        outcome_done(outcome);
        buf_append_char(&all, '\0');
        assert_string_equal(all.data, whole->output);
        buf_done(&all);
        outcome_done(whole);
    }
    identity_unref(admin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sales),
        cmocka_unit_test(test_top_sellers),
        cmocka_unit_test(test_shrinkage),
        cmocka_unit_test(test_turnover),
        cmocka_unit_test(test_dead_stock),
        cmocka_unit_test(test_on_hand_and_valuation),
        cmocka_unit_test(test_stocktake_of_the_history),
        cmocka_unit_test(test_pages),
    };

    return cmocka_run_group_tests_name("database.reports", tests, reports_arrange_history, rig_teardown);
}
