/* report variance: what a stocktake found.
 * Prepared on the main loop; its query runs on a worker's thread. report.c does what all reports do.
 * Shows only stores of the caller. */
#include "server/core/commands/commands.h"
#include "server/core/commands/report.h"

/* Columns of report_variance.sql. */
enum {
    ROW_STORE = REPORT_OWN,
    ROW_SKU,
    ROW_NAME,
    ROW_CATEGORY,
    ROW_UNIT,
    ROW_COUNTED,
    ROW_EXPECTED,
    ROW_VARIANCE,
    ROW_CURRENCY,
    ROW_VALUE,
    ROW_COUNTS
};

static const struct report_column columns[] = {
    REPORT_PRODUCT_COLUMNS(ROW_STORE),
    {ROW_COUNTED, {"counted", COLUMN_INTEGER, 0}, 0, false},
    {ROW_EXPECTED, {"expected", COLUMN_INTEGER, 0}, 0, false},
    {ROW_VARIANCE, {"variance", COLUMN_INTEGER, 0}, 0, false},
    {ROW_CURRENCY, {"currency", COLUMN_TEXT, 0}, 0, false},
    {ROW_VALUE, {"value", COLUMN_MONEY, 0}, 0, true},
    {ROW_COUNTS, {"counts", COLUMN_INTEGER, 0}, 0, false},
};

static const struct report report = {
    .query = SQL_QUERY_REPORT_VARIANCE,
    .cursor = 'N',
    .has_places = true,
    .has_session = true,
    .columns = columns,
    .column_count = sizeof columns / sizeof columns[0],
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return report_prepare(request, &report, ret_info);
}

static const struct option_spec options[] = {
    {"session", "NAME", "the stocktake, as count --session named it", false, true},
    REPORT_OPTIONS_PAGE,
};

const struct command command_report_variance = {
    .name = "report variance",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_SCAN,
    .summary = "show what a stocktake found, against the books",
    .help = "By store and SKU. Of a product that was counted more than once the last count stands,\n"
            "against what the books would have said then without this stocktake. A count that was taken\n"
            "back was none.\n"
            "  report variance --store S001 --session \"Autumn 2026\"",
    .prepare = prepare,
    .steps = {{STEP_QUERY, report_run}},
};
