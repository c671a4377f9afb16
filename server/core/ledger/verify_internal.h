/* What the files of the verification share: the store being proven, and its phases. Included by verify*.c
 * only. Each phase reads a page and says whether more is to come; the first fault ends the store. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_VERIFY_INTERNAL_H
#define STOCKROOM_SERVER_CORE_LEDGER_VERIFY_INTERNAL_H

#include "common/values.h"
#include "server/core/ledger/verify.h"
#include "server/core/ledger/verify_products.h"

enum { VERIFY_PAGE_ROWS = 2000, VERIFY_CODE_BYTES = VALUES_CODE_MAX + 1, VERIFY_STOCKTAKE_MAX = 64 };

enum verify_phase {
    PHASE_NONE,      /* the next store */
    PHASE_MOVEMENTS, /* page by page up to to_seq */
    PHASE_HEAD,      /* what has come meanwhile; is the head the last movement's? */
    PHASE_STOCK,     /* stock against the movements */
    PHASE_TRANSFERS,
    PHASE_DONE
};

struct verify {
    struct verify_scope scope;
    struct verify_products products;
    enum verify_phase phase;
    int32_t store_id;
    char store[VERIFY_CODE_BYTES];
    int64_t to_seq; /* the head when it was last read, and */
    uint8_t to_hash[CHAIN_HASH_BYTES];
    int64_t seq; /* proven so far, with */
    uint8_t hash[CHAIN_HASH_BYTES];
    size_t hash_len;
    int64_t total; /* movements of all stores */
    unsigned rounds;
    int64_t after;     /* where the phase's next page begins */
    size_t after_slot; /* the same, when the products of the table are asked for */
    struct verify_result result;
};

/* Is everything proven from the first movement on? Then each product's sums are known, else only its balance.
 */
static inline bool verify_is_whole(const struct verify *verify)
{
    return verify->result.from_seq == 1;
}

/* The store is not sound. Keeps the first fault only. seq 0: no movement in particular. */
void verify_fail(struct verify *verify, int64_t seq, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The phases: each does a page; *ret_more says whether another one follows. */
enum err verify_page_movements(struct verify *verify, struct db *db, bool *ret_more,
                               struct err_info *ret_info);
enum err verify_page_stock(struct verify *verify, struct db *db, bool *ret_more, struct err_info *ret_info);
enum err verify_page_transfers(struct verify *verify, struct db *db, bool *ret_more,
                               struct err_info *ret_info);

#endif
