/* The command passwd: what a password may be, who may set whose, what is asked of whom, and what it ends.
 * Each test has a database with two owners, three stores and their staff.
 * Inputs come as they do from a pipe, or from a terminal. */
#include "tests/database/people_cast.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static bool opens(const struct rig *rig, const char *user, const char *password)
{
    char sql[128];

    snprintf(sql, sizeof sql, "SELECT password_hash FROM users WHERE name = '%s'", user);
    return crypto_pwhash_str_verify(rig_text(rig, sql), password, strlen(password)) == 0;
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
    assert_int_equal(passwd(rig, cast.olga, "passwd --user both", "from olga 1"), ERR_NOT_PERMITTED);
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
    assert_int_equal(passwd(rig, cast.ann, "passwd", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"),
                     ERR_BAD_VALUE);
    assert_true(opens(rig, "ann", longest + 1));
    cast_done(&cast);
}

/* A copy of an identity, as the next login would make it. */
static struct identity *with_password(const struct identity *who, bool must_change, enum login_method method)
{
    struct identity facts = *who;

    facts.has_password = true;
    facts.must_change_password = must_change;
    facts.method = method;
    return identity_new(&facts);
}

static void expect_asked(const struct rig *rig, struct identity *who, const char *lines, enum err err,
                         const char *part)
{
    struct outcome *outcome = rig_run_interactive(rig, who, "passwd", lines);

    if (outcome->err != err || (err != ERR_OK && strstr(outcome->request.error.message, part) == NULL)) {
        fail_msg("passwd: expected %s with '%s', came %s: %s", err_text(err), part, err_text(outcome->err),
                 outcome->request.error.message);
    }
    outcome_done(outcome);
}

static int64_t number_of(const struct rig *rig, const char *column, const char *user)
{
    char sql[128];

    snprintf(sql, sizeof sql, "SELECT %s::int FROM users WHERE name = '%s'", column, user);
    return rig_number(rig, sql);
}

static void test_on_a_terminal(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann;
    struct cast cast;

    cast_init(rig, &cast);
    expect_asked(rig, cast.ann, "the first one\nthe first one", ERR_OK, ""); /* there is no old one */
    ann = with_password(cast.ann, false, LOGIN_KEY);
    expect_asked(rig, ann, "the wrong one\nthe second one\nthe second one", ERR_NOT_PERMITTED,
                 "old password is wrong");
    expect_asked(rig, ann, "the first one\nthe second one\nthe other one", ERR_BAD_VALUE, "differ");
    expect_asked(rig, ann, "the first one\nthe first one\nthe first one", ERR_BAD_VALUE, "is the old one");
    expect_asked(rig, ann, "the first one\nthe second one", ERR_USAGE, "no password");
    expect_asked(rig, ann, "the first one", ERR_USAGE, "no password");
    assert_true(opens(rig, "ann", "the first one"));
    expect_asked(rig, ann, "the first one\nthe second one\nthe second one", ERR_OK, "");
    assert_true(opens(rig, "ann", "the second one"));
    expect_asked(rig, cast.ann, "the third one\nthe third one", ERR_BUSY,
                 "just been changed"); /* came in without */
    identity_unref(ann);
    cast_done(&cast);
}

static void test_first_password(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann;
    struct cast cast;

    cast_init(rig, &cast);
    assert_int_equal(passwd(rig, cast.olga, "passwd --user ann", "chosen by olga"), ERR_OK);
    assert_int_equal(number_of(rig, "must_change_password", "ann"), 1);
    ann = with_password(cast.ann, true, LOGIN_PASSWORD);
    assert_int_equal(passwd(rig, ann, "passwd", "chosen by olga"), ERR_BAD_VALUE);
    expect_asked(rig, ann, "chosen by olga\nchosen by olga", ERR_BAD_VALUE, "another password");
    expect_asked(rig, ann, "chosen by ann\nchosen by ann", ERR_OK, ""); /* the old one was just given */
    assert_int_equal(number_of(rig, "must_change_password", "ann"), 0);
    assert_true(opens(rig, "ann", "chosen by ann"));
    identity_unref(ann);
    cast_done(&cast);
}

static void test_not_by_token(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann, *admin;
    struct cast cast;

    cast_init(rig, &cast);
    ann = with_password(cast.ann, false, LOGIN_TOKEN);
    admin = with_password(cast.admin, false, LOGIN_TOKEN);
    assert_int_equal(passwd(rig, ann, "passwd", "another one"), ERR_NOT_PERMITTED);
    assert_int_equal(passwd(rig, admin, "passwd --user ann", "another one"), ERR_NOT_PERMITTED);
    assert_int_equal(number_of(rig, "password_hash IS NULL", "ann"), 1);
    identity_unref(ann);
    identity_unref(admin);
    cast_done(&cast);
}

/* Sessions and tokens compare the epochs; the trail says who did it, and never the hash. */
static void test_what_it_ends(void **state)
{
    const struct rig *rig = *state;
    struct cast cast;

    cast_init(rig, &cast);
    assert_int_equal(passwd(rig, cast.ann, "passwd", "ann's secret"), ERR_OK);
    assert_int_equal(passwd(rig, cast.admin, "passwd --user ann", "from admin"), ERR_OK);
    assert_int_equal(number_of(rig, "password_epoch", "ann"), 2);
    assert_int_equal(number_of(rig, "token_epoch", "ann"), 2);
    assert_int_equal(number_of(rig, "password_epoch", "olga"), 0);
    assert_string_equal(
        rig_text(rig,
                 "SELECT string_agg(concat_ws(' ', u.name, a.action, a.target, a.after->>'password_epoch', "
                 "a.after->>'must_change_password'), ', ' ORDER BY audit_id) "
                 "FROM audit_events a JOIN users u USING (user_id)"),
        "ann passwd ann 1 false, admin passwd ann 2 true");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM audit_events WHERE after::text LIKE '%argon2%'"),
                     0);
    assert_int_equal(passwd(rig, cast.ann, "passwd", "short"), ERR_BAD_VALUE);
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM audit_events"), 2);
    cast_done(&cast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_passwd, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_on_a_terminal, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_first_password, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_not_by_token, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_what_it_ends, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.passwd", tests, NULL, NULL);
}
