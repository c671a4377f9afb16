/* The audit trail: what a change writes, in which transaction, and what nobody may do to it.
 * Each test has a database of its own.
 * Run as the dispatcher runs commands, with the server's rights. */
#include "tests/database/rig.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stores, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_products, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_users, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_what_fails_leaves_no_trace, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.audit", tests, NULL, NULL);
}
