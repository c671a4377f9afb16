/* Running statements one at a time, transactions, and what PostgreSQL's errors mean to a client.
 * Called by query workers, the ledger writer and the command line tools on their own connections.
 * Branches on SQLSTATE, never on the text of a message. */
#include "server/core/db/db_internal.h"

#include <stdio.h>
#include <string.h>

#include "common/log.h"

struct sqlstate_rule {
    const char *prefix; /* of the SQLSTATE */
    enum err err;
    bool closes; /* the connection is of no more use */
};

/* The first that fits. What is not listed is a fault of ours: ERR_INTERNAL. */
static const struct sqlstate_rule sqlstate_rules[] = {
    {"23505", ERR_ALREADY_EXISTS, false},
    {"40001", ERR_BUSY, false},                /* serialization failure */
    {"40P01", ERR_BUSY, false},                /* deadlock */
    {"55P03", ERR_BUSY, false},                /* lock timeout */
    {"57014", ERR_BUSY, false},                /* statement timeout */
    {"08", ERR_DATABASE_UNAVAILABLE, true},    /* connection */
    {"57P", ERR_DATABASE_UNAVAILABLE, true},   /* shutting down, starting up, crashed */
    {"53", ERR_DATABASE_UNAVAILABLE, true},    /* out of connections, memory, disk */
    {"58", ERR_DATABASE_UNAVAILABLE, true},    /* system error */
    {"25006", ERR_DATABASE_UNAVAILABLE, true}, /* a standby: the primary is elsewhere now */
    {"25P03", ERR_DATABASE_UNAVAILABLE, true}, /* idle in transaction for too long */
    {"26000", ERR_DATABASE_UNAVAILABLE, true}, /* prepared statements are gone: prepare anew */
    {"0A000", ERR_DATABASE_UNAVAILABLE, true}, /* a cached plan's columns changed: prepare anew */
};

const char *db_sqlstate(const struct db *db)
{
    return db->sqlstate;
}

const char *db_constraint(const struct db *db)
{
    return db->constraint;
}

static enum err set_error(enum err err, struct err_info *ret_info)
{
    switch (err) {
    case ERR_ALREADY_EXISTS:
        return err_set(ret_info, err, "it exists already");
    case ERR_BUSY:
        return err_set(ret_info, err, "the database is busy, try again");
    case ERR_DATABASE_UNAVAILABLE:
        return err_set(ret_info, err, "the database is unavailable, try again later");
    default:
        return err_set(ret_info, err, "internal error; the server's log tells more");
    }
}

static void note_failure(struct db *db, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);

    snprintf(db->sqlstate, sizeof db->sqlstate, "%s", sqlstate != NULL ? sqlstate : "");
    snprintf(db->constraint, sizeof db->constraint, "%s", constraint != NULL ? constraint : "");
}

static const struct sqlstate_rule *find_rule(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof sqlstate_rules / sizeof sqlstate_rules[0]; i++) {
        if (strncmp(sqlstate, sqlstate_rules[i].prefix, strlen(sqlstate_rules[i].prefix)) == 0) {
            return &sqlstate_rules[i];
        }
    }
    return NULL;
}

enum err db_judge(struct db *db, const PGresult *result, const char *what, struct err_info *ret_info)
{
    ExecStatusType status = PQresultStatus(result);
    const struct sqlstate_rule *rule;
    enum err err;

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        return ERR_OK;
    }
    note_failure(db, result);
    if (db->sqlstate[0] == '\0' || PQstatus(db->connection) != CONNECTION_OK) {
        return db_lose(db, what, ret_info);
    }
    rule = find_rule(db->sqlstate);
    err = rule != NULL ? rule->err : ERR_INTERNAL;
    if (err == ERR_INTERNAL) {
        log_error("db.error", "statement", what, "sqlstate", db->sqlstate, "message",
                  PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    } else if (err != ERR_ALREADY_EXISTS) {
        log_warning("db.refused", "statement", what, "sqlstate", db->sqlstate);
    }
    if (rule != NULL && rule->closes) {
        db_close(db);
    }
    return set_error(err, ret_info);
}

/* The one result of a statement that was sent, outside pipelines: the last that is not NULL. */
static enum err take_result(struct db *db, const char *what, struct db_result **ret_result,
                            struct err_info *ret_info)
{
    uint64_t deadline_ns = db_deadline_ns(db);
    PGresult *last = NULL, *next;
    enum err err = ERR_OK;

    for (;;) {
        if (!db_wait_result(db, deadline_ns)) {
            PQclear(last);
            return db_lose(db, what, ret_info);
        }
        next = PQgetResult(db->connection);
        if (next == NULL) {
            break;
        }
        /* Of several statements in one text, the first that failed is what counts: it comes last. */
        PQclear(last);
        last = next;
    }
    if (last == NULL) {
        return db_lose(db, what, ret_info);
    }
    err = db_judge(db, last, what, ret_info);
    if (err == ERR_OK && ret_result != NULL) {
        *ret_result = db_result_new(last);
    } else {
        PQclear(last);
    }
    return err;
}

enum err db_execute(struct db *db, const char *statement, struct db_result **ret_result,
                    struct err_info *ret_info)
{
    if (db->connection == NULL || db->in_pipeline || PQsendQuery(db->connection, statement) == 0) {
        return db_lose(db, statement, ret_info);
    }
    return take_result(db, statement, ret_result, ret_info);
}

enum err db_execute_params(struct db *db, const char *statement, int count, const char *const *values,
                           struct db_result **ret_result, struct err_info *ret_info)
{
    if (db->connection == NULL || db->in_pipeline ||
        PQsendQueryParams(db->connection, statement, count, NULL, values, NULL, NULL, 0) == 0) {
        return db_lose(db, statement, ret_info);
    }
    return take_result(db, statement, ret_result, ret_info);
}

enum err db_query(struct db *db, enum sql_query query, const struct db_params *params,
                  struct db_result **ret_result, struct err_info *ret_info)
{
    const char *name = sql_queries[query].name;

    if (db->connection == NULL || db->in_pipeline ||
        PQsendQueryPrepared(db->connection, name, params != NULL ? params->count : 0,
                            params != NULL ? params->values : NULL, params != NULL ? params->lens : NULL,
                            params != NULL ? params->formats : NULL, 0) == 0) {
        return db_lose(db, name, ret_info);
    }
    return take_result(db, name, ret_result, ret_info);
}

enum err db_begin(struct db *db, struct err_info *ret_info)
{
    db->warned = false;
    db->nested = false;
    return db_execute(db, "BEGIN", NULL, ret_info);
}

enum err db_commit(struct db *db, struct err_info *ret_info)
{
    struct db_result *result = NULL;
    enum err err = db_execute(db, "COMMIT", &result, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if (strcmp(PQcmdStatus(result->rows), "COMMIT") != 0) {
        /* A failed transaction answers COMMIT with ROLLBACK. */
        log_error("db.commit", "status", PQcmdStatus(result->rows));
        err = set_error(ERR_INTERNAL, ret_info);
    } else if (db->warned) {
        err = err_set(ret_info, ERR_DATABASE_UNAVAILABLE,
                      "the database may not have kept this, look before retrying");
    }
    db_result_free(result);
    return err;
}

void db_rollback(struct db *db)
{
    struct err_info info;

    if (db->in_pipeline && !db_pipeline_end(db)) {
        return;
    }
    if (db->connection == NULL || db_is_idle(db)) {
        return;
    }
    db->nested = false;
    if (db_execute(db, "ROLLBACK", NULL, &info) != ERR_OK || !db_is_idle(db)) {
        db_close(db);
    }
}

enum err db_begin_nested(struct db *db, struct err_info *ret_info)
{
    enum err err;

    if (!db_in_transaction(db)) {
        return db_begin(db, ret_info);
    }
    err = db_execute(db, "SAVEPOINT nested", NULL, ret_info);
    db->nested = err == ERR_OK;
    return err;
}

enum err db_commit_nested(struct db *db, struct err_info *ret_info)
{
    if (!db->nested) {
        return db_commit(db, ret_info);
    }
    db->nested = false;
    return db_execute(db, "RELEASE SAVEPOINT nested", NULL, ret_info);
}

void db_rollback_nested(struct db *db)
{
    struct err_info info;

    if (!db->nested) {
        db_rollback(db);
        return;
    }
    db->nested = false;
    if (db_execute(db, "ROLLBACK TO SAVEPOINT nested; RELEASE SAVEPOINT nested", NULL, &info) != ERR_OK) {
        db_close(db);
    }
}
