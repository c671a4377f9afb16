/* The rules that let the schema be distributed on store_id (docs/scaling.md), read back from the migrated
 * database: a table is one of the reference tables named here, or keeps them all. Each rule is also shown to
 * find what breaks it. */
#include <stdio.h>
#include <string.h>

#include "sql/queries.h"
#include "tests/database/rig.h"

/* Tables that are the same on every node. Who adds one here says that it stays small enough for that. */
#define REFERENCE                                                                                            \
    "('stores', 'products', 'product_barcodes', 'catalogue_version', 'users', 'user_stores', 'user_keys', "  \
    "'user_limits', 'movement_types', 'movement_reasons', 'schema_migrations', 'import_products')"

#define TABLES                                                                                               \
    "WITH t AS (SELECT c.oid, c.relname AS name, c.relname NOT IN " REFERENCE " AS grows FROM pg_class c"    \
    " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace) "

/* The position of store_id in a table's columns. */
#define STORE_ID(table)                                                                                      \
    "(SELECT attnum FROM pg_attribute WHERE attrelid = " table                                               \
    " AND attname = 'store_id' AND NOT attisdropped)"

struct rule {
    const char *name;
    const char *offenders; /* one column of text, a row for each */
    const char *breaks;    /* what somebody might do */
};

static const struct rule rules[] = {
    {"a growing table has a store",
     TABLES "SELECT name FROM t WHERE grows AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = t.oid "
            "AND attname ="
            " 'store_id' AND attnotnull AND atttypid = 'integer'::regtype)",
     "CREATE TABLE loose (n integer PRIMARY KEY)"},
    {"a growing table has a primary key",
     TABLES "SELECT name FROM t WHERE grows AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = t.oid AND "
            "indisprimary)",
     "CREATE TABLE keyless (store_id integer NOT NULL)"},
    {"primary and unique keys of growing tables begin with store_id",
     TABLES
     "SELECT i.indexrelid::regclass::text FROM t JOIN pg_index i ON i.indrelid = t.oid AND (i.indisunique OR"
     " i.indisexclusion) WHERE grows AND i.indkey[0] IS DISTINCT FROM " STORE_ID("t.oid"),
     "CREATE UNIQUE INDEX everywhere ON stock_movements (ref)"},
    {"foreign keys stay within a store, or point to reference tables",
     TABLES "SELECT k.conname FROM pg_constraint k JOIN t ON t.oid = k.conrelid JOIN t AS o ON o.oid = "
            "k.confrelid"
            " WHERE k.contype = 'f' AND o.grows AND (NOT t.grows OR "
            "coalesce(array_position(k.conkey, " STORE_ID("t.oid") ") IS DISTINCT FROM "
                                                                   "array_position(k.confkey, " STORE_ID(
                                                                       "o.oid") ") OR "
                                                                                "array_position(k.conkey,"
                                                                                " " STORE_ID("t.oid") ") IS "
                                                                                                      "NULL, "
                                                                                                      "true)"
                                                                                                      ")",
     "ALTER TABLE transfers ADD CONSTRAINT across FOREIGN KEY (to_store_id, seq) REFERENCES stock_movements"},
    {"nothing is done behind a statement's back",
     "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal UNION ALL SELECT rulename FROM pg_rules WHERE "
     "schemaname ="
     " 'public'",
     "CREATE TRIGGER behind BEFORE UPDATE ON inventory FOR EACH ROW EXECUTE FUNCTION "
     "suppress_redundant_updates_trigger()"},
    {"quantities, worths and numbers of movements are bigint",
     TABLES "SELECT t.name || '.' || a.attname FROM t JOIN pg_attribute a ON a.attrelid = t.oid WHERE "
            "a.attnum > 0 AND NOT"
            " a.attisdropped AND a.atttypid <> 'bigint'::regtype AND (a.attname ~ "
            "'(^|_)(quantity|balance|value|amount|"
            "seq|milli|point|received|lost|returned|movements|price|cost|line)$')",
     "ALTER TABLE inventory ADD COLUMN safety_quantity integer"},
    {"no number is inexact",
     TABLES
     "SELECT t.name || '.' || a.attname FROM t JOIN pg_attribute a ON a.attrelid = t.oid WHERE a.attnum > 0 "
     "AND NOT"
     " a.attisdropped AND a.atttypid::regtype::text IN ('real', 'double precision', 'numeric', 'money')",
     "ALTER TABLE stock_daily ADD COLUMN average numeric"},
    /* A default is worked out where the statement comes in, so an event's own time and number are no harm. */
    {"defaults of growing tables are not volatile",
     TABLES
     "SELECT t.name || '.' || a.attname FROM t JOIN pg_attribute a ON a.attrelid = t.oid JOIN pg_attrdef d ON"
     " d.adrelid = t.oid AND d.adnum = a.attnum WHERE grows AND a.attgenerated = '' AND (t.name, a.attname) "
     "<>"
     " ('audit_events', 'recorded_at') AND EXISTS (SELECT FROM regexp_matches(d.adbin::text, ':funcid "
     "(\\d+)',"
     " 'g') AS f JOIN pg_proc p ON p.oid = f[1]::oid WHERE p.provolatile = 'v')",
     "ALTER TABLE transfers ADD COLUMN made_at timestamptz DEFAULT clock_timestamp()"},
};

enum { RULES = sizeof rules / sizeof rules[0] };

static const char *offenders_of(const struct rig *rig, const struct rule *rule)
{
    char sql[4096];

    snprintf(sql, sizeof sql, "SELECT coalesce(string_agg(o::text, ' '), '') FROM (%s) AS o",
             rule->offenders);
    return rig_text(rig, sql);
}

static void test_schema_keeps_the_rules(void **state)
{
    const struct rig *rig = *state;

    for (size_t i = 0; i < RULES; i++) {
        const char *offenders = offenders_of(rig, &rules[i]);
        if (offenders[0] != '\0') {
            fail_msg("%s: %s", rules[i].name, offenders);
        }
    }
    /* the list of reference tables names nothing that is gone */
    assert_int_equal(
        rig_number(rig,
                   "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind"
                   " = 'r' AND relname IN " REFERENCE),
        12);
}

static void test_each_rule_finds_what_breaks_it(void **state)
{
    const struct rig *rig = *state;

    for (size_t i = 0; i < RULES; i++) {
        rig_number(rig, "BEGIN");
        rig_number(rig, rules[i].breaks);
        if (offenders_of(rig, &rules[i])[0] == '\0') {
            fail_msg("%s: does not find: %s", rules[i].name, rules[i].breaks);
        }
        rig_number(rig, "ROLLBACK");
    }
}

/* ------------------------------------------------------------------ statements */

/* Does the text change a table that grows? */
static bool changes_growing_table(const struct rig *rig, const char *text)
{
    char *quoted = PQescapeLiteral(rig->sql, text, strlen(text));
    char sql[16384];

    assert_non_null(quoted);
    snprintf(sql, sizeof sql,
             TABLES "SELECT count(*) FROM t WHERE grows AND %s ~* ('\\m(insert into|update|delete from|merge "
                    "into)\\s+(only"
                    "\\s+)?' || t.name || '\\M')",
             quoted);
    PQfreemem(quoted);
    return rig_number(rig, sql) > 0;
}

/* The statement's parameters as a function's: "integer, text". */
static void list_types(const struct rig *rig, const char *text, char *ret_types, size_t size)
{
    PGresult *prepared = PQprepare(rig->sql, "shape", text, 0, NULL);
    PGresult *shape = PQdescribePrepared(rig->sql, "shape");
    size_t used = 0;

    assert_int_equal(PQresultStatus(prepared), PGRES_COMMAND_OK);
    ret_types[0] = '\0';
    for (int i = 0; i < PQnparams(shape); i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT format_type(%u, NULL)", PQparamtype(shape, i));
        used +=
            (size_t)snprintf(ret_types + used, size - used, "%s%s", i > 0 ? ", " : "", rig_text(rig, sql));
        assert_true(used < size);
    }
    PQclear(shape);
    PQclear(prepared);
    rig_number(rig, "DEALLOCATE shape");
}

/* The volatile functions that a statement calls: the server parses it as a function's body, and the parsed
 * form names every function, operator and aggregate by number. */
static const char *volatile_functions(const struct rig *rig, const char *text)
{
    static char found[1024];
    char types[2048], sql[16384];

    list_types(rig, text, types, sizeof types);
    rig_number(rig, "BEGIN");
    snprintf(sql, sizeof sql, "CREATE FUNCTION parsed (%s) RETURNS void LANGUAGE sql BEGIN ATOMIC %s; END",
             types, text);
    rig_number(rig, sql);
    snprintf(
        found, sizeof found, "%s",
        rig_text(
            rig,
            "SELECT coalesce(string_agg(p.oid::regprocedure::text, ' '), '') FROM pg_proc f CROSS JOIN"
            " regexp_matches(f.prosqlbody::text, ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\\d+)', 'g') AS"
            " m JOIN pg_proc p ON p.oid = m[1]::oid WHERE f.proname = 'parsed' AND p.provolatile = 'v'"));
    rig_number(rig, "ROLLBACK");
    return found;
}

static void test_changes_of_growing_tables_are_not_volatile(void **state)
{
    const struct rig *rig = *state;
    unsigned checked = 0;

    for (int i = 0; i < (int)SQL_QUERY_COUNT; i++) {
        const struct sql_text *query = &sql_queries[i];
        if (!changes_growing_table(rig, query->text)) {
            continue;
        }
        const char *found = volatile_functions(rig, query->text);
        if (found[0] != '\0') {
            fail_msg("%s calls %s", query->name, found);
        }
        checked++;
    }
    assert_true(checked >= 8); /* the writer's own, at least */
}

static void test_volatile_functions_are_found(void **state)
{
    const struct rig *rig = *state;
    static const char *const wrong[] = {
        "UPDATE inventory SET updated_at = clock_timestamp() WHERE store_id = $1::integer",
        "INSERT INTO transfers (store_id, seq) SELECT $1::integer, (random() * $2::integer)::bigint",
        "DELETE FROM stock_daily WHERE movements = nextval('stores_store_id_seq') + $1::bigint"};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_true(changes_growing_table(rig, wrong[i]));
        assert_string_not_equal(volatile_functions(rig, wrong[i]), "");
    }
    assert_string_equal(
        volatile_functions(rig, "UPDATE inventory SET updated_at = now() WHERE store_id = $1::integer"), "");
    assert_false(changes_growing_table(rig, "UPDATE users SET name = $1::text"));
    assert_false(changes_growing_table(rig, "SELECT last_seq FROM store_ledger FOR UPDATE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_keeps_the_rules),
        cmocka_unit_test(test_each_rule_finds_what_breaks_it),
        cmocka_unit_test(test_changes_of_growing_tables_are_not_volatile),
        cmocka_unit_test(test_volatile_functions_are_found),
    };

    return cmocka_run_group_tests_name("database.schema_rules", tests, rig_setup, rig_teardown);
}
