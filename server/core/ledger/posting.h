/* One posting: some movements on their way through one transaction. Plan (which stores, balances, refs), read
 * (lock and load them), decide (in C, in order), write. Used by the ledger writer, and for dry runs by query
 * workers; belongs to one thread. The steps live in posting_plan.c, posting_read.c, posting_decide.c and
 * posting_write.c. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_POSTING_H
#define STOCKROOM_SERVER_CORE_LEDGER_POSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "server/core/db/db.h"
#include "server/core/ledger/chain.h"
#include "server/core/ledger/codes.h"
#include "server/core/ledger/map.h"
#include "server/core/ledger/movement.h"

/* A store's ledger head, as locked. */
struct posting_store {
    int32_t store_id;
    const struct codes_store *known;
    int64_t last_seq;
    uint8_t last_hash[CHAIN_HASH_BYTES];
    size_t last_hash_len;
    int64_t posted; /* movements that this posting adds */
};

/* The balance of a product in a store. */
struct posting_cell {
    struct posting_store *store;
    int32_t product_id;
    int64_t balance_milli;
    int64_t value;       /* of the balance, in thousandths of a minor unit */
    int64_t price_milli; /* the store's own price; -1: the catalogue's */
    bool exists;         /* has a row */
    bool changed;
};

/* What is on its way between two stores, as locked with its source. */
struct posting_transfer {
    struct posting_store *source;
    int64_t seq; /* of its TRANSFER_OUT; 0: not numbered yet */
    int32_t product_id;
    int32_t to_store_id;
    int64_t quantity_milli;
    int64_t received_milli;
    int64_t lost_milli;
    int64_t returned_milli;
    int64_t value; /* of what is still on its way */
    bool is_new;
    bool changed;
};

/* A movement that is to be taken back. */
struct posting_original {
    int64_t quantity_milli; /* signed */
    int64_t value;
    int64_t price_minor; /* -1: none */
    int64_t cost_minor;
    int64_t reversed_by; /* the seq of its reversal, 0: none; as of the lock */
    bool is_reversal;
    const char *transfer_source; /* code of the store that sent what it brought; NULL: no transfer did */
    int64_t transfer_seq;        /* and the seq there */
};

/* A batch's progress in a store. */
struct posting_batch {
    struct posting_store *store;
    const char *key;
    int64_t batch_id; /* 0: nothing of it posted yet */
    int64_t next_line;
    bool changed;
};

/* What a ref posted before. */
struct posting_prior {
    int64_t seq; /* 0: nothing */
    int64_t quantity_milli;
    int64_t balance_milli;
    int64_t request_hash;
};

struct posting_line {
    struct movement *movement;
    struct posting_store *store; /* NULL: refused by the plan */
    const struct codes_product *product;
    struct posting_cell *cell;
    struct posting_batch *batch; /* for KEY:N refs */
    int64_t batch_line;
    const char *ref; /* for all other refs */
    int64_t request_hash;
    int64_t price_minor; /* -1: none */
    int64_t cost_minor;
    struct posting_prior prior;
    struct posting_line *same;         /* an earlier line of this posting that has the same ref and posts */
    struct posting_original *original; /* of a reversal */
    const struct codes_store *to;      /* where a TRANSFER_OUT goes */
    struct posting_transfer *transfer; /* of what sends, brings or takes back one */
    struct posting_transfer transfer_before;
    struct posting_line *companion; /* what else posts with it, with the same right and in the same order */

    /* decided */
    bool posts;
    int64_t signed_quantity_milli;
    int64_t balance_milli; /* after it */
    int64_t value;         /* what it changed of the stock's, signed */
    int64_t seq;
    int64_t occurred_micros;
    uint8_t hash[CHAIN_HASH_BYTES];
};

struct posting {
    struct arena arena;
    struct codes *codes; /* borrowed */
    struct posting_line *lines;
    size_t line_count;
    struct posting_store **stores; /* sorted by id once planned */
    size_t store_count;
    struct posting_cell **cells; /* sorted by store and product */
    size_t cell_count;
    struct posting_batch **batches;
    size_t batch_count;
    struct map store_map;
    struct map cell_map;
    struct map batch_map;
    struct map ref_map;
    struct map transfer_map;
    struct map reversal_map; /* movements that lines of this posting take back */
    struct posting_transfer **transfers;
    size_t transfer_count;
    int64_t recorded_micros;
    size_t posted;     /* lines that post */
    size_t stores_max; /* of one atomic group; 0: any number */
};

/* Begin with lines in the order in which they are to be decided; borrowed until posting_done. */
void posting_init(struct posting *posting, struct codes *codes, struct movement *const *movements,
                  size_t count);
void posting_done(struct posting *posting);

/* Look up what the codes name, check what can be checked without balances, and list the stores, balances,
 * batches and refs that the lines need. Outside a transaction. Errors: the database's. */
enum err posting_plan(struct posting *posting, struct db *db, struct err_info *ret_info);

/* The part of the plan that looks at what lines refer to: movements to be taken back, transfers to be
 * received. Called by posting_plan, once the stores are known; fills their movements' type and product.
 * Errors: the database's. */
enum err posting_look_back(struct posting *posting, struct db *db, struct err_info *ret_info);

/* The transfer of this seq in a store, made when it is not known yet. */
struct posting_transfer *posting_use_transfer(struct posting *posting, struct posting_store *source,
                                              int64_t seq);

/* A store, and a balance, that the posting locks and reads: for the parts of the plan. */
struct posting_store *posting_use_store(struct posting *posting, const struct codes_store *known);
struct posting_cell *posting_use_cell(struct posting *posting, struct posting_store *store,
                                      int32_t product_id);

/* The decision on one line, once refs and groups have been seen to: what type says about the stock.
 * posting_decide.c calls it; it refuses the line or makes it post, with its companions. Pure. */
void posting_apply(struct posting *posting, struct posting_line *line);

/* Does the line's row name a transfer? */
bool posting_is_of_transfer(const struct posting_line *line);

/* Take back what posting_apply did: an atomic group failed. */
void posting_unapply(struct posting *posting, struct posting_line *line);

/* Begin the transaction and lock the stores (lock false: neither, for a dry run), then read balances, batches
 * and refs. *ret_stale: the catalogue changed since the plan; forget the codes and plan again. Errors: the
 * database's. */
enum err posting_read(struct posting *posting, struct db *db, bool lock, bool *ret_stale,
                      struct err_info *ret_info);

/* Decide each line in order, give out sequence numbers and hashes, and fill the movements' outcomes. Pure. */
void posting_decide(struct posting *posting);

/* Write what was decided; the transaction stays open. Errors: the database's; ERR_INTERNAL also when the
 * database changed another number of rows than it should have. */
enum err posting_write(struct posting *posting, struct db *db, struct err_info *ret_info);

/* The part of posting_write that adds to the daily sums: queue its statements, and take their results. */
enum err posting_send_daily(struct posting *posting, struct db *db, struct err_info *ret_info);
enum err posting_take_daily(struct db *db, struct err_info *ret_info);

/* Refuse a line, with a message for its user. */
void posting_refuse(struct posting_line *line, enum err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
