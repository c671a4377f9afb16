/* What a store chooses for a product: its price, its reorder point. Shared by `product set --store` and
 * `reorder`, on a worker's thread.
 * Holds the store's ledger meanwhile: postings read and write the same rows. */
#include "server/core/commands/stocking.h"

#include "server/core/command.h"
#include "server/core/commands/stores.h"

enum err stocking_begin(struct request *request, struct db *db, const char *code,
                        struct stocking *ret_stocking, struct err_info *ret_info)
{
    struct stocking stocking;
    struct stores_found store;
    struct db_params params;
    enum err err = catalogue_begin(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = stores_find(request, db, request->store, &store, ret_info);
    if (err == ERR_OK) {
        stocking.store_id = store.store_id;
        stocking.money_places = values_currency_places(store.currency);
        err = catalogue_find(request, db, code, &stocking.product, ret_info);
    }
    if (err == ERR_OK) {
        db_params_init(&params, &request->arena);
        db_bind_i32(&params, stocking.store_id);
        err = db_query(db, SQL_QUERY_LEDGER_LOCK_STORE, &params, NULL, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_begin_stocking(db, &request->arena, request->store, stocking.product.sku, &stocking.audit,
                                   ret_info);
    }
    if (err != ERR_OK) {
        return catalogue_end(db, err, ret_info);
    }
    *ret_stocking = stocking;
    return ERR_OK;
}

enum err stocking_end(struct request *request, struct db *db, const struct stocking *stocking, enum err err,
                      struct err_info *ret_info)
{
    if (err == ERR_OK) {
        err =
            audit_end(db, &request->arena, request->who, request->command->name, &stocking->audit, ret_info);
    }
    return catalogue_end(db, err, ret_info);
}
