/* The commands on users and passwords: who may add, see, disable and enable whom, and what a password may be.
 * Each test has a database with two owners, two stores and their staff.
 * Whom a caller may not see must look like one who does not exist. */
#include "tests/database/rig.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

struct cast {
    struct identity *admin, *olga, *oskar, *ann;
};

static void cast_init(const struct rig *rig, struct cast *cast)
{
    rig_text(
        rig,
        "INSERT INTO stores (code, name) VALUES ('S1', 'One'), ('S2', 'Two'), ('S3', 'Three');"
        "INSERT INTO store_ledger (store_id) SELECT store_id FROM stores;"
        "INSERT INTO users (name, role) VALUES ('admin', 'admin'), ('olga', 'owner'), ('oskar', 'owner'), "
        "('ann', 'staff'), ('bob', 'staff'), ('both', 'staff');"
        "INSERT INTO user_stores SELECT u.user_id, s.store_id FROM users u, stores s WHERE (u.name, s.code) "
        "IN "
        "(('olga', 'S1'), ('olga', 'S2'), ('oskar', 'S3'), ('ann', 'S1'), ('bob', 'S3'), ('both', 'S2'), "
        "('both', 'S3'))");
    cast->admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    cast->olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2");
    cast->oskar = rig_who(rig, ROLE_OWNER, "oskar", "S3");
    cast->ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
}

static void cast_done(struct cast *cast)
{
    identity_unref(cast->admin);
    identity_unref(cast->olga);
    identity_unref(cast->oskar);
    identity_unref(cast->ann);
}

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
    rig_expect(rig, cast.admin, "user add root2 --role admin --no-password",
               "{\"user\":\"root2\",\"role\":\"admin\",\"stores\":[],\"disabled\":false}\n");
    rig_expect(rig, cast.olga, "user add carl --role staff --store S2 --store S1 --store S2 --no-password",
               "{\"user\":\"carl\",\"role\":\"staff\",\"stores\":[\"S1\",\"S2\"],\"disabled\":false}\n");
    assert_int_equal(
        rig_number(rig, "SELECT count(*) FROM users WHERE password_hash IS NULL AND name = 'carl'"), 1);
    outcome = rig_run_on(rig, rig->db, cast.admin, FORMAT_JSON, "user add dora --role owner", NULL);
    assert_int_equal(outcome->err, ERR_OK);
    assert_int_equal(strlen(outcome->request.table.cells[4].value), 20);
    assert_true(opens(rig, "dora", outcome->request.table.cells[4].value));
    outcome_done(outcome);
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
    cast_done(&cast);
}

static void test_list(void **state)
{
    const struct rig *rig = *state;
    struct cast cast;

    cast_init(rig, &cast);
    rig_contains(rig, cast.admin, "user list",
                 "{\"user\":\"both\",\"role\":\"staff\",\"stores\":[\"S2\",\"S3\"],\"disabled\":false,"
                 "\"keys\":0,\"created_at\":\"20");
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

static void test_disable_and_enable(void **state)
{
    const struct rig *rig = *state;
    struct outcome *outcome;
    struct cast cast;

    cast_init(rig, &cast);
    outcome = rig_run_on(rig, rig->db, cast.olga, FORMAT_JSON, "user disable ann", NULL);
    assert_int_equal(outcome->err, ERR_OK);
    assert_string_equal(outcome->output,
                        "{\"user\":\"ann\",\"role\":\"staff\",\"stores\":[\"S1\"],\"disabled\":true}\n");
    outcome_done(outcome);
    rig_contains(rig, cast.olga, "user disable ann", "\"disabled\":true");
    rig_contains(rig, cast.olga, "user enable ann", "\"disabled\":false");
    rig_refuse(rig, cast.olga, "user disable bob", ERR_UNKNOWN_USER, "no user bob");
    rig_refuse(rig, cast.olga, "user disable nobody", ERR_UNKNOWN_USER, "no user nobody");
    rig_refuse(rig, cast.olga, "user disable admin", ERR_UNKNOWN_USER, "no user admin");
    rig_refuse(rig, cast.olga, "user disable olga", ERR_NOT_PERMITTED, "staff only");
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

static enum err passwd(const struct rig *rig, struct identity *who, const char *line, const char *password)
{
    struct outcome *outcome = rig_run_on(rig, rig->db, who, FORMAT_JSON, line, password);
    enum err err = outcome->err;

    if (err != ERR_OK && password != NULL && strlen(password) > 5) {
        assert_null(strstr(outcome->request.error.message, password));
    }
    outcome_done(outcome);
    return err;
}

static void test_passwd(void **state)
{
    const struct rig *rig = *state;
    static char longest[1002];
    struct cast cast;

    cast_init(rig, &cast);
    assert_int_equal(passwd(rig, cast.ann, "passwd", "ann's secret"), ERR_OK);
    assert_true(opens(rig, "ann", "ann's secret"));
    assert_int_equal(passwd(rig, cast.olga, "passwd --user ann", "from olga 1"), ERR_OK);
    assert_true(opens(rig, "ann", "from olga 1"));
    assert_int_equal(passwd(rig, cast.admin, "passwd --user oskar", "from admin"), ERR_OK);
    assert_int_equal(passwd(rig, cast.olga, "passwd --user bob", "from olga 1"), ERR_UNKNOWN_USER);
    assert_int_equal(passwd(rig, cast.ann, "passwd --user olga", "from ann 12"), ERR_UNKNOWN_USER);
    assert_int_equal(passwd(rig, cast.ann, "passwd --user nobody", "from ann 12"), ERR_UNKNOWN_USER);
    assert_int_equal(passwd(rig, cast.ann, "passwd --user ann", "for myself"), ERR_OK);
    assert_int_equal(passwd(rig, cast.ann, "passwd", NULL), ERR_USAGE);
    assert_int_equal(passwd(rig, cast.ann, "passwd", ""), ERR_BAD_VALUE);
    assert_int_equal(passwd(rig, cast.ann, "passwd", "7 chars"), ERR_BAD_VALUE);
    assert_int_equal(passwd(rig, cast.ann, "passwd", "not utf-8 \xff"), ERR_BAD_VALUE);
    memset(longest, 'x', 1001);
    assert_int_equal(passwd(rig, cast.ann, "passwd", longest), ERR_BAD_VALUE);
    assert_int_equal(passwd(rig, cast.ann, "passwd", longest + 1), ERR_OK);
    rig_text(rig, "UPDATE users SET name = 'longername' WHERE name = 'oskar'");
    assert_int_equal(passwd(rig, cast.admin, "passwd --user longername", "longername"), ERR_BAD_VALUE);
    assert_true(opens(rig, "ann", longest + 1));
    cast_done(&cast);
}

static void test_whoami(void **state)
{
    const struct rig *rig = *state;
    struct identity *with_key;
    struct cast cast;

    cast_init(rig, &cast);
    rig_expect(rig, cast.olga, "whoami",
               "{\"user\":\"olga\",\"role\":\"owner\",\"stores\":[\"S1\",\"S2\"],\"key\":null}\n");
    rig_expect(rig, cast.admin, "whoami",
               "{\"user\":\"admin\",\"role\":\"admin\",\"stores\":[],\"key\":null}\n");
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
    cast_done(&cast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_add, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_add_refusals, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_list, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_disable_and_enable, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_admins_who_disable_each_other, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_same_name_at_once, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_passwd, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_whoami, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.people", tests, NULL, NULL);
}
