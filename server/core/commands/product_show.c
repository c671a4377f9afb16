/* product show: one product of the catalogue.
 * Prepared on the main loop; its query runs on a worker's thread.
 * For everybody: all stores share the catalogue. */
#include "server/core/commands/catalogue.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/filters.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return values_check_sku(request->args.words[0], ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    int32_t product_id = 0;
    enum err err = filters_find_product(request, db, request->args.words[0], &product_id, NULL, ret_info);

    return err == ERR_OK ? catalogue_show(request, db, product_id, ret_info) : err;
}

const struct command command_product_show = {
    .name = "product show",
    .arguments = "SKU",
    .arguments_min = 1,
    .arguments_max = 1,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "show a product",
    .help = "SKU is the product's SKU or one of its barcodes. stores tells what those that you may see have "
            "of it,\n"
            "and at which price when it is their own.\n"
            "  product show OAT-1",
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
