/* product set: change a product of the catalogue.
 * Prepared on the main loop; written on a worker's thread, one change of the catalogue at a time.
 * For admins. */
#include "common/cleanup.h"
#include "server/core/audit.h"
#include "server/core/commands/catalogue.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/filters.h"

struct change {
    struct catalogue_product product;
    bool sets_barcodes;
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct change *change = arena_calloc(&request->arena, 1, sizeof *change);
    bool drops_barcodes = args_flag(&request->args, "no-barcodes");
    enum err err = catalogue_parse_product(request, &change->product, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if (drops_barcodes && change->product.barcode_count > 0) {
        return err_set(ret_info, ERR_USAGE, "--barcode and --no-barcodes exclude each other");
    }
    change->sets_barcodes = drops_barcodes || change->product.barcode_count > 0;
    if (change->product.name == NULL && !change->product.sets_category && !change->product.sets_price &&
        !change->sets_barcodes) {
        return err_set(ret_info, ERR_USAGE,
                       "nothing to change: give --name, --category, --price or --barcode");
    }
    request->data = change;
    return ERR_OK;
}

static enum err update_product(struct request *request, struct db *db, int32_t product_id,
                               const struct catalogue_product *product, struct err_info *ret_info)
{
    struct db_params params;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, product_id);
    db_bind_text(&params, product->name);
    db_bind_bool(&params, product->sets_category);
    db_bind_text(&params, product->category);
    db_bind_bool(&params, product->sets_price);
    if (product->price_milli >= 0) {
        db_bind_i64(&params, product->price_milli);
    } else {
        db_bind_null(&params);
    }
    return db_query(db, SQL_QUERY_PRODUCT_UPDATE, &params, NULL, ret_info);
}

static enum err replace_barcodes(struct request *request, struct db *db, int32_t product_id,
                                 const struct catalogue_product *product, struct err_info *ret_info)
{
    struct db_params params;
    enum err err = catalogue_refuse_clashes(request, db, product->barcodes, product->barcode_count,
                                            product_id, ret_info);

    if (err == ERR_OK) {
        db_params_init(&params, &request->arena);
        db_bind_i32(&params, product_id);
        err = db_query(db, SQL_QUERY_PRODUCT_BARCODES_DELETE, &params, NULL, ret_info);
    }
    if (err == ERR_OK) {
        err = catalogue_insert_barcodes(request, db, product_id, product, ret_info);
    }
    return err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct change *change = request->data;
    struct audit_change audited;
    const char *sku = NULL;
    int32_t product_id = 0;
    enum err err = catalogue_begin(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = filters_find_product(request, db, change->product.sku, &product_id, &sku, ret_info);
    if (err == ERR_OK) {
        err = audit_begin(db, &request->arena, AUDIT_PRODUCT, sku, &audited, ret_info);
    }
    if (err == ERR_OK && change->sets_barcodes) {
        err = replace_barcodes(request, db, product_id, &change->product, ret_info);
    }
    if (err == ERR_OK) {
        err = update_product(request, db, product_id, &change->product, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_end(db, &request->arena, request->who, request->command->name, &audited, ret_info);
    }
    if (err == ERR_OK) {
        err = catalogue_show(request, db, product_id, ret_info);
    }
    return catalogue_end(db, err, ret_info);
}

static const struct option_spec options[] = {
    {"name", "TEXT", "what people call it", false, false},
    {"barcode", "B", "the barcodes from now on; give it again for more", true, false},
    {"no-barcodes", NULL, "no barcodes from now on", false, false},
    {"category", "C", "what it belongs to; '' for nothing", false, false},
    {"price", "MONEY", "the price of one unit; '' for none", false, false},
    OPTION_END,
};

const struct command command_product_set = {
    .name = "product set",
    .arguments = "SKU",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .roles = ROLE_ADMIN,
    .cost = COST_WRITE,
    .summary = "change a product",
    .help = "SKU is the product's SKU or one of its barcodes. What is not given stays. SKU and unit never "
            "change:\n"
            "movements rely on them.",
    .changes = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
