/* The directory: what a row of the database tells of a user, who is found by name and id, what is announced
 * and heard, and why an identity may not go on. */
#include "tests/database/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "server/core/access.h"
#include "server/core/directory.h"
#include "server/core/listener_internal.h"

/* ------------------------------------------------------------------ rows */

static struct db_result *read_page(const struct rig *rig, int32_t after_id, int64_t limit)
{
    cleanup(arena_done) struct arena arena = {0};
    struct db_result *result = NULL;
    struct db_params params;
    struct err_info info = {0};

    db_params_init(&params, &arena);
    db_bind_null(&params);
    db_bind_i32(&params, after_id);
    db_bind_i64(&params, limit);
    assert_int_equal(db_query(rig->db, SQL_QUERY_USER_ACCESS, &params, &result, &info), ERR_OK);
    return result;
}

static struct directory_user *read_user(const struct rig *rig, const char *name)
{
    cleanup(cleanup_db_result) struct db_result *result = read_page(rig, 0, 1000);

    for (int row = 0; row < db_result_rows(result); row++) {
        if (strcmp(db_result_text(result, row, DIRECTORY_USER_NAME), name) == 0) {
            return directory_user_read(result, row);
        }
    }
    fail_msg("no user %s", name);
    return NULL;
}

static void arrange(const struct rig *rig)
{
    rig_number(
        rig,
        "INSERT INTO stores (code, name, pending_since) VALUES ('S2', 'Two', NULL), ('S1', 'One', NULL), "
        "('S3', 'Three', now())");
    rig_number(
        rig,
        "INSERT INTO users (name, role, password_hash, password_epoch, token_epoch, must_change_password) "
        "VALUES ('ann', 'staff', 'x', 3, 5, true), ('bob', 'owner', NULL, 0, 0, false)");
    rig_number(
        rig, "INSERT INTO user_stores SELECT user_id, store_id FROM users, stores WHERE users.name = 'ann'");
    rig_number(
        rig,
        "INSERT INTO user_keys (user_id, type, blob, fingerprint, removed_at) SELECT user_id, 'ssh-ed25519', "
        "int4send(n), n::text, CASE WHEN n = 2 THEN now() END FROM users, generate_series(1, 12) n WHERE "
        "name = 'ann'");
    rig_number(rig, "INSERT INTO user_limits SELECT user_id, 'write', 7, 70 FROM users WHERE name = 'ann'");
}

static void test_reads_a_row(void **state)
{
    const struct rig *rig = *state;
    arrange(rig);
    cleanup(cleanup_free) void *memory = read_user(rig, "ann");
    const struct directory_user *ann = memory;

    assert_string_equal(ann->user, "ann");
    assert_int_equal(ann->role, ROLE_STAFF);
    assert_true(ann->is_enabled && ann->has_password && ann->must_change_password);
    assert_int_equal(ann->password_epoch, 3);
    assert_int_equal(ann->token_epoch, 5);
    assert_int_equal(ann->store_count, 2); /* one waits for approval */
    assert_string_equal(ann->store_codes[0], "S1");
    assert_string_equal(ann->store_codes[1], "S2");
    assert_int_equal(ann->key_count, 11);
    for (unsigned i = 1; i < ann->key_count; i++) {
        assert_true(ann->key_ids[i - 1] < ann->key_ids[i]);
    }
    assert_true(ann->has_limit[THROTTLE_WRITE]);
    assert_false(ann->has_limit[THROTTLE_READ]);
    assert_int_equal(ann->limits[THROTTLE_WRITE].per_second, 7);
    assert_int_equal(ann->limits[THROTTLE_WRITE].burst, 70);
}

static void test_reads_who_has_nothing(void **state)
{
    const struct rig *rig = *state;
    arrange(rig);
    rig_number(rig, "UPDATE users SET pending_since = now() WHERE name = 'bob'");
    cleanup(cleanup_free) void *memory = read_user(rig, "bob");
    const struct directory_user *bob = memory;

    assert_false(bob->is_enabled);
    assert_false(bob->has_password);
    assert_int_equal(bob->store_count, 0);
    assert_int_equal(bob->key_count, 0);
    rig_number(rig, "UPDATE users SET pending_since = NULL, disabled_at = now() WHERE name = 'bob'");
    cleanup(cleanup_free) void *disabled = read_user(rig, "bob");
    assert_false(((const struct directory_user *)disabled)->is_enabled);
}

static void test_pages_by_id(void **state)
{
    const struct rig *rig = *state;
    int32_t after_id = 0;
    int seen = 0;
    rig_number(rig, "INSERT INTO users (name, role) SELECT 'u' || n, 'admin' FROM generate_series(1, 25) n");
    for (int rows = 10; rows == 10;) {
        cleanup(cleanup_db_result) struct db_result *result = read_page(rig, after_id, 10);
        rows = db_result_rows(result);
        for (int row = 0; row < rows; row++) {
            int32_t id = (int32_t)db_result_i64(result, row, DIRECTORY_USER_ID);
            assert_true(id > after_id);
            after_id = id;
            seen++;
        }
    }
    assert_int_equal(seen, rig_number(rig, "SELECT count(*) FROM users"));
}

/* ------------------------------------------------------------------ the table */

static struct directory_user *make_user(int32_t id, const char *name)
{
    struct directory_user *user = calloc(1, sizeof *user + strlen(name) + 1);
    char *text = (char *)(user + 1);

    assert_non_null(user);
    memcpy(text, name, strlen(name) + 1);
    user->user_id = id;
    user->user = text;
    return user;
}

static void test_finds(void **state)
{
    struct directory *directory = directory_new(1000);
    char name[16];
    (void)state;

    directory_set_fresh(directory);
    for (int32_t id = 1; id <= 1000; id++) {
        snprintf(name, sizeof name, "u%d", (int)id);
        directory_put(directory, make_user(id, name));
    }
    directory_put(directory, make_user(1001, "one-too-many"));
    assert_int_equal(directory_count(directory), 1000);
    assert_null(directory_find_id(directory, 1001));
    assert_null(directory_find(directory, "one-too-many"));
    for (int32_t id = 1; id <= 1000; id++) {
        snprintf(name, sizeof name, "u%d", (int)id);
        assert_int_equal(directory_find(directory, name)->user_id, id);
        assert_string_equal(directory_find_id(directory, id)->user, name);
    }
    directory_put(directory, make_user(500, "renamed"));
    assert_null(directory_find(directory, "u500"));
    assert_int_equal(directory_find(directory, "renamed")->user_id, 500);
    directory_remove(directory, 500);
    directory_remove(directory, 500);
    assert_null(directory_find(directory, "renamed"));
    assert_int_equal(directory_count(directory), 999);
    directory_put(directory, make_user(1001, "room-again"));
    assert_non_null(directory_find(directory, "room-again"));
    directory_free(directory);
}

static void test_knows_nothing_when_stale(void **state)
{
    struct directory *directory = directory_new(10);
    (void)state;

    directory_put(directory, make_user(1, "ann"));
    assert_false(directory_is_fresh(directory));
    assert_null(directory_find(directory, "ann"));
    directory_set_fresh(directory);
    assert_non_null(directory_find(directory, "ann"));
    directory_forget(directory);
    assert_false(directory_is_fresh(directory));
    directory_set_fresh(directory);
    assert_null(directory_find(directory, "ann"));
    assert_int_equal(directory_count(directory), 0);
    directory_free(directory);
}

/* ------------------------------------------------------------------ reasons */

static void test_reasons(void **state)
{
    const char *codes[] = {"S1", "S2"};
    const int32_t keys[] = {4, 9};
    struct identity who = {.user_id = 1,
                           .user = "ann",
                           .role = ROLE_STAFF,
                           .method = LOGIN_KEY,
                           .key_id = 9,
                           .password_epoch = 3,
                           .token_epoch = 5,
                           .store_count = 2,
                           .store_codes = codes};
    struct directory_user user = {.user_id = 1,
                                  .user = "ann",
                                  .role = ROLE_STAFF,
                                  .is_enabled = true,
                                  .password_epoch = 3,
                                  .token_epoch = 6,
                                  .store_count = 2,
                                  .store_codes = codes,
                                  .key_count = 2,
                                  .key_ids = keys};
    (void)state;

    assert_null(access_reason(&who, &user)); /* tokens that ended are nothing to a key */
    who.method = LOGIN_TOKEN;
    assert_non_null(strstr(access_reason(&who, &user), "token"));
    who.method = LOGIN_PASSWORD;
    assert_null(access_reason(&who, &user));
    user.password_epoch = 4;
    assert_non_null(strstr(access_reason(&who, &user), "password"));
    user.password_epoch = 3;
    who.method = LOGIN_KEY;
    user.key_count = 1;
    assert_non_null(strstr(access_reason(&who, &user), "key"));
    user.store_count = 1;
    assert_non_null(strstr(access_reason(&who, &user), "stores"));
    user.role = ROLE_OWNER;
    assert_non_null(strstr(access_reason(&who, &user), "role"));
    user.is_enabled = false;
    assert_string_equal(access_reason(&who, &user), "Your account was disabled");
}

/* ------------------------------------------------------------------ announcements */

static void test_parses_announcements(void **state)
{
    static const char *const bad[] = {
        "",
        "1",
        "1 2 3",
        "1 2 3 4 5",
        "1 2 3 4 ",
        " 1 2 3 4",
        "1  2 3 4",
        "-1 2 3 4",
        "0 2 3 4",
        "+1 2 3 4",
        "1 2 3 x",
        "1 2 3 4x",
        "1,2,3,4",
        "1 2 3 ",
        "2147483648 2 3 4",
        "1 9223372036854775808 3 4",
        "1 2 18446744073709551616 4",
        "1 2 3 99999999999999999999999",
        "1 2 3 4\n",
        "\xff 2 3 4",
    };
    struct listener_change change = {0};
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (listener_parse(bad[i], &change)) {
            fail_msg("taken: '%s'", bad[i]);
        }
    }
    assert_true(listener_parse("2147483647 9223372036854775807 18446744073709551615 0", &change));
    assert_int_equal(change.user_id, INT32_MAX);
    assert_int_equal(change.password_epoch, INT64_MAX);
    assert_true(change.server == UINT64_MAX);
    assert_true(change.session == 0);
    assert_false(change.is_mixed);
}

static void announce(const struct rig *rig, int32_t user_id, const struct identity *origin, bool commit)
{
    cleanup(arena_done) struct arena arena = {0};
    struct err_info info = {0};

    assert_int_equal(db_begin(rig->db, &info), ERR_OK);
    assert_int_equal(access_announce(rig->db, &arena, user_id, origin, &info), ERR_OK);
    if (commit) {
        assert_int_equal(db_commit(rig->db, &info), ERR_OK);
    } else {
        db_rollback(rig->db);
    }
}

static void wait_heard(struct db *db, struct db_notification *ret_notification)
{
    struct err_info info = {0};
    enum db_wait wait = DB_WAIT_HEARD;

    while (!db_next_notification(db, ret_notification)) {
        assert_int_equal(db_wait_notification(db, -1, 60000, &wait, &info), ERR_OK);
        assert_int_equal(wait, DB_WAIT_HEARD);
    }
}

static void test_hears(void **state)
{
    const struct rig *rig = *state;
    struct db *db = rig_connect(rig);
    struct db_notification notification;
    struct listener_change change;
    struct err_info info = {0};
    const struct identity origin = {.server = UINT64_MAX, .session = 77};
    arrange(rig);
    int32_t ann = (int32_t)rig_number(rig, "SELECT user_id FROM users WHERE name = 'ann'");

    assert_int_equal(db_listen(db, "stockroom_users", &info), ERR_OK);
    announce(rig, ann, &origin, false); /* rolled back: not heard */
    announce(rig, ann, &origin, true);
    wait_heard(db, &notification);
    assert_string_equal(notification.channel, "stockroom_users");
    assert_false(notification.is_cut);
    assert_true(listener_parse(notification.payload, &change));
    assert_int_equal(change.user_id, ann);
    assert_int_equal(change.password_epoch, 3);
    assert_true(change.server == UINT64_MAX && change.session == 77);
    assert_false(db_next_notification(db, &notification));

    announce(rig, ann, NULL, true);
    wait_heard(db, &notification);
    assert_true(listener_parse(notification.payload, &change));
    assert_true(change.server == 0 && change.session == 0);

    rig_number(rig, "SELECT count(pg_notify('stockroom_users', repeat('9', 7999)))");
    wait_heard(db, &notification);
    assert_false(notification.is_cut); /* the longest that PostgreSQL takes */
    assert_int_equal(strlen(notification.payload), 7999);
    assert_false(listener_parse(notification.payload, &change));
    db_free(db);
}

static void test_waits(void **state)
{
    const struct rig *rig = *state;
    struct db *db = rig_connect(rig);
    int wake_fd = eventfd(1, EFD_CLOEXEC);
    struct err_info info = {0};
    enum db_wait wait = DB_WAIT_HEARD;

    assert_int_equal(db_wait_notification(db, -1, 1, &wait, &info), ERR_OK);
    assert_int_equal(wait, DB_WAIT_TIMEOUT);
    assert_int_equal(db_wait_notification(db, wake_fd, -1, &wait, &info), ERR_OK);
    assert_int_equal(wait, DB_WAIT_WOKEN);
    close(wake_fd);

    /* Cut off, it says so, and connects again when asked. */
    rig_number(
        rig,
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()");
    enum err err = ERR_OK;
    while (err == ERR_OK) {
        err = db_wait_notification(db, -1, 60000, &wait, &info);
        assert_true(err != ERR_OK || wait == DB_WAIT_HEARD);
    }
    assert_int_equal(err, ERR_DATABASE_UNAVAILABLE);
    assert_int_equal(db_pause_ms(db), 0);
    assert_int_equal(db_ensure(db, &info), ERR_OK);
    db_free(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_a_row, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_reads_who_has_nothing, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_pages_by_id, rig_setup, rig_teardown),
        cmocka_unit_test(test_finds),
        cmocka_unit_test(test_knows_nothing_when_stale),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_parses_announcements),
        cmocka_unit_test_setup_teardown(test_hears, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_waits, rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
