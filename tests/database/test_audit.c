/* The audit trail: what a change writes, in which transaction, and what nobody may do to it.
 * Each test has a database of its own.
 * Run as the dispatcher runs commands, with the server's rights. */
#include "tests/database/rig.h"

#include <stdio.h>
#include <string.h>

#include "server/core/audit.h"

static void add_people(const struct rig *rig)
{
    rig_text(rig, "INSERT INTO users (name, role, password_hash) VALUES ('admin', 'admin', '$secret$'), "
                  "('olga', 'owner', '$secret$'), ('oskar', 'owner', NULL)");
}

/* The newest event, as JSON with its keys in the order of their length. */
static const char *newest(const struct rig *rig)
{
    return rig_text(rig, "SELECT to_jsonb(e) - 'audit_id' - 'recorded_at' FROM audit_events e "
                         "ORDER BY audit_id DESC LIMIT 1");
}

static void test_stores(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin;

    add_people(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    rig_do(rig, admin, "store add S001 --name One --owner olga");
    assert_string_equal(
        newest(rig),
        "{\"kind\": \"store\", \"after\": {\"name\": \"One\", \"closed\": false, \"owners\": [\"olga\"], "
        "\"pending\": false, \"currency\": \"EUR\", \"timezone\": \"UTC\"}, \"times\": 1, \"action\": "
        "\"store add\", "
        "\"before\": null, \"key_id\": null, \"method\": \"none\", \"source\": \"\", \"target\": \"S001\", "
        "\"outcome\": \"done\", \"session\": 0, \"user_id\": 1, \"store_id\": 1}");
    rig_do(rig, admin, "store set S001 --name Uno --owner oskar");
    assert_string_equal(rig_text(rig, "SELECT before->>'name' || (before->'owners') || (after->>'name') || "
                                      "(after->'owners') || action || store_id FROM audit_events "
                                      "WHERE audit_id = 2"),
                        "One[\"olga\"]Uno[\"olga\", \"oskar\"]store set1");
    identity_unref(admin);
}

static void test_products(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin;

    add_people(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    rig_do(rig, admin, "product add A-1 --name Lamp --barcode 4006381333931 --price 12.50");
    assert_string_equal(rig_text(rig,
                                 "SELECT after FROM audit_events WHERE kind = 'product' AND target = 'A-1' "
                                 "AND store_id = 0 AND before IS NULL"),
                        "{\"name\": \"Lamp\", \"unit\": \"each\", \"price\": 12.5, \"retired\": false, "
                        "\"barcodes\": [\"4006381333931\"], \"category\": null}");
    rig_do(rig, admin, "product set 4006381333931 --no-barcodes --price ''");
    assert_string_equal(rig_text(rig,
                                 "SELECT (before->>'price') || (before->'barcodes') || (after->'price') || "
                                 "(after->'barcodes') || target FROM audit_events WHERE audit_id = 2"),
                        "12.5[\"4006381333931\"]null[]A-1");
    identity_unref(admin);
}

/* A change of a user, as the commands on users make one. */
static void change_user(const struct rig *rig, const struct identity *who, const char *name, const char *sql)
{
    struct arena arena = {0};
    struct err_info info;
    struct audit_change change;

    assert_int_equal(db_begin(rig->db, &info), ERR_OK);
    assert_int_equal(audit_begin(rig->db, &arena, AUDIT_USER, name, &change, &info), ERR_OK);
    assert_int_equal(db_commit(rig->db, &info), ERR_OK); /* lets the superuser at the row */
    rig_text(rig, sql);
    assert_int_equal(db_begin(rig->db, &info), ERR_OK);
    assert_int_equal(audit_end(rig->db, &arena, who, "user set", &change, &info), ERR_OK);
    assert_int_equal(db_commit(rig->db, &info), ERR_OK);
    arena_done(&arena);
}

static void test_users(void **state)
{
    const struct rig *rig = *state;
    struct identity who = {
        .user_id = 1, .key_id = 1, .method = LOGIN_KEY, .session = 77, .source = "2001:db8::7"};

    add_people(rig);
    rig_text(rig, "INSERT INTO stores (code, name) VALUES ('S2', 'Two'), ('S1', 'One');"
                  "INSERT INTO user_keys (user_id, type, blob, fingerprint, removed_at) VALUES "
                  "(1, 't', 'a', 'SHA256:admin', NULL), (2, 't', 'b', 'SHA256:olga', NULL), "
                  "(2, 't', 'c', 'SHA256:gone', now())");
    change_user(rig, &who, "olga",
                "INSERT INTO user_stores VALUES (2, 1), (2, 2);"
                "INSERT INTO user_limits VALUES (2, 'scan', 1, 5), (2, 'read', 0, 0);"
                "UPDATE users SET disabled_at = now(), password_epoch = 1, password_hash = '$other$' WHERE "
                "user_id = 2");
    assert_string_equal(rig_text(rig, "SELECT before FROM audit_events"),
                        "{\"keys\": [\"SHA256:olga\"], \"role\": \"owner\", \"limits\": {}, \"stores\": [], "
                        "\"pending\": false, \"disabled\": false, \"token_epoch\": 0, \"password_epoch\": 0, "
                        "\"must_change_password\": false}");
    assert_string_equal(
        rig_text(rig, "SELECT after FROM audit_events"),
        "{\"keys\": [\"SHA256:olga\"], \"role\": \"owner\", \"limits\": {\"read\": \"none\", "
        "\"scan\": \"1/5\"}, \"stores\": [\"S1\", \"S2\"], \"pending\": false, \"disabled\": true, "
        "\"token_epoch\": 0, \"password_epoch\": 1, \"must_change_password\": false}");
    assert_string_equal(rig_text(rig,
                                 "SELECT concat_ws(' ', user_id, key_id, method, source, session, store_id) "
                                 "FROM audit_events"),
                        "1 1 key 2001:db8::7 77 0");
    change_user(rig, NULL, "nobody", "SELECT");
    assert_string_equal(rig_text(rig, "SELECT concat_ws(' ', method, target, before, after, user_id) "
                                      "FROM audit_events WHERE audit_id = 2"),
                        "console nobody");
}

static void test_what_fails_leaves_no_trace(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin;

    add_people(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    rig_refuse(rig, admin, "store add S001 --name One --owner nobody", ERR_UNKNOWN_USER, "nobody");
    rig_refuse(rig, admin, "store set S001 --name One", ERR_UNKNOWN_STORE, "S001");
    rig_refuse(rig, admin, "product set A-1 --name x", ERR_UNKNOWN_PRODUCT, "A-1");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM audit_events"), 0);
    identity_unref(admin);
}

static void fill_trail(const struct rig *rig)
{
    add_people(rig);
    rig_text(
        rig,
        "INSERT INTO stores (code, name) VALUES ('S1', 'One');"
        "INSERT INTO user_keys (user_id, type, blob, fingerprint) VALUES (2, 't', 'b', 'SHA256:olga');"
        "INSERT INTO audit_events (recorded_at, user_id, key_id, method, source, session, action, outcome, "
        "kind, target, store_id, times, before, after) VALUES "
        "('2026-01-01 10:00Z', 1, NULL, 'password', '192.0.2.1', 4, 'user add', 'done', 'user', 'ann', 0, 1, "
        "NULL, '{\"role\": \"staff\", \"stores\": [\"S1\"], \"disabled\": false}'), "
        "('2026-01-02 10:00Z', 1, NULL, 'token', '192.0.2.1', 5, 'user set', 'done', 'user', 'ann', 0, 1, "
        "'{\"role\": \"staff\", \"stores\": [\"S1\"], \"limits\": {}}', "
        "'{\"role\": \"owner\", \"stores\": [\"S1\", \"S2\"], \"limits\": {\"scan\": \"1/5\"}}'), "
        "('2026-01-03 10:00Z', 2, 1, 'key', '2001:db8::1', 6, 'sell', 'refused', 'store', 'S1', 1, 7, "
        "NULL, NULL), "
        "('2026-01-04 10:00Z', NULL, NULL, 'console', '', 0, 'user add', 'done', 'user', 'zoe', 0, 1, "
        "NULL, '{\"name\": \"\\u202e \\u0085\"}')");
}

static void test_list(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin, *olga;

    fill_trail(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    olga = rig_who(rig, ROLE_OWNER, "olga", "S1");
    rig_expect(
        rig, admin, "audit --from 2026-01-03 --to 2026-01-05",
        "{\"audit_id\":4,\"recorded_at\":\"2026-01-04T10:00:00Z\",\"user\":null,\"method\":\"console\","
        "\"key\":null,\"source\":\"\",\"session\":0,\"action\":\"user add\",\"outcome\":\"done\","
        "\"kind\":\"user\",\"target\":\"zoe\",\"store\":null,\"times\":1,\"before\":null,"
        "\"after\":{\"name\": \"\\u202e \\u0085\"}}\n"
        "{\"audit_id\":3,\"recorded_at\":\"2026-01-03T10:00:00Z\",\"user\":\"olga\",\"method\":\"key\","
        "\"key\":\"SHA256:olga\",\"source\":\"2001:db8::1\",\"session\":6,\"action\":\"sell\","
        "\"outcome\":\"refused\",\"kind\":\"store\",\"target\":\"S1\",\"store\":\"S1\",\"times\":7,"
        "\"before\":null,\"after\":null}\n");
    rig_refuse(rig, olga, "audit", ERR_NOT_PERMITTED, "");
    struct outcome *outcome = rig_run_on(rig, rig->db, admin, FORMAT_TEXT, "audit --target ann", NULL);
    assert_string_equal(
        outcome->output,
        "audit_id  recorded_at              user   source     action    outcome  target  times  changes\n"
        "       2  2026-01-02 10:00:00 UTC  admin  192.0.2.1  user set  done     ann         1  "
        "limits - -> scan=1/5, role staff -> owner, stores S1 -> S1 S2\n"
        "       1  2026-01-01 10:00:00 UTC  admin  192.0.2.1  user add  done     ann         1  "
        "role staff, stores S1\n");
    outcome_done(outcome);
    outcome = rig_run_on(rig, rig->db, admin, FORMAT_CSV, "audit --source 2001:db8::1", NULL);
    assert_string_equal(outcome->output,
                        "audit_id,recorded_at,user,method,key,source,session,action,outcome,kind,"
                        "target,store,times,before,after\r\n"
                        "3,2026-01-03T10:00:00Z,olga,key,SHA256:olga,2001:db8::1,6,sell,refused,store,"
                        "S1,S1,7,,\r\n");
    outcome_done(outcome);
    identity_unref(admin);
    identity_unref(olga);
}

/* The ids that a filter finds, newest first. */
static void expect_ids(const struct rig *rig, struct identity *who, const char *line, const char *ids)
{
    struct outcome *outcome = rig_run_on(rig, rig->db, who, FORMAT_CSV, line, NULL);
    char found[64] = "";

    if (outcome->err != ERR_OK) {
        fail_msg("%s: %s", line, outcome->request.error.message);
    }
    for (size_t i = 0; i < outcome->request.table.row_count; i++) {
        strncat(found, outcome->request.table.cells[i * outcome->request.table.column_count].value, 8);
    }
    if (strcmp(found, ids) != 0) {
        fail_msg("%s: found %s instead of %s", line, found, ids);
    }
    outcome_done(outcome);
}

static void test_filters(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin;

    fill_trail(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    expect_ids(rig, admin, "audit", "4321");
    expect_ids(rig, admin, "audit --user admin", "21");
    expect_ids(rig, admin, "audit --action 'user add'", "41");
    expect_ids(rig, admin, "audit --target ann", "21");
    expect_ids(rig, admin, "audit --kind store", "3");
    expect_ids(rig, admin, "audit --outcome refused", "3");
    expect_ids(rig, admin, "audit --outcome done --user admin --action 'user set'", "2");
    expect_ids(rig, admin, "audit --source 192.0.2.1", "21");
    expect_ids(rig, admin, "audit --store S1", "3");
    expect_ids(rig, admin, "audit --from 2026-01-02T10:00:00Z --to 2026-01-03T10:00:00Z", "2");
    expect_ids(rig, admin, "audit --from today", "");
    expect_ids(rig, admin, "audit --to today", "4321");
    expect_ids(rig, admin, "audit --from -3h", "");
    rig_contains(rig, admin, "audit --limit 3", "\"audit_id\":2,");
    rig_lacks(rig, admin, "audit --limit 3", "\"audit_id\":1,");
    struct outcome *outcome = rig_run_on(rig, rig->db, admin, FORMAT_CSV, "audit --limit 3", NULL);
    char next[128];
    snprintf(next, sizeof next, "audit --limit 3 --after %s", outcome->request.table.after);
    outcome_done(outcome);
    expect_ids(rig, admin, next, "1");
    rig_refuse(rig, admin, "audit --user nobody", ERR_UNKNOWN_USER, "nobody");
    rig_refuse(rig, admin, "audit --store S9", ERR_UNKNOWN_STORE, "S9");
    rig_refuse(rig, admin, "audit --kind shop", ERR_BAD_VALUE, "shop");
    rig_refuse(rig, admin, "audit --outcome maybe", ERR_BAD_VALUE, "maybe");
    rig_refuse(rig, admin, "audit --after bm9uZQ", ERR_BAD_VALUE, "bm9uZQ");
    identity_unref(admin);
}

/* PostgreSQL would run audit_list.sql with these parameters over this index, and not read the whole trail. */
static void expect_index(const struct rig *rig, const char *index, const char *parameters)
{
    char sql[512];
    PGresult *plan;
    bool found = false;

    snprintf(sql, sizeof sql, "EXPLAIN EXECUTE audit_list (%s)", parameters);
    plan = PQexec(rig->sql, sql);
    assert_int_equal(PQresultStatus(plan), PGRES_TUPLES_OK);
    for (int i = 0; i < PQntuples(plan); i++) {
        const char *line = PQgetvalue(plan, i, 0);

        if (strstr(line, "Seq Scan on audit_events") != NULL) {
            fail_msg("(%s) reads the whole trail: %s", parameters, line);
        }
        found = found || strstr(line, index) != NULL;
    }
    if (!found) {
        fail_msg("(%s) does not use %s but: %s", parameters, index, PQgetvalue(plan, 1, 0));
    }
    PQclear(plan);
}

static void test_filters_use_indexes(void **state)
{
    const struct rig *rig = *state;

    add_people(rig);
    rig_text(rig, "INSERT INTO users (name, role) SELECT 'u' || n, 'staff' FROM generate_series(1, 500) AS n;"
                  "INSERT INTO audit_events (recorded_at, user_id, method, source, action, outcome, kind, "
                  "target, store_id) "
                  "SELECT now() - n * interval '1 minute', 1 + n % 500, 'password', '192.0.2.' || n % 5000, "
                  "'a' || n % 400, "
                  "CASE WHEN n % 10 = 0 THEN 'refused' ELSE 'done' END, (array['user', 'store', "
                  "'product'])[1 + n % 3], "
                  "'t' || n % 5000, n % 100 FROM generate_series(1, 30000) AS n;"
                  "ANALYZE audit_events; SET plan_cache_mode = force_custom_plan");
    PGresult *prepared = PQprepare(rig->sql, "audit_list", sql_queries[SQL_QUERY_AUDIT_LIST].text, 0, NULL);
    assert_int_equal(PQresultStatus(prepared), PGRES_COMMAND_OK);
    PQclear(prepared);
    expect_index(rig, "audit_events_id ",
                 "NULL, 101, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL");
    expect_index(rig, "audit_events_id ",
                 "9000, 101, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL");
    expect_index(rig, "audit_events_user ",
                 "NULL, 101, 7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL");
    expect_index(rig, "audit_events_action ",
                 "NULL, 101, NULL, 'a7', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL");
    expect_index(rig, "audit_events_id ",
                 "NULL, 101, NULL, NULL, 'user', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL");
    expect_index(rig, "audit_events_target",
                 "NULL, 101, NULL, NULL, 'session', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL");
    expect_index(rig, "audit_events_target_name ",
                 "NULL, 101, NULL, NULL, NULL, 't77', NULL, NULL, NULL, NULL, NULL, NULL, NULL");
    expect_index(rig, "audit_events_target",
                 "NULL, 101, NULL, NULL, 'user', 't77', NULL, NULL, NULL, NULL, NULL, NULL, NULL");
    expect_index(rig, "audit_events_id ",
                 "NULL, 101, NULL, NULL, NULL, NULL, 'refused', NULL, NULL, NULL, NULL, NULL, NULL");
    expect_index(rig, "audit_events_source ",
                 "NULL, 101, NULL, NULL, NULL, NULL, NULL, '192.0.2.9', NULL, NULL, NULL, NULL, NULL");
    expect_index(rig, "audit_events_source ",
                 "NULL, 101, NULL, NULL, NULL, NULL, NULL, '198.51.100.1', NULL, NULL, NULL, NULL, NULL");
    expect_index(rig, "audit_events_pkey ",
                 "NULL, 101, NULL, NULL, NULL, NULL, NULL, NULL, 7, NULL, NULL, NULL, NULL");
    expect_index(
        rig, "audit_events_recorded ",
        "NULL, 101, NULL, NULL, NULL, NULL, NULL, NULL, NULL, now() - interval '1 hour', NULL, NULL, NULL");
    expect_index(rig, "audit_events_recorded ",
                 "NULL, 101, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, now() - interval '20 days "
                 "19 hours', NULL");
    expect_index(rig, "audit_events_",
                 "NULL, 101, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stores, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_products, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_users, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_list, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_filters, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_filters_use_indexes, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_what_fails_leaves_no_trace, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.audit", tests, NULL, NULL);
}
