/* The command user set: roles, stores and limits, who may set whose, and that one admin is left.
 * Each test has a database with two owners, three stores and their staff.
 * What a caller may not see must look like what does not exist. */
#include "tests/database/people_cast.h"

#include <pthread.h>
#include <string.h>

static void test_roles(void **state)
{
    const struct rig *rig = *state;
    struct cast cast;

    cast_init(rig, &cast);
    rig_expect(
        rig, cast.admin, "user set ann --role owner",
        "{\"user\":\"ann\",\"role\":\"owner\",\"stores\":[\"S1\"],\"disabled\":false,\"pending\":false}\n");
    rig_expect(rig, cast.admin, "user set ann --role admin",
               "{\"user\":\"ann\",\"role\":\"admin\",\"stores\":[],\"disabled\":false,\"pending\":false}\n");
    rig_refuse(rig, cast.admin, "user set ann --role staff", ERR_BAD_VALUE, "--store");
    rig_refuse(rig, cast.admin, "user set ann --role admin --store S1", ERR_BAD_VALUE, "every store");
    rig_refuse(rig, cast.admin, "user set ann --add-store S1", ERR_BAD_VALUE, "every store");
    rig_contains(rig, cast.admin, "user set ann --role staff --store S2",
                 "\"role\":\"staff\",\"stores\":[\"S2\"]");
    rig_contains(rig, cast.admin, "user set ann --role staff", "\"role\":\"staff\""); /* as it was */
    rig_refuse(rig, cast.admin, "user set ann --role king", ERR_BAD_VALUE, "king");
    rig_refuse(rig, cast.admin, "user set ann --role signup", ERR_BAD_VALUE, "signup");
    cast_done(&cast);
}

static void test_last_admin(void **state)
{
    const struct rig *rig = *state;
    struct identity *root2;
    struct cast cast;

    cast_init(rig, &cast);
    rig_refuse(rig, cast.admin, "user set admin --role owner", ERR_NOT_PERMITTED, "own role");
    rig_do(rig, cast.admin, "user set admin --role admin");
    rig_do(rig, cast.admin, "user add root2 --role admin --no-password");
    root2 = rig_who(rig, ROLE_ADMIN, "root2", "");
    rig_do(rig, cast.admin, "user disable root2");
    rig_refuse(rig, root2, "user set admin --role owner", ERR_NOT_PERMITTED, "last enabled admin");
    rig_do(rig, cast.admin, "user set root2 --role owner"); /* it was no enabled one */
    rig_do(rig, cast.admin, "user set root2 --role admin");
    rig_do(rig, cast.admin, "user enable root2");
    rig_do(rig, root2, "user set admin --role owner");
    rig_refuse(rig, root2, "user disable root2", ERR_NOT_PERMITTED, "last enabled admin");
    identity_unref(root2);
    cast_done(&cast);
}

struct racer {
    const struct rig *rig;
    struct db *db;
    struct identity *who;
    const char *line;
    enum err err;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    struct outcome *outcome = rig_run_on(racer->rig, racer->db, racer->who, FORMAT_JSON, racer->line, NULL);

    racer->err = outcome->err;
    outcome_done(outcome);
    return NULL;
}

/* One demotes while the other disables: of two admins one stays, whatever the order. */
static void test_admins_against_each_other(void **state)
{
    const struct rig *rig = *state;
    struct identity *root2;
    struct cast cast;
    pthread_t threads[2];

    cast_init(rig, &cast);
    rig_do(rig, cast.admin, "user add root2 --role admin --no-password");
    root2 = rig_who(rig, ROLE_ADMIN, "root2", "");
    struct racer racers[2] = {
        {.rig = rig, .db = rig_connect(rig), .who = cast.admin, .line = "user set root2 --role owner"},
        {.rig = rig, .db = rig_connect(rig), .who = root2, .line = "user disable admin"},
    };
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 2; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
        }
        for (int i = 0; i < 2; i++) {
            pthread_join(threads[i], NULL);
        }
        assert_int_equal(
            rig_number(rig, "SELECT count(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL"), 1);
        assert_true((racers[0].err == ERR_OK) != (racers[1].err == ERR_OK));
        rig_text(rig, "UPDATE users SET disabled_at = NULL, role = 'admin' WHERE name IN ('admin', 'root2')");
    }
    db_free(racers[0].db);
    db_free(racers[1].db);
    identity_unref(root2);
    cast_done(&cast);
}

static void test_stores(void **state)
{
    const struct rig *rig = *state;
    struct cast cast;

    cast_init(rig, &cast);
    rig_contains(rig, cast.admin, "user set ann --add-store S2 --add-store S3", "[\"S1\",\"S2\",\"S3\"]");
    rig_contains(rig, cast.admin, "user set ann --remove-store S1 --remove-store S3", "[\"S2\"]");
    rig_contains(rig, cast.admin, "user set ann --store S3 --store S1", "[\"S1\",\"S3\"]");
    rig_contains(rig, cast.admin, "user set ann --remove-store S2",
                 "[\"S1\",\"S3\"]"); /* was none of ann's */
    rig_refuse(rig, cast.admin, "user set ann --remove-store S1 --remove-store S3", ERR_BAD_VALUE,
               "at least");
    rig_contains(rig, cast.admin, "user set ann --remove-store S1 --remove-store S3 --add-store S2",
                 "[\"S2\"]");
    rig_contains(rig, cast.admin, "user set oskar --remove-store S3", "\"stores\":[]"); /* owners may wait */
    rig_refuse(rig, cast.admin, "user set ann --store S9", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, cast.admin, "user set ann --add-store S1 --remove-store S9", ERR_UNKNOWN_STORE,
               "no store S9");
    rig_refuse(rig, cast.admin, "user set ann --store S1 --add-store S2", ERR_USAGE,
               "--store names them all");
    rig_refuse(rig, cast.admin, "user set ann --add-store S1 --remove-store S1", ERR_USAGE,
               "added and removed");
    rig_refuse(rig, cast.admin, "user set ann", ERR_USAGE, "nothing to change");
    rig_refuse(rig, cast.admin, "user set nobody --store S1", ERR_UNKNOWN_USER, "no user nobody");
    rig_contains(rig, cast.admin, "user show ann", "\"stores\":[\"S2\"]"); /* what failed changed nothing */
    cast_done(&cast);
}

static void test_owners(void **state)
{
    const struct rig *rig = *state;
    struct cast cast;

    cast_init(rig, &cast);
    rig_contains(rig, cast.olga, "user set ann --add-store S2", "[\"S1\",\"S2\"]");
    rig_contains(rig, cast.olga, "user set ann --store S2", "[\"S2\"]");
    rig_refuse(rig, cast.olga, "user set ann --remove-store S2", ERR_BAD_VALUE, "at least");
    rig_refuse(rig, cast.olga, "user set ann --add-store S3", ERR_UNKNOWN_STORE, "no store S3");
    rig_refuse(rig, cast.olga, "user set ann --add-store S9", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, cast.olga, "user set ann --role owner", ERR_NOT_PERMITTED, "no roles");
    rig_refuse(rig, cast.olga, "user set ann --limit read=1/1", ERR_NOT_PERMITTED, "no limits");
    rig_refuse(rig, cast.olga, "user set both --remove-store S2", ERR_NOT_PERMITTED, "not yours");
    rig_refuse(rig, cast.olga, "user set both --add-store S1", ERR_NOT_PERMITTED, "ask an admin");
    rig_refuse(rig, cast.olga, "user set olga --remove-store S1", ERR_NOT_PERMITTED, "staff only");
    rig_refuse(rig, cast.olga, "user set bob --add-store S1", ERR_UNKNOWN_USER, "no user bob");
    rig_refuse(rig, cast.olga, "user set admin --add-store S1", ERR_UNKNOWN_USER, "no user admin");
    rig_refuse(rig, cast.ann, "user set ann --add-store S1", ERR_NOT_PERMITTED, "");
    cast_done(&cast);
}

static void test_limits(void **state)
{
    const struct rig *rig = *state;
    struct cast cast;

    cast_init(rig, &cast);
    rig_do(rig, cast.admin, "user set ann --limit read=5/10 --limit scan=none --limit batch=1000/2000");
    rig_contains(rig, cast.admin, "user show ann",
                 "\"limits\":[\"batch=1000/2000\",\"read=5/10\",\"scan=none\"]");
    rig_do(rig, cast.admin, "user set ann --limit read=6/10 --limit scan=default");
    rig_contains(rig, cast.admin, "user show ann", "\"limits\":[\"batch=1000/2000\",\"read=6/10\"]");
    rig_do(rig, cast.admin, "user set admin --limit login=100/100");
    rig_refuse(rig, cast.admin, "user set ann --limit read=1/2 --limit read=2/3", ERR_USAGE, "given twice");
    rig_refuse(rig, cast.admin, "user set ann --limit fly=1/2", ERR_BAD_VALUE, "fly");
    rig_refuse(rig, cast.admin, "user set ann --limit read", ERR_BAD_VALUE, "is no limit");
    rig_refuse(rig, cast.admin, "user set ann --limit read=", ERR_BAD_VALUE, "");
    rig_refuse(rig, cast.admin, "user set ann --limit read=0/1", ERR_BAD_VALUE, "");
    rig_refuse(rig, cast.admin, "user set ann --limit read=1/99999999999", ERR_BAD_VALUE, "");
    rig_refuse(rig, cast.admin, "user set ann --limit =1/2", ERR_BAD_VALUE, "");
    cast_done(&cast);
}

static void test_trail(void **state)
{
    const struct rig *rig = *state;
    struct cast cast;

    cast_init(rig, &cast);
    rig_do(rig, cast.admin, "user set ann --role owner --add-store S2 --limit read=5/10");
    assert_string_equal(
        rig_text(rig,
                 "SELECT concat_ws(' ', action, target, before->>'role', after->>'role', before->'stores', "
                 "after->'stores', after->'limits') FROM audit_events"),
        "user set ann staff owner [\"S1\"] [\"S1\", \"S2\"] {\"read\": \"5/10\"}");
    rig_refuse(rig, cast.admin, "user set ann --role staff --store S9", ERR_UNKNOWN_STORE, "S9");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM audit_events"), 1);
    cast_done(&cast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_roles, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_last_admin, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_admins_against_each_other, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_stores, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_owners, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_limits, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_trail, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.user_set", tests, NULL, NULL);
}
