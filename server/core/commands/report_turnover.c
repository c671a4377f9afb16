/* report turnover: how often stock was turned over in a period.
 * Prepared on the main loop; its query runs on a worker's thread. report.c does what all reports do.
 * Shows only stores of the caller. */
#include "server/core/commands/commands.h"
#include "server/core/commands/report.h"

/* Columns of report_turnover.sql. */
enum {
    ROW_KEY = REPORT_OWN,
    ROW_NAME,
    ROW_CATEGORY,
    ROW_UNIT,
    ROW_CURRENCY,
    ROW_COST,
    ROW_AVERAGE_VALUE,
    ROW_VALUE,
    ROW_TURNS,
    ROW_DAYS_OF_COVER
};

static const struct report_column columns[] = {
    REPORT_KEY_COLUMNS(ROW_KEY),
    {ROW_CURRENCY, {"currency", COLUMN_TEXT, 0}, 0, false},
    {ROW_COST, {"cost", COLUMN_MONEY, 0}, 0, true},
    {ROW_AVERAGE_VALUE, {"average_value", COLUMN_MONEY, 0}, 0, true},
    {ROW_VALUE, {"value", COLUMN_MONEY, 0}, 0, true},
    {ROW_TURNS, {"turns", COLUMN_INTEGER, 0}, 0, false},
    {ROW_DAYS_OF_COVER, {"days_of_cover", COLUMN_INTEGER, 0}, 0, false},
};

static const struct report report = {
    .query = SQL_QUERY_REPORT_TURNOVER,
    .cursor = 'U',
    .has_period = true,
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
    REPORT_OPTIONS_PERIOD,
    REPORT_OPTIONS_PAGE,
};

const struct command command_report_turnover = {
    .name = "report turnover",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_SCAN,
    .summary = "show how often stock was turned over in a period",
    .help = "cost is that of what was sold, average_value the average of the stock's worth at the end of\n"
            "each day of the period, value the worth at the end of the last; turns is cost by\n"
            "average_value, days_of_cover how long the stock of the last day lasts at the cost of the\n"
            "average day. A period ends today at the latest.\n"
            "  report turnover --store S001\n"
            "  report turnover --store S001 --by category --from -90d",
    .prepare = prepare,
    .steps = {{STEP_QUERY, report_run}},
};
