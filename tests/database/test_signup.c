/* Signing up and what becomes of it: who may, how often, what waits, and what nobody sees until `user
 * approve`. Each test has a database with an admin and a server's rates. The caller is whom the door lets in
 * as `signup`: nobody yet. */
#include "tests/database/rig.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/core.h"
#include "server/core/signups.h"

enum { PER_SOURCE = 100 };

static struct identity *admin, *nobody;

static int setup(void **state)
{
    rig_setup(state);
    struct rig *rig = *state;
    struct identity facts = {.role = ROLE_SIGNUP, .method = LOGIN_NONE, .user = "signup", .session = 7};

    rig->core = calloc(1, sizeof *rig->core);
    assert_non_null(rig->core);
    rig->core->signups = signups_new(PER_SOURCE);
    rig->config.signup.mode = CONFIG_SIGNUP_APPROVAL;
    rig->config.signup.pending = 50;
    snprintf(facts.source, sizeof facts.source, "192.0.2.7");
    nobody = identity_new(&facts);
    rig_text(rig, "INSERT INTO users (name, role) VALUES ('admin', 'admin')");
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;

    identity_unref(nobody);
    identity_unref(admin);
    signups_free(rig->core->signups);
    free(rig->core);
    return rig_teardown(state);
}

static void expect(const struct rig *rig, const char *line, const char *password, enum err err,
                   const char *part)
{
    struct outcome *outcome = rig_run_on(rig, rig->db, nobody, FORMAT_JSON, line, password);
    const char *text = outcome->err == ERR_OK ? outcome->output : outcome->request.error.message;

    if (outcome->err != err || strstr(text, part) == NULL) {
        fail_msg("%s: expected %s with '%s', came %s: %s", line, err_text(err), part, err_text(outcome->err),
                 text);
    }
    outcome_done(outcome);
}

static void sign_up(const struct rig *rig, const char *options, const char *json)
{
    char line[256];

    snprintf(line, sizeof line, "signup %s", options);
    expect(rig, line, "a good password", ERR_OK, json);
}

static void test_approval(void **state)
{
    const struct rig *rig = *state;
    struct identity *olga;

    sign_up(rig, "--name olga --store-name 'Harbour & Sons' --timezone Europe/Lisbon --currency CHF",
            "{\"user\":\"olga\",\"store\":\"HARBOURSONS\",\"state\":\"pending\"}\n");
    rig_contains(rig, admin, "user list --pending",
                 "{\"user\":\"olga\",\"role\":\"owner\",\"stores\":[\"HARBOURSONS\"],\"disabled\":false,"
                 "\"pending\":true,");
    rig_lacks(rig, admin, "user list --pending", "admin");
    rig_contains(rig, admin, "store list",
                 "\"timezone\":\"Europe/Lisbon\",\"currency\":\"CHF\",\"owners\":[\"olga\"],\"closed\":false,"
                 "\"pending\":true,");
    rig_expect(rig, admin, "user approve olga",
               "{\"user\":\"olga\",\"role\":\"owner\",\"stores\":[\"HARBOURSONS\"],\"disabled\":false,"
               "\"pending\":false}\n");
    rig_contains(rig, admin, "store list", "\"closed\":false,\"pending\":false,");
    olga = rig_who(rig, ROLE_OWNER, "olga", "HARBOURSONS");
    rig_contains(rig, olga, "store list", "HARBOURSONS");
    rig_expect(rig, olga, "inventory", "");
    rig_refuse(rig, admin, "user approve olga", ERR_BAD_VALUE, "waits for no approval");
    rig_refuse(rig, admin, "user approve none", ERR_UNKNOWN_USER, "no user none");
    rig_refuse(rig, olga, "user approve olga", ERR_NOT_PERMITTED, "");
    assert_int_equal(
        crypto_pwhash_str_verify(rig_text(rig, "SELECT password_hash FROM users WHERE name = 'olga'"),
                                 "a good password", strlen("a good password")),
        0);
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM users WHERE must_change_password"), 0);
    identity_unref(olga);
}

/* A store that waits is none: not for those who know its code either. */
static void test_pending_store_is_unknown(void **state)
{
    const struct rig *rig = *state;
    struct identity *olga;

    sign_up(rig, "--name olga --store-name Harbour --store-code H1", "\"store\":\"H1\"");
    rig_text(rig, "INSERT INTO products (sku, name) VALUES ('A-1', 'Lamp')");
    rig_refuse(rig, admin, "inventory --store H1", ERR_UNKNOWN_STORE, "no store H1");
    rig_refuse(rig, admin, "movements --store H1", ERR_UNKNOWN_STORE, "no store H1");
    rig_refuse(rig, admin, "watch --store H1", ERR_UNKNOWN_STORE, "no store H1");
    rig_refuse(rig, admin, "store set H1 --name X", ERR_UNKNOWN_STORE, "no store H1");
    rig_refuse(rig, admin, "user add ann --role staff --store H1 --no-password", ERR_UNKNOWN_STORE,
               "no store H1");
    rig_refuse(rig, admin, "store add H1 --name X", ERR_ALREADY_EXISTS, "H1");
    olga = rig_who(rig, ROLE_OWNER, "olga", "H1");
    rig_expect(rig, olga, "store list", "");
    rig_refuse(rig, admin, "user set olga --limit read=1/1", ERR_BAD_VALUE, "waits for approval");
    rig_do(rig, admin, "store add S1 --name One");
    rig_refuse(rig, admin, "store set S1 --owner olga", ERR_BAD_VALUE, "waits for approval");
    rig_do(rig, admin, "user approve olga");
    rig_expect(rig, admin, "inventory --store H1", "");
    rig_do(rig, admin, "user add ann --role staff --store H1 --no-password");
    identity_unref(olga);
}

static void test_rejection(void **state)
{
    struct rig *rig = *state;

    rig->config.signup.pending = 1;
    sign_up(rig, "--name olga --store-name Harbour", "\"state\":\"pending\"");
    expect(rig, "signup --name oskar --store-name Two", "a good password", ERR_BUSY, "too many signups wait");
    rig_contains(rig, admin, "user disable olga", "\"disabled\":true,\"pending\":true");
    rig_expect(rig, admin, "user list --pending", "");
    rig_refuse(rig, admin, "user approve olga", ERR_BAD_VALUE, "rejected");
    sign_up(rig, "--name oskar --store-name Two", "\"state\":\"pending\"");
    rig_contains(rig, admin, "store list", "\"store\":\"HARBOUR\"");
    rig_do(rig, admin, "user enable olga");
    rig_do(rig, admin, "user approve olga");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM stores WHERE pending_since IS NOT NULL"), 1);
}

static void test_modes(void **state)
{
    struct rig *rig = *state;

    rig->config.signup.mode = CONFIG_SIGNUP_CLOSED;
    expect(rig, "signup --name olga --store-name A", "a good password", ERR_NOT_PERMITTED,
           "nobody can sign up");
    rig->config.signup.mode = CONFIG_SIGNUP_INVITE;
    expect(rig, "signup --name olga --store-name A --invite x", "a good password", ERR_NOT_PERMITTED,
           "is wrong");
    rig->config.signup.invite_code = (char *)(uintptr_t) "let me in";
    expect(rig, "signup --name olga --store-name A", "a good password", ERR_NOT_PERMITTED,
           "takes an invite code");
    expect(rig, "signup --name olga --store-name A --invite 'let me i'", "a good password", ERR_NOT_PERMITTED,
           "is wrong");
    expect(rig, "signup --name olga --store-name A --invite ''", "a good password", ERR_NOT_PERMITTED,
           "is wrong");
    sign_up(rig, "--name olga --store-name A --invite 'let me in'", "\"state\":\"active\"");
    rig->config.signup.mode = CONFIG_SIGNUP_OPEN;
    rig->config.signup.pending = 1;
    sign_up(rig, "--name oskar --store-name B", "\"state\":\"active\"");
    sign_up(rig, "--name otto --store-name C", "\"state\":\"active\"");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM users u JOIN user_stores USING (user_id) "
                                     "JOIN stores s USING (store_id) JOIN store_ledger USING (store_id) "
                                     "WHERE u.role = 'owner' AND u.pending_since IS NULL "
                                     "AND s.pending_since IS NULL"),
                     3);
}

static void test_values(void **state)
{
    const struct rig *rig = *state;
    static const char good[] = "a good password";

    expect(rig, "signup --name Olga --store-name A", good, ERR_BAD_VALUE, "Olga");
    expect(rig, "signup --name signup --store-name A", good, ERR_BAD_VALUE, "signup");
    expect(rig, "signup --name olga --store-name ''", good, ERR_BAD_VALUE, "store name");
    expect(rig, "signup --name olga --store-name \"a\xe2\x80\xae[2J\"", good, ERR_BAD_VALUE, "store name");
    expect(rig, "signup --name olga --store-name A --store-code 'a b'", good, ERR_BAD_VALUE, "a b");
    expect(rig, "signup --name olga --store-name A --currency euro", good, ERR_BAD_VALUE, "currency");
    expect(rig, "signup --name olga --store-name A --timezone Mars/Base", good, ERR_BAD_VALUE, "time zone");
    expect(rig, "signup --name olga --store-name A", NULL, ERR_USAGE, "stdin");
    expect(rig, "signup --name olga --store-name A", "short", ERR_BAD_VALUE, "at least");
    expect(rig, "signup --name olgaolga --store-name A", "olgaolga", ERR_BAD_VALUE, "name");
    expect(rig, "signup --name olga --store-name A --role admin", good, ERR_USAGE, "--role");
    expect(rig, "signup --name admin --store-name A", good, ERR_ALREADY_EXISTS, "already a user admin");
    rig_refuse(rig, admin, "signup --name olga --store-name A", ERR_NOT_PERMITTED, "");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM stores"), 0);
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM audit_events"), 0);
}

static void test_codes(void **state)
{
    const struct rig *rig = *state;

    sign_up(rig, "--name a1 --store-name 'Main St.'", "\"store\":\"MAINST\"");
    sign_up(rig, "--name a2 --store-name 'main-st'", "\"store\":\"MAINST-2\"");
    sign_up(rig, "--name a3 --store-name 'Main St'", "\"store\":\"MAINST-3\"");
    sign_up(rig, "--name a4 --store-name '日本の店'", "\"store\":\"STORE\"");
    sign_up(rig, "--name a5 --store-name 'Ünïted kingdom of everything'", "\"store\":\"NTEDKINGDOMOFEVE\"");
    expect(rig, "signup --name a6 --store-name X --store-code MAINST", "a good password", ERR_ALREADY_EXISTS,
           "already a store MAINST");
    sign_up(rig, "--name a6 --store-name X --store-code X.1", "\"store\":\"X.1\"");
}

static void test_on_a_terminal(void **state)
{
    const struct rig *rig = *state;
    struct outcome *outcome = rig_run_interactive(rig, nobody, "signup --name olga --store-name A",
                                                  "a good password\na good passwort");

    assert_int_equal(outcome->err, ERR_BAD_VALUE);
    outcome_done(outcome);
    outcome = rig_run_interactive(rig, nobody, "signup --name olga --store-name A", "a good password");
    assert_int_equal(outcome->err, ERR_BAD_VALUE);
    outcome_done(outcome);
    outcome = rig_run_interactive(rig, nobody, "signup --name olga --store-name A",
                                  "a good password\na good password");
    assert_int_equal(outcome->err, ERR_OK);
    outcome_done(outcome);
}

/* What could tell something counts; a slip of the fingers does not. */
static void test_rate(void **state)
{
    struct rig *rig = *state;
    struct identity facts = *nobody;

    signups_free(rig->core->signups);
    rig->core->signups = signups_new(3);
    expect(rig, "signup --name Olga --store-name A", "a good password", ERR_BAD_VALUE, "");
    expect(rig, "signup --name olga --store-name A", "short", ERR_BAD_VALUE, "");
    expect(rig, "signup --name admin --store-name A", "a good password", ERR_ALREADY_EXISTS, "");
    rig->config.signup.mode = CONFIG_SIGNUP_INVITE;
    rig->config.signup.invite_code = (char *)(uintptr_t) "let me in";
    expect(rig, "signup --name olga --store-name A --invite x", "a good password", ERR_NOT_PERMITTED, "");
    sign_up(rig, "--name olga --store-name A --invite 'let me in'", "active");
    expect(rig, "signup --name otto --store-name A --invite 'let me in'", "a good password", ERR_THROTTLED,
           " s");
    identity_unref(nobody);
    snprintf(facts.source, sizeof facts.source, "192.0.2.8");
    facts.user = "signup";
    nobody = identity_new(&facts);
    sign_up(rig, "--name otto --store-name A --invite 'let me in'", "active");
}

static void test_trail(void **state)
{
    const struct rig *rig = *state;

    sign_up(rig, "--name olga --store-name Harbour", "pending");
    rig_do(rig, admin, "user approve olga");
    assert_string_equal(
        rig_text(rig,
                 "SELECT string_agg(concat_ws(' ', u.name, a.method, nullif(a.source, ''), a.session, "
                 "a.action, a.kind, "
                 "a.target, a.store_id > 0, a.before->>'pending', a.after->>'pending'), E'\\n' "
                 "ORDER BY a.kind DESC, a.audit_id) FROM audit_events a LEFT JOIN users u USING (user_id)"),
        "none 192.0.2.7 7 signup user olga f true\n"
        "admin none 0 user approve user olga f true false\n"
        "none 192.0.2.7 7 signup store HARBOUR t true\n"
        "admin none 0 user approve store HARBOUR t true false");
}

struct racer {
    struct rig rig; /* with a table of sources of its own: the real one belongs to one thread */
    struct core core;
    struct db *db;
    char line[64];
    enum err err;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    struct outcome *outcome =
        rig_run_on(&racer->rig, racer->db, nobody, FORMAT_JSON, racer->line, "a good password");

    racer->err = outcome->err;
    outcome_done(outcome);
    return NULL;
}

/* The bound holds, and codes are unique, however many come at the same moment. */
static void test_at_once(void **state)
{
    enum { RACERS = 8, ROOM = 3 };
    static struct racer racers[RACERS];
    struct rig *rig = *state;
    pthread_t threads[RACERS];
    unsigned won = 0;

    rig->config.signup.pending = ROOM;
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.rig = *rig, .db = rig_connect(rig)};
        racers[i].core.signups = signups_new(PER_SOURCE);
        racers[i].rig.core = &racers[i].core;
        snprintf(racers[i].line, sizeof racers[i].line, "signup --name u%d --store-name Same", i);
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        won += racers[i].err == ERR_OK;
        assert_true(racers[i].err == ERR_OK || racers[i].err == ERR_BUSY);
        signups_free(racers[i].core.signups);
        db_free(racers[i].db);
    }
    assert_int_equal(won, ROOM);
    assert_string_equal(rig_text(rig, "SELECT string_agg(code, ' ' ORDER BY code) FROM stores"),
                        "SAME SAME-2 SAME-3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_approval, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pending_store_is_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rejection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_modes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_codes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_on_a_terminal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trail, setup, teardown),
        cmocka_unit_test_setup_teardown(test_at_once, setup, teardown),
    };

    return cmocka_run_group_tests_name("database.signup", tests, NULL, NULL);
}
