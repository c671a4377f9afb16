/* The reports against an independent computation from the raw movements: a few thousand of them, made up from
 * a fixed seed, backdated over ninety days with two clock changes, of stores in three time zones with three
 * currencies. Where the server asks PostgreSQL for a store's day, this test adds the zone's offset by hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/database/ledger_fixture.h"

enum { MOVEMENTS = 3000, STORES = 4, PRODUCTS = 20, SQL_MAX = 8192 };

#define PERIOD     " --from 2025-02-10 --to 2025-04-11"
#define DAY_MICROS INT64_C(86400000000)
/* 2025-01-20T00:00:00Z */
#define BEGIN_MICROS (INT64_C(1737331200) * 1000000)

/* ------------------------------------------------------------------ a made-up history */

static uint64_t state_of_chance;

/* From 0 to below limit, the same in every run. */
static int64_t chance(int64_t limit)
{
    state_of_chance = state_of_chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((state_of_chance >> 33) % (uint64_t)limit);
}

static const char *const store_codes[STORES] = {"S1", "S2", "S3", "S4"};

/* What the stores and products of the fixture become, and how the test sees the ledger. */
static const char *const arrangement[] = {
    "INSERT INTO stores (code, name, timezone) VALUES ('S4', 'Four', 'Europe/Berlin')",
    "INSERT INTO store_ledger (store_id) SELECT store_id FROM stores WHERE code = 'S4'",
    "UPDATE stores SET timezone = 'Europe/Berlin' WHERE code = 'S1'",
    "UPDATE stores SET timezone = 'America/New_York', currency = 'USD' WHERE code = 'S2'",
    "UPDATE stores SET timezone = 'Asia/Tokyo', currency = 'JPY' WHERE code = 'S3'",
    "UPDATE products SET category = CASE WHEN product_id % 3 = 0 THEN 'Drinks' WHEN product_id % 3 = 1 THEN "
    "'food' END",
    "INSERT INTO users (name, role) VALUES ('bob', 'staff'), ('cid', 'owner')",
    "UPDATE catalogue_version SET version = version + 1",
    "CREATE FUNCTION q(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT trim_scale($1 / 1000)'",
    "CREATE FUNCTION money(numeric, text) RETURNS numeric LANGUAGE sql AS"
    " 'SELECT CASE $2 WHEN ''JPY'' THEN round($1 / 1000, 0) ELSE round($1 / 100000, 2) END'",
    "CREATE VIEW moved AS SELECT m.*, s.code, s.name AS store_name, s.currency, p.sku, p.name, p.category, "
    "p.unit,"
    " u.name AS user_name, CASE WHEN m.type_id IN (2, 4) THEN -m.quantity * coalesce(m.price, 0) ELSE 0 END "
    "AS amount,"
    " (m.occurred_at AT TIME ZONE 'UTC' + CASE s.code"
    " WHEN 'S3' THEN interval '9 hours'"
    " WHEN 'S2' THEN CASE WHEN m.occurred_at < '2025-03-09T07:00:00Z' THEN interval '-5 hours'"
    "                ELSE interval '-4 hours' END"
    " ELSE CASE WHEN m.occurred_at < '2025-03-30T01:00:00Z' THEN interval '1 hour' ELSE interval '2 hours' "
    "END END)::date AS day"
    " FROM stock_movements m JOIN stores s USING (store_id) JOIN products p USING (product_id)"
    " JOIN users u USING (user_id)",
};

static void set_when(struct movement *movement)
{
    movement->has_at = true;
    movement->at_micros = BEGIN_MICROS + chance(90) * DAY_MICROS + chance(DAY_MICROS);
}

/* Whole yen, or cents. */
static int64_t chance_money(int store)
{
    return store == 2 ? (1 + chance(900)) * 1000 : (1 + chance(5000)) * 10;
}

static struct movement *make_movement(int i)
{
    static const enum movement_type types[] = {
        MOVEMENT_SELL,   MOVEMENT_SELL,   MOVEMENT_SELL,  MOVEMENT_SELL,         MOVEMENT_SELL,
        MOVEMENT_RETURN, MOVEMENT_REMOVE, MOVEMENT_COUNT, MOVEMENT_TRANSFER_OUT, MOVEMENT_IN};
    char sku[8];
    int store = (int)chance(STORES), product = (int)chance(PRODUCTS - 2);
    enum movement_type type = types[chance(sizeof types / sizeof types[0])];

    if (i < STORES * PRODUCTS) { /* something to begin with, of every product everywhere */
        store = i % STORES;
        product = i / STORES;
        type = MOVEMENT_IN;
    } else if (product == PRODUCTS - 3) {
        product = PRODUCTS - 1; /* by weight; two others are never sold */
    }
    snprintf(sku, sizeof sku, "P%d", product);
    struct movement *movement = move_new(type, store_codes[store], sku, 0, NULL);
    movement->quantity_milli = 1 + chance(type == MOVEMENT_IN ? 120 : type == MOVEMENT_COUNT ? 60 : 9);
    movement->quantity_milli *= product == PRODUCTS - 1 ? 1 + chance(999) : 1000;
    movement->user_id = 1 + (int32_t)chance(3);
    movement->price_milli =
        (type == MOVEMENT_SELL || type == MOVEMENT_RETURN) && chance(10) > 0 ? chance_money(store) : -1;
    movement->cost_milli = type == MOVEMENT_IN && chance(10) > 0 ? chance_money(store) : -1;
    movement->reason = type == MOVEMENT_REMOVE ? (enum movement_reason)(1 + chance(6)) : REASON_NONE;
    movement->other_store =
        type == MOVEMENT_TRANSFER_OUT ? store_codes[(store + 1 + chance(3)) % STORES] : NULL;
    if (type == MOVEMENT_COUNT && chance(2) == 0) {
        movement->stocktake = "spring";
    }
    set_when(movement);
    return movement;
}

/* Receipts of three transfers of four, one of three short, and the taking back of every fifteenth movement.
 */
static struct movement *make_answer(const struct movement *before)
{
    struct movement *movement;

    if (before->err != ERR_OK) {
        return NULL;
    }
    if (before->type == MOVEMENT_TRANSFER_OUT && chance(4) > 0) {
        movement = move_new(MOVEMENT_TRANSFER_IN, before->other_store, "", 0, NULL);
        movement->product = NULL;
        movement->other_store = before->store;
        movement->transfer_seq = before->seq;
        movement->receives_all = chance(3) > 0;
        movement->quantity_milli = 1000;
    } else if (chance(15) == 0) {
        movement = move_new(before->type, before->store, "", 0, NULL);
        movement->product = NULL;
        movement->reverses = before->seq;
    } else {
        return NULL;
    }
    if (chance(3) > 0) {
        set_when(movement);
    }
    return movement;
}

static void post_all(struct server *server, struct movement **movements, size_t count)
{
    struct ledger_source *source = ledger_source_new(server->ledger, false, false);

    for (size_t i = 0; i < count; i++) {
        server_submit(server, source, movements[i]);
    }
    server_settle(server);
    ledger_source_free(source);
}

static void make_history(const struct rig *rig)
{
    struct movement **movements = calloc(MOVEMENTS, sizeof(*movements));
    struct movement **answers = calloc(MOVEMENTS, sizeof(*answers));
    struct server server;
    size_t answer_count = 0;

    assert_non_null(movements);
    assert_non_null(answers);
    state_of_chance = 4711;
    server_start(&server, rig);
    for (int i = 0; i < MOVEMENTS; i++) {
        movements[i] = make_movement(i);
    }
    post_all(&server, movements, MOVEMENTS);
    for (int i = 0; i < MOVEMENTS; i++) {
        answers[answer_count] = make_answer(movements[i]);
        answer_count += answers[answer_count] != NULL;
    }
    post_all(&server, answers, answer_count);
    server_stop(&server);
    for (int i = 0; i < MOVEMENTS; i++) {
        move_free(movements[i]);
        if ((size_t)i < answer_count) {
            move_free(answers[i]);
        }
    }
    free(movements);
    free(answers);
    fixture_prove(rig);
}

static int arrange(void **state)
{
    int status = fixture_setup(state);

    for (size_t i = 0; status == 0 && i < sizeof arrangement / sizeof arrangement[0]; i++) {
        rig_number(*state, arrangement[i]);
    }
    return status;
}

static int arrange_history(void **state)
{
    int status = arrange(state);

    if (status == 0) {
        const struct rig *rig = *state;
        make_history(rig);
        rig_number(rig, "UPDATE inventory SET reorder_point = 20000 + 1000 * product_id,"
                        " reorder_quantity = CASE WHEN product_id % 2 = 0 THEN 48000 END"
                        " WHERE product_id % 5 <> 0");
        rig_number(rig, "UPDATE products SET retired_at = now() WHERE sku = 'P6'");
        rig_number(rig, "CREATE TABLE worth AS SELECT code, sku, day, sum(value) AS value,"
                        " sum(value) FILTER (WHERE type_id IN (2, 4)) AS cost FROM moved GROUP BY 1, 2, 3");
        rig_number(rig, "CREATE INDEX ON worth (code, sku, day)");
        /* It is a history worth looking at. */
        assert_true(rig_number(rig, "SELECT count(*) FROM stock_movements") > 2500);
        assert_true(rig_number(rig, "SELECT count(DISTINCT type_id) FROM stock_movements") == 7);
        assert_true(rig_number(rig, "SELECT count(*) FROM stock_movements WHERE reverses > 0") > 100);
        assert_true(rig_number(rig, "SELECT count(*) FROM transfers WHERE received + lost + returned < "
                                    "quantity") > 10);
    }
    return status;
}

/* ------------------------------------------------------------------ comparing */

/* The report's json must be these rows in this order: select gives the columns as they are named. */
static void check(const struct rig *rig, struct identity *who, const char *line, const char *select)
{
    struct outcome *outcome = rig_run_on(rig, rig->db, who, FORMAT_JSON, line, NULL);
    char sql[SQL_MAX];

    if (outcome->err != ERR_OK) {
        fail_msg("%s: %s: %s", line, err_text(outcome->err), outcome->request.error.message);
    }
    assert_true((size_t)snprintf(sql, sizeof sql,
                                 "SELECT coalesce(string_agg(row_to_json(x)::text || E'\\n', ''), '') FROM "
                                 "(%s) x",
                                 select) < sizeof sql);
    PGresult *result = PQexec(rig->sql, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", sql, PQerrorMessage(rig->sql));
    }
    if (strlen(PQgetvalue(result, 0, 0)) == 0) {
        fail_msg("%s: the test expects no row at all", line);
    }
    if (strcmp(outcome->output, PQgetvalue(result, 0, 0)) != 0) {
        print_error("%s\ncame:\n", line);
        fputs(outcome->output, stderr);
        print_error("expected:\n");
        fputs(PQgetvalue(result, 0, 0), stderr);
        fail();
    }
    PQclear(result);
    outcome_done(outcome);
}

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
    check(rig, who, line, sql);
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
    check(rig, admin, "report top-sellers --all-stores" PERIOD, sql);
    snprintf(sql, sizeof sql, select, "NULL AS cost, NULL AS margin", "sold", "code = 'S2'", 5);
    check(rig, staff, "report top-sellers --by quantity --limit 5" PERIOD, sql);
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
        check(rig, admin, line, sql);
    }
    snprintf(sql, sizeof sql, select, "", "money(-sum(value), currency)::text", "true", "", "");
    check(rig, admin, "report shrinkage --all-stores" PERIOD, sql);
    snprintf(sql, sizeof sql, select, "", "NULL", "code = 'S1'", "", "");
    check(rig, staff, "report shrinkage" PERIOD, sql);
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
    check(rig, who, line, sql);
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
    check(rig, admin, "report dead-stock --all-stores --from 2025-03-25 --to 2025-04-02", sql);
    snprintf(sql, sizeof sql, select, "NULL", "code = 'S1'");
    check(rig, staff, "report dead-stock --from 2025-03-25 --to 2025-04-02", sql);
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
    check(rig, admin, "report on-hand --all-stores",
          "SELECT sku, name, category, unit, q(sum(quantity)) AS on_hand, q(sum(coming)) AS in_transit FROM "
          "have GROUP BY 1, 2, 3, 4 HAVING sum(quantity) + sum(coming) > 0 ORDER BY sku");
    check(rig, staff, "report on-hand",
          "SELECT sku, name, category, unit, q(quantity) AS on_hand, q(coming) AS in_transit FROM "
          "have WHERE code = 'S1' AND quantity + coming > 0 ORDER BY sku");
    check(rig, admin, "report on-hand --all-stores --by store",
          "SELECT code AS store, store_name AS name, count(*) FILTER (WHERE quantity > 0) AS products, "
          "q(sum(quantity)) AS on_hand, q(sum(coming)) AS in_transit FROM have GROUP BY 1, 2 ORDER BY code");
    check(rig, admin, "report on-hand --all-stores --by category",
          "SELECT category, count(DISTINCT sku) FILTER (WHERE quantity > 0) AS products, q(sum(quantity)) AS "
          "on_hand, q(sum(coming)) AS in_transit FROM have GROUP BY 1 ORDER BY category COLLATE \"C\" NULLS "
          "FIRST");
    check(rig, admin, "report valuation --all-stores",
          "SELECT code AS store, store_name AS name, count(*) AS products, q(sum(quantity)) AS on_hand, "
          "currency, money(sum(value), currency)::text AS value FROM have WHERE quantity > 0 GROUP BY 1, 2, "
          "currency ORDER BY code");
    check(
        rig, admin, "report valuation --all-stores --by product",
        "SELECT sku, name, category, unit, q(sum(quantity)) AS on_hand, currency, money(sum(value) * 1000 / "
        "sum(quantity), currency)::text AS average_cost, money(sum(value), currency)::text AS value FROM "
        "have WHERE quantity > 0 GROUP BY 1, 2, 3, 4, currency ORDER BY sku, currency");
    check(
        rig, owner, "report valuation --by category",
        "SELECT category, count(*) AS products, q(sum(quantity)) AS on_hand, currency, money(sum(value), "
        "currency)::text AS value FROM have WHERE quantity > 0 AND code = 'S3' GROUP BY 1, currency ORDER BY "
        "category COLLATE \"C\" NULLS FIRST");
    check(
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

    check(
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
        struct movement *movement = move_new(MOVEMENT_IN, store_codes[i], "P1", 500, NULL);
        post_all(&server, &movement, 1);
        move_free(movement);
    }
    for (size_t i = 0; i < sizeof sales / sizeof sales[0]; i++) {
        struct movement *movement = move_new(MOVEMENT_SELL, sales[i].store, "P1", sales[i].quantity, NULL);
        movement->has_at = true;
        movement->at_micros = sales[i].micros;
        movement->price_milli = 1000;
        post_all(&server, &movement, 1);
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
    const struct CMUnitTest of_history[] = {
        cmocka_unit_test(test_sales),
        cmocka_unit_test(test_top_sellers),
        cmocka_unit_test(test_shrinkage),
        cmocka_unit_test(test_turnover),
        cmocka_unit_test(test_dead_stock),
        cmocka_unit_test(test_on_hand_and_valuation),
        cmocka_unit_test(test_stocktake_of_the_history),
        cmocka_unit_test(test_pages),
    };
    const struct CMUnitTest by_hand[] = {
        cmocka_unit_test_setup_teardown(test_days_with_a_clock_change, arrange, rig_teardown),
        cmocka_unit_test_setup_teardown(test_text_and_totals, arrange, rig_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_refused, arrange, rig_teardown),
        cmocka_unit_test_setup_teardown(test_today, arrange, rig_teardown),
        cmocka_unit_test_setup_teardown(test_no_report_reads_a_whole_table, arrange, rig_teardown),
    };
    int failed = cmocka_run_group_tests_name("database.reports", of_history, arrange_history, rig_teardown);

    return failed + cmocka_run_group_tests_name("database.reports_by_hand", by_hand, NULL, NULL);
}
