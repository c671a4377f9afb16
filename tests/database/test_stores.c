/* The commands on stores: their rows, their refusals, owners, time zones, and who sees which.
 * Each test has a database of its own.
 * Run as the dispatcher runs them, with the server's rights. */
#include "tests/database/rig.h"

#include <string.h>

static void add_people(const struct rig *rig)
{
    rig_text(rig, "INSERT INTO users (name, role, disabled_at) VALUES ('admin', 'admin', NULL), ('olga', "
                  "'owner', NULL), "
                  "('oskar', 'owner', NULL), ('gone', 'owner', now()), ('ann', 'staff', NULL)");
}

static void test_add_and_list(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin, *olga;

    add_people(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    rig_contains(
        rig, admin, "store add S001 --name 'Main St' --timezone Europe/Berlin --currency CHF --owner olga",
        "{\"store\":\"S001\",\"name\":\"Main St\",\"timezone\":\"Europe/Berlin\",\"currency\":\"CHF\","
        "\"owners\":[\"olga\"],\"closed\":false,\"pending\":false,\"created_at\":\"20");
    rig_contains(rig, admin, "store add S002 --name Two",
                 "\"timezone\":\"UTC\",\"currency\":\"EUR\",\"owners\":[]");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM store_ledger WHERE last_seq = 0"), 2);
    assert_int_equal(rig_number(rig, "SELECT version FROM catalogue_version"), 3);
    olga = rig_who(rig, ROLE_OWNER, "olga", "S001");
    rig_contains(rig, olga, "store list", "\"store\":\"S001\"");
    rig_lacks(rig, olga, "store list", "S002");
    rig_contains(rig, admin, "store list", "S002");
    rig_contains(rig, admin, "store list --limit 1", "S001");
    rig_lacks(rig, admin, "store list --limit 1", "S002");
    struct outcome *outcome = rig_run_on(rig, rig->db, admin, FORMAT_TEXT, "store list", NULL);
    const char *date =
        strstr(outcome->output, "\nS002   Two      UTC            EUR               no      no       20");
    assert_non_null(date);
    assert_non_null(strstr(date, " UTC\n"));
    outcome_done(outcome);
    identity_unref(admin);
    identity_unref(olga);
}

static void test_set(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin;

    add_people(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    rig_do(rig, admin, "store add S001 --name One --owner olga");
    rig_contains(rig, admin, "store set S001 --name Uno --timezone Asia/Tokyo",
                 "\"name\":\"Uno\",\"timezone\":\"Asia/Tokyo\",\"currency\":\"EUR\"");
    rig_contains(rig, admin, "store set S001 --owner oskar", "\"owners\":[\"olga\",\"oskar\"]");
    rig_contains(rig, admin, "store set S001 --owner oskar", "\"owners\":[\"olga\",\"oskar\"]");
    rig_refuse(rig, admin, "store set S009 --name x", ERR_UNKNOWN_STORE, "no store S009");
    rig_refuse(rig, admin, "store set S001", ERR_USAGE, "nothing to change");
    identity_unref(admin);
}

static void test_refusals_leave_nothing(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin, *olga;

    add_people(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    olga = rig_who(rig, ROLE_OWNER, "olga", "S001");
    rig_do(rig, admin, "store add S001 --name One");
    rig_refuse(rig, olga, "store add S009 --name Mine", ERR_NOT_PERMITTED, "");
    rig_refuse(rig, olga, "store set S001 --name Mine", ERR_NOT_PERMITTED, "");
    rig_refuse(rig, admin, "store add S001 --name Again", ERR_ALREADY_EXISTS, "already a store S001");
    rig_refuse(rig, admin, "store add S003 --name X --timezone Mars/Olympus", ERR_BAD_VALUE, "Mars/Olympus");
    rig_refuse(rig, admin, "store add S003 --name X --timezone CEST+7", ERR_BAD_VALUE, "no time zone");
    rig_refuse(rig, admin, "store add S003 --name X --currency eur", ERR_BAD_VALUE, "eur");
    rig_refuse(rig, admin, "store add S003 --name X --owner nobody", ERR_UNKNOWN_USER, "no user nobody");
    rig_refuse(rig, admin, "store add S003 --name X --owner ann", ERR_BAD_VALUE, "ann is no owner");
    rig_refuse(rig, admin, "store add S003 --name X --owner gone", ERR_BAD_VALUE, "disabled");
    rig_refuse(rig, admin, "store add 'S 3' --name X", ERR_BAD_VALUE, "S 3");
    rig_refuse(rig, admin, "store add S003", ERR_USAGE, "--name");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM stores"), 1);
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM store_ledger"), 1);
    identity_unref(admin);
    identity_unref(olga);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_add_and_list, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_set, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_refusals_leave_nothing, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.stores", tests, NULL, NULL);
}
