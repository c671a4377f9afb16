/* What the tests of the ledger writer share: a database of their own, a running writer, and ways to post and
 * to check. Everything runs on the test's thread but the writer. */
#ifndef STOCKROOM_TESTS_DATABASE_LEDGER_FIXTURE_H
#define STOCKROOM_TESTS_DATABASE_LEDGER_FIXTURE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/arena.h"
#include "config/config.h"
#include "server/core/ledger/ledger.h"

/* A database with the schema, stores S1 S2 S3, products P0..P19 (by the piece; P19 by kg; P1 has barcode
 * 4006381333931) and user 1. */
struct fixture {
    char name[64];
    char dsn[1024];
    PGconn *sql;
};

/* cmocka's setup and teardown; *state is a struct fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A server's writer on the fixture's database. */
struct server {
    uv_loop_t loop;
    struct config config;
    struct ledger *ledger;
    unsigned outstanding;
    unsigned news; /* announcements of commits */
    bool is_closed;
};
void server_start(struct server *server, const struct fixture *fixture);
/* The same, with at most so many stores in a transaction. */
void server_start_limited(struct server *server, const struct fixture *fixture,
                          unsigned stores_per_transaction);
void server_stop(struct server *server);

/* Run the loop until everything submitted has come back. */
void server_settle(struct server *server);

/* A movement with its own memory; free with move_free. ref may be NULL. */
struct movement *move_new(enum movement_type type, const char *store, const char *product, int64_t quantity,
                          const char *ref);
void move_free(struct movement *movement);

/* Submit; aborts the test when the queue is full. */
void server_submit(struct server *server, struct ledger_source *source, struct movement *movement);

/* Post one movement through a source of its own and wait for its outcome. */
struct movement *server_post(struct server *server, enum movement_type type, const char *store,
                             const char *product, int64_t quantity, const char *ref);

/* Run SQL that must succeed; returns the first column of the first row as a number (0 for none). */
int64_t fixture_sql(const struct fixture *fixture, const char *sql);

/* Prove the ledger: balances are sums, none negative, sequences without a gap, each balance follows from the
 * one before, every reference exists, the hash chain holds. Fails the test otherwise. */
void fixture_prove(const struct fixture *fixture);

#endif
