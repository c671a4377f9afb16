/* Connecting to PostgreSQL and staying connected: sessions settings, prepared queries, pauses after failures.
 * Called by whoever owns the struct db: query workers, the ledger writer, the command line tools.
 * Never reuses a connection in doubt; never logs a connection string, which may hold a password. */
#include "server/core/db/db_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"

enum { PAUSE_MIN_MS = 100, ANSWER_GRACE_MS = 5000 };

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Notices are of no interest but one: the warning that a commit was not replicated. */
static void receive_notice(void *argument, const PGresult *result)
{
    struct db *db = argument;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (severity != NULL && strcmp(severity, "WARNING") == 0) {
        db->warned = true;
        log_warning("db.warning", "application", db->settings.application_name, "message", message);
    }
}

struct db *db_new(const struct db_settings *settings)
{
    struct db *db = calloc(1, sizeof *db);

    if (db == NULL) {
        abort();
    }
    db->settings = *settings;
    return db;
}

void db_free(struct db *db)
{
    if (db == NULL) {
        return;
    }
    db_close(db);
    free(db);
}

void db_close(struct db *db)
{
    if (db->connection != NULL) {
        PQfinish(db->connection);
    }
    db->connection = NULL;
    db->prepared = false;
    db->nested = false;
    db->warned = false;
    db->in_pipeline = false;
    db->pipeline_unsynced = false;
    db->pipeline_syncs = 0;
}

bool db_is_idle(const struct db *db)
{
    return db->connection != NULL && PQstatus(db->connection) == CONNECTION_OK && !db->in_pipeline &&
           PQtransactionStatus(db->connection) == PQTRANS_IDLE;
}

bool db_in_transaction(const struct db *db)
{
    PGTransactionStatusType status =
        db->connection != NULL ? PQtransactionStatus(db->connection) : PQTRANS_UNKNOWN;

    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

uint64_t db_deadline_ns(const struct db *db)
{
    if (db->settings.statement_timeout_ms == 0) {
        return 0;
    }
    return now_ns() + ((uint64_t)db->settings.statement_timeout_ms + ANSWER_GRACE_MS) * UINT64_C(1000000);
}

/* Milliseconds left for poll(): -1 for ever, 0 when the time is over. */
static int remaining_ms(uint64_t deadline_ns)
{
    uint64_t now, left_ms;

    if (deadline_ns == 0) {
        return -1;
    }
    now = now_ns();
    if (now >= deadline_ns) {
        return 0;
    }
    left_ms = (deadline_ns - now) / 1000000 + 1;
    return left_ms > 1000000000 ? 1000000000 : (int)left_ms;
}

bool db_wait_result(struct db *db, uint64_t deadline_ns)
{
    for (;;) {
        int unsent = PQflush(db->connection);
        struct pollfd wait = {.fd = PQsocket(db->connection), .events = POLLIN};
        int left_ms, ready;

        if (unsent < 0 || PQisBusy(db->connection) == 0 || wait.fd < 0) {
            return true;
        }
        if (unsent > 0) {
            wait.events |= POLLOUT;
        }
        left_ms = remaining_ms(deadline_ns);
        if (left_ms == 0) {
            return false;
        }
        ready = poll(&wait, 1, left_ms);
        if (ready < 0 && errno != EINTR) {
            return false;
        }
        if (ready > 0 && (wait.revents & ~POLLOUT) != 0 && PQconsumeInput(db->connection) == 0) {
            return true;
        }
    }
}

enum err db_lose(struct db *db, const char *what, struct err_info *ret_info)
{
    log_warning("db.lost", "application", db->settings.application_name, "statement", what, "message",
                db->connection != NULL ? PQerrorMessage(db->connection) : "not connected");
    db_close(db);
    return err_set(ret_info, ERR_DATABASE_UNAVAILABLE, "the database is unavailable, try again later");
}

/* The server may have gone while the connection lay idle: its FIN or its last words are readable then. */
static bool is_fresh(struct db *db)
{
    struct pollfd peek = {.fd = PQsocket(db->connection), .events = POLLIN};

    if (!db_is_idle(db)) {
        return false;
    }
    if (poll(&peek, 1, 0) > 0) {
        if (PQconsumeInput(db->connection) == 0) {
            return false;
        }
        if (poll(&peek, 1, 0) > 0 && (peek.revents & (POLLHUP | POLLERR)) != 0) {
            return false;
        }
    }
    return PQstatus(db->connection) == CONNECTION_OK;
}

/* Settings that results and safety hang on, whatever the database's or the role's defaults are. */
static enum err set_session(struct db *db, struct err_info *ret_info)
{
    char settings[1024];

    snprintf(
        settings, sizeof settings,
        "SET statement_timeout = %u; SET lock_timeout = %u; "
        "SET idle_in_transaction_session_timeout = %u; SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; "
        "SET bytea_output = 'hex'; SET client_encoding = 'UTF8'; SET client_min_messages = 'warning'; "
        "SET default_transaction_isolation = 'read committed'; SET default_transaction_deferrable = off; "
        "SET jit = off; SET plan_cache_mode = %s; "
        /* What is acknowledged is durable; stronger settings (remote_apply…) are the administrator's to make.
         */
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') = 'off'",
        db->settings.statement_timeout_ms, db->settings.lock_timeout_ms,
        db->settings.statement_timeout_ms == 0 ? 0 : db->settings.statement_timeout_ms + ANSWER_GRACE_MS,
        db->settings.generic_plans ? "force_generic_plan" : "auto");
    return db_execute(db, settings, NULL, ret_info);
}

static enum err connect_now(struct db *db, struct err_info *ret_info)
{
    char timeout[16];
    const char *keys[] = {"dbname",
                          "application_name",
                          "connect_timeout",
                          "client_encoding",
                          "tcp_user_timeout",
                          "keepalives_idle",
                          NULL};
    const char *values[] = {
        db->settings.dsn, db->settings.application_name, timeout, "UTF8", "15000", "10", NULL};

    snprintf(timeout, sizeof timeout, "%u",
             db->settings.connect_timeout_seconds == 0 ? 5 : db->settings.connect_timeout_seconds);
    db->connection = PQconnectdbParams(keys, values, 1);
    if (db->connection == NULL || PQstatus(db->connection) != CONNECTION_OK) {
        return db_lose(db, "connect", ret_info);
    }
    PQsetNoticeReceiver(db->connection, receive_notice, db);
    if (PQsetnonblocking(db->connection, 1) != 0 || set_session(db, ret_info) != ERR_OK) {
        return db_lose(db, "session settings", ret_info);
    }
    return ERR_OK;
}

/* A failed attempt puts off the next one, so that a dead database is not hammered by every request. */
static void note_failure(struct db *db)
{
    unsigned longest_ms = db->settings.retry_seconds * 1000;

    db->pause_ms = db->pause_ms == 0 ? PAUSE_MIN_MS : db->pause_ms * 2;
    if (db->pause_ms > longest_ms) {
        db->pause_ms = longest_ms;
    }
    db->retry_at_ns = now_ns() + (uint64_t)db->pause_ms * UINT64_C(1000000);
}

unsigned db_pause_ms(const struct db *db)
{
    uint64_t now = now_ns();

    if (db->pause_ms == 0 || now >= db->retry_at_ns) {
        return 0;
    }
    return (unsigned)((db->retry_at_ns - now) / UINT64_C(1000000)) + 1;
}

enum err db_ensure_plain(struct db *db, struct err_info *ret_info)
{
    enum err err;

    if (db->connection != NULL && is_fresh(db)) {
        return ERR_OK;
    }
    db_close(db);
    if (db->pause_ms != 0 && now_ns() < db->retry_at_ns) {
        return err_set(ret_info, ERR_DATABASE_UNAVAILABLE, "the database is unavailable, try again later");
    }
    err = connect_now(db, ret_info);
    if (err != ERR_OK) {
        note_failure(db);
        return err;
    }
    return ERR_OK;
}

/* All queries in one round trip. */
static enum err prepare_queries(struct db *db, struct err_info *ret_info)
{
    enum err err = db_pipeline_begin(db, ret_info);
    int sent = 0;

    while (err == ERR_OK && sent < (int)SQL_QUERY_COUNT) {
        if (PQsendPrepare(db->connection, sql_queries[sent].name, sql_queries[sent].text, 0, NULL) == 0) {
            return db_lose(db, "prepare", ret_info);
        }
        db->pipeline_unsynced = true;
        sent++;
    }
    if (err == ERR_OK) {
        err = db_pipeline_sync(db, ret_info);
    }
    for (int i = 0; err == ERR_OK && i < sent; i++) {
        err = db_pipeline_next(db, NULL, ret_info);
        if (err != ERR_OK) {
            log_error("db.prepare", "query", sql_queries[i].name, "sqlstate", db->sqlstate);
        }
    }
    if (!db_pipeline_end(db) || err != ERR_OK) {
        db_close(db);
        return err_set(ret_info, ERR_DATABASE_UNAVAILABLE, "the database is unavailable, try again later");
    }
    db->prepared = true;
    return ERR_OK;
}

enum err db_ensure(struct db *db, struct err_info *ret_info)
{
    enum err err = db_ensure_plain(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if (!db->prepared) {
        err = prepare_queries(db, ret_info);
        if (err != ERR_OK) {
            note_failure(db);
            return err;
        }
        log_info("db.connected", "application", db->settings.application_name);
    }
    db->pause_ms = 0;
    return ERR_OK;
}
