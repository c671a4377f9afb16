/* The commands on public keys: adding, listing, removing, reviving, for oneself and for others.
 * Each test has a database of its own.
 * Whose keys a caller may not touch must look like somebody who does not exist. */
#include "tests/database/rig.h"

#include <string.h>

#include "tests/database/sample_keys.h"

static void add_people(const struct rig *rig)
{
    rig_text(rig,
             "INSERT INTO stores (code, name) VALUES ('S1', 'One');"
             "INSERT INTO users (name, role) VALUES ('olga', 'owner'), ('ann', 'staff'), ('bob', 'staff');"
             "INSERT INTO user_stores VALUES (1, 1), (2, 1)");
}

static void test_add_list_remove(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann, *olga;

    add_people(rig);
    ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
    olga = rig_who(rig, ROLE_OWNER, "olga", "S1");
    rig_contains(rig, ann, "key add " KEY_ED25519,
                 "{\"id\":1,\"type\":\"ssh-ed25519\",\"fingerprint\":\"" FINGERPRINT_ED25519
                 "\",\"comment\":\"ann@till\",\"created_at\":\"20");
    rig_contains(rig, ann, "key add '" KEY_ECDSA256 "'", "\"id\":2,\"type\":\"ecdsa-sha2-nistp256\"");
    rig_contains(rig, olga, "key add --user ann " KEY_RSA2048, "\"user\":\"ann\"");
    rig_contains(rig, olga, "key list --user ann", FINGERPRINT_RSA2048);
    rig_expect(rig, olga, "key list", "");
    rig_refuse(rig, ann, "key add " KEY_ED25519, ERR_ALREADY_EXISTS, FINGERPRINT_ED25519);
    rig_contains(rig, ann, "key remove 1", FINGERPRINT_ED25519);
    rig_lacks(rig, ann, "key list", FINGERPRINT_ED25519);
    rig_refuse(rig, ann, "key remove 1", ERR_BAD_VALUE, "no key 1");
    rig_contains(rig, ann, "key remove " FINGERPRINT_ECDSA256, "\"id\":2");
    rig_contains(rig, ann, "key add " KEY_ED25519, "\"id\":1,"); /* revived */
    rig_contains(rig, ann, "key list", FINGERPRINT_ED25519);
    identity_unref(ann);
    identity_unref(olga);
}

static void test_input_line(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann;
    struct outcome *outcome;

    add_people(rig);
    ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
    outcome = rig_run_on(rig, rig->db, ann, FORMAT_JSON, "key add", KEY_ED25519);
    assert_int_equal(outcome->err, ERR_OK);
    outcome_done(outcome);
    rig_refuse(rig, ann, "key add", ERR_USAGE, "which key");
    rig_refuse(rig, ann, "key add " KEY_RSA1024, ERR_BAD_VALUE, "1024");
    rig_refuse(rig, ann, "key add ssh-dss AAAA", ERR_BAD_VALUE, "ssh-dss");
    rig_refuse(rig, ann, "key remove SHA256:short", ERR_BAD_VALUE, "no fingerprint");
    rig_refuse(rig, ann, "key remove 0", ERR_BAD_VALUE, "0");
    rig_refuse(rig, ann, "key remove 99999999999", ERR_BAD_VALUE, "99999999999");
    identity_unref(ann);
}

static void test_others(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann, *olga, *bob;

    add_people(rig);
    ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
    olga = rig_who(rig, ROLE_OWNER, "olga", "S1");
    bob = rig_who(rig, ROLE_STAFF, "bob", "");
    rig_do(rig, bob, "key add " KEY_ED25519);
    rig_refuse(rig, olga, "key list --user bob", ERR_UNKNOWN_USER, "no user bob");
    rig_refuse(rig, olga, "key add --user bob " KEY_RSA2048, ERR_UNKNOWN_USER, "no user bob");
    rig_refuse(rig, olga, "key remove --user bob 1", ERR_UNKNOWN_USER, "no user bob");
    rig_refuse(rig, olga, "key remove 1", ERR_BAD_VALUE, "no key 1");
    rig_text(rig, "INSERT INTO stores (code, name) VALUES ('S2', 'Two'); INSERT INTO user_stores VALUES (3, "
                  "1), (3, 2)");
    rig_contains(rig, olga, "key list --user bob", FINGERPRINT_ED25519);
    rig_refuse(rig, olga, "key add --user bob " KEY_RSA2048, ERR_NOT_PERMITTED, "not yours");
    rig_refuse(rig, olga, "key remove --user bob 1", ERR_NOT_PERMITTED, "not yours");
    rig_refuse(rig, ann, "key list --user olga", ERR_UNKNOWN_USER, "no user olga");
    rig_do(rig, ann, "key add " KEY_ED25519); /* the same key may open two accounts */
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM user_keys WHERE removed_at IS NULL"), 2);
    identity_unref(ann);
    identity_unref(olga);
    identity_unref(bob);
}

/* Sessions that a token opened may look, and no more; every change is in the trail. */
static void test_tokens_and_trail(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann, *by_token;

    add_people(rig);
    ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
    struct identity facts = *ann;
    facts.method = LOGIN_TOKEN;
    by_token = identity_new(&facts);
    rig_do(rig, ann, "key add " KEY_ED25519);
    rig_contains(rig, by_token, "key list", FINGERPRINT_ED25519);
    rig_refuse(rig, by_token, "key add " KEY_RSA2048, ERR_NOT_PERMITTED, "token");
    rig_refuse(rig, by_token, "key remove 1", ERR_NOT_PERMITTED, "token");
    rig_do(rig, ann, "key remove 1");
    assert_string_equal(rig_text(rig, "SELECT string_agg(concat_ws(' ', action, target, before->'keys', "
                                      "after->'keys'), E'\\n' ORDER BY audit_id) FROM audit_events"),
                        "key add ann [] [\"" FINGERPRINT_ED25519 "\"]\n"
                        "key remove ann [\"" FINGERPRINT_ED25519 "\"] []");
    identity_unref(by_token);
    identity_unref(ann);
}

static void test_at_most_fifty(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann;

    add_people(rig);
    ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
    rig_text(rig, "INSERT INTO user_keys (user_id, type, blob, fingerprint) "
                  "SELECT 2, 'ssh-ed25519', n::text::bytea, 'SHA256:' || n FROM generate_series(1, 50) n");
    rig_refuse(rig, ann, "key add " KEY_ED25519, ERR_NOT_PERMITTED, "at most 50");
    rig_do(rig, ann, "key remove 7");
    rig_do(rig, ann, "key add " KEY_ED25519);
    rig_refuse(rig, ann, "key add " KEY_RSA2048, ERR_NOT_PERMITTED, "at most 50");
    identity_unref(ann);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_add_list_remove, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_input_line, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_others, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_tokens_and_trail, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_at_most_fifty, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.keys", tests, NULL, NULL);
}
