/* product add: a new product in the catalogue of all stores.
 * Prepared on the main loop; written on a worker's thread, one change of the catalogue at a time.
 * For admins. */
#include <string.h>

#include "common/cleanup.h"
#include "server/core/audit.h"
#include "server/core/commands/catalogue.h"
#include "server/core/commands/commands.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct catalogue_product *product = arena_calloc(&request->arena, 1, sizeof *product);
    enum err err = catalogue_parse_product(request, product, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if (product->name == NULL) {
        return err_set(ret_info, ERR_USAGE, "a new product needs --name TEXT");
    }
    for (unsigned i = 0; i < product->barcode_count; i++) {
        if (strcmp(product->barcodes[i], product->sku) == 0) {
            return err_set(ret_info, ERR_BAD_VALUE, "%s is the SKU itself, no barcode besides", product->sku);
        }
    }
    product->unit = args_option(&request->args, "unit");
    if (product->unit == NULL) {
        product->unit = "each";
    }
    request->data = product;
    return catalogue_check_unit(product->unit, ret_info);
}

static enum err insert_product(struct request *request, struct db *db,
                               const struct catalogue_product *product, int32_t *ret_product_id,
                               struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, product->sku);
    db_bind_text(&params, product->name);
    db_bind_text(&params, product->category);
    db_bind_text(&params, product->unit);
    if (product->price_milli >= 0) {
        db_bind_i64(&params, product->price_milli);
    } else {
        db_bind_null(&params);
    }
    err = db_query(db, SQL_QUERY_PRODUCT_INSERT, &params, &result, ret_info);
    if (err == ERR_OK) {
        *ret_product_id = (int32_t)db_result_i64(result, 0, 0);
        err = catalogue_insert_barcodes(request, db, *ret_product_id, product, ret_info);
    }
    return err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct catalogue_product *product = request->data;
    const char *codes[1 + CATALOGUE_BARCODES_MAX] = {product->sku};
    struct audit_change change;
    int32_t product_id = 0;
    enum err err = catalogue_begin(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    memcpy(codes + 1, product->barcodes, product->barcode_count * sizeof codes[0]);
    err = catalogue_refuse_clashes(request, db, codes, 1 + product->barcode_count, 0, ret_info);
    if (err == ERR_OK) {
        err = audit_begin(db, &request->arena, AUDIT_PRODUCT, product->sku, &change, ret_info);
    }
    if (err == ERR_OK) {
        err = insert_product(request, db, product, &product_id, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_end(db, &request->arena, request->who, request->command->name, &change, ret_info);
    }
    if (err == ERR_OK) {
        err = catalogue_show(request, db, product_id, ret_info);
    }
    return catalogue_end(db, err, ret_info);
}

static const struct option_spec options[] = {
    {"name", "TEXT", "what people call it", false, true},
    {"barcode", "B", "a barcode; give it again for more", true, false},
    {"unit", "each|kg|m|l", "how it is counted; each unless told", false, false},
    {"category", "C", "what it belongs to", false, false},
    {"price", "MONEY", "the price of one unit", false, false},
    OPTION_END,
};

const struct command command_product_add = {
    .name = "product add",
    .arguments = "SKU",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .roles = ROLE_ADMIN,
    .cost = COST_WRITE,
    .summary = "add a product to the catalogue",
    .help =
        "SKUs and barcodes are one set of names: each names one product. All stores share the catalogue.\n"
        "  product add OAT-1 --name \"Oat milk 1 l\" --barcode 4006381333931 --category Milk --price 1.99\n"
        "  product add RICE --name \"Rice, loose\" --unit kg --price 3.20",
    .changes = true,
    .catalogue = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
