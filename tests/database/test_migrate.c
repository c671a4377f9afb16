/* Migrations: from nothing, again, changed, newer, broken, and two runners at once.
 * Each test begins with an empty database.
 * The second runner is a thread; it is waited for where the database shows it waiting. */
#include "tests/database/rig.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/db/migrate.h"
#include "sql/migrations.h"

struct run {
    struct db *db;
    const struct migrate_set *set;
    enum err err;
    struct err_info info;
    char *report;
    size_t report_len;
};

static void run_init(struct run *run, const struct rig *rig, const struct migrate_set *set)
{
    struct db_settings settings = {.dsn = rig->owner_dsn,
                                   .application_name = "migrate test",
                                   .connect_timeout_seconds = 10,
                                   .statement_timeout_ms = 1000,
                                   .retry_seconds = 1};

    memset(run, 0, sizeof *run);
    run->db = db_new(&settings);
    run->set = set;
}

static void *run_now(void *argument)
{
    struct run *run = argument;
    FILE *report = open_memstream(&run->report, &run->report_len);

    run->err = migrate_run(run->db, run->set, report, &run->info);
    fclose(report);
    return NULL;
}

static void run_done(struct run *run)
{
    db_free(run->db);
    free(run->report);
}

static void expect_run(const struct rig *rig, const struct migrate_set *set, enum err err, const char *part)
{
    struct run run;

    run_init(&run, rig, set);
    run_now(&run);
    assert_int_equal(run.err, err);
    if (strstr(err == ERR_OK ? run.report : run.info.message, part) == NULL) {
        fail_msg("no '%s' in '%s' or '%s'", part, run.report, err == ERR_OK ? "" : run.info.message);
    }
    run_done(&run);
}

static enum err check(const struct rig *rig, const char *dsn, struct err_info *ret_info)
{
    struct db_settings settings = {.dsn = dsn, .application_name = "check", .connect_timeout_seconds = 10};
    struct db *db = db_new(&settings);
    enum err err = migrate_check(db, ret_info);

    (void)rig;
    db_free(db);
    return err;
}

static void test_fresh_then_again(void **state)
{
    const struct rig *rig = *state;
    const struct migrate_set *set = migrate_embedded();
    struct err_info info;
    char part[64];

    assert_int_equal(check(rig, rig->owner_dsn, &info), ERR_INTERNAL);
    assert_non_null(strstr(info.message, "no schema yet"));
    expect_run(rig, set, ERR_OK, "applied 0001 schema\n");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM schema_migrations"), set->count);
    assert_int_equal(rig_number(rig, "SELECT length(checksum) FROM schema_migrations WHERE number = 1"), 64);
    assert_int_equal(check(rig, rig->server_dsn, &info), ERR_OK);
    snprintf(part, sizeof part, "schema at version %d: 0 applied now, %d before\n", set->count, set->count);
    expect_run(rig, set, ERR_OK, part);
}

static void test_changed_one_is_refused(void **state)
{
    const struct rig *rig = *state;
    struct err_info info;

    expect_run(rig, migrate_embedded(), ERR_OK, "applied");
    rig_text(rig, "UPDATE schema_migrations SET checksum = repeat('0', 64) WHERE number = 1");
    expect_run(rig, migrate_embedded(), ERR_INTERNAL, "migration 1 (schema) of the database is not the 0001");
    assert_int_equal(check(rig, rig->server_dsn, &info), ERR_INTERNAL);
}

static void test_newer_database_is_refused(void **state)
{
    const struct rig *rig = *state;
    struct err_info info;

    expect_run(rig, migrate_embedded(), ERR_OK, "applied");
    rig_text(rig, "INSERT INTO schema_migrations (number, name, checksum) VALUES (9999, 'future', 'x')");
    expect_run(rig, migrate_embedded(), ERR_INTERNAL, "newer than this program");
    assert_int_equal(check(rig, rig->server_dsn, &info), ERR_INTERNAL);
    assert_non_null(strstr(info.message, "9999 (future)"));
}

static void test_older_database_is_told(void **state)
{
    const struct rig *rig = *state;
    struct err_info info;

    expect_run(rig, migrate_embedded(), ERR_OK, "applied");
    rig_text(rig, "DELETE FROM schema_migrations WHERE number = (SELECT max(number) FROM schema_migrations)");
    assert_int_equal(check(rig, rig->server_dsn, &info), ERR_INTERNAL);
    assert_non_null(strstr(info.message, "run `stockroomd migrate`"));
}

static void test_broken_one_leaves_nothing(void **state)
{
    static const struct sql_migration migrations[] = {
        {1, "good", "CREATE TABLE good (n integer); INSERT INTO good VALUES (1)"},
        {2, "broken", "CREATE TABLE half (n integer); SELECT 1 / 0"},
        {3, "never", "CREATE TABLE never (n integer)"},
    };
    static const struct migrate_set set = {migrations, 3};
    const struct rig *rig = *state;

    expect_run(rig, &set, ERR_INTERNAL, "migration 0002 (broken) failed");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM good"), 1);
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM pg_class WHERE relname IN ('half', 'never')"), 0);
    assert_int_equal(rig_number(rig, "SELECT max(number) FROM schema_migrations"), 1);
}

static void test_two_runners_at_once(void **state)
{
    static const struct sql_migration migrations[] = {
        {1, "slow", "SELECT pg_advisory_xact_lock(42); CREATE TABLE once (n integer)"},
    };
    static const struct migrate_set set = {migrations, 1};
    const struct rig *rig = *state;
    struct run first, second;
    pthread_t first_thread, second_thread;

    rig_text(rig, "SELECT pg_advisory_lock(42)");
    run_init(&first, rig, &set);
    run_init(&second, rig, &set);
    assert_int_equal(pthread_create(&first_thread, NULL, run_now, &first), 0);
    /* The first stands in the middle of its migration… */
    rig_wait(rig, "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' "
                  "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
    assert_int_equal(pthread_create(&second_thread, NULL, run_now, &second), 0);
    /* …and the second before the door. */
    rig_wait(rig, "SELECT (count(*) = 2)::integer FROM pg_locks WHERE NOT granted AND locktype = 'advisory' "
                  "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
    rig_text(rig, "SELECT pg_advisory_unlock(42)");
    pthread_join(first_thread, NULL);
    pthread_join(second_thread, NULL);
    assert_int_equal(first.err, ERR_OK);
    assert_int_equal(second.err, ERR_OK);
    assert_non_null(strstr(first.report, "applied 0001 slow\n"));
    assert_non_null(strstr(second.report, "another migration is running"));
    assert_non_null(strstr(second.report, "0 applied now, 1 before"));
    run_done(&first);
    run_done(&second);
}

static void test_no_database(void **state)
{
    struct err_info info;

    assert_int_equal(check(*state, "host=/nonexistent dbname=none", &info), ERR_DATABASE_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fresh_then_again, rig_setup_bare, rig_teardown),
        cmocka_unit_test_setup_teardown(test_changed_one_is_refused, rig_setup_bare, rig_teardown),
        cmocka_unit_test_setup_teardown(test_newer_database_is_refused, rig_setup_bare, rig_teardown),
        cmocka_unit_test_setup_teardown(test_older_database_is_told, rig_setup_bare, rig_teardown),
        cmocka_unit_test_setup_teardown(test_broken_one_leaves_nothing, rig_setup_bare, rig_teardown),
        cmocka_unit_test_setup_teardown(test_two_runners_at_once, rig_setup_bare, rig_teardown),
        cmocka_unit_test_setup_teardown(test_no_database, rig_setup_bare, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.migrate", tests, NULL, NULL);
}
