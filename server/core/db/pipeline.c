/* Pipelines: many statements sent at once, their results read in order; one round trip for a whole posting.
 * Called by the ledger writer, and by connection.c to prepare the queries.
 * A pipeline whose end cannot be reached closes the connection; nothing is guessed. */
#include "server/core/db/db_internal.h"

#include <string.h>

#include "common/log.h"

enum err db_pipeline_begin(struct db *db, struct err_info *ret_info)
{
    if (db->connection == NULL || db->in_pipeline || PQenterPipelineMode(db->connection) == 0) {
        return db_lose(db, "pipeline", ret_info);
    }
    db->in_pipeline = true;
    db->pipeline_unsynced = false;
    db->pipeline_syncs = 0;
    db->skipped = false;
    return ERR_OK;
}

enum err db_pipeline_send(struct db *db, enum sql_query query, const struct db_params *params,
                          struct err_info *ret_info)
{
    const char *name = sql_queries[query].name;

    if (db->connection == NULL || !db->in_pipeline ||
        PQsendQueryPrepared(db->connection, name, params != NULL ? params->count : 0,
                            params != NULL ? params->values : NULL, params != NULL ? params->lens : NULL,
                            params != NULL ? params->formats : NULL, 0) == 0) {
        return db_lose(db, name, ret_info);
    }
    db->pipeline_unsynced = true;
    return ERR_OK;
}

static enum err send_plain(struct db *db, const char *statement, struct err_info *ret_info)
{
    if (db->connection == NULL || !db->in_pipeline ||
        PQsendQueryParams(db->connection, statement, 0, NULL, NULL, NULL, NULL, 0) == 0) {
        return db_lose(db, statement, ret_info);
    }
    db->pipeline_unsynced = true;
    return ERR_OK;
}

enum err db_pipeline_send_begin(struct db *db, struct err_info *ret_info)
{
    db->warned = false;
    return send_plain(db, "BEGIN", ret_info);
}

enum err db_pipeline_send_commit(struct db *db, struct err_info *ret_info)
{
    return send_plain(db, "COMMIT", ret_info);
}

enum err db_pipeline_sync(struct db *db, struct err_info *ret_info)
{
    if (db->connection == NULL || !db->in_pipeline || PQpipelineSync(db->connection) == 0) {
        return db_lose(db, "sync", ret_info);
    }
    db->pipeline_unsynced = false;
    db->pipeline_syncs++;
    return ERR_OK;
}

/* The next result of the pipeline, NULL between two statements; false when the connection is lost (and
 * closed). */
static bool read_result(struct db *db, uint64_t deadline_ns, PGresult **ret_result, struct err_info *ret_info)
{
    PGresult *result;

    if (db->connection == NULL) {
        err_set(ret_info, ERR_DATABASE_UNAVAILABLE, "the database is unavailable, try again later");
        return false;
    }
    if (!db_wait_result(db, deadline_ns)) {
        db_lose(db, "pipeline", ret_info);
        return false;
    }
    result = PQgetResult(db->connection);
    if (result == NULL && PQstatus(db->connection) != CONNECTION_OK) {
        db_lose(db, "pipeline", ret_info);
        return false;
    }
    *ret_result = result;
    return true;
}

/* A COMMIT that answers ROLLBACK did not happen; one that came with a warning may not be replicated. */
static enum err judge_commit(struct db *db, PGresult *result, struct err_info *ret_info)
{
    const char *status = PQcmdStatus(result);

    if (strcmp(status, "ROLLBACK") == 0) {
        log_error("db.commit", "status", status);
        return err_set(ret_info, ERR_INTERNAL, "internal error; the server's log tells more");
    }
    if (strcmp(status, "COMMIT") == 0 && db->warned) {
        return err_set(ret_info, ERR_DATABASE_UNAVAILABLE,
                       "the database may not have kept this, look before retrying");
    }
    return ERR_OK;
}

static enum err judge_statement(struct db *db, PGresult *result, struct err_info *ret_info)
{
    enum err err;

    if (PQresultStatus(result) == PGRES_PIPELINE_ABORTED) {
        db->skipped = true;
        return err_set(ret_info, ERR_INTERNAL, "not run: a statement before it failed");
    }
    err = db_judge(db, result, "pipeline", ret_info);
    return err == ERR_OK ? judge_commit(db, result, ret_info) : err;
}

enum err db_pipeline_next(struct db *db, struct db_result **ret_result, struct err_info *ret_info)
{
    uint64_t deadline_ns = db_deadline_ns(db);
    PGresult *result = NULL, *separator = NULL;
    enum err err;

    db->skipped = false;
    for (;;) {
        if (!read_result(db, deadline_ns, &result, ret_info)) {
            return ERR_DATABASE_UNAVAILABLE;
        }
        if (result == NULL || PQresultStatus(result) != PGRES_PIPELINE_SYNC) {
            break;
        }
        PQclear(result);
        db->pipeline_syncs--;
    }
    if (result == NULL) {
        return db_lose(db, "pipeline", ret_info); /* more results were asked for than statements sent */
    }
    err = judge_statement(db, result, ret_info);
    if (db->connection != NULL &&
        !read_result(db, deadline_ns, &separator, err == ERR_OK ? ret_info : NULL)) {
        err = err == ERR_OK ? ERR_DATABASE_UNAVAILABLE : err;
    }
    PQclear(separator);
    if (err == ERR_OK && ret_result != NULL) {
        *ret_result = db_result_new(result);
    } else {
        PQclear(result);
    }
    return err;
}

bool db_pipeline_skipped(const struct db *db)
{
    return db->skipped;
}

bool db_pipeline_end(struct db *db)
{
    uint64_t deadline_ns = db_deadline_ns(db);
    struct err_info info;
    PGresult *result = NULL;

    if (db->connection == NULL || !db->in_pipeline) {
        return db->connection != NULL;
    }
    if (db->pipeline_unsynced && db_pipeline_sync(db, &info) != ERR_OK) {
        return false;
    }
    while (db->pipeline_syncs > 0) {
        if (!read_result(db, deadline_ns, &result, &info)) {
            return false;
        }
        if (result != NULL && PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            db->pipeline_syncs--;
        }
        PQclear(result);
    }
    if (PQexitPipelineMode(db->connection) == 0) {
        db_lose(db, "pipeline", &info);
        return false;
    }
    db->in_pipeline = false;
    return true;
}
