/* report shrinkage: what was lost in a period other than by selling.
 * Prepared on the main loop; its query runs on a worker's thread. report.c does what all reports do.
 * Shows only stores of the caller. */
#include "server/core/commands/commands.h"
#include "server/core/commands/report.h"

/* Columns of report_shrinkage.sql. */
enum {
    ROW_KEY = REPORT_OWN,
    ROW_NAME,
    ROW_CATEGORY,
    ROW_UNIT,
    ROW_REASON,
    ROW_CURRENCY,
    ROW_QUANTITY,
    ROW_VALUE,
    ROW_MOVEMENTS
};

static const struct report_column columns[] = {
    REPORT_KEY_COLUMNS(ROW_KEY),
    {ROW_REASON, {"reason", COLUMN_TEXT, 0}, 0, false},
    {ROW_CURRENCY, {"currency", COLUMN_TEXT, 0}, 0, false},
    {ROW_QUANTITY, {"quantity", COLUMN_INTEGER, 0}, 0, false},
    {ROW_VALUE, {"value", COLUMN_MONEY, 0}, 0, true},
    {ROW_MOVEMENTS, {"movements", COLUMN_INTEGER, 0}, 0, false},
};

static const struct report report = {
    .query = SQL_QUERY_REPORT_SHRINKAGE,
    .cursor = 'K',
    .has_period = true,
    .has_places = true,
    .by = REPORT_BY_DAY | REPORT_BY_WEEK | REPORT_BY_MONTH | REPORT_BY_STORE | REPORT_BY_PRODUCT |
          REPORT_BY_CATEGORY,
    .columns = columns,
    .column_count = sizeof columns / sizeof columns[0],
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return report_prepare(request, &report, ret_info);
}

static const struct option_spec options[] = {
    {"by", "B", "day, week, month, store, product or category; by reason only unless told", false, false},
    REPORT_OPTIONS_PERIOD,
    REPORT_OPTIONS_PAGE,
};

const struct command command_report_shrinkage = {
    .name = "report shrinkage",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_SCAN,
    .summary = "show what was lost in a period, by reason",
    .help = "What was removed, by reason, and what stocktakes found missing (reason count; less than 0\n"
            "when they found more than the books say), with its worth at cost. What got lost between two\n"
            "stores counts in the one that sent it.\n"
            "  report shrinkage --store S001\n"
            "  report shrinkage --all-stores --by month --from 2026-01-01",
    .prepare = prepare,
    .steps = {{STEP_QUERY, report_run}},
};
