/* What the ledger writer remembers of stores and products, by code: ids, units, prices. Called by postings,
 * on their thread. It holds for one version of the catalogue; a posting compares the version inside its
 * transaction and, when it changed, forgets everything and looks again. Unknown codes are not remembered. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_CODES_H
#define STOCKROOM_SERVER_CORE_LEDGER_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "server/core/db/db.h"

struct codes;

struct codes_store {
    int32_t store_id;
    int money_places;
    bool closed;
    char currency[4];
    char *code;
};

struct codes_product {
    int32_t product_id;
    bool whole_units; /* sold by the piece: no fractions */
    bool retired;
    int64_t price_milli; /* the catalogue's price, -1: none */
    char *sku;
};

struct codes *codes_new(void);
void codes_free(struct codes *codes);

/* NULL: not remembered (look it up, then ask again: NULL then means unknown). Valid until codes_forget. */
const struct codes_store *codes_store(const struct codes *codes, const char *code);
const struct codes_product *codes_product(const struct codes *codes, const char *code);

/* Look codes up in the database and remember what is there. */
enum err codes_load_stores(struct codes *codes, struct db *db, const char *const *store_codes, size_t count,
                           struct err_info *ret_info);
enum err codes_load_products(struct codes *codes, struct db *db, const char *const *product_codes,
                             size_t count, struct err_info *ret_info);

/* The version that all remembered codes belong to: 0 when nothing is remembered yet. */
int64_t codes_version(const struct codes *codes);

/* Forget everything; what is remembered from now on belongs to version. */
void codes_forget(struct codes *codes, int64_t version);

/* Is there so much that it should be forgotten before the next posting? */
bool codes_is_full(const struct codes *codes);

#endif
