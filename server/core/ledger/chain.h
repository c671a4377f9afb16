/* The hash chain of a store's ledger: each movement's hash covers its content and the hash before it, so that
 * no row can be changed, dropped or put in between without every later hash telling. Pure; called by the
 * writer, and by whoever verifies. The encoding is fixed for ever: it is what stored hashes were made of. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_CHAIN_H
#define STOCKROOM_SERVER_CORE_LEDGER_CHAIN_H

#include <stddef.h>
#include <stdint.h>

enum { CHAIN_HASH_BYTES = 32 };

/* A movement as stored. Numbers that may be NULL in the table come as pointers, NULL for NULL. */
struct chain_row {
    int32_t store_id;
    int32_t product_id;
    int64_t seq;
    int64_t quantity_milli;
    int64_t balance_milli;
    int64_t occurred_micros;
    int64_t recorded_micros;
    int32_t user_id;
    int16_t type_id;
    int16_t reason_id; /* 0: none */
    int32_t key_id;    /* 0: none */
    const int64_t *price_minor;
    const int64_t *cost_minor;
    const int64_t *reverses;
    const int64_t *batch_id;
    const int64_t *batch_line;
    const int64_t *request_hash;
    const char *ref;       /* NULL: none */
    const char *note;      /* NULL: none */
    const int64_t *value;  /* NULL: a row from before there were values: its encoding ends here */
    const char *stocktake; /* NULL: none */
    const int64_t *transfer_store_id;
    const int64_t *transfer_seq;
};

/* BLAKE2b-256 of the previous hash (previous_len bytes: 32, or 0 for a store's first movement) and the row.
 */
void chain_next(const uint8_t *previous, size_t previous_len, const struct chain_row *row,
                uint8_t ret_hash[CHAIN_HASH_BYTES]);

#endif
