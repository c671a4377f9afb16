/* product retire: take a product out of use.
 * Prepared on the main loop; written on a worker's thread, one change of the catalogue at a time, while no
 * store posts. For admins. */
#include "common/cleanup.h"
#include "server/core/audit.h"
#include "server/core/commands/catalogue.h"
#include "server/core/commands/commands.h"

enum { LEFT_MAX = 4 }; /* places that the refusal names, and one to know that there are more */

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return values_check_sku(request->args.words[0], ret_info);
}

/* Stock that nobody could sell any more would be lost in the books. */
static enum err refuse_what_is_left(struct request *request, struct db *db,
                                    const struct catalogue_found *product, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    cleanup(buf_done) struct buf places = {0};
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, product->product_id);
    db_bind_i64(&params, LEFT_MAX);
    err = db_query(db, SQL_QUERY_PRODUCT_LEFT, &params, &result, ret_info);
    if (err != ERR_OK || db_result_rows(result) == 0) {
        return err;
    }
    for (int i = 0; i < db_result_rows(result) && i < LEFT_MAX - 1; i++) {
        const char *transfer = db_result_text(result, i, 2);

        buf_append_text(&places, i > 0 ? ", " : "");
        values_append_quantity(&places, db_result_i64(result, i, 1));
        buf_printf(&places, transfer != NULL ? " on the way as %s" : " in %s",
                   transfer != NULL ? transfer : db_result_text(result, i, 0));
    }
    return err_set(ret_info, ERR_IN_USE, "%s is still in stock: %.*s%s", product->sku, (int)places.len,
                   places.data, db_result_rows(result) == LEFT_MAX ? " and elsewhere" : "");
}

static enum err retire(struct request *request, struct db *db, const struct catalogue_found *product,
                       struct err_info *ret_info)
{
    struct audit_change change;
    struct db_params params;
    enum err err = audit_begin(db, &request->arena, AUDIT_PRODUCT, product->sku, &change, ret_info);

    if (err == ERR_OK) {
        err = catalogue_stop_postings(db, ret_info);
    }
    if (err == ERR_OK) {
        err = refuse_what_is_left(request, db, product, ret_info);
    }
    if (err == ERR_OK) {
        db_params_init(&params, &request->arena);
        db_bind_i32(&params, product->product_id);
        db_bind_bool(&params, true);
        err = db_query(db, SQL_QUERY_PRODUCT_RETIRE, &params, NULL, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_end(db, &request->arena, request->who, request->command->name, &change, ret_info);
    }
    return err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    struct catalogue_found product;
    enum err err = catalogue_begin(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = catalogue_find(request, db, request->args.words[0], &product, ret_info);
    if (err == ERR_OK) {
        err = retire(request, db, &product, ret_info);
    }
    if (err == ERR_OK) {
        err = catalogue_show(request, db, product.product_id, ret_info);
    }
    return catalogue_end(db, err, ret_info);
}

const struct command command_product_retire = {
    .name = "product retire",
    .arguments = "SKU",
    .arguments_min = 1,
    .arguments_max = 1,
    .roles = ROLE_ADMIN,
    .cost = COST_WRITE,
    .summary = "take a product out of use",
    .help =
        "Refused while a store has some of it, or some is on its way between stores. Nothing is posted of a\n"
        "retired product, and `product list` leaves it out; its movements stay. `product set SKU --active`\n"
        "brings it back.\n"
        "  product retire OAT-1",
    .changes = true,
    .catalogue = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
