/* report top-sellers: the products that sold most in a period.
 * Prepared on the main loop; its query runs on a worker's thread. report.c does what all reports do.
 * Shows only stores of the caller. */
#include "server/core/commands/commands.h"
#include "server/core/commands/report.h"

/* Columns of report_top_sellers.sql. */
enum {
    ROW_RANK = REPORT_OWN,
    ROW_SKU,
    ROW_NAME,
    ROW_CATEGORY,
    ROW_UNIT,
    ROW_CURRENCY,
    ROW_QUANTITY,
    ROW_REVENUE,
    ROW_COST,
    ROW_MARGIN
};

static const struct report_column columns[] = {
    {ROW_RANK, {"rank", COLUMN_INTEGER, 0}, 0, false},
    {ROW_SKU, {"sku", COLUMN_TEXT, 0}, 0, false},
    {ROW_NAME, {"name", COLUMN_TEXT, 0}, 0, false},
    {ROW_CATEGORY, {"category", COLUMN_TEXT, 0}, 0, false},
    {ROW_UNIT, {"unit", COLUMN_TEXT, 0}, 0, false},
    {ROW_CURRENCY, {"currency", COLUMN_TEXT, 0}, 0, false},
    {ROW_QUANTITY, {"quantity", COLUMN_INTEGER, 0}, 0, false},
    {ROW_REVENUE, {"revenue", COLUMN_MONEY, 0}, 0, false},
    {ROW_COST, {"cost", COLUMN_MONEY, 0}, 0, true},
    {ROW_MARGIN, {"margin", COLUMN_MONEY, 0}, 0, true},
};

static const struct report report = {
    .query = SQL_QUERY_REPORT_TOP_SELLERS,
    .cursor = 'T',
    .has_period = true,
    .has_places = true,
    .by = REPORT_BY_REVENUE | REPORT_BY_QUANTITY,
    .by_usual = REPORT_BY_REVENUE,
    .limit_usual = 20,
    .columns = columns,
    .column_count = sizeof columns / sizeof columns[0],
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return report_prepare(request, &report, ret_info);
}

static const struct option_spec options[] = {
    {"by", "B", "what makes the rank: revenue (the usual) or quantity", false, false},
    REPORT_OPTIONS_PERIOD,
    REPORT_OPTIONS_PAGE,
};

const struct command command_report_top_sellers = {
    .name = "report top-sellers",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_SCAN,
    .summary = "show the products that sold most in a period",
    .help = "Net of what was brought back or taken back. Twenty rows unless --limit says otherwise; each\n"
            "currency has ranks of its own, the first of each come first.\n"
            "  report top-sellers --store S001 --from -7d --limit 10\n"
            "  report top-sellers --all-stores --by quantity",
    .prepare = prepare,
    .steps = {{STEP_QUERY, report_run}},
};
