/* Rows of movements: from the movements queries to the columns that clients know.
 * Called by `movements` and by what pushes movements to those who watch, on a worker's thread.
 * Whether the caller may see a store is decided before. */
#include "server/core/commands/movement_rows.h"

#include "common/cleanup.h"
#include "common/values.h"
#include "server/core/commands/cells.h"
#include "server/core/ledger/movement.h"

/* Columns of the movements queries. */
enum {
    ROW_STORE = MOVEMENT_ROWS_STORE,
    ROW_CURRENCY,
    ROW_SEQ = MOVEMENT_ROWS_SEQ,
    ROW_SKU,
    ROW_NAME,
    ROW_TYPE_ID,
    ROW_QUANTITY,
    ROW_BALANCE,
    ROW_REASON_ID,
    ROW_NOTE,
    ROW_REF,
    ROW_USER,
    ROW_PRICE,
    ROW_COST,
    ROW_REVERSES,
    ROW_OCCURRED_AT,
    ROW_RECORDED_AT,
    ROW_OCCURRED_LOCAL,
    ROW_RECORDED_LOCAL
};

static const struct column columns[] = {
    {"store", COLUMN_TEXT, 0},       {"seq", COLUMN_INTEGER, 0},      {"sku", COLUMN_TEXT, 0},
    {"name", COLUMN_TEXT, 0},        {"type", COLUMN_TEXT, 0},        {"quantity", COLUMN_QUANTITY, 0},
    {"balance", COLUMN_QUANTITY, 0}, {"reason", COLUMN_TEXT, 0},      {"note", COLUMN_TEXT, 0},
    {"ref", COLUMN_TEXT, 1},         {"user", COLUMN_TEXT, 0},        {"price", COLUMN_MONEY, 0},
    {"cost", COLUMN_MONEY, 0},       {"reverses", COLUMN_INTEGER, 1}, {"occurred_at", COLUMN_TIME, 0},
    {"recorded_at", COLUMN_TIME, 1},
};

void movement_rows_init(struct table *table, struct arena *arena)
{
    table_init(table, arena, columns, sizeof columns / sizeof columns[0]);
}

void movement_rows_add(struct table *table, const struct db_result *result, int row, bool show_cost)
{
    struct cells_source source = {table->arena, result, row};
    int places = values_currency_places(db_result_text(result, row, ROW_CURRENCY));
    enum movement_reason reason = (enum movement_reason)db_result_i64(result, row, ROW_REASON_ID);
    struct cell *cells = table_add_row(table);

    cells_set(&cells[0], &source, ROW_STORE);
    cells_set(&cells[1], &source, ROW_SEQ);
    cells_set(&cells[2], &source, ROW_SKU);
    cells_set(&cells[3], &source, ROW_NAME);
    cells[4].value = movement_type_text((enum movement_type)db_result_i64(result, row, ROW_TYPE_ID));
    cells_set(&cells[5], &source, ROW_QUANTITY);
    cells_set(&cells[6], &source, ROW_BALANCE);
    cells[7].value = reason != REASON_NONE ? movement_reason_text(reason) : NULL;
    cells_set(&cells[8], &source, ROW_NOTE);
    cells_set(&cells[9], &source, ROW_REF);
    cells_set(&cells[10], &source, ROW_USER);
    cells_set_minor(&cells[11], &source, ROW_PRICE, places);
    if (show_cost) {
        cells_set_minor(&cells[12], &source, ROW_COST, places);
    }
    cells_set(&cells[13], &source, ROW_REVERSES);
    cells_set_time(&cells[14], &source, ROW_OCCURRED_AT, ROW_OCCURRED_LOCAL);
    cells_set_time(&cells[15], &source, ROW_RECORDED_AT, ROW_RECORDED_LOCAL);
}

enum err movements_read_after(struct db *db, struct arena *arena, const char *store_code, int64_t after_seq,
                              int64_t limit, bool show_cost, struct table *ret_table, int64_t *ret_last_seq,
                              struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;
    int rows;

    db_params_init(&params, arena);
    db_bind_text(&params, store_code);
    db_bind_i64(&params, after_seq);
    db_bind_i64(&params, limit);
    err = db_query(db, SQL_QUERY_MOVEMENTS_AFTER, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    movement_rows_init(ret_table, arena);
    rows = db_result_rows(result);
    for (int i = 0; i < rows; i++) {
        movement_rows_add(ret_table, result, i, show_cost);
    }
    *ret_last_seq = rows > 0 ? db_result_i64(result, rows - 1, ROW_SEQ) : after_seq;
    return ERR_OK;
}
