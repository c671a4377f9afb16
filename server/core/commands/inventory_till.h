/* The question of a till: what does my store have of this product? Answered from the cache when it can be.
 * Called by inventory.c: recall and keep on the main loop, read on a worker's thread. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_INVENTORY_TILL_H
#define STOCKROOM_SERVER_CORE_COMMANDS_INVENTORY_TILL_H

#include "server/core/cache.h"
#include "server/core/db/db.h"
#include "server/core/request.h"

/* Columns of inventory_till.sql: the first are those of inventory_product.sql. */
enum { TILL_ROW_QUANTITY = 6, TILL_ROW_REORDER_POINT = 7, TILL_ROW_PRODUCT = 12 };

/* Cells of an answer that commits change. */
enum { TILL_CELL_QUANTITY = 5, TILL_CELL_LOW = 7, TILL_CELL_UPDATED = 9 };

struct inventory_till {
    const char *code; /* SKU or barcode */
    uint64_t epoch;   /* of the cache, when the database was going to be asked */
    bool is_read;     /* stock is what the database said */
    struct cache_stock stock;
};

/* Answer from the cache. columns: of inventory's answer. False: it is not there. */
bool inventory_till_recall(struct request *request, struct inventory_till *till, const struct column *columns,
                           unsigned column_count);

/* Ask the database. *ret_result has a row with the columns of inventory_product.sql first, or none: then the
 * store or the product is unknown. */
enum err inventory_till_read(struct request *request, struct db *db, struct inventory_till *till,
                             struct db_result **ret_result, struct err_info *ret_info);

/* The request's table is what the database said: the cache shall have it. */
void inventory_till_keep(struct request *request, struct inventory_till *till);

#endif
