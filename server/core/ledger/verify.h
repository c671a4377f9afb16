/* The proof of stores' ledgers: sequences without a gap, the chain of hashes, balances, worth, transfers,
 * batches. Called by the verify command, piece by piece on query workers. Reads; writes only how far a store
 * was proven. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_VERIFY_H
#define STOCKROOM_SERVER_CORE_LEDGER_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "server/core/db/db.h"
#include "server/core/ledger/chain.h"

struct verify;

/* A head that was exported some time: it must still be in the chain. */
struct verify_head {
    const char *store;
    int64_t seq; /* 0: of a ledger that was empty */
    uint8_t hash[CHAIN_HASH_BYTES];
};

/* What is to be proven. Borrowed for the verification's life. */
struct verify_scope {
    const char *const *codes; /* NULL: every store */
    size_t code_count;
    int64_t from_seq;    /* the first movement to look at; 1: all */
    bool is_incremental; /* go on where the last verification ended */
    const struct verify_head *heads;
    size_t head_count;
    unsigned products_max; /* products with movements that a store may have */
};

/* What came of a store. */
struct verify_result {
    const char *store;
    int64_t from_seq;
    int64_t to_seq;    /* the last movement that was proven */
    int64_t movements; /* that were looked at */
    uint8_t head[CHAIN_HASH_BYTES];
    size_t head_len; /* 0: an empty ledger */
    bool is_sound;
    char fault[200];   /* when it is not: what is wrong, and */
    int64_t fault_seq; /* of which movement, the first; 0: of none in particular */
};

enum verify_state {
    VERIFY_MORE,  /* call again */
    VERIFY_STORE, /* a store is through: *ret_result holds until the next call */
    VERIFY_END    /* that was all */
};

/* Aborts when there is no memory. Any thread. */
struct verify *verify_new(const struct verify_scope *scope);
void verify_free(struct verify *verify); /* NULL is fine */

/* Do a part: at most a few short statements. Sales go on meanwhile: what they change is never taken for a
 * fault. ERR_TOO_LONG: a store has more products than may be kept in mind. Errors of db_query. Thread: one at
 * a time, any. */
enum err verify_step(struct verify *verify, struct db *db, enum verify_state *ret_state,
                     struct verify_result *ret_result, struct err_info *ret_info);

/* The store that is being looked at (NULL: none yet), and how many movements of all stores have been. */
const char *verify_store(const struct verify *verify);
int64_t verify_movements(const struct verify *verify);

#endif
