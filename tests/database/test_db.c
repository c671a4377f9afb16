/* Connections, parameters, transactions and pipelines of server/core/db against a real server.
 * Connections are cut by the server itself (pg_terminate_backend), as an administrator would.
 * Uses the embedded queries only: nothing else can be run through db.h. */
#include "tests/database/rig.h"

#include <stdio.h>
#include <string.h>

#include "common/arena.h"

static void kill_others(const struct rig *rig)
{
    rig_text(rig, "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
                  "WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

static enum err find_store(struct db *db, const char *code, int *ret_rows, struct err_info *ret_info)
{
    struct arena arena = {0};
    struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &arena);
    db_bind_text(&params, code);
    err = db_query(db, SQL_QUERY_STORE_FIND, &params, &result, ret_info);
    *ret_rows = err == ERR_OK ? db_result_rows(result) : -1;
    db_result_free(result);
    arena_done(&arena);
    return err;
}

static enum err insert_user(struct db *db, const char *name, struct err_info *ret_info)
{
    struct arena arena = {0};
    struct db_params params;
    enum err err;

    db_params_init(&params, &arena);
    db_bind_text(&params, name);
    db_bind_text(&params, "staff");
    db_bind_null(&params);
    db_bind_bool(&params, false);
    db_bind_bool(&params, false);
    err = db_query(db, SQL_QUERY_USER_INSERT, &params, NULL, ret_info);
    arena_done(&arena);
    return err;
}

static void test_lost_while_idle_is_no_failure(void **state)
{
    const struct rig *rig = *state;
    struct err_info info;
    int rows;

    kill_others(rig);
    assert_int_equal(db_ensure(rig->db, &info), ERR_OK);
    assert_int_equal(find_store(rig->db, "none", &rows, &info), ERR_OK);
    assert_int_equal(rows, 0);
}

static void test_lost_in_use_closes(void **state)
{
    const struct rig *rig = *state;
    struct err_info info;
    int rows;

    assert_int_equal(db_begin(rig->db, &info), ERR_OK);
    kill_others(rig);
    assert_int_equal(find_store(rig->db, "none", &rows, &info), ERR_DATABASE_UNAVAILABLE);
    assert_false(db_is_idle(rig->db));
    assert_int_equal(find_store(rig->db, "none", &rows, &info), ERR_DATABASE_UNAVAILABLE);
    db_rollback(rig->db);
    assert_int_equal(db_ensure(rig->db, &info), ERR_OK);
    assert_true(db_is_idle(rig->db));
}

static void test_open_transaction_is_not_reused(void **state)
{
    const struct rig *rig = *state;
    struct err_info info;

    assert_int_equal(db_begin(rig->db, &info), ERR_OK);
    assert_int_equal(insert_user(rig->db, "ghost", &info), ERR_OK);
    assert_int_equal(db_ensure(rig->db, &info), ERR_OK); /* another connection: that one was in doubt */
    assert_true(db_is_idle(rig->db));
    rig_wait(rig, "SELECT (count(*) = 1)::integer FROM pg_stat_activity "
                  "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM users WHERE name = 'ghost'"), 0);
}

static void test_no_server_fails_at_once_the_second_time(void **state)
{
    struct db_settings settings = {.dsn = "host=/nonexistent dbname=none",
                                   .application_name = "none",
                                   .connect_timeout_seconds = 5,
                                   .retry_seconds = 3600};
    struct db *db = db_new(&settings);
    struct err_info info;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(db_ensure(db, &info), ERR_DATABASE_UNAVAILABLE);
    }
    assert_true(err_retryable(info.code));
    db_free(db);
}

static void test_errors_by_sqlstate(void **state)
{
    const struct rig *rig = *state;
    struct err_info info;

    assert_int_equal(insert_user(rig->db, "twin", &info), ERR_OK);
    assert_int_equal(insert_user(rig->db, "twin", &info), ERR_ALREADY_EXISTS);
    assert_string_equal(db_sqlstate(rig->db), "23505");
    assert_string_equal(db_constraint(rig->db), "users_name_key");
    assert_int_equal(insert_user(rig->db, "Not a name", &info), ERR_INTERNAL);
    assert_string_equal(db_sqlstate(rig->db), "23514");
    assert_true(db_is_idle(rig->db));
}

static void test_lock_timeout_is_busy(void **state)
{
    const struct rig *rig = *state;
    struct db_settings settings = {.dsn = rig->server_dsn,
                                   .application_name = "impatient",
                                   .connect_timeout_seconds = 10,
                                   .statement_timeout_ms = 30000,
                                   .lock_timeout_ms = 1};
    struct db *db = db_new(&settings);
    struct err_info info;

    assert_int_equal(db_ensure(db, &info), ERR_OK);
    rig_text(rig, "BEGIN; SELECT version FROM catalogue_version FOR UPDATE");
    assert_int_equal(db_query(db, SQL_QUERY_CATALOGUE_BUMP, NULL, NULL, &info), ERR_BUSY);
    rig_text(rig, "COMMIT");
    assert_int_equal(db_query(db, SQL_QUERY_CATALOGUE_BUMP, NULL, NULL, &info), ERR_OK);
    db_free(db);
}

static void test_commit_of_a_failed_transaction_is_an_error(void **state)
{
    const struct rig *rig = *state;
    struct err_info info;

    assert_int_equal(db_begin(rig->db, &info), ERR_OK);
    assert_int_equal(insert_user(rig->db, "lost", &info), ERR_OK);
    assert_int_equal(insert_user(rig->db, "lost", &info), ERR_ALREADY_EXISTS);
    assert_true(db_in_transaction(rig->db));
    assert_int_equal(db_commit(rig->db, &info), ERR_INTERNAL);
    assert_true(db_is_idle(rig->db));
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM users WHERE name = 'lost'"), 0);
}

static void test_nested_transactions(void **state)
{
    const struct rig *rig = *state;
    struct err_info info;

    assert_int_equal(db_begin(rig->db, &info), ERR_OK);
    assert_int_equal(db_begin_nested(rig->db, &info), ERR_OK);
    assert_int_equal(insert_user(rig->db, "inner1", &info), ERR_OK);
    assert_int_equal(db_commit_nested(rig->db, &info), ERR_OK);
    assert_int_equal(db_begin_nested(rig->db, &info), ERR_OK);
    assert_int_equal(insert_user(rig->db, "inner1", &info), ERR_ALREADY_EXISTS);
    db_rollback_nested(rig->db);
    assert_int_equal(insert_user(rig->db, "outer", &info), ERR_OK);
    assert_int_equal(db_commit(rig->db, &info), ERR_OK);
    assert_int_equal(db_begin_nested(rig->db, &info), ERR_OK);
    assert_int_equal(insert_user(rig->db, "alone", &info), ERR_OK);
    assert_int_equal(db_commit_nested(rig->db, &info), ERR_OK);
    assert_true(db_is_idle(rig->db));
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM users WHERE name IN ('inner1', 'outer', 'alone')"),
                     3);
}

/* Codes that no store has come back as they were sent. */
static void test_text_arrays(void **state)
{
    const struct rig *rig = *state;
    static const char *const codes[] = {"plain", "", "with \"quotes\", {braces} and \\", "größe 🧺",
                                        "NULL"};
    struct arena arena = {0};
    struct db_result *result = NULL;
    struct db_params params;
    struct err_info info;

    db_params_init(&params, &arena);
    db_bind_text_array(&params, codes, 5);
    assert_int_equal(db_query(rig->db, SQL_QUERY_STORES_MISSING, &params, &result, &info), ERR_OK);
    assert_int_equal(db_result_rows(result), 5);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(db_result_text(result, i, 0), codes[i]);
    }
    db_result_free(result);
    db_params_init(&params, &arena);
    db_bind_text_array(&params, codes, 0);
    assert_int_equal(db_query(rig->db, SQL_QUERY_STORES_MISSING, &params, &result, &info), ERR_OK);
    assert_int_equal(db_result_rows(result), 0);
    db_result_free(result);
    arena_done(&arena);
}

static void test_numbers_and_bytes(void **state)
{
    const struct rig *rig = *state;
    static const int32_t ids[] = {1, 2, 3};
    static const int64_t seqs[] = {0, INT64_MAX, 7};
    unsigned char hashes[3][32], back[40];
    struct arena arena = {0};
    struct db_result *result = NULL;
    struct db_params params;
    struct err_info info;

    for (int i = 0; i < 3; i++) {
        memset(hashes[i], 0xA0 + i, sizeof hashes[i]);
    }
    rig_text(rig, "INSERT INTO stores (code, name) SELECT 'N' || n, 'N' FROM generate_series(1, 3) n;"
                  "INSERT INTO store_ledger (store_id) SELECT store_id FROM stores");
    db_params_init(&params, &arena);
    db_bind_i32_array(&params, ids, NULL, 3);
    db_bind_i64_array(&params, seqs, NULL, 3);
    db_bind_bytes_array(&params, hashes, 32, 3);
    assert_int_equal(db_query(rig->db, SQL_QUERY_LEDGER_UPDATE_HEADS, &params, &result, &info), ERR_OK);
    assert_int_equal(db_result_affected(result), 3);
    db_result_free(result);
    db_params_init(&params, &arena);
    db_bind_i32_array(&params, ids, NULL, 3);
    assert_int_equal(db_query(rig->db, SQL_QUERY_LEDGER_LOCK_STORES, &params, &result, &info), ERR_OK);
    assert_true(db_result_i64(result, 1, 1) == INT64_MAX);
    assert_int_equal(db_result_bytes(result, 2, 2, back, sizeof back), 32);
    assert_memory_equal(back, hashes[2], 32);
    assert_int_equal(db_result_bytes(result, 2, 2, back, 31), -1);
    db_result_free(result);
    arena_done(&arena);
}

static void test_pipeline_skips_what_follows_a_failure(void **state)
{
    const struct rig *rig = *state;
    static const char *const names[] = {"pipe1", "pipe1", "pipe2"};
    struct arena arena = {0};
    struct db_params params;
    struct err_info info;
    struct db *db = rig->db;

    assert_int_equal(db_pipeline_begin(db, &info), ERR_OK);
    assert_int_equal(db_pipeline_send_begin(db, &info), ERR_OK);
    for (int i = 0; i < 3; i++) {
        db_params_init(&params, &arena);
        db_bind_text(&params, names[i]);
        db_bind_text(&params, "staff");
        db_bind_null(&params);
        db_bind_bool(&params, false);
        db_bind_bool(&params, false);
        assert_int_equal(db_pipeline_send(db, SQL_QUERY_USER_INSERT, &params, &info), ERR_OK);
    }
    assert_int_equal(db_pipeline_send_commit(db, &info), ERR_OK);
    assert_int_equal(db_pipeline_sync(db, &info), ERR_OK);
    assert_int_equal(db_pipeline_next(db, NULL, &info), ERR_OK);
    assert_int_equal(db_pipeline_next(db, NULL, &info), ERR_OK);
    assert_int_equal(db_pipeline_next(db, NULL, &info), ERR_ALREADY_EXISTS);
    assert_false(db_pipeline_skipped(db));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_pipeline_next(db, NULL, &info), ERR_INTERNAL);
        assert_true(db_pipeline_skipped(db));
    }
    assert_true(db_pipeline_end(db));
    db_rollback(db);
    assert_true(db_is_idle(db));
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM users WHERE name LIKE 'pipe%'"), 0);
    arena_done(&arena);
}

static void test_pipeline_left_early_and_lost(void **state)
{
    const struct rig *rig = *state;
    struct err_info info;
    struct db *db = rig->db;

    assert_int_equal(db_pipeline_begin(db, &info), ERR_OK);
    assert_int_equal(db_pipeline_send_begin(db, &info), ERR_OK);
    assert_int_equal(db_pipeline_send(db, SQL_QUERY_CATALOGUE_BUMP, NULL, &info), ERR_OK);
    assert_true(db_pipeline_end(db)); /* nothing was read, not even a sync sent */
    assert_true(db_in_transaction(db));
    db_rollback(db);
    assert_true(db_is_idle(db));

    assert_int_equal(db_pipeline_begin(db, &info), ERR_OK);
    assert_int_equal(db_pipeline_send_begin(db, &info), ERR_OK);
    assert_int_equal(db_pipeline_sync(db, &info), ERR_OK);
    assert_int_equal(db_pipeline_next(db, NULL, &info), ERR_OK);
    kill_others(rig);
    db_pipeline_send_commit(db, &info);
    db_pipeline_sync(db, &info);
    assert_int_equal(db_pipeline_next(db, NULL, &info), ERR_DATABASE_UNAVAILABLE);
    assert_int_equal(db_pipeline_next(db, NULL, &info), ERR_DATABASE_UNAVAILABLE);
    assert_false(db_pipeline_end(db));
    assert_int_equal(db_ensure(db, &info), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lost_while_idle_is_no_failure),
        cmocka_unit_test(test_lost_in_use_closes),
        cmocka_unit_test(test_open_transaction_is_not_reused),
        cmocka_unit_test(test_no_server_fails_at_once_the_second_time),
        cmocka_unit_test(test_errors_by_sqlstate),
        cmocka_unit_test(test_lock_timeout_is_busy),
        cmocka_unit_test(test_commit_of_a_failed_transaction_is_an_error),
        cmocka_unit_test(test_nested_transactions),
        cmocka_unit_test(test_text_arrays),
        cmocka_unit_test(test_numbers_and_bytes),
        cmocka_unit_test(test_pipeline_skips_what_follows_a_failure),
        cmocka_unit_test(test_pipeline_left_early_and_lost),
    };

    return cmocka_run_group_tests_name("database.db", tests, rig_setup, rig_teardown);
}
