/* How PostgreSQL finds what each query of sql/queries asks for, when the tables are as large as they will be:
 * no table that grows is read from end to end. A year of twenty stores is there, with statistics as if there
 * were twenty million movements; each query is explained once for all its calls (the generic plan) and, of
 * those that choose by what is given, with what they are usually given. A new query is tested by being there.
 */
#include "tests/database/rig.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "sql/queries.h"

static const char *const growing[] = {"stock_movements", "inventory",      "stock_daily", "stock_daily_users",
                                      "transfers",       "ledger_batches", "audit_events"};

/* What may read all of a table, and why. */
static const struct {
    const char *query;
    const char *table;
} exceptions[] = {
    {NULL, NULL},
};

/* A call as the commands make it. Parameters in order, parted by |, "" for NULL. */
static const struct {
    const char *query;
    const char *parameters;
} calls[] = {
    /* a page of one store, the next page, a search, what is low, what changed today */
    {"inventory_list", "{S01}|||100||||||||1"},
    {"inventory_list", "{S01}|S01|P00040|100||||||||1"},
    {"inventory_list", "{S01}|||100|oat:*|||||||1"},
    {"inventory_list", "{S01}|||100||true||||||1"},
    {"inventory_list", "{S01}|||100|||Milk|||||1"},
    {"inventory_list", "{S01}|||100|||||0|||1"},
    /* of all stores */
    {"inventory_list", "|||100||||||||"},
    {"inventory_list", "|||100||true||||||"},
    {"inventory_as_of", "{S01}|||100|||||-1||1"},
    {"inventory_product", "|||100||||||||7"},
    {"inventory_till", "S01|P00007"},
    {"movements_list", "{S01}|||100||||||"},
    {"movements_list", "{S01}|S01|500|100||||||"},
    {"movements_list", "{S01}|||100|3|||||"},
    {"movements_list", "{S01}|||100||ann||||"},
    {"movements_list", "{S01}|||100||||0||"},
    {"movements_list", "|||100||||||"},
    {"movements_product", "{S01}|||100|||||||7"},
    {"movements_product", "|||100|||||||7"},
    {"movements_ref", "{S01}|||100|||||||till-1-7|||"},
    {"movements_ref", "|||100|||||||delivery:7|delivery|7|"},
    {"transfer_list", "{S01}|||100|true|true"},
    {"transfer_list", "|||100|true|true"},
    {"audit_list", "|100|||||||||||"},
    {"audit_list", "500|100|||||||||||"},
    {"audit_list", "|100|1||||||||||"},
    {"audit_list", "|100||user set|||||||||"},
    {"audit_list", "|100||||P00007|||||||"},
    {"audit_list", "|100||||||127.0.0.1|||||"},
    {"audit_list", "|100|||||||3||||"},
    {"audit_list", "|100||||||||2026-01-01Z||2026-01-02Z|"},
    {"report_on_hand", "{1}|product|||100"},
    {"report_on_hand", "{1,2,3}|store|||100"},
    {"report_low_stock", "{1}|||100"},
    {"report_valuation", "{1}|{2}|product|||100"},
    {"report_sales", "{1}|{20000}|{20030}|{2}|day|||100"},
    {"report_sales", "{1}|{20000}|{20030}|{2}|user|||100"},
    {"report_sales", "{1}|{20000}|{20030}|{2}|product|||100"},
    {"report_sales", "{1,2,3}|{20000,20000,20000}|{20030,20030,20030}|{2,2,2}|store|||100"},
    {"report_top_sellers", "{1}|{20000}|{20030}|{2}|revenue|||100"},
    {"report_shrinkage", "{1}|{20000}|{20030}|{2}||||100"},
    {"report_dead_stock", "{1}|{20000}|{20030}|{2}|||100"},
    {"report_turnover", "{1}|{20000}|{20030}|{2}|product|||100"},
    {"report_variance", "{1}|{2}|autumn|||100"},
};

/* ------------------------------------------------------------------ the ground */

static void fill(const struct rig *rig)
{
    rig_number(
        rig,
        "INSERT INTO stores (code, name) SELECT 'S' || to_char(n, 'FM00'), 'Store' FROM generate_series(1, "
        "20) n");
    rig_number(rig, "INSERT INTO store_ledger (store_id, last_seq, last_hash)"
                    " SELECT store_id, 2500, decode(repeat('00', 32), 'hex') FROM stores");
    rig_number(rig, "INSERT INTO products (sku, name, category) SELECT 'P' || to_char(n, 'FM00000'),"
                    " 'Oat milk ' || n, 'Category ' || n % 10 FROM generate_series(1, 2000) n");
    rig_number(rig, "INSERT INTO users (name, role) VALUES ('ann', 'staff'), ('bob', 'staff')");
    rig_number(rig, "INSERT INTO inventory (store_id, product_id, quantity, reorder_point, updated_at)"
                    " SELECT s, p, 5000, CASE WHEN p % 3 = 0 THEN 9000 END, now() - p * interval '1 hour'"
                    " FROM generate_series(1, 20) s, generate_series(1, 500) p");
    rig_number(rig,
               "INSERT INTO ledger_batches (store_id, batch_key, batch_id, next_line)"
               " SELECT s, 'delivery-' || n, n, 100 FROM generate_series(1, 20) s, generate_series(1, 50) n");
    rig_number(
        rig,
        "INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, recorded_at,"
        " user_id, type_id, reason_id, value, ref, batch_id, batch_line, stocktake, hash)"
        " SELECT s, 1 + n % 500, n, 1000, 5000, t - late, t, 1 + n % 2, 1 + n % 6,"
        " CASE WHEN 1 + n % 6 = 3 THEN 1 END, 1000, CASE WHEN n % 10 = 0 THEN 'till-1-' || n END,"
        " CASE WHEN n % 10 = 1 THEN n / 50 + 1 END, CASE WHEN n % 10 = 1 THEN n END,"
        " CASE WHEN 1 + n % 6 = 5 AND n > 2400 THEN 'autumn' END, decode(repeat('00', 32), 'hex')"
        " FROM generate_series(1, 20) s, generate_series(1, 2500) n,"
        " LATERAL (SELECT now() - (2500 - n) * interval '3 hours' AS t,"
        " CASE WHEN n % 500 = 0 THEN interval '1 day' ELSE interval '0' END AS late) x");
    rig_number(
        rig,
        "INSERT INTO stock_daily SELECT store_id, occurred_at::date, product_id, type_id,"
        " coalesce(reason_id, 0), sum(quantity), 0, 0, count(*) FROM stock_movements GROUP BY 1, 2, 3, 4, 5");
    rig_number(rig, "INSERT INTO stock_daily_users SELECT store_id, occurred_at::date, user_id, type_id,"
                    " sum(quantity), 0, 0, count(*) FROM stock_movements GROUP BY 1, 2, 3, 4");
    rig_number(
        rig,
        "INSERT INTO transfers (store_id, seq, product_id, to_store_id, quantity, received, value, sent_at)"
        " SELECT store_id, seq, product_id, 1 + store_id % 20, 1000, CASE WHEN seq % 50 = 0 THEN 0 ELSE 1000"
        " END, 0, recorded_at FROM stock_movements WHERE type_id = 6");
    rig_number(
        rig,
        "INSERT INTO audit_events (store_id, recorded_at, user_id, method, source, action, outcome, kind,"
        " target) SELECT n % 20, now() - n * interval '1 minute', 1 + n % 2, 'key', '10.0.0.' || n % 250,"
        " 'product set', 'done', 'product', 'P' || to_char(n % 2000, 'FM00000')"
        " FROM generate_series(1, 20000) n");
}

/* The planner reckons with the rows of a page times the pages of the file: without either's being updated it
 * believes what pg_class says only in proportion. More rows on each page do for it what more pages would. */
static void pretend_to_be_large(const struct rig *rig)
{
    rig_number(rig, "ANALYZE");
    for (size_t i = 0; i < sizeof(growing) / sizeof(growing[0]); i++) {
        char sql[256];

        snprintf(
            sql, sizeof(sql),
            "UPDATE pg_class SET reltuples = reltuples * 400 WHERE oid = '%s'::regclass AND relkind = 'r'",
            growing[i]);
        rig_number(rig, sql);
    }
    rig_number(rig, "SET plan_cache_mode = auto");
}

/* ------------------------------------------------------------------ plans */

static bool is_excepted(const char *query, const char *table)
{
    for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
        if (exceptions[i].query != NULL && strcmp(exceptions[i].query, query) == 0 &&
            strcmp(exceptions[i].table, table) == 0) {
            return true;
        }
    }
    return false;
}

/* Commands plan it for what is given in each call (plan_by_values): what it reads shows in `calls` only. */
static bool is_planned_by_values(const char *query)
{
    return strcmp(query, "audit_list") == 0;
}

/* The text form of a plan names a scan of a table so, its alias after it. */
static unsigned scans_in(const char *query, const char *plan)
{
    unsigned found = 0;

    for (size_t i = 0; i < sizeof(growing) / sizeof(growing[0]); i++) {
        char scan[64];
        const char *place = plan;

        snprintf(scan, sizeof(scan), "Seq Scan on %s", growing[i]);
        while ((place = strstr(place, scan)) != NULL) {
            place += strlen(scan);
            if ((*place == ' ' || *place == '\n' || *place == '\0') && !is_excepted(query, growing[i])) {
                found++;
            }
        }
    }
    return found;
}

static void explain(const struct rig *rig, const char *query, const char *execute, unsigned *faults)
{
    cleanup(buf_done) struct buf plan = {0};
    char sql[2048];

    snprintf(sql, sizeof(sql), "EXPLAIN (COSTS OFF) %s", execute);
    PGresult *result = PQexec(rig->sql, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s: %s", query, execute, PQerrorMessage(rig->sql));
    }
    for (int i = 0; i < PQntuples(result); i++) {
        buf_printf(&plan, "%s\n", PQgetvalue(result, i, 0));
    }
    PQclear(result);
    buf_append_char(&plan, '\0');
    if (scans_in(query, plan.data) > 0) {
        print_error("%s reads a whole table: %s\n%s\n", query, execute, plan.data);
        (*faults)++;
    }
}

static int prepare(const struct rig *rig, const struct sql_text *query)
{
    PGresult *result = PQprepare(rig->sql, query->name, query->text, 0, NULL);

    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    result = PQdescribePrepared(rig->sql, query->name);
    int count = PQnparams(result);
    PQclear(result);
    return count;
}

/* Whatever is given: the plan that is made without looking at it. */
static void test_no_generic_plan_reads_a_growing_table(void **state)
{
    const struct rig *rig = *state;
    unsigned faults = 0;

    rig_number(rig, "SET plan_cache_mode = force_generic_plan");
    for (int i = 0; i < (int)SQL_QUERY_COUNT; i++) {
        cleanup(buf_done) struct buf execute = {0};
        int count = prepare(rig, &sql_queries[i]);

        if (is_planned_by_values(sql_queries[i].name) || strncmp(sql_queries[i].name, "plan_", 5) == 0 ||
            strncmp(sql_queries[i].name, "commits_", 8) == 0) {
            continue; /* a setting and an announcement: nothing to plan */
        }
        buf_printf(&execute, "EXECUTE %s", sql_queries[i].name);
        for (int k = 0; k < count; k++) {
            buf_append_text(&execute, k == 0 ? "(NULL" : ", NULL");
        }
        buf_append_text(&execute, count > 0 ? ")" : "");
        buf_append_char(&execute, '\0');
        explain(rig, sql_queries[i].name, execute.data, &faults);
    }
    assert_int_equal(faults, 0);
}

/* EXECUTE with the call's parameters as literals. */
static void append_call(const struct rig *rig, const char *query, const char *parameters, struct buf *execute)
{
    buf_printf(execute, "EXECUTE %s (", query);
    for (const char *at = parameters;; at++) {
        size_t len = strcspn(at, "|");

        if (len == 0) {
            buf_append_text(execute, "NULL");
        } else {
            char *literal = PQescapeLiteral(rig->sql, at, len);
            buf_append_text(execute, literal);
            PQfreemem(literal);
        }
        at += len;
        if (*at == '\0') {
            break;
        }
        buf_append_text(execute, ", ");
    }
    buf_append_char(execute, ')');
    buf_append_char(execute, '\0');
}

static void test_no_usual_call_reads_a_growing_table(void **state)
{
    const struct rig *rig = *state;
    unsigned faults = 0;

    rig_number(rig, "SET plan_cache_mode = force_custom_plan");
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        cleanup(buf_done) struct buf execute = {0};

        append_call(rig, calls[i].query, calls[i].parameters, &execute);
        explain(rig, calls[i].query, execute.data, &faults);
    }
    assert_int_equal(faults, 0);
}

static int setup(void **state)
{
    int status = rig_setup(state);

    if (status == 0) {
        fill(*state);
        pretend_to_be_large(*state);
    }
    return status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_generic_plan_reads_a_growing_table),
        cmocka_unit_test(test_no_usual_call_reads_a_growing_table),
    };

    return cmocka_run_group_tests_name("database.plans", tests, setup, rig_teardown);
}
