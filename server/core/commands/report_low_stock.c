/* report low-stock: what stores have at or below its reorder point.
 * Prepared on the main loop; its query runs on a worker's thread. report.c does what all reports do.
 * Shows only stores of the caller. */
#include "server/core/commands/commands.h"
#include "server/core/commands/report.h"

/* Columns of report_low_stock.sql. */
enum {
    ROW_STORE = REPORT_OWN,
    ROW_SKU,
    ROW_NAME,
    ROW_CATEGORY,
    ROW_UNIT,
    ROW_ON_HAND,
    ROW_IN_TRANSIT,
    ROW_REORDER_POINT,
    ROW_MISSING,
    ROW_REORDER_QUANTITY
};

static const struct report_column columns[] = {
    REPORT_PRODUCT_COLUMNS(ROW_STORE),
    {ROW_ON_HAND, {"on_hand", COLUMN_INTEGER, 0}, 0, false},
    {ROW_IN_TRANSIT, {"in_transit", COLUMN_INTEGER, 0}, 0, false},
    {ROW_REORDER_POINT, {"reorder_point", COLUMN_INTEGER, 0}, 0, false},
    {ROW_MISSING, {"missing", COLUMN_INTEGER, 0}, 0, false},
    {ROW_REORDER_QUANTITY, {"reorder_quantity", COLUMN_INTEGER, 0}, 0, false},
};

static const struct report report = {
    .query = SQL_QUERY_REPORT_LOW_STOCK,
    .cursor = 'L',
    .columns = columns,
    .column_count = sizeof columns / sizeof columns[0],
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return report_prepare(request, &report, ret_info);
}

static const struct option_spec options[] = {
    REPORT_OPTIONS_PAGE,
};

const struct command command_report_low_stock = {
    .name = "report low-stock",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_SCAN,
    .summary = "show what is at or below its reorder point",
    .help = "As of now, by store and SKU; retired products are left out. missing is what the reorder\n"
            "point asks beyond what is there and what is on its way from another store.\n"
            "  report low-stock --store S001",
    .prepare = prepare,
    .steps = {{STEP_QUERY, report_run}},
};
