/* report on-hand: what stores have and what is on its way to them.
 * Prepared on the main loop; its query runs on a worker's thread. report.c does what all reports do.
 * Shows only stores of the caller. */
#include "server/core/commands/commands.h"
#include "server/core/commands/report.h"

/* Columns of report_on_hand.sql. */
enum { ROW_KEY = REPORT_OWN, ROW_NAME, ROW_CATEGORY, ROW_UNIT, ROW_PRODUCTS, ROW_ON_HAND, ROW_IN_TRANSIT };

static const struct report_column columns[] = {
    REPORT_KEY_COLUMNS(ROW_KEY),
    {ROW_PRODUCTS, {"products", COLUMN_INTEGER, 0}, REPORT_BY_STORE | REPORT_BY_CATEGORY, false},
    {ROW_ON_HAND, {"on_hand", COLUMN_INTEGER, 0}, 0, false},
    {ROW_IN_TRANSIT, {"in_transit", COLUMN_INTEGER, 0}, 0, false},
};

static const struct report report = {
    .query = SQL_QUERY_REPORT_ON_HAND,
    .cursor = 'H',
    .by = REPORT_BY_STORE | REPORT_BY_PRODUCT | REPORT_BY_CATEGORY,
    .by_usual = REPORT_BY_PRODUCT,
    .columns = columns,
    .column_count = sizeof columns / sizeof columns[0],
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return report_prepare(request, &report, ret_info);
}

static const struct option_spec options[] = {
    {"by", "B", "product (the usual), store or category", false, false},
    REPORT_OPTIONS_PAGE,
};

const struct command command_report_on_hand = {
    .name = "report on-hand",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_SCAN,
    .summary = "show what stores have, and what is on its way to them",
    .help = "As of now. Products that are neither there nor on their way have no row. By store and by\n"
            "category pieces, kilograms, metres and litres are added up as numbers.\n"
            "  report on-hand --store S001\n"
            "  report on-hand --all-stores --by category",
    .prepare = prepare,
    .steps = {{STEP_QUERY, report_run}},
};
