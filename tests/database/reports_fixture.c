/* A history for the reports: backdated over ninety days with two clock changes. Called by the tests of
 * reports, as cmocka's setup; touches the test's own database only. Where the server asks PostgreSQL for a
 * store's day, this adds the zone's offset by hand. */
#include "tests/database/reports_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOVEMENTS = 3000, STORES = REPORTS_STORES, PRODUCTS = 20, SQL_MAX = REPORTS_SQL_MAX };

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

const char *const reports_store_codes[STORES] = {"S1", "S2", "S3", "S4"};

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
    struct movement *movement = move_new(type, reports_store_codes[store], sku, 0, NULL);
    movement->quantity_milli = 1 + chance(type == MOVEMENT_IN ? 120 : type == MOVEMENT_COUNT ? 60 : 9);
    movement->quantity_milli *= product == PRODUCTS - 1 ? 1 + chance(999) : 1000;
    movement->user_id = 1 + (int32_t)chance(3);
    movement->price_milli =
        (type == MOVEMENT_SELL || type == MOVEMENT_RETURN) && chance(10) > 0 ? chance_money(store) : -1;
    movement->cost_milli = type == MOVEMENT_IN && chance(10) > 0 ? chance_money(store) : -1;
    movement->reason = type == MOVEMENT_REMOVE ? (enum movement_reason)(1 + chance(6)) : REASON_NONE;
    movement->other_store =
        type == MOVEMENT_TRANSFER_OUT ? reports_store_codes[(store + 1 + chance(3)) % STORES] : NULL;
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

void reports_post_all(struct server *server, struct movement **movements, size_t count)
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
    reports_post_all(&server, movements, MOVEMENTS);
    for (int i = 0; i < MOVEMENTS; i++) {
        answers[answer_count] = make_answer(movements[i]);
        answer_count += answers[answer_count] != NULL;
    }
    reports_post_all(&server, answers, answer_count);
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

int reports_arrange(void **state)
{
    int status = fixture_setup(state);

    for (size_t i = 0; status == 0 && i < sizeof arrangement / sizeof arrangement[0]; i++) {
        rig_number(*state, arrangement[i]);
    }
    return status;
}

int reports_arrange_history(void **state)
{
    int status = reports_arrange(state);

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

void reports_check(const struct rig *rig, struct identity *who, const char *line, const char *select)
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
