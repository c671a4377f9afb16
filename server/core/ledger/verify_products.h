/* What a verification of a store keeps of each product: where its balance and its worth stand. Called by
 * verify*.c, on whatever thread runs the verification. Pure; bounded by its maker. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_VERIFY_PRODUCTS_H
#define STOCKROOM_SERVER_CORE_LEDGER_VERIFY_PRODUCTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verify_product {
    int32_t product_id; /* 0: an empty slot */
    bool is_seen;       /* its stock has been compared */
    int64_t balance_milli;
    int64_t value;
    int64_t last_seq; /* of the last movement that was verified */
};

/* Zero-initialised is empty and valid. */
struct verify_products {
    struct verify_product *slots;
    size_t slot_count; /* a power of two, or 0 */
    size_t used;
};

/* The product, NULL when it is not there; valid until the next verify_products_put. */
struct verify_product *verify_products_get(const struct verify_products *products, int32_t product_id);

/* The same, put in (zeroed) when it was not there. product_id is not 0. NULL: there is no memory. */
struct verify_product *verify_products_put(struct verify_products *products, int32_t product_id);

/* Forget all, keep the memory. */
void verify_products_clear(struct verify_products *products);
void verify_products_done(struct verify_products *products);

#endif
