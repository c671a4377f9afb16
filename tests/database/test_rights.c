/* The rights of the server's role: it adds to the ledger and never changes it.
 * Runs each forbidden statement with the server's rights.
 * What is refused must be refused for the right and for no other reason: SQLSTATE 42501. */
#include "tests/database/rig.h"

static int connect_as_server(void **state)
{
    struct rig *rig;

    rig_setup(state);
    rig = *state;
    rig_text(rig, "INSERT INTO stores (code, name) VALUES ('S1', 'One');"
                  "INSERT INTO store_ledger (store_id) VALUES (1);"
                  "INSERT INTO products (sku, name) VALUES ('A', 'A');"
                  "INSERT INTO users (name, role) VALUES ('ann', 'staff');"
                  "INSERT INTO inventory VALUES (1, 1, 5000, NULL, now());"
                  "INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, "
                  "recorded_at, "
                  "user_id, type_id, hash) VALUES (1, 1, 1, 5000, 5000, now(), now(), 1, 1, "
                  "decode(repeat('00', 32), 'hex'))");
    rig_text(rig, "SET ROLE stockroom_server");
    return 0;
}

static void forbid(const struct rig *rig, const char *sql)
{
    PGresult *result = PQexec(rig->sql, sql);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (sqlstate == NULL) {
        fail_msg("allowed: %s", sql);
    }
    assert_string_equal(sqlstate, "42501");
    PQclear(result);
}

static void test_ledger_is_only_added_to(void **state)
{
    const struct rig *rig = *state;

    forbid(rig, "UPDATE stock_movements SET quantity = 1");
    forbid(rig, "UPDATE stock_movements SET note = 'x' WHERE false");
    forbid(rig, "DELETE FROM stock_movements");
    forbid(rig, "TRUNCATE stock_movements");
    forbid(rig, "ALTER TABLE stock_movements DROP COLUMN hash");
    forbid(rig, "DROP TABLE stock_movements");
    rig_text(rig, "INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, "
                  "recorded_at, "
                  "user_id, type_id, hash) VALUES (1, 1, 2, -1000, 4000, now(), now(), 1, 2, "
                  "decode(repeat('00', 32), 'hex'))");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM stock_movements"), 2);
}

static void test_trail_is_only_added_to(void **state)
{
    const struct rig *rig = *state;

    rig_text(rig, "INSERT INTO audit_events (user_id, method, action, outcome, kind) "
                  "VALUES (1, 'password', 'user set', 'done', 'user')");
    forbid(rig, "UPDATE audit_events SET outcome = 'refused'");
    forbid(rig, "UPDATE audit_events SET after = '{}' WHERE false");
    forbid(rig, "DELETE FROM audit_events");
    forbid(rig, "TRUNCATE audit_events");
    forbid(rig, "SELECT FROM audit_events FOR UPDATE");
    forbid(rig, "ALTER TABLE audit_events DROP COLUMN before");
    forbid(rig, "ALTER TABLE audit_events DISABLE TRIGGER ALL");
    forbid(rig, "CREATE RULE quiet AS ON INSERT TO audit_events DO INSTEAD NOTHING");
    forbid(rig, "CREATE TRIGGER t BEFORE INSERT ON audit_events EXECUTE FUNCTION "
                "suppress_redundant_updates_trigger()");
    forbid(rig, "DROP INDEX audit_events_id");
    forbid(rig, "DROP TABLE audit_events");
    forbid(rig, "INSERT INTO audit_events (audit_id, method, action, outcome, kind) "
                "OVERRIDING SYSTEM VALUE VALUES (1, 'none', 'x', 'done', '')");
    forbid(rig, "SELECT setval('audit_events_audit_id_seq', 1)");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM audit_events"), 1);
}

static void test_nothing_that_is_pointed_at_goes_away(void **state)
{
    const struct rig *rig = *state;

    forbid(rig, "DELETE FROM stores");
    forbid(rig, "DELETE FROM store_ledger");
    forbid(rig, "DELETE FROM inventory");
    forbid(rig, "DELETE FROM products");
    forbid(rig, "DELETE FROM users");
    forbid(rig, "DELETE FROM user_keys");
    forbid(rig, "DELETE FROM ledger_batches");
    forbid(rig, "TRUNCATE users CASCADE");
}

static void test_schema_is_the_owners(void **state)
{
    const struct rig *rig = *state;

    forbid(rig, "CREATE TABLE mine (n integer)");
    forbid(rig, "INSERT INTO schema_migrations (number, name, checksum) VALUES (2, 'x', 'x')");
    forbid(rig, "UPDATE movement_types SET name = 'X'");
    forbid(rig, "INSERT INTO movement_reasons VALUES (9, 'x')");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ledger_is_only_added_to),
        cmocka_unit_test(test_trail_is_only_added_to),
        cmocka_unit_test(test_nothing_that_is_pointed_at_goes_away),
        cmocka_unit_test(test_schema_is_the_owners),
    };

    return cmocka_run_group_tests_name("database.rights", tests, connect_as_server, rig_teardown);
}
