/* report dead-stock: what stores have and have not sold in a period.
 * Prepared on the main loop; its query runs on a worker's thread. report.c does what all reports do.
 * Shows only stores of the caller. */
#include "server/core/commands/commands.h"
#include "server/core/commands/report.h"

/* Columns of report_dead_stock.sql. */
enum {
    ROW_STORE = REPORT_OWN,
    ROW_SKU,
    ROW_NAME,
    ROW_CATEGORY,
    ROW_UNIT,
    ROW_ON_HAND,
    ROW_CURRENCY,
    ROW_VALUE,
    ROW_UPDATED_AT
};

static const struct report_column columns[] = {
    REPORT_PRODUCT_COLUMNS(ROW_STORE),
    {ROW_ON_HAND, {"on_hand", COLUMN_INTEGER, 0}, 0, false},
    {ROW_CURRENCY, {"currency", COLUMN_TEXT, 0}, 0, false},
    {ROW_VALUE, {"value", COLUMN_MONEY, 0}, 0, true},
    {ROW_UPDATED_AT, {"updated_at", COLUMN_TIME, 0}, 0, false},
};

static const struct report report = {
    .query = SQL_QUERY_REPORT_DEAD_STOCK,
    .cursor = 'D',
    .has_period = true,
    .has_places = true,
    .columns = columns,
    .column_count = sizeof columns / sizeof columns[0],
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return report_prepare(request, &report, ret_info);
}

static const struct option_spec options[] = {
    REPORT_OPTIONS_PERIOD,
    REPORT_OPTIONS_PAGE,
};

const struct command command_report_dead_stock = {
    .name = "report dead-stock",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_SCAN,
    .summary = "show what is there and was not sold in a period",
    .help = "By store and SKU: what is on hand now, its worth at cost, and when its balance last changed.\n"
            "What was sold and taken back was not sold.\n"
            "  report dead-stock --store S001 --from -90d",
    .prepare = prepare,
    .steps = {{STEP_QUERY, report_run}},
};
