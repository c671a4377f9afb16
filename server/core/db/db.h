/* One connection to PostgreSQL: connecting, prepared statements, transactions, pipelines.
 * The only place with libpq. Called by query workers, the ledger writer and the command line tools; a struct
 * db belongs to one thread. A connection whose state is in doubt is closed, never reused. */
#ifndef STOCKROOM_SERVER_CORE_DB_DB_H
#define STOCKROOM_SERVER_CORE_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "sql/queries.h"

struct db;
struct db_result;

struct db_settings {
    const char *dsn;              /* borrowed for the db's life */
    const char *application_name; /* shown in pg_stat_activity */
    unsigned connect_timeout_seconds;
    unsigned statement_timeout_ms;
    unsigned lock_timeout_ms; /* 0: none */
    unsigned retry_seconds;   /* the longest pause between attempts to connect */
    bool generic_plans; /* plan each query once: for the ledger's, whose best plan never depends on the values
                         */
};

struct db *db_new(const struct db_settings *settings);
void db_free(struct db *db);

/* Make sure of a good, idle connection: connects when there is none, and prepares every query of sql/queries.
 * After a failed attempt further calls fail at once until a pause (doubling from 100 ms to retry_seconds) is
 * over. ERR_DATABASE_UNAVAILABLE. */
enum err db_ensure(struct db *db, struct err_info *ret_info);

/* Close the connection (the next db_ensure makes a new one). */
void db_close(struct db *db);

/* Parameters of a statement, $1 first. Values are copied into the arena, except where "borrowed" is said. */
enum { DB_PARAMS_MAX = 32 };
struct db_params {
    struct arena *arena;
    int count;
    const char *values[DB_PARAMS_MAX];
    int lens[DB_PARAMS_MAX];
    int formats[DB_PARAMS_MAX];
};
void db_params_init(struct db_params *params, struct arena *arena);
void db_bind_text(struct db_params *params, const char *text); /* borrowed; NULL is SQL NULL */
void db_bind_i64(struct db_params *params, int64_t value);     /* for bigint parameters (binary) */
void db_bind_i32(struct db_params *params, int32_t value);     /* for integer parameters (binary) */
void db_bind_bool(struct db_params *params, bool value);
void db_bind_null(struct db_params *params);
void db_bind_bytes(struct db_params *params, const void *data,
                   size_t len); /* bytea; borrowed; data NULL is NULL */

/* Arrays, binary. nulls may be NULL (none), else nulls[i] makes element i NULL. Texts: a NULL element is
 * NULL. */
void db_bind_i64_array(struct db_params *params, const int64_t *values, const bool *nulls, size_t count);
void db_bind_i32_array(struct db_params *params, const int32_t *values, const bool *nulls, size_t count);
void db_bind_i16_array(struct db_params *params, const int16_t *values, const bool *nulls, size_t count);
void db_bind_text_array(struct db_params *params, const char *const *texts, size_t count);
void db_bind_bytes_array(struct db_params *params, const void *data, size_t each_len,
                         size_t count); /* bytea[] of equal lengths */

/* Run one query of sql/queries (in the open transaction, or by itself). ret_result may be NULL; free it with
 * db_result_free. Errors by SQLSTATE: connection lost, server shutting down ERR_DATABASE_UNAVAILABLE; unique
 * violation ERR_ALREADY_EXISTS; deadlock, serialization, lock or statement timeout ERR_BUSY; others are
 * ERR_INTERNAL and logged. db_sqlstate() tells more. */
enum err db_query(struct db *db, enum sql_query query, const struct db_params *params,
                  struct db_result **ret_result, struct err_info *ret_info);

/* SQLSTATE of the last failure on this connection ("" when there was none from the server), and its
 * constraint's name. */
const char *db_sqlstate(const struct db *db);
const char *db_constraint(const struct db *db);

enum err db_begin(struct db *db, struct err_info *ret_info);
enum err db_commit(struct db *db, struct err_info *ret_info);
/* Roll back; when even that fails, or the connection is not idle afterwards, it is closed. */
void db_rollback(struct db *db);

/* Is a transaction open (failed or not)? */
bool db_in_transaction(const struct db *db);

/* For parts that need a transaction whether or not their caller has opened one (a dry run has): as BEGIN,
 * COMMIT and ROLLBACK, or the same of a savepoint inside the open transaction. They do not nest in one
 * another. */
enum err db_begin_nested(struct db *db, struct err_info *ret_info);
enum err db_commit_nested(struct db *db, struct err_info *ret_info);
void db_rollback_nested(struct db *db);

/* Pipelines: queue statements, then flush with db_pipeline_sync, then take the results in order, one for each
 * statement queued, then end. Statements between syncs after a failed one come back as ERR_INTERNAL with
 * db_pipeline_skipped() true. db_pipeline_send_begin/commit queue BEGIN and COMMIT. */
enum err db_pipeline_begin(struct db *db, struct err_info *ret_info);
enum err db_pipeline_send(struct db *db, enum sql_query query, const struct db_params *params,
                          struct err_info *ret_info);
enum err db_pipeline_send_begin(struct db *db, struct err_info *ret_info);
enum err db_pipeline_send_commit(struct db *db, struct err_info *ret_info);
enum err db_pipeline_sync(struct db *db, struct err_info *ret_info);
enum err db_pipeline_next(struct db *db, struct db_result **ret_result, struct err_info *ret_info);
bool db_pipeline_skipped(const struct db *db);
/* Read what is left up to the last sync and leave pipeline mode; false when the connection had to be closed.
 */
bool db_pipeline_end(struct db *db);

/* Is the connection up and outside any transaction? */
bool db_is_idle(const struct db *db);

/* Notifications. Listen to a channel until the connection closes: a new one has to listen anew. */
enum { DB_CHANNEL_MAX = 63, DB_PAYLOAD_MAX = 7999 }; /* PostgreSQL takes no more */
enum err db_listen(struct db *db, const char *channel, struct err_info *ret_info);

/* Wait until something came over the connection, wake_fd can be read (-1: none), or timeout_ms are over (-1:
 * never). ERR_DATABASE_UNAVAILABLE: the connection broke, and is closed. */
enum db_wait { DB_WAIT_HEARD, DB_WAIT_WOKEN, DB_WAIT_TIMEOUT };
enum err db_wait_notification(struct db *db, int wake_fd, int timeout_ms, enum db_wait *ret_wait,
                              struct err_info *ret_info);

/* The next that came, by then or while queries ran. Whoever may connect may have sent it. */
struct db_notification {
    char channel[DB_CHANNEL_MAX + 1];
    char payload[DB_PAYLOAD_MAX + 1];
    bool is_cut; /* it was longer */
};
bool db_next_notification(struct db *db, struct db_notification *ret_notification);

/* Milliseconds until db_ensure tries to connect again; 0: at once. */
unsigned db_pause_ms(const struct db *db);

/* Results, in PostgreSQL's text format. Text is borrowed from the result. */
int db_result_rows(const struct db_result *result);
int db_result_columns(const struct db_result *result);
const char *db_result_text(const struct db_result *result, int row, int column); /* NULL for SQL NULL */
int64_t db_result_i64(const struct db_result *result, int row, int column);      /* 0 for SQL NULL */
bool db_result_bool(const struct db_result *result, int row, int column);
/* A bytea column (hex text) decoded into ret_data; returns its length, or -1 when NULL or longer than size.
 */
long db_result_bytes(const struct db_result *result, int row, int column, void *ret_data, size_t size);
long db_result_affected(const struct db_result *result); /* rows inserted, updated or deleted */
void db_result_free(struct db_result *result);           /* NULL is fine */
static inline void cleanup_db_result(struct db_result **result)
{
    db_result_free(*result);
}

#endif
