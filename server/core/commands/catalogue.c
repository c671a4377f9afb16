/* What the commands on products share: checks of their options, the row of a product, one writer at a time.
 * Called by the product commands; parts that take a struct db on a worker's thread.
 * SKUs and barcodes are one set of names: catalogue_refuse_clashes keeps it so. */
#include "server/core/commands/catalogue.h"

#include <string.h>

#include "common/cleanup.h"
#include "server/core/commands/cells.h"
#include "server/core/commands/filters.h"

enum { PRICE_PLACES = 2 }; /* the catalogue's prices belong to no currency: the usual number of decimals */

/* Columns of product_list.sql and product_show.sql. */
enum {
    ROW_SKU,
    ROW_NAME,
    ROW_CATEGORY,
    ROW_UNIT,
    ROW_PRICE_MILLI,
    ROW_BARCODES,
    ROW_RETIRED,
    ROW_CREATED_AT,
    ROW_UPDATED_AT
};

static const struct column columns[] = {
    {"sku", COLUMN_TEXT, 0},     {"name", COLUMN_TEXT, 0},       {"category", COLUMN_TEXT, 0},
    {"unit", COLUMN_TEXT, 0},    {"price", COLUMN_MONEY, 0},     {"barcodes", COLUMN_LIST, 0},
    {"retired", COLUMN_BOOL, 0}, {"created_at", COLUMN_TIME, 0}, {"updated_at", COLUMN_TIME, 0},
};

enum { LIST_COLUMNS = sizeof columns / sizeof columns[0] };

static const struct column show_columns[] = {
    {"sku", COLUMN_TEXT, 0},     {"name", COLUMN_TEXT, 0},       {"category", COLUMN_TEXT, 0},
    {"unit", COLUMN_TEXT, 0},    {"price", COLUMN_MONEY, 0},     {"barcodes", COLUMN_LIST, 0},
    {"retired", COLUMN_BOOL, 0}, {"created_at", COLUMN_TIME, 0}, {"updated_at", COLUMN_TIME, 0},
    {"stores", COLUMN_JSON, 0},
};

enum err catalogue_check_unit(const char *unit, struct err_info *ret_info)
{
    static const char *const units[] = {"each", "kg", "m", "l"};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i]) == 0) {
            return ERR_OK;
        }
    }
    return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is no unit: each, kg, m or l", unit);
}

enum err catalogue_parse_barcodes(const struct request *request, const char *option,
                                  const char *ret_barcodes[static CATALOGUE_BARCODES_MAX],
                                  unsigned *ret_count, struct err_info *ret_info)
{
    const char *barcode;
    unsigned count = 0;

    for (unsigned i = 0; (barcode = args_option_nth(&request->args, option, i)) != NULL; i++) {
        enum err err = values_check_sku(barcode, ret_info);

        if (err != ERR_OK) {
            return err;
        }
        if (count == CATALOGUE_BARCODES_MAX) {
            return err_set(ret_info, ERR_BAD_VALUE, "a product has at most %d barcodes",
                           CATALOGUE_BARCODES_MAX);
        }
        for (unsigned other = 0; other < count; other++) {
            if (strcmp(barcode, ret_barcodes[other]) == 0) {
                return err_set(ret_info, ERR_BAD_VALUE, "barcode %s is given twice", barcode);
            }
        }
        ret_barcodes[count++] = barcode;
    }
    *ret_count = count;
    return ERR_OK;
}

static enum err parse_price(const struct request *request, struct catalogue_product *product,
                            struct err_info *ret_info)
{
    const char *price = args_option(&request->args, "price");

    product->price_milli = -1;
    product->sets_price = price != NULL;
    if (price == NULL || price[0] == '\0' || strcmp(price, "none") == 0) {
        return ERR_OK;
    }
    return values_parse_money(price, &product->price_milli, ret_info);
}

enum err catalogue_parse_product(const struct request *request, struct catalogue_product *ret_product,
                                 struct err_info *ret_info)
{
    struct catalogue_product product = {.sku = request->args.words[0]};
    const char *category = args_option(&request->args, "category");
    enum err err = values_check_sku(product.sku, ret_info);

    product.name = args_option(&request->args, "name");
    product.sets_category = category != NULL;
    product.category = category != NULL && category[0] != '\0' ? category : NULL;
    if (err == ERR_OK && product.name != NULL) {
        err = values_check_name("name", product.name, VALUES_NAME_MAX, ret_info);
    }
    if (err == ERR_OK && product.category != NULL) {
        err = values_check_name("category", product.category, VALUES_CATEGORY_MAX, ret_info);
    }
    if (err == ERR_OK) {
        err = parse_price(request, &product, ret_info);
    }
    if (err == ERR_OK) {
        err =
            catalogue_parse_barcodes(request, "barcode", product.barcodes, &product.barcode_count, ret_info);
    }
    if (err == ERR_OK) {
        *ret_product = product;
    }
    return err;
}

enum err catalogue_find(struct request *request, struct db *db, const char *code,
                        struct catalogue_found *ret_found, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, code);
    err = db_query(db, SQL_QUERY_PRODUCT_FIND, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_UNKNOWN_PRODUCT, "no product %s", code);
    }
    *ret_found = (struct catalogue_found){
        .product_id = (int32_t)db_result_i64(result, 0, 0),
        .sku = arena_strdup(&request->arena, db_result_text(result, 0, 1)),
        .whole_units = strcmp(db_result_text(result, 0, 2), "each") == 0,
        .retired = db_result_bool(result, 0, 3),
    };
    return ERR_OK;
}

enum err catalogue_stop_postings(struct db *db, struct err_info *ret_info)
{
    return db_query(db, SQL_QUERY_CATALOGUE_LOCK_LEDGERS, NULL, NULL, ret_info);
}

enum err catalogue_begin(struct db *db, struct err_info *ret_info)
{
    enum err err = db_begin_nested(db, ret_info);

    if (err == ERR_OK) {
        err = db_query(db, SQL_QUERY_CATALOGUE_BUMP, NULL, NULL, ret_info);
        if (err != ERR_OK) {
            db_rollback_nested(db);
        }
    }
    return err;
}

enum err catalogue_end(struct db *db, enum err err, struct err_info *ret_info)
{
    if (err == ERR_OK) {
        err = db_commit_nested(db, ret_info);
    }
    if (err != ERR_OK) {
        db_rollback_nested(db);
    }
    return err;
}

enum err catalogue_refuse_clashes(struct request *request, struct db *db, const char *const *codes,
                                  unsigned count, int32_t except_product_id, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_text_array(&params, codes, count);
    db_bind_i32(&params, except_product_id);
    err = db_query(db, SQL_QUERY_PRODUCT_CLASHES, &params, &result, ret_info);
    if (err != ERR_OK || db_result_rows(result) == 0) {
        return err;
    }
    if (db_result_bool(result, 0, 2)) {
        return err_set(ret_info, ERR_ALREADY_EXISTS, "there is already a product %s",
                       db_result_text(result, 0, 0));
    }
    return err_set(ret_info, ERR_ALREADY_EXISTS, "%s is already a barcode of product %s",
                   db_result_text(result, 0, 0), db_result_text(result, 0, 1));
}

enum err catalogue_insert_barcodes(struct request *request, struct db *db, int32_t product_id,
                                   const struct catalogue_product *product, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    if (product->barcode_count == 0) {
        return ERR_OK;
    }
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, product_id);
    db_bind_text_array(&params, product->barcodes, product->barcode_count);
    err = db_query(db, SQL_QUERY_PRODUCT_BARCODES_INSERT, &params, &result, ret_info);
    if (err == ERR_OK && db_result_i64(result, 0, 0) > CATALOGUE_BARCODES_MAX) {
        return err_set(ret_info, ERR_BAD_VALUE, "a product has at most %d barcodes", CATALOGUE_BARCODES_MAX);
    }
    return err;
}

void catalogue_init_table(struct request *request)
{
    table_init(&request->table, &request->arena, columns, LIST_COLUMNS);
}

static void fill_row(struct cell *cells, const struct cells_source *source)
{
    cells_set(&cells[0], source, ROW_SKU);
    cells_set(&cells[1], source, ROW_NAME);
    cells_set(&cells[2], source, ROW_CATEGORY);
    cells_set(&cells[3], source, ROW_UNIT);
    cells_set_milli(&cells[4], source, ROW_PRICE_MILLI, PRICE_PLACES);
    cells_set(&cells[5], source, ROW_BARCODES);
    cells_set(&cells[6], source, ROW_RETIRED);
    cells_set_time(&cells[7], source, ROW_CREATED_AT, -1);
    cells_set_time(&cells[8], source, ROW_UPDATED_AT, -1);
}

void catalogue_add_row(struct request *request, const struct db_result *result, int row)
{
    fill_row(table_add_row(&request->table), &(struct cells_source){&request->arena, result, row});
}

/* [{"store":"S1","quantity":5,"price":"2.49"}], for people "S1: 5 at 2.49". No store's code holds anything
 * that JSON would escape. */
static void fill_stores(struct cell *cell, const struct cells_source *source)
{
    cleanup(buf_done) struct buf json = {0}, text = {0};

    buf_append_char(&json, '[');
    for (int i = 0; i < db_result_rows(source->result); i++) {
        struct cells_source row = {source->arena, source->result, i};
        const char *store = db_result_text(source->result, i, 0);
        int places = values_currency_places(db_result_text(source->result, i, 1));
        struct cell price = {0};

        cells_set_milli(&price, &row, 3, places);
        buf_printf(&json, "%s{\"store\":\"%s\",\"quantity\":", i > 0 ? "," : "", store);
        buf_printf(&text, "%s%s: ", i > 0 ? ", " : "", store);
        values_append_quantity(&json, db_result_i64(source->result, i, 2));
        values_append_quantity(&text, db_result_i64(source->result, i, 2));
        if (price.value != NULL) {
            buf_printf(&json, ",\"price\":\"%s\"}", price.value);
            buf_printf(&text, " at %s", price.value);
        } else {
            buf_append_text(&json, ",\"price\":null}");
        }
    }
    buf_append_char(&json, ']');
    cell->value = arena_strndup(source->arena, json.data, json.len);
    cell->shown = arena_strndup(source->arena, text.len > 0 ? text.data : "", text.len);
}

enum err catalogue_show(struct request *request, struct db *db, int32_t product_id, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL, *stores = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, product_id);
    err = db_query(db, SQL_QUERY_PRODUCT_SHOW, &params, &result, ret_info);
    if (err == ERR_OK) {
        filters_bind_own_stores(&params, request);
        err = db_query(db, SQL_QUERY_PRODUCT_STORES, &params, &stores, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, show_columns, LIST_COLUMNS + 1);
    request->table.single = true;
    for (int i = 0; i < db_result_rows(result); i++) {
        struct cell *cells = table_add_row(&request->table);

        fill_row(cells, &(struct cells_source){&request->arena, result, i});
        fill_stores(&cells[LIST_COLUMNS], &(struct cells_source){&request->arena, stores, 0});
    }
    return ERR_OK;
}
