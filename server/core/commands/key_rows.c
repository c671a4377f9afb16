/* Rows of public keys, for the commands on keys.
 * Called by their query steps, on a worker's thread.
 * Whose keys they are is decided before. */
#include "server/core/commands/key_rows.h"

#include "common/cleanup.h"
#include "server/core/commands/cells.h"

/* Columns of key_list.sql and key_remove.sql. */
enum { ROW_ID, ROW_TYPE, ROW_FINGERPRINT, ROW_COMMENT, ROW_CREATED_AT, ROW_USER };

static const struct column columns[] = {
    {"id", COLUMN_INTEGER, 0},   {"type", COLUMN_TEXT, 0},       {"fingerprint", COLUMN_TEXT, 0},
    {"comment", COLUMN_TEXT, 0}, {"created_at", COLUMN_TIME, 0}, {"user", COLUMN_TEXT, 0},
};

void key_rows_fill(struct request *request, const struct db_result *result)
{
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    for (int i = 0; i < db_result_rows(result); i++) {
        struct cells_source source = {&request->arena, result, i};
        struct cell *row = table_add_row(&request->table);

        for (int column = ROW_ID; column <= ROW_USER; column++) {
            if (column == ROW_CREATED_AT) {
                cells_set_time(&row[column], &source, column, -1);
            } else {
                cells_set(&row[column], &source, column);
            }
        }
    }
}

enum err key_rows_show(struct request *request, struct db *db, int32_t user_id, int32_t key_id,
                       struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, user_id);
    if (key_id != 0) {
        db_bind_i32(&params, key_id);
    } else {
        db_bind_null(&params);
    }
    err = db_query(db, SQL_QUERY_KEY_LIST, &params, &result, ret_info);
    if (err == ERR_OK) {
        key_rows_fill(request, result);
    }
    return err;
}
