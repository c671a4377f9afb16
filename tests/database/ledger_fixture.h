/* What the tests of the ledger writer share: a database of their own, a running writer, and ways to post and
 * to check. Everything runs on the test's thread but the writer. */
#ifndef STOCKROOM_TESTS_DATABASE_LEDGER_FIXTURE_H
#define STOCKROOM_TESTS_DATABASE_LEDGER_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/arena.h"
#include "config/config.h"
#include "server/core/ledger/ledger.h"
#include "tests/database/rig.h"

/* cmocka's setup: a rig with stores S1 S2 S3, products P0..P19 (by the piece; P19 by kg; P1 has barcode
 * 4006381333931) and user 1. Its teardown is rig_teardown. */
int fixture_setup(void **state);

/* Say nothing of what goes wrong: for tests that break things all the time. */
void fixture_be_quiet(void);

/* A server's writer on the rig's database, with the server's rights. */
struct server {
    uv_loop_t loop;
    struct config config;
    struct ledger *ledger;
    unsigned outstanding;
    unsigned news; /* announcements of commits */
    bool is_closed;
};
void server_start(struct server *server, const struct rig *rig);
/* The same, with at most so many stores in a transaction. */
void server_start_limited(struct server *server, const struct rig *rig, unsigned stores_per_transaction);
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

/* Post one act that must succeed, and wait for it. */
struct fixture_act {
    enum movement_type type;
    const char *store;
    const char *product;
    int64_t quantity;
    int64_t cost; /* whole units of money; 0: none */
    const char *other;
    int64_t seq; /* of a transfer that is received */
    int64_t reverses;
    const char *ref;
    const char *note;
    const char *stocktake;
};
void server_act(struct server *server, const struct fixture_act *act);

/* Prove the ledger: balances are sums, none negative, sequences without a gap, each balance follows from the
 * one before, every reference exists, the hash chain holds. Fails the test otherwise. */
void fixture_prove(const struct rig *rig);

/* What somebody with all rights could do: give the stored rows, whatever they say, hashes and heads that fit.
 */
void fixture_repair_chain(const struct rig *rig);

#endif
