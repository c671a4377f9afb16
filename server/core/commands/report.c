/* What all reports share: which stores and days are meant, what rows are added up by, how they are shown and
 * paged. report_prepare on the main loop, report_run on a worker's thread. Reads the days' sums and the
 * balances, never the whole ledger; all adding up and rounding is the database's, in exact decimals. */
#include "server/core/commands/report.h"

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "server/core/commands/cells.h"
#include "server/core/commands/filters.h"

#define MICROS_PER_DAY INT64_C(86400000000)

enum { DATE_LEN = 10, DAYS_BACK_MAX = 100000 };

/* One end of the period: the first of these that is given, or none. */
struct report_bound {
    const char *date;         /* the same in every store */
    struct filters_time time; /* a moment: the day in which it lies; or days from today */
};

/* The stores that are meant, element by element. */
struct report_stores {
    size_t count;
    int32_t *ids, *from_days, *to_days, *places;
};

/* What report_prepare found. */
struct report_asked {
    const struct report *report;
    unsigned by;
    const char *by_text; /* NULL: nothing */
    const char *session;
    struct report_bound from, to;
    struct filters_page page;
};

/* ------------------------------------------------------------------ what is asked */

static const struct {
    unsigned by;
    const char *text;
} by_names[] = {
    {REPORT_BY_DAY, "day"},     {REPORT_BY_WEEK, "week"},       {REPORT_BY_MONTH, "month"},
    {REPORT_BY_STORE, "store"}, {REPORT_BY_PRODUCT, "product"}, {REPORT_BY_CATEGORY, "category"},
    {REPORT_BY_USER, "user"},   {REPORT_BY_REVENUE, "revenue"}, {REPORT_BY_QUANTITY, "quantity"},
};
enum { BY_COUNT = sizeof by_names / sizeof by_names[0] };

static enum err parse_by(struct request *request, struct report_asked *asked, struct err_info *ret_info)
{
    cleanup(buf_done) struct buf known = {0};
    const char *text = args_option(&request->args, "by");

    for (int i = 0; i < BY_COUNT; i++) {
        if (text != NULL ? strcmp(text, by_names[i].text) == 0 : by_names[i].by == asked->report->by_usual) {
            asked->by = by_names[i].by & asked->report->by;
            asked->by_text = by_names[i].text;
        }
        if ((asked->report->by & by_names[i].by) != 0) {
            buf_printf(&known, "%s%s", known.len > 0 ? ", " : "", by_names[i].text);
        }
    }
    if (text != NULL && asked->by == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.40s': this report is by %.*s", text, (int)known.len,
                       known.data);
    }
    return ERR_OK;
}

/* A date alone is that day in every store, and whole days back are days of the calendar: those of a clock
 * change are as good as others. Any other time stands for the day in which it lies. */
static enum err parse_bound(struct request *request, const char *option, struct report_bound *ret_bound,
                            struct err_info *ret_info)
{
    const char *text = args_option(&request->args, option);
    struct time_value value;
    enum err err;

    if (text == NULL) {
        return ERR_OK;
    }
    err = values_parse_time(text, &value, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (value.kind == TIME_ABSOLUTE && strlen(text) == DATE_LEN) {
        ret_bound->date = text;
        return ERR_OK;
    }
    if (value.kind == TIME_RELATIVE && value.micros % MICROS_PER_DAY == 0) {
        int64_t days = value.micros / MICROS_PER_DAY;

        ret_bound->time.has_day = true;
        ret_bound->time.day = days < -DAYS_BACK_MAX ? -DAYS_BACK_MAX : (int32_t)days;
        return ERR_OK;
    }
    return filters_parse_time(request, option, &ret_bound->time, ret_info);
}

static enum err parse_period(struct request *request, struct report_asked *asked, struct err_info *ret_info)
{
    const struct report_bound *from = &asked->from, *to = &asked->to;
    enum err err = parse_bound(request, "from", &asked->from, ret_info);

    if (err == ERR_OK) {
        err = parse_bound(request, "to", &asked->to, ret_info);
    }
    if (err == ERR_OK && ((from->date != NULL && to->date != NULL && strcmp(from->date, to->date) >= 0) ||
                          (from->time.has_day && to->time.has_day && from->time.day >= to->time.day))) {
        return err_set(ret_info, ERR_BAD_VALUE,
                       "no day lies between --from and --to: --to is the first that does not count");
    }
    return err;
}

static enum err parse_session(struct request *request, struct report_asked *asked, struct err_info *ret_info)
{
    enum { SESSION_MAX = 64 }; /* as count has it */
    const char *session = args_option(&request->args, "session");
    size_t len = strlen(session);

    if (len == 0 || len > SESSION_MAX || !text_is_printable(session, len)) {
        return err_set(ret_info, ERR_BAD_VALUE, "a session's name has 1 to %d printable bytes", SESSION_MAX);
    }
    asked->session = session;
    return ERR_OK;
}

enum err report_prepare(struct request *request, const struct report *report, struct err_info *ret_info)
{
    struct report_asked *asked = arena_calloc(&request->arena, 1, sizeof *asked);
    enum err err = filters_parse_stores(request, ret_info);

    asked->report = report;
    request->data = asked;
    if (err == ERR_OK) {
        err = filters_parse_page(request, report->cursor, 2, &asked->page, ret_info);
    }
    if (report->limit_usual != 0 && args_option(&request->args, "limit") == NULL) {
        asked->page.limit = report->limit_usual;
    }
    if (err == ERR_OK && report->by != 0) {
        err = parse_by(request, asked, ret_info);
    }
    if (err == ERR_OK && report->has_period) {
        err = parse_period(request, asked, ret_info);
    }
    if (err == ERR_OK && report->has_session) {
        err = parse_session(request, asked, ret_info);
    }
    return err;
}

/* ------------------------------------------------------------------ the query */

static void bind_bound(struct db_params *params, const struct report_bound *bound)
{
    db_bind_text(params, bound->date);
    filters_bind_time(params, &bound->time);
}

/* The stores, and the period as each of them has it. */
static enum err read_stores(struct request *request, struct db *db, struct report_stores *ret_stores,
                            struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct report_asked *asked = request->data;
    struct report_stores stores = {0};
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    filters_bind_stores(&params, request);
    bind_bound(&params, &asked->from);
    bind_bound(&params, &asked->to);
    err = db_query(db, SQL_QUERY_REPORT_STORES, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    stores.count = (size_t)db_result_rows(result);
    if (stores.count == 0 && request->store != NULL) {
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", request->store);
    }
    stores.ids = arena_calloc(&request->arena, stores.count, sizeof *stores.ids);
    stores.from_days = arena_calloc(&request->arena, stores.count, sizeof *stores.from_days);
    stores.to_days = arena_calloc(&request->arena, stores.count, sizeof *stores.to_days);
    stores.places = arena_calloc(&request->arena, stores.count, sizeof *stores.places);
    for (int i = 0; i < (int)stores.count; i++) {
        stores.ids[i] = (int32_t)db_result_i64(result, i, 0);
        stores.places[i] = values_currency_places(db_result_text(result, i, 1));
        stores.from_days[i] = (int32_t)db_result_i64(result, i, 2);
        stores.to_days[i] = (int32_t)db_result_i64(result, i, 3);
    }
    *ret_stores = stores;
    return ERR_OK;
}

static enum err read_rows(struct request *request, struct db *db, struct db_result **ret_result,
                          struct err_info *ret_info)
{
    const struct report_asked *asked = request->data;
    const struct report *report = asked->report;
    struct report_stores stores = {0};
    struct db_params params;
    enum err err = read_stores(request, db, &stores, ret_info);

    if (err == ERR_OK) {
        err = db_query(db, SQL_QUERY_REPORT_SETTINGS, NULL, NULL, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    db_params_init(&params, &request->arena);
    db_bind_i32_array(&params, stores.ids, NULL, stores.count);
    if (report->has_period) {
        db_bind_i32_array(&params, stores.from_days, NULL, stores.count);
        db_bind_i32_array(&params, stores.to_days, NULL, stores.count);
    }
    if (report->has_places) {
        db_bind_i32_array(&params, stores.places, NULL, stores.count);
    }
    if (report->by != 0 || report->has_session) {
        db_bind_text(&params, report->has_session ? asked->session : asked->by_text);
    }
    db_bind_text(&params, asked->page.after[0]);
    db_bind_text(&params, asked->page.after[1]);
    db_bind_i64(&params, asked->page.limit + 1);
    return db_query(db, report->query, &params, ret_result, ret_info);
}

/* The settings are the transaction's. */
static enum err query(struct request *request, struct db *db, struct db_result **ret_result,
                      struct err_info *ret_info)
{
    enum err err = db_begin_nested(db, ret_info);

    if (err == ERR_OK) {
        err = read_rows(request, db, ret_result, ret_info);
        db_rollback_nested(db); /* nothing was written */
    }
    return err;
}

/* ------------------------------------------------------------------ the answer */

/* The columns that this request shows, as the table wants them; their descriptions in the same order. */
static const struct report_column **choose_columns(struct request *request, unsigned *ret_count)
{
    const struct report_asked *asked = request->data;
    const struct report *report = asked->report;
    const struct report_column **chosen = arena_calloc(&request->arena, report->column_count, sizeof *chosen);
    struct column *columns = arena_calloc(&request->arena, report->column_count, sizeof *columns);
    unsigned count = 0;

    for (unsigned i = 0; i < report->column_count; i++) {
        const struct report_column *column = &report->columns[i];

        if (column->by == 0 || (column->by & asked->by) != 0) {
            columns[count] = column->column;
            if (column->is_cost && request->who->role == ROLE_STAFF) {
                columns[count].text_hidden = 1;
            }
            chosen[count++] = column;
        }
    }
    table_init(&request->table, &request->arena, columns, count);
    *ret_count = count;
    return chosen;
}

static void add_row(struct request *request, const struct db_result *result, int row,
                    const struct report_column *const *columns, unsigned count)
{
    struct cells_source source = {&request->arena, result, row};
    struct cell *cells = table_add_row(&request->table);

    for (unsigned i = 0; i < count; i++) {
        if (columns[i]->is_cost && request->who->role == ROLE_STAFF) {
            continue;
        }
        if (columns[i]->column.kind == COLUMN_TIME) {
            cells_set_time(&cells[i], &source, columns[i]->source, columns[i]->source + 1);
        } else {
            cells_set(&cells[i], &source, columns[i]->source);
        }
    }
    if (db_result_bool(result, row, REPORT_IS_TOTAL)) {
        cells[0].shown = "total";
    } else if (columns[0]->by == REPORT_BY_CATEGORY && cells[0].value == NULL) {
        cells[0].shown = "(none)";
    }
}

static int count_rows(const struct db_result *result)
{
    int rows = db_result_rows(result);

    while (rows > 0 && db_result_bool(result, rows - 1, REPORT_IS_TOTAL)) {
        rows--;
    }
    return rows;
}

/* Rows for everybody; totals for people, below the last page, when there is something to add up. */
enum err report_run(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct report_asked *asked = request->data;
    const struct report_column **columns;
    unsigned column_count;
    int found, rows;
    enum err err = query(request, db, &result, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    columns = choose_columns(request, &column_count);
    found = count_rows(result);
    rows = found > asked->page.limit ? (int)asked->page.limit : found;
    for (int i = 0; i < rows; i++) {
        add_row(request, result, i, columns, column_count);
    }
    if (rows < found) {
        const char *key[] = {db_result_text(result, rows - 1, REPORT_CURSOR_1),
                             db_result_text(result, rows - 1, REPORT_CURSOR_2)};

        request->table.after = cursor_make(&request->arena, asked->report->cursor, key, 2);
    } else if (request->format == FORMAT_TEXT && (rows > 1 || asked->page.after[0] != NULL)) {
        for (int i = found; i < db_result_rows(result); i++) {
            add_row(request, result, i, columns, column_count);
        }
    }
    return ERR_OK;
}
