/* product set: change a product of the catalogue, or a store's own price of it.
 * Prepared on the main loop; written on a worker's thread, one change of the catalogue at a time.
 * The catalogue is for admins; a store's price for its owners too. */
#include <string.h>

#include "common/cleanup.h"
#include "server/core/audit.h"
#include "server/core/commands/catalogue.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/stocking.h"

struct change {
    struct catalogue_product product; /* its barcodes are those to add */
    const char *removed[CATALOGUE_BARCODES_MAX];
    unsigned removed_count;
    bool drops_barcodes; /* all that it had */
    bool activates;
};

static bool changes_product(const struct change *change)
{
    return change->product.name != NULL || change->product.unit != NULL || change->product.sets_category ||
           change->product.barcode_count > 0 || change->removed_count > 0 || change->drops_barcodes ||
           change->activates;
}

/* With --store it is about that store, and then about the price alone. */
static enum err prepare_store(struct request *request, const struct change *change, struct err_info *ret_info)
{
    if (args_option(&request->args, "store") == NULL) {
        request->is_refusal = request->who->role != ROLE_ADMIN;
        return request->is_refusal
                   ? err_set(ret_info, ERR_NOT_PERMITTED,
                             "only an admin changes the catalogue; the price of a store of yours "
                             "is set by --price with --store")
                   : ERR_OK;
    }
    if (changes_product(change) || !change->product.sets_price) {
        return err_set(ret_info, ERR_USAGE, "--store goes with --price, and with nothing else");
    }
    return request_resolve_store(request, ret_info);
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct change *change = arena_calloc(&request->arena, 1, sizeof *change);
    enum err err = catalogue_parse_product(request, &change->product, ret_info);

    change->product.unit = args_option(&request->args, "unit");
    change->drops_barcodes = args_flag(&request->args, "no-barcodes");
    change->activates = args_flag(&request->args, "active");
    if (err == ERR_OK && change->product.unit != NULL) {
        err = catalogue_check_unit(change->product.unit, ret_info);
    }
    if (err == ERR_OK) {
        err = catalogue_parse_barcodes(request, "remove-barcode", change->removed, &change->removed_count,
                                       ret_info);
    }
    if (err == ERR_OK && change->drops_barcodes && change->removed_count > 0) {
        return err_set(ret_info, ERR_USAGE, "--remove-barcode and --no-barcodes exclude each other");
    }
    if (err == ERR_OK && !changes_product(change) && !change->product.sets_price) {
        return err_set(ret_info, ERR_USAGE,
                       "nothing to change: give --name, --unit, --category, --price or --barcode");
    }
    request->data = change;
    return err == ERR_OK ? prepare_store(request, change, ret_info) : err;
}

/* What was counted in fractions cannot become whole; everything else may be called by another unit. */
static enum err check_unit(struct request *request, struct db *db, int32_t product_id, const char *unit,
                           struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err = catalogue_stop_postings(db, ret_info);

    if (err != ERR_OK || strcmp(unit, "each") != 0) {
        return err;
    }
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, product_id);
    err = db_query(db, SQL_QUERY_PRODUCT_FRACTION, &params, &result, ret_info);
    if (err == ERR_OK && db_result_rows(result) > 0) {
        return err_set(ret_info, ERR_IN_USE,
                       "%s has moved fractions of it: it cannot be counted by the piece",
                       db_result_text(result, 0, 0));
    }
    return err;
}

static enum err update_product(struct request *request, struct db *db, int32_t product_id,
                               const struct catalogue_product *product, struct err_info *ret_info)
{
    struct db_params params;
    enum err err = ERR_OK;

    if (product->unit != NULL) {
        err = check_unit(request, db, product_id, product->unit, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
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
    db_bind_text(&params, product->unit);
    return db_query(db, SQL_QUERY_PRODUCT_UPDATE, &params, NULL, ret_info);
}

static enum err remove_barcodes(struct request *request, struct db *db, const struct catalogue_found *product,
                                const struct change *change, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    if (!change->drops_barcodes && change->removed_count == 0) {
        return ERR_OK;
    }
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, product->product_id);
    if (change->drops_barcodes) {
        db_bind_null(&params);
    } else {
        db_bind_text_array(&params, change->removed, change->removed_count);
    }
    err = db_query(db, SQL_QUERY_PRODUCT_BARCODES_DELETE, &params, &result, ret_info);
    if (err == ERR_OK && !change->drops_barcodes &&
        (unsigned)db_result_rows(result) < change->removed_count) {
        return err_set(ret_info, ERR_BAD_VALUE, "%s has not all of these barcodes", product->sku);
    }
    return err;
}

static enum err change_barcodes(struct request *request, struct db *db, const struct catalogue_found *product,
                                const struct change *change, struct err_info *ret_info)
{
    enum err err = remove_barcodes(request, db, product, change, ret_info);

    if (err == ERR_OK && change->product.barcode_count > 0) {
        err = catalogue_refuse_clashes(request, db, change->product.barcodes, change->product.barcode_count,
                                       product->product_id, ret_info);
        if (err == ERR_OK) {
            err = catalogue_insert_barcodes(request, db, product->product_id, &change->product, ret_info);
        }
    }
    return err;
}

static enum err activate(struct request *request, struct db *db, int32_t product_id,
                         struct err_info *ret_info)
{
    struct db_params params;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, product_id);
    db_bind_bool(&params, false);
    return db_query(db, SQL_QUERY_PRODUCT_RETIRE, &params, NULL, ret_info);
}

static enum err change_product(struct request *request, struct db *db, const struct change *change,
                               const struct catalogue_found *product, struct err_info *ret_info)
{
    struct audit_change audited;
    enum err err = audit_begin(db, &request->arena, AUDIT_PRODUCT, product->sku, &audited, ret_info);

    if (err == ERR_OK) {
        err = change_barcodes(request, db, product, change, ret_info);
    }
    if (err == ERR_OK) {
        err = update_product(request, db, product->product_id, &change->product, ret_info);
    }
    if (err == ERR_OK && change->activates) {
        err = activate(request, db, product->product_id, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_end(db, &request->arena, request->who, request->command->name, &audited, ret_info);
    }
    return err;
}

static enum err run_catalogue(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct change *change = request->data;
    struct catalogue_found product;
    enum err err = catalogue_begin(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = catalogue_find(request, db, change->product.sku, &product, ret_info);
    if (err == ERR_OK) {
        err = change_product(request, db, change, &product, ret_info);
    }
    if (err == ERR_OK) {
        err = catalogue_show(request, db, product.product_id, ret_info);
    }
    return catalogue_end(db, err, ret_info);
}

static enum err write_price(struct request *request, struct db *db, const struct stocking *stocking,
                            int64_t price_milli, struct err_info *ret_info)
{
    struct db_params params;
    int64_t minor;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, stocking->store_id);
    db_bind_i32(&params, stocking->product.product_id);
    if (price_milli < 0) {
        return db_query(db, SQL_QUERY_STORE_PRICE_DROP, &params, NULL, ret_info);
    }
    err = values_money_to_minor(price_milli, stocking->money_places, &minor, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    db_bind_i64(&params, price_milli);
    return db_query(db, SQL_QUERY_STORE_PRICE_SET, &params, NULL, ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct change *change = request->data;
    struct stocking stocking;
    enum err err;

    if (request->store == NULL) {
        return run_catalogue(request, db, ret_info);
    }
    err = stocking_begin(request, db, change->product.sku, &stocking, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    err = write_price(request, db, &stocking, change->product.price_milli, ret_info);
    if (err == ERR_OK) {
        err = catalogue_show(request, db, stocking.product.product_id, ret_info);
    }
    return stocking_end(request, db, &stocking, err, ret_info);
}

static const struct option_spec options[] = {
    {"name", "TEXT", "what people call it", false, false},
    {"unit", "each|kg|m|l", "how it is counted; each only when no fraction of it ever moved", false, false},
    {"barcode", "B", "one more barcode; give it again for more", true, false},
    {"remove-barcode", "B", "one barcode less; give it again for more", true, false},
    {"no-barcodes", NULL, "without the barcodes that it had", false, false},
    {"category", "C", "what it belongs to; '' for nothing", false, false},
    {"price", "MONEY", "the price of one unit; none for none", false, false},
    {"store", "CODE", "the price is this store's own, over the catalogue's; none: the catalogue's again",
     false, false},
    {"active", NULL, "in use again after `product retire`", false, false},
    OPTION_END,
};

const struct command command_product_set = {
    .name = "product set",
    .arguments = "SKU",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .roles = ROLE_ADMIN | ROLE_OWNER,
    .cost = COST_WRITE,
    .summary = "change a product, or a store's price of it",
    .help =
        "SKU is the product's SKU or one of its barcodes. What is not given stays. The SKU never changes:\n"
        "movements rely on it. Only admins change the catalogue; owners set prices in their own stores.\n"
        "  product set OAT-1 --name \"Oat milk 1 l\" --barcode 4006381333931\n"
        "  product set OAT-1 --price 2.19 --store S001\n"
        "  product set OAT-1 --price none --store S001",
    .changes = true,
    .catalogue = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
