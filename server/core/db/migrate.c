/* Forward-only migrations, each in one transaction, with checksums, by one runner at a time.
 * Called by `stockroomd-core migrate` with the owner's connection, and by core's check at start.
 * Runs plain statements only: it works before the schema, and so the prepared queries, exist. */
#include "server/core/db/migrate.h"

#include <sodium.h>
#include <string.h>

#include "common/cleanup.h"
#include "server/core/db/db_internal.h"
#include "sql/migrations.h"

enum { CHECKSUM_BYTES = 32, CHECKSUM_TEXT = CHECKSUM_BYTES * 2 + 1 };

/* An arbitrary number that is ours within a database: who holds this lock migrates. */
#define LOCK_KEY "7310578022346651"

const struct migrate_set *migrate_embedded(void)
{
    static struct migrate_set embedded;

    embedded.migrations = sql_migrations;
    embedded.count = sql_migrations_count;
    return &embedded;
}

static void make_checksum(const char *text, char *ret_checksum)
{
    unsigned char hash[CHECKSUM_BYTES];

    crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
    sodium_bin2hex(ret_checksum, CHECKSUM_TEXT, hash, sizeof hash);
}

/* Compare what the database says was applied with the program; ret_applied: how many of them there are. */
static enum err compare_applied(struct db *db, const struct migrate_set *set, int *ret_applied,
                                struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *rows = NULL;
    enum err err = db_execute(db, "SELECT number, name, checksum FROM schema_migrations ORDER BY number",
                              &rows, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    for (int i = 0; i < db_result_rows(rows); i++) {
        const char *name = db_result_text(rows, i, 1), *checksum = db_result_text(rows, i, 2);
        char expected[CHECKSUM_TEXT];

        if (i >= set->count) {
            return err_set(ret_info, ERR_INTERNAL,
                           "the database is newer than this program: it has migration %lld (%s)",
                           (long long)db_result_i64(rows, i, 0), name);
        }
        make_checksum(set->migrations[i].text, expected);
        if (db_result_i64(rows, i, 0) != set->migrations[i].number ||
            strcmp(name, set->migrations[i].name) != 0 || strcmp(checksum, expected) != 0) {
            return err_set(ret_info, ERR_INTERNAL,
                           "migration %lld (%s) of the database is not the %04d (%s) of this program",
                           (long long)db_result_i64(rows, i, 0), name, set->migrations[i].number,
                           set->migrations[i].name);
        }
    }
    *ret_applied = db_result_rows(rows);
    return ERR_OK;
}

static enum err take_lock(struct db *db, FILE *report, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *row = NULL;
    enum err err = db_execute(db, "SELECT pg_try_advisory_lock(" LOCK_KEY ")", &row, ret_info);

    if (err != ERR_OK || db_result_bool(row, 0, 0)) {
        return err;
    }
    fprintf(report, "another migration is running: waiting for it\n");
    fflush(report);
    return db_execute(db, "SELECT pg_advisory_lock(" LOCK_KEY ")", NULL, ret_info);
}

static enum err make_table(struct db *db, struct err_info *ret_info)
{
    return db_execute(db,
                      "CREATE TABLE IF NOT EXISTS schema_migrations ("
                      "number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, "
                      "applied_at timestamptz NOT NULL DEFAULT now())",
                      NULL, ret_info);
}

static enum err note_applied(struct db *db, const struct sql_migration *migration, struct err_info *ret_info)
{
    char checksum[CHECKSUM_TEXT], number[16];
    const char *values[3] = {number, migration->name, checksum};

    make_checksum(migration->text, checksum);
    snprintf(number, sizeof number, "%d", migration->number);
    return db_execute_params(
        db, "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1::integer, $2::text, $3::text)",
        3, values, NULL, ret_info);
}

static enum err apply_one(struct db *db, const struct sql_migration *migration, struct err_info *ret_info)
{
    enum err err = db_begin(db, ret_info);

    if (err == ERR_OK) {
        err = db_execute(db, migration->text, NULL, ret_info);
        if (err == ERR_OK) {
            err = note_applied(db, migration, ret_info);
        }
        if (err == ERR_OK) {
            err = db_commit(db, ret_info);
        }
    }
    if (err != ERR_OK) {
        db_rollback(db);
        return err_set(ret_info, err, "migration %04d (%s) failed and left nothing behind (SQLSTATE %s)",
                       migration->number, migration->name, db_sqlstate(db));
    }
    return ERR_OK;
}

/* The server's role reads the table to check the version; the role comes with the first migration. */
static enum err grant_reading(struct db *db, struct err_info *ret_info)
{
    return db_execute(db,
                      "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'stockroom_server') THEN "
                      "GRANT SELECT ON schema_migrations TO stockroom_server; END IF; END $$",
                      NULL, ret_info);
}

static enum err apply_missing(struct db *db, const struct migrate_set *set, FILE *report,
                              struct err_info *ret_info)
{
    int applied = 0;
    enum err err = make_table(db, ret_info);

    if (err == ERR_OK) {
        err = compare_applied(db, set, &applied, ret_info);
    }
    for (int i = applied; err == ERR_OK && i < set->count; i++) {
        err = apply_one(db, &set->migrations[i], ret_info);
        if (err == ERR_OK) {
            fprintf(report, "applied %04d %s\n", set->migrations[i].number, set->migrations[i].name);
            fflush(report);
        }
    }
    if (err == ERR_OK) {
        err = grant_reading(db, ret_info);
    }
    if (err == ERR_OK) {
        fprintf(report, "schema at version %d: %d applied now, %d before\n", set->count, set->count - applied,
                applied);
    }
    return err;
}

enum err migrate_run(struct db *db, const struct migrate_set *set, FILE *report, struct err_info *ret_info)
{
    struct err_info ignored;
    enum err err = db_ensure_plain(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    /* A long migration, or a long wait for one, is no fault. */
    err = db_execute(
        db, "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0",
        NULL, ret_info);
    if (err == ERR_OK) {
        err = take_lock(db, report, ret_info);
    }
    if (err == ERR_OK) {
        err = apply_missing(db, set, report, ret_info);
        if (db_is_idle(db)) {
            db_execute(db, "SELECT pg_advisory_unlock(" LOCK_KEY ")", NULL, &ignored);
        }
    }
    db_close(db); /* its settings are not those of other uses */
    return err;
}

enum err migrate_check(struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *row = NULL;
    const struct migrate_set *set = migrate_embedded();
    int applied = 0;
    enum err err = db_ensure_plain(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = db_execute(db, "SELECT to_regclass('schema_migrations') IS NOT NULL", &row, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (!db_result_bool(row, 0, 0)) {
        return err_set(ret_info, ERR_INTERNAL, "the database has no schema yet: run `stockroomd migrate`");
    }
    err = compare_applied(db, set, &applied, ret_info);
    if (err == ERR_OK && applied < set->count) {
        return err_set(
            ret_info, ERR_INTERNAL,
            "the database is at schema version %d, this program needs %d: run `stockroomd migrate`", applied,
            set->count);
    }
    return err;
}
