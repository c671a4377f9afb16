/* What a store chooses for a product: its price, its reorder point. Shared by `product set --store` and
 * `reorder`, on a worker's thread.
 * Holds the store's ledger meanwhile: postings read and write the same rows. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_STOCKING_H
#define STOCKROOM_SERVER_CORE_COMMANDS_STOCKING_H

#include "server/core/audit.h"
#include "server/core/commands/catalogue.h"

struct stocking {
    struct catalogue_found product;
    int32_t store_id;
    int money_places; /* of the store's currency */
    struct audit_change audit;
};

/* Begin a change of the catalogue, find request->store and the product, hold the store's ledger. After
 * anything but ERR_OK nothing has begun. ERR_UNKNOWN_STORE, ERR_UNKNOWN_PRODUCT. */
enum err stocking_begin(struct request *request, struct db *db, const char *code,
                        struct stocking *ret_stocking, struct err_info *ret_info);

/* Write it into the audit trail and commit when err is ERR_OK, else roll back; returns what came of it. */
enum err stocking_end(struct request *request, struct db *db, const struct stocking *stocking, enum err err,
                      struct err_info *ret_info);

#endif
