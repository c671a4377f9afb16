/* report valuation: what stock is worth.
 * Prepared on the main loop; its query runs on a worker's thread. report.c does what all reports do.
 * Shows only stores of the caller. Not for staff. */
#include "server/core/commands/commands.h"
#include "server/core/commands/report.h"

/* Columns of report_valuation.sql. */
enum {
    ROW_KEY = REPORT_OWN,
    ROW_NAME,
    ROW_CATEGORY,
    ROW_UNIT,
    ROW_PRODUCTS,
    ROW_ON_HAND,
    ROW_CURRENCY,
    ROW_AVERAGE_COST,
    ROW_VALUE
};

static const struct report_column columns[] = {
    REPORT_KEY_COLUMNS(ROW_KEY),
    {ROW_PRODUCTS, {"products", COLUMN_INTEGER, 0}, REPORT_BY_STORE | REPORT_BY_CATEGORY, false},
    {ROW_ON_HAND, {"on_hand", COLUMN_INTEGER, 0}, 0, false},
    {ROW_CURRENCY, {"currency", COLUMN_TEXT, 0}, 0, false},
    {ROW_AVERAGE_COST, {"average_cost", COLUMN_MONEY, 0}, REPORT_BY_PRODUCT, true},
    {ROW_VALUE, {"value", COLUMN_MONEY, 0}, 0, true},
};

static const struct report report = {
    .query = SQL_QUERY_REPORT_VALUATION,
    .cursor = 'V',
    .has_places = true,
    .by = REPORT_BY_STORE | REPORT_BY_PRODUCT | REPORT_BY_CATEGORY,
    .by_usual = REPORT_BY_STORE,
    .columns = columns,
    .column_count = sizeof columns / sizeof columns[0],
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return report_prepare(request, &report, ret_info);
}

static const struct option_spec options[] = {
    {"by", "B", "store (the usual), product or category", false, false},
    REPORT_OPTIONS_PAGE,
};

const struct command command_report_valuation = {
    .name = "report valuation",
    .arguments = "",
    .options = options,
    .roles = ROLE_ADMIN | ROLE_OWNER,
    .cost = COST_SCAN,
    .summary = "show what the stock is worth",
    .help = "As of now, at the moving average cost: what came in at its cost, less what left at the\n"
            "average. What is on its way between two stores is in neither. A currency has rows of its\n"
            "own.\n"
            "  report valuation --all-stores\n"
            "  report valuation --store S001 --by category",
    .prepare = prepare,
    .steps = {{STEP_QUERY, report_run}},
};
