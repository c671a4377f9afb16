/* What all reports share: which stores and days are meant, what rows are added up by, how they are shown and
 * paged. Called by the report commands; a report is a query, its columns, and what it may be asked by.
 * Everything lives in the request's arena. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_REPORT_H
#define STOCKROOM_SERVER_CORE_COMMANDS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "server/core/command.h"
#include "server/core/table.h"
#include "sql/queries.h"

/* What --by says. */
enum report_by {
    REPORT_BY_DAY = 1 << 0,
    REPORT_BY_WEEK = 1 << 1,
    REPORT_BY_MONTH = 1 << 2,
    REPORT_BY_STORE = 1 << 3,
    REPORT_BY_PRODUCT = 1 << 4,
    REPORT_BY_CATEGORY = 1 << 5,
    REPORT_BY_USER = 1 << 6,
    REPORT_BY_REVENUE = 1 << 7,
    REPORT_BY_QUANTITY = 1 << 8
};

/* A column of the query and how it is shown. A COLUMN_TIME has the store's local time in the column after it;
 * numbers and money come from the query in their outer form. */
struct report_column {
    int source; /* the query's column */
    struct column column;
    unsigned by;  /* only when asked by one of these; 0: always */
    bool is_cost; /* nothing for staff */
};

/* Every query begins with these; the totals are its last rows. */
enum { REPORT_IS_TOTAL, REPORT_CURSOR_1, REPORT_CURSOR_2, REPORT_OWN };

/* Parameters of the query, in this order: store_ids, from_days and to_days (has_period), places (has_places),
 * what --by says (by) or --session (has_session), after_1, after_2, limit. */
struct report {
    enum sql_query query;
    char cursor; /* the letter of its cursors */
    bool has_period;
    bool has_places;
    bool has_session;
    unsigned by;       /* what may be asked; 0: there is no --by */
    unsigned by_usual; /* unless told; 0: nothing */
    int64_t limit_usual;
    const struct report_column *columns;
    unsigned column_count;
};

/* The columns of a row that is added up by something: key, name, category and unit of the query, from
 * `first`. */
#define REPORT_KEY_COLUMNS(first)                                                                            \
    {(first), {"day", COLUMN_TEXT, 0}, REPORT_BY_DAY, false},                                                \
        {(first), {"week", COLUMN_TEXT, 0}, REPORT_BY_WEEK, false},                                          \
        {(first), {"month", COLUMN_TEXT, 0}, REPORT_BY_MONTH, false},                                        \
        {(first), {"store", COLUMN_TEXT, 0}, REPORT_BY_STORE, false},                                        \
        {(first), {"sku", COLUMN_TEXT, 0}, REPORT_BY_PRODUCT, false},                                        \
        {(first), {"user", COLUMN_TEXT, 0}, REPORT_BY_USER, false},                                          \
        {(first) + 1, {"name", COLUMN_TEXT, 0}, REPORT_BY_STORE | REPORT_BY_PRODUCT, false},                 \
        {(first) + 2, {"category", COLUMN_TEXT, 0}, REPORT_BY_PRODUCT, false},                               \
        {(first), {"category", COLUMN_TEXT, 0}, REPORT_BY_CATEGORY, false},                                  \
    {                                                                                                        \
        (first) + 3, {"unit", COLUMN_TEXT, 0}, REPORT_BY_PRODUCT, false                                      \
    }

/* A product by itself: store, sku, name, category, unit of the query, from `first`. */
#define REPORT_PRODUCT_COLUMNS(first)                                                                        \
    {(first), {"store", COLUMN_TEXT, 0}, 0, false}, {(first) + 1, {"sku", COLUMN_TEXT, 0}, 0, false},        \
        {(first) + 2, {"name", COLUMN_TEXT, 0}, 0, false},                                                   \
        {(first) + 3, {"category", COLUMN_TEXT, 0}, 0, false},                                               \
    {                                                                                                        \
        (first) + 4, {"unit", COLUMN_TEXT, 0}, 0, false                                                      \
    }

#define REPORT_OPTIONS_PERIOD                                                                                \
    {"from", "TIME", "the first day that counts; thirty days unless told", false, false},                    \
    {                                                                                                        \
        "to", "TIME", "the first day that does not count any more; tomorrow unless told", false, false       \
    }
#define REPORT_OPTIONS_PAGE OPTION_STORE, OPTION_ALL_STORES, OPTION_LIMIT, OPTION_AFTER, OPTION_END

/* For .prepare: reads the options that the command has. */
enum err report_prepare(struct request *request, const struct report *report, struct err_info *ret_info);

/* For .steps. */
enum err report_run(struct request *request, struct db *db, struct err_info *ret_info);

#endif
