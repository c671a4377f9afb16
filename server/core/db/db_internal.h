/* What the files of server/core/db share: the inside of a connection and of a result.
 * Included by the C files of this folder and by nothing else: libpq ends here.
 * A struct db belongs to one thread; nothing here locks. */
#ifndef STOCKROOM_SERVER_CORE_DB_INTERNAL_H
#define STOCKROOM_SERVER_CORE_DB_INTERNAL_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/core/db/db.h"

struct db {
    struct db_settings settings;
    PGconn *connection; /* NULL: none */
    bool prepared;      /* every query of sql/queries is known to the connection */
    bool nested;        /* the innermost transaction is a savepoint */
    bool warned;        /* a warning came since the last BEGIN: a commit may not have been replicated */
    bool in_pipeline;
    bool pipeline_unsynced;  /* statements were queued after the last sync */
    unsigned pipeline_syncs; /* syncs sent whose answer is not read yet */
    bool skipped;            /* the last result of the pipeline was for a statement that did not run */
    uint64_t retry_at_ns;
    unsigned pause_ms;
    char sqlstate[6];
    char constraint[64];
};

struct db_result {
    PGresult *rows;
};

/* Connect if there is no connection, without preparing anything: for the migration runner, which works on
 * databases that do not have the schema yet. The pause after failures holds as in db_ensure. */
enum err db_ensure_plain(struct db *db, struct err_info *ret_info);

/* Send what is queued and wait until a result can be read without blocking, at most until deadline_ns (0: for
 * ever). False when the time is over; a broken connection is true: reading the result tells. */
bool db_wait_result(struct db *db, uint64_t deadline_ns);

/* When a statement that starts now must have answered: the server's own timeout and some seconds more. */
uint64_t db_deadline_ns(const struct db *db);

/* Judge a result: ERR_OK for rows or a finished command, else the error by SQLSTATE, noted in db and logged.
 * Closes the connection when it is of no more use. `what` names the statement for the log. Does not free
 * result. */
enum err db_judge(struct db *db, const PGresult *result, const char *what, struct err_info *ret_info);

/* Run one statement of plain text (no parameters), which may return rows. For fixed statements only. */
enum err db_execute(struct db *db, const char *statement, struct db_result **ret_result,
                    struct err_info *ret_info);

/* The same with parameters in text format: for statements on tables that may not exist when queries are
 * prepared. */
enum err db_execute_params(struct db *db, const char *statement, int count, const char *const *values,
                           struct db_result **ret_result, struct err_info *ret_info);

/* The connection gave no answer in time, or broke: close it and say so. */
enum err db_lose(struct db *db, const char *what, struct err_info *ret_info);

/* Take a libpq result; never NULL. */
struct db_result *db_result_new(PGresult *rows);

#endif
