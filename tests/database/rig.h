/* What the database tests share: a database of their own with the schema, and a way to run commands as the
 * server does. Everything fails the test when PostgreSQL is not there: nothing is skipped. Commands run with
 * the rights of the server's role, never the superuser's. */
#ifndef STOCKROOM_TESTS_DATABASE_RIG_H
#define STOCKROOM_TESTS_DATABASE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "config/config.h"
#include "server/core/db/db.h"
#include "server/core/request.h"

struct rig {
    char name[64];
    char owner_dsn[1024];
    char server_dsn[1100];
    PGconn *sql;   /* the superuser's, for arranging and looking */
    struct db *db; /* with the server's rights */
    struct config config;
    struct core *core; /* what commands find there on the main loop; NULL unless the test has one */
};

/* cmocka's setup and teardown; *state is a struct rig. The bare form has an empty database: no schema, db
 * NULL. */
int rig_setup(void **state);
int rig_setup_bare(void **state);
int rig_teardown(void **state);

/* One more connection with the server's rights; free with db_free. */
struct db *rig_connect(const struct rig *rig);

/* Run SQL that must succeed; the first column of the first row as a number (0: none), or as text (static, ""
 * for none). */
int64_t rig_number(const struct rig *rig, const char *sql);
const char *rig_text(const struct rig *rig, const char *sql);

/* Wait until SQL gives a number other than 0; fails the test after a generous while. */
void rig_wait(const struct rig *rig, const char *sql);

/* A caller. Owners and staff: codes parted by blanks. */
struct identity *rig_who(const struct rig *rig, enum role role, const char *user, const char *codes);

/* What came of a command. Free with outcome_done. */
struct outcome {
    struct request request;
    enum err err;
    char *output; /* formatted rows or text, NUL-terminated */
};

/* Run a line as dispatch does, in a format, on a connection; input is what stdin has (its lines become the
 * command's inputs) or NULL. */
struct outcome *rig_run_on(const struct rig *rig, struct db *db, struct identity *who, enum format format,
                           const char *line, const char *input);
/* The same as if a person sat there. */
struct outcome *rig_run_interactive(const struct rig *rig, struct identity *who, const char *line,
                                    const char *input);
void outcome_done(struct outcome *outcome);

/* Run a line on the rig's connection and expect an error code; its message must contain `part`. */
void rig_refuse(const struct rig *rig, struct identity *who, const char *line, enum err err,
                const char *part);

/* Run a line in json and expect it to succeed with exactly this output. */
void rig_expect(const struct rig *rig, struct identity *who, const char *line, const char *json);

/* The same, of which the output must contain, or must not contain, a part. */
void rig_contains(const struct rig *rig, struct identity *who, const char *line, const char *part);
void rig_lacks(const struct rig *rig, struct identity *who, const char *line, const char *part);

/* Just make it succeed. */
void rig_do(const struct rig *rig, struct identity *who, const char *line);

#endif
