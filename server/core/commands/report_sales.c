/* report sales: what was sold, brought back and earned in a period.
 * Prepared on the main loop; its query runs on a worker's thread. report.c does what all reports do.
 * Shows only stores of the caller. */
#include "server/core/commands/commands.h"
#include "server/core/commands/report.h"

/* Columns of report_sales.sql. */
enum {
    ROW_KEY = REPORT_OWN,
    ROW_NAME,
    ROW_CATEGORY,
    ROW_UNIT,
    ROW_CURRENCY,
    ROW_QUANTITY,
    ROW_RETURNED,
    ROW_NET,
    ROW_REVENUE,
    ROW_COST,
    ROW_MARGIN,
    ROW_MARGIN_PERCENT
};

static const struct report_column columns[] = {
    REPORT_KEY_COLUMNS(ROW_KEY),
    {ROW_CURRENCY, {"currency", COLUMN_TEXT, 0}, 0, false},
    {ROW_QUANTITY, {"quantity", COLUMN_INTEGER, 0}, 0, false},
    {ROW_RETURNED, {"returned", COLUMN_INTEGER, 0}, 0, false},
    {ROW_NET, {"net", COLUMN_INTEGER, 0}, 0, false},
    {ROW_REVENUE, {"revenue", COLUMN_MONEY, 0}, 0, false},
    {ROW_COST, {"cost", COLUMN_MONEY, 0}, 0, true},
    {ROW_MARGIN, {"margin", COLUMN_MONEY, 0}, 0, true},
    {ROW_MARGIN_PERCENT, {"margin_percent", COLUMN_INTEGER, 0}, 0, true},
};

static const struct report report = {
    .query = SQL_QUERY_REPORT_SALES,
    .cursor = 'S',
    .has_period = true,
    .has_places = true,
    .by = REPORT_BY_DAY | REPORT_BY_WEEK | REPORT_BY_MONTH | REPORT_BY_STORE | REPORT_BY_PRODUCT |
          REPORT_BY_CATEGORY | REPORT_BY_USER,
    .by_usual = REPORT_BY_DAY,
    .columns = columns,
    .column_count = sizeof columns / sizeof columns[0],
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return report_prepare(request, &report, ret_info);
}

static const struct option_spec options[] = {
    {"by", "B", "day (the usual), week, month, store, product, category or user", false, false},
    REPORT_OPTIONS_PERIOD,
    REPORT_OPTIONS_PAGE,
};

const struct command command_report_sales = {
    .name = "report sales",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_SCAN,
    .summary = "show what was sold and earned in a period",
    .help = "What was sold, what customers brought back, and the net of the two; revenue is net of what\n"
            "was paid back, cost is the moving average cost of what left the shelf, margin the one less\n"
            "the other. What was taken back by reverse is not in it. A currency has rows of its own. Days\n"
            "are those of the store; --to is the first day that does not count; a time of day stands for\n"
            "its day.\n"
            "  report sales --store S001 --from -7d\n"
            "  report sales --all-stores --by store --from 2026-01-01 --to 2026-02-01",
    .prepare = prepare,
    .steps = {{STEP_QUERY, report_run}},
};
