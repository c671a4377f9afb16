/* The commands on users: who may add, see, disable and enable whom.
 * Each test has a database with two owners, two stores and their staff.
 * Whom a caller may not see must look like one who does not exist. */
#include "tests/database/people_cast.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

static bool opens(const struct rig *rig, const char *user, const char *password)
{
    char sql[128];

    snprintf(sql, sizeof sql, "SELECT password_hash FROM users WHERE name = '%s'", user);
    return crypto_pwhash_str_verify(rig_text(rig, sql), password, strlen(password)) == 0;
}

static void test_add(void **state)
{
    const struct rig *rig = *state;
    struct outcome *outcome;
    struct cast cast;

    cast_init(rig, &cast);
    rig_expect(
        rig, cast.admin, "user add root2 --role admin --no-password",
        "{\"user\":\"root2\",\"role\":\"admin\",\"stores\":[],\"disabled\":false,\"pending\":false}\n");
    rig_expect(rig, cast.olga, "user add carl --role staff --store S2 --store S1 --store S2 --no-password",
               "{\"user\":\"carl\",\"role\":\"staff\",\"stores\":[\"S1\",\"S2\"],\"disabled\":false,"
               "\"pending\":false}\n");
    assert_int_equal(
        rig_number(rig, "SELECT count(*) FROM users WHERE password_hash IS NULL AND name = 'carl'"), 1);
    outcome = rig_run_on(rig, rig->db, cast.admin, FORMAT_JSON, "user add dora --role owner", NULL);
    assert_int_equal(outcome->err, ERR_OK);
    assert_int_equal(strlen(outcome->request.table.cells[5].value), 20);
    assert_true(opens(rig, "dora", outcome->request.table.cells[5].value));
    outcome_done(outcome);
    assert_int_equal(
        rig_number(rig, "SELECT count(*) FROM users WHERE name = 'dora' AND must_change_password"), 1);
    assert_int_equal(
        rig_number(rig, "SELECT count(*) FROM users WHERE name = 'carl' AND must_change_password"), 0);
    outcome = rig_run_on(rig, rig->db, cast.admin, FORMAT_JSON, "user add emil --role owner --password-stdin",
                         "correct horse");
    assert_int_equal(outcome->err, ERR_OK);
    assert_null(strstr(outcome->output, "correct"));
    assert_true(opens(rig, "emil", "correct horse"));
    outcome_done(outcome);
    cast_done(&cast);
}

static void test_add_refusals(void **state)
{
    const struct rig *rig = *state;
    struct cast cast;

    cast_init(rig, &cast);
    rig_refuse(rig, cast.ann, "user add x --role staff --store S1", ERR_NOT_PERMITTED, "");
    rig_refuse(rig, cast.olga, "user add x --role owner", ERR_NOT_PERMITTED, "staff");
    rig_refuse(rig, cast.olga, "user add x --role admin", ERR_NOT_PERMITTED, "staff");
    rig_refuse(rig, cast.olga, "user add x --role staff --store S3", ERR_UNKNOWN_STORE, "no store S3");
    rig_refuse(rig, cast.olga, "user add x --role staff --store S9", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, cast.admin, "user add x --role staff --store S1 --store S9", ERR_UNKNOWN_STORE,
               "no store S9");
    rig_refuse(rig, cast.admin, "user add x --role staff", ERR_USAGE, "--store");
    rig_refuse(rig, cast.admin, "user add x --role admin --store S1", ERR_USAGE, "every store");
    rig_refuse(rig, cast.admin, "user add x --role king", ERR_BAD_VALUE, "king");
    rig_refuse(rig, cast.admin, "user add X --role owner", ERR_BAD_VALUE, "X");
    rig_refuse(rig, cast.admin, "user add signup --role owner", ERR_BAD_VALUE, "signup");
    rig_refuse(rig, cast.admin, "user add ann --role owner --no-password", ERR_ALREADY_EXISTS,
               "already a user ann");
    rig_refuse(rig, cast.admin, "user add x --role owner --password-stdin", ERR_USAGE, "stdin");
    rig_refuse(rig, cast.admin, "user add x --role owner --password-stdin --no-password", ERR_USAGE,
               "exclude");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM users WHERE name = 'x'"), 0);
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM audit_events"), 0);
    cast_done(&cast);
}

static void test_list(void **state)
{
    const struct rig *rig = *state;
    struct cast cast;

    cast_init(rig, &cast);
    rig_contains(rig, cast.admin, "user list",
                 "{\"user\":\"both\",\"role\":\"staff\",\"stores\":[\"S2\",\"S3\"],\"disabled\":false,"
                 "\"pending\":false,\"keys\":0,\"created_at\":\"20");
    rig_contains(rig, cast.olga, "user list", "\"user\":\"ann\"");
    rig_contains(rig, cast.olga, "user list", "\"user\":\"olga\"");
    rig_contains(rig, cast.olga, "user list", "{\"user\":\"both\",\"role\":\"staff\",\"stores\":[\"S2\"]");
    rig_lacks(rig, cast.olga, "user list", "bob");
    rig_lacks(rig, cast.olga, "user list", "admin");
    rig_lacks(rig, cast.olga, "user list", "oskar");
    rig_lacks(rig, cast.olga, "user list", "S3");
    rig_refuse(rig, cast.ann, "user list", ERR_NOT_PERMITTED, "");
    cast_done(&cast);
}

static void test_show(void **state)
{
    const struct rig *rig = *state;
    struct cast cast;

    cast_init(rig, &cast);
    rig_contains(rig, cast.admin, "user show both",
                 "{\"user\":\"both\",\"role\":\"staff\",\"stores\":[\"S2\",\"S3\"],\"disabled\":false,"
                 "\"pending\":false,\"must_change_password\":false,\"has_password\":false,\"keys\":0,"
                 "\"limits\":[],\"created_at\":\"20");
    rig_contains(rig, cast.admin, "user show both", "\"changed_at\":null}");
    rig_contains(rig, cast.olga, "user show both", "\"stores\":[\"S2\"]");
    rig_contains(rig, cast.olga, "user show olga", "\"user\":\"olga\"");
    rig_do(rig, cast.admin, "user set both --limit read=5/10 --limit batch=none");
    rig_contains(rig, cast.admin, "user show both", "\"limits\":[\"batch=none\",\"read=5/10\"]");
    rig_contains(rig, cast.admin, "user show both", "\"changed_at\":\"20");
    rig_refuse(rig, cast.olga, "user show bob", ERR_UNKNOWN_USER, "no user bob");
    rig_refuse(rig, cast.olga, "user show oskar", ERR_UNKNOWN_USER, "no user oskar");
    rig_refuse(rig, cast.olga, "user show nobody", ERR_UNKNOWN_USER, "no user nobody");
    rig_refuse(rig, cast.ann, "user show ann", ERR_NOT_PERMITTED, "");
    cast_done(&cast);
}

/* Who did it, to whom, and what was before and after: in the transaction that did it. */
static void test_trail(void **state)
{
    const struct rig *rig = *state;
    struct cast cast;

    cast_init(rig, &cast);
    rig_do(rig, cast.olga, "user add carl --role staff --store S1 --no-password");
    assert_string_equal(
        rig_text(rig, "SELECT concat_ws(' ', u.name, a.action, a.kind, a.target, a.before IS NULL, "
                      "a.after->'stores') FROM audit_events a JOIN users u USING (user_id)"),
        "olga user add user carl t [\"S1\"]");
    rig_do(rig, cast.olga, "user disable carl");
    rig_do(rig, cast.olga, "user enable carl");
    assert_string_equal(rig_text(rig, "SELECT string_agg(action || ' ' || (before->>'disabled') || ' ' || "
                                      "(after->>'disabled'), ', ' ORDER BY audit_id) FROM audit_events "
                                      "WHERE action <> 'user add'"),
                        "user disable false true, user enable true false");
    cast_done(&cast);
}

static void test_disable_and_enable(void **state)
{
    const struct rig *rig = *state;
    struct outcome *outcome;
    struct cast cast;

    cast_init(rig, &cast);
    outcome = rig_run_on(rig, rig->db, cast.olga, FORMAT_JSON, "user disable ann", NULL);
    assert_int_equal(outcome->err, ERR_OK);
    assert_string_equal(
        outcome->output,
        "{\"user\":\"ann\",\"role\":\"staff\",\"stores\":[\"S1\"],\"disabled\":true,\"pending\":false}\n");
    outcome_done(outcome);
    rig_contains(rig, cast.olga, "user disable ann", "\"disabled\":true");
    rig_contains(rig, cast.olga, "user enable ann", "\"disabled\":false");
    rig_refuse(rig, cast.olga, "user disable bob", ERR_UNKNOWN_USER, "no user bob");
    rig_refuse(rig, cast.olga, "user disable nobody", ERR_UNKNOWN_USER, "no user nobody");
    rig_refuse(rig, cast.olga, "user disable admin", ERR_UNKNOWN_USER, "no user admin");
    rig_refuse(rig, cast.olga, "user disable olga", ERR_NOT_PERMITTED, "staff only");
    rig_refuse(rig, cast.olga, "user disable both", ERR_NOT_PERMITTED, "not yours");
    rig_refuse(rig, cast.oskar, "user enable both", ERR_NOT_PERMITTED, "ask an admin");
    rig_refuse(rig, cast.ann, "user disable ann", ERR_NOT_PERMITTED, "");
    rig_contains(rig, cast.admin, "user disable olga", "\"disabled\":true");
    rig_refuse(rig, cast.admin, "user disable admin", ERR_NOT_PERMITTED, "last enabled admin");
    rig_do(rig, cast.admin, "user add root2 --role admin --no-password");
    rig_contains(rig, cast.admin, "user disable root2", "\"disabled\":true");
    rig_refuse(rig, cast.admin, "user disable admin", ERR_NOT_PERMITTED, "last enabled admin");
    rig_do(rig, cast.admin, "user disable root2");
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

static void run_race(const struct rig *rig, struct identity *who, const char *const *lines,
                     enum err *ret_errs, int count)
{
    struct racer racers[8];
    pthread_t threads[8];

    for (int i = 0; i < count; i++) {
        racers[i] = (struct racer){.rig = rig, .db = rig_connect(rig), .who = who, .line = lines[i]};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        ret_errs[i] = racers[i].err;
        db_free(racers[i].db);
    }
}

static void test_admins_who_disable_each_other(void **state)
{
    static const char *const lines[] = {"user disable admin", "user disable root2"};
    const struct rig *rig = *state;
    enum err errs[2];
    struct cast cast;

    cast_init(rig, &cast);
    rig_do(rig, cast.admin, "user add root2 --role admin --no-password");
    for (int round = 0; round < 20; round++) {
        run_race(rig, cast.admin, lines, errs, 2);
        assert_int_equal(
            rig_number(rig, "SELECT count(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL"), 1);
        assert_true((errs[0] == ERR_OK) != (errs[1] == ERR_OK));
        rig_text(rig, "UPDATE users SET disabled_at = NULL");
    }
    cast_done(&cast);
}

static void test_same_name_at_once(void **state)
{
    static const char *const lines[] = {
        "user add twin --role owner --no-password", "user add twin --role owner --no-password",
        "user add twin --role staff --store S1 --no-password", "user add twin --role admin --no-password"};
    const struct rig *rig = *state;
    enum err errs[4];
    struct cast cast;
    int won = 0;

    cast_init(rig, &cast);
    run_race(rig, cast.admin, lines, errs, 4);
    for (int i = 0; i < 4; i++) {
        won += errs[i] == ERR_OK;
        assert_true(errs[i] == ERR_OK || errs[i] == ERR_ALREADY_EXISTS);
    }
    assert_int_equal(won, 1);
    cast_done(&cast);
}

static void test_whoami(void **state)
{
    const struct rig *rig = *state;
    struct identity *with_key, *by_password;
    struct cast cast;

    cast_init(rig, &cast);
    struct identity facts = *cast.olga;
    facts.method = LOGIN_PASSWORD;
    facts.has_password = facts.must_change_password = true;
    by_password = identity_new(&facts);
    rig_expect(
        rig, by_password, "whoami",
        "{\"user\":\"olga\",\"role\":\"owner\",\"stores\":[\"S1\",\"S2\"],\"key\":null,"
        "\"method\":\"password\",\"has_password\":true,\"must_change_password\":true,\"expires_at\":null}\n");
    rig_expect(rig, cast.admin, "whoami",
               "{\"user\":\"admin\",\"role\":\"admin\",\"stores\":[],\"key\":null,\"method\":\"none\","
               "\"has_password\":false,\"must_change_password\":false,\"expires_at\":null}\n");
    rig_text(rig, "INSERT INTO user_keys (user_id, type, blob, fingerprint) VALUES (1, 'ssh-ed25519', 'x', "
                  "'SHA256:abc')");
    with_key =
        identity_new(&(struct identity){.user_id = 1,
                                        .key_id = (int32_t)rig_number(rig, "SELECT key_id FROM user_keys"),
                                        .role = ROLE_ADMIN,
                                        .method = LOGIN_KEY,
                                        .user = "admin"});
    rig_contains(rig, with_key, "whoami", "\"key\":\"SHA256:abc\"");
    identity_unref(with_key);
    identity_unref(by_password);
    cast_done(&cast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_add, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_add_refusals, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_list, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_show, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_trail, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_disable_and_enable, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_admins_who_disable_each_other, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_same_name_at_once, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_whoami, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.people", tests, NULL, NULL);
}
