/* What the commands on products share: checks of their options, the row of a product, one writer at a time.
 * Called by the product commands; parts that take a struct db on a worker's thread.
 * SKUs and barcodes are one set of names: catalogue_refuse_clashes keeps it so. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_CATALOGUE_H
#define STOCKROOM_SERVER_CORE_COMMANDS_CATALOGUE_H

#include "server/core/db/db.h"
#include "server/core/request.h"

enum { CATALOGUE_BARCODES_MAX = 50 };

struct catalogue_product {
    const char *sku;
    const char *name; /* NULL: not given */
    const char *unit;
    bool sets_category;
    const char *category; /* NULL: none */
    bool sets_price;
    int64_t price_milli; /* -1: none */
    const char *barcodes[CATALOGUE_BARCODES_MAX];
    unsigned barcode_count;
};

/* What a SKU or barcode names. */
struct catalogue_found {
    int32_t product_id;
    const char *sku; /* in the arena */
    bool whole_units;
    bool retired;
};

/* Check the SKU and the options --name, --category, --price, --barcode, as far as they are given; an empty
 * category or price means none, and so does the price none. */
enum err catalogue_parse_product(const struct request *request, struct catalogue_product *ret_product,
                                 struct err_info *ret_info);

/* A --unit: ERR_BAD_VALUE when there is none such. */
enum err catalogue_check_unit(const char *unit, struct err_info *ret_info);

/* The barcodes of an option that repeats, checked: at most CATALOGUE_BARCODES_MAX, none twice. */
enum err catalogue_parse_barcodes(const struct request *request, const char *option,
                                  const char *ret_barcodes[static CATALOGUE_BARCODES_MAX],
                                  unsigned *ret_count, struct err_info *ret_info);

/* ERR_UNKNOWN_PRODUCT. */
enum err catalogue_find(struct request *request, struct db *db, const char *code,
                        struct catalogue_found *ret_found, struct err_info *ret_info);

/* Begin a change of the catalogue (a transaction, or a savepoint in one): changes come one after another, on
 * all servers, which hear of it. End it by catalogue_end. The command has .catalogue, so that this server
 * shows nothing old once it is answered. */
enum err catalogue_begin(struct db *db, struct err_info *ret_info);

/* Commit when err is ERR_OK, else roll back; returns what came of it. */
enum err catalogue_end(struct db *db, enum err err, struct err_info *ret_info);

/* Within a change: no store posts anything until it ends. For what must stay true of all stock. */
enum err catalogue_stop_postings(struct db *db, struct err_info *ret_info);

/* ERR_ALREADY_EXISTS, naming the first of the codes that another product has as SKU or barcode. */
enum err catalogue_refuse_clashes(struct request *request, struct db *db, const char *const *codes,
                                  unsigned count, int32_t except_product_id, struct err_info *ret_info);

/* Add barcodes; those that it has already stay. ERR_BAD_VALUE when it would have too many. */
enum err catalogue_insert_barcodes(struct request *request, struct db *db, int32_t product_id,
                                   const struct catalogue_product *product, struct err_info *ret_info);

/* request->table, empty, for rows of product_list.sql. */
void catalogue_init_table(struct request *request);
void catalogue_add_row(struct request *request, const struct db_result *result, int row);

/* Answer with one product, and what the caller's stores have of it. */
enum err catalogue_show(struct request *request, struct db *db, int32_t product_id,
                        struct err_info *ret_info);

#endif
