/* transfer list: what is on its way between stores, a page at a time.
 * Prepared on the main loop; its query runs on a worker's thread.
 * Shows what the caller's stores have sent or shall receive. */
#include "common/cleanup.h"
#include "server/core/commands/cells.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/filters.h"

/* Columns of transfer_list.sql. */
enum {
    ROW_FROM,
    ROW_TO,
    ROW_SEQ,
    ROW_SKU,
    ROW_NAME,
    ROW_UNIT,
    ROW_QUANTITY,
    ROW_RECEIVED,
    ROW_LOST,
    ROW_ON_ITS_WAY,
    ROW_SENT_AT,
    ROW_SENT_LOCAL
};

static const struct column columns[] = {
    {"transfer", COLUMN_TEXT, 0},     {"from", COLUMN_TEXT, 0},
    {"to", COLUMN_TEXT, 0},           {"sku", COLUMN_TEXT, 0},
    {"name", COLUMN_TEXT, 0},         {"unit", COLUMN_TEXT, 0},
    {"quantity", COLUMN_QUANTITY, 0}, {"received", COLUMN_QUANTITY, 0},
    {"lost", COLUMN_QUANTITY, 0},     {"on_its_way", COLUMN_QUANTITY, 0},
    {"sent_at", COLUMN_TIME, 0},
};

struct list_filters {
    struct filters_page page;
    int64_t after_seq;
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct list_filters *filters = arena_calloc(&request->arena, 1, sizeof *filters);
    enum err err = filters_parse_stores(request, ret_info);

    if (err == ERR_OK) {
        err = filters_parse_page(request, 't', 2, &filters->page, ret_info);
    }
    if (err == ERR_OK && filters->page.after[1] != NULL &&
        (!values_parse_i64(filters->page.after[1], &filters->after_seq) || filters->after_seq <= 0)) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is no cursor of this command",
                       args_option(&request->args, "after"));
    }
    if (err == ERR_OK && args_flag(&request->args, "in") && args_flag(&request->args, "out")) {
        return err_set(ret_info, ERR_USAGE, "--in and --out exclude each other: without them both are shown");
    }
    request->data = filters;
    return err;
}

static void fill_row(struct cell *row, const struct cells_source *source)
{
    row[0].value = arena_printf(source->arena, "%s:%s", db_result_text(source->result, source->row, ROW_FROM),
                                db_result_text(source->result, source->row, ROW_SEQ));
    cells_set(&row[1], source, ROW_FROM);
    cells_set(&row[2], source, ROW_TO);
    for (int column = ROW_SKU; column <= ROW_ON_ITS_WAY; column++) {
        cells_set(&row[column], source, column);
    }
    cells_set_time(&row[ROW_SENT_AT], source, ROW_SENT_AT, ROW_SENT_LOCAL);
}

static enum err read_rows(struct request *request, struct db *db, struct db_result **ret_result,
                          struct err_info *ret_info)
{
    const struct list_filters *filters = request->data;
    struct db_params params;
    enum err err = filters_check_store(request, db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    db_params_init(&params, &request->arena);
    filters_bind_stores(&params, request);
    db_bind_text(&params, filters->page.after[0]);
    if (filters->page.after[0] != NULL) {
        db_bind_i64(&params, filters->after_seq);
    } else {
        db_bind_null(&params);
    }
    db_bind_i64(&params, filters->page.limit + 1);
    db_bind_bool(&params, !args_flag(&request->args, "in"));
    db_bind_bool(&params, !args_flag(&request->args, "out"));
    return filters_query(db, SQL_QUERY_TRANSFER_LIST, &params, ret_result, ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    static const int key_columns[] = {ROW_FROM, ROW_SEQ};
    const struct list_filters *filters = request->data;
    enum err err = read_rows(request, db, &result, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    int rows = filters_cut_page(&filters->page, result, key_columns, &request->table);
    for (int i = 0; i < rows; i++) {
        fill_row(table_add_row(&request->table), &(struct cells_source){&request->arena, result, i});
    }
    return ERR_OK;
}

static const struct option_spec options[] = {
    {"in", NULL, "only what the store shall receive", false, false},
    {"out", NULL, "only what the store has sent", false, false},
    OPTION_STORE,
    OPTION_ALL_STORES,
    OPTION_LIMIT,
    OPTION_AFTER,
    OPTION_END,
};

const struct command command_transfer_list = {
    .name = "transfer list",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "show what is on its way between stores",
    .help = "Both what the store has sent and what it shall `receive`, by the store that sent it. What has "
            "arrived\n"
            "or was called back is in `movements --type TRANSFER_IN` and TRANSFER_OUT.\n"
            "  transfer list --in\n"
            "  transfer list --all-stores --format json",
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
