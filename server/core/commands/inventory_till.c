/* The question of a till: what does my store have of this product? Answered from the cache when it can be.
 * Called by inventory.c: recall and keep on the main loop, read on a worker's thread. Who may see the store
 * was checked before. */
#include "server/core/commands/inventory_till.h"

#include <inttypes.h>

#include "common/cleanup.h"
#include "common/values.h"
#include "server/core/core.h"

#define MICROS_PER_SECOND INT64_C(1000000)

enum { DATE_LEN = 10, CLOCK_LEN = 8 };

enum { ROW_LAST_SEQ = TILL_ROW_PRODUCT + 1, ROW_OFFSET_SECONDS, ROW_OFFSET_FROM, ROW_OFFSET_TO };

static const char *time_text(struct arena *arena, int64_t micros)
{
    cleanup(buf_done) struct buf text = {0};
    values_append_time(&text, micros);
    return arena_strndup(arena, text.data, text.len);
}

/* When the balance changed, as the query writes it: RFC 3339, and for people the store's time. */
static void set_changed(struct arena *arena, struct cell *cell, const struct cache_stock *stock)
{
    const char *local = time_text(arena, stock->changed_micros + stock->offset_seconds * MICROS_PER_SECOND);
    cell->value = time_text(arena, stock->changed_micros);
    cell->shown = arena_printf(arena, "%.*s %.*s", DATE_LEN, local, CLOCK_LEN, local + DATE_LEN + 1);
}

bool inventory_till_recall(struct request *request, struct inventory_till *till, const struct column *columns,
                           unsigned column_count)
{
    struct core *core = request->core;
    struct arena *arena = &request->arena;
    const struct cache_stock *stock = cache_find(core->cache, request->store, till->code, uv_now(core->loop));
    if (!stock || stock->cell_count != column_count) {
        till->epoch = cache_epoch(core->cache);
        return false;
    }
    table_init(&request->table, arena, columns, column_count);
    struct cell *row = table_add_row(&request->table);
    for (unsigned i = 0; i < column_count;
         i++) { /* copied: the entry may go before the answer is formatted */
        const struct cell *cell = &stock->cells[i];
        row[i].value = cell->value ? arena_strdup(arena, cell->value) : NULL;
        row[i].shown = cell->shown ? arena_strdup(arena, cell->shown) : NULL;
    }
    bool is_low = stock->has_reorder_point && stock->quantity_milli <= stock->reorder_milli;
    row[TILL_CELL_QUANTITY].value = arena_printf(arena, "%" PRId64, stock->quantity_milli);
    row[TILL_CELL_LOW].value = is_low ? "t" : "f";
    if (stock->is_changed) {
        set_changed(arena, &row[TILL_CELL_UPDATED], stock);
    }
    return true;
}

enum err inventory_till_read(struct request *request, struct db *db, struct inventory_till *till,
                             struct db_result **ret_result, struct err_info *ret_info)
{
    struct db_params params;
    db_params_init(&params, &request->arena);
    db_bind_text(&params, request->store);
    db_bind_text(&params, till->code);
    enum err err = db_query(db, SQL_QUERY_INVENTORY_TILL, &params, ret_result, ret_info);
    if (err != ERR_OK || db_result_rows(*ret_result) == 0) {
        return err;
    }
    const struct db_result *result = *ret_result;
    till->is_read = true;
    till->stock = (struct cache_stock){
        .store = request->store,
        .product_id = (int32_t)db_result_i64(result, 0, TILL_ROW_PRODUCT),
        .version = db_result_i64(result, 0, ROW_LAST_SEQ),
        .quantity_milli = db_result_i64(result, 0, TILL_ROW_QUANTITY),
        .has_reorder_point = db_result_text(result, 0, TILL_ROW_REORDER_POINT) != NULL,
        .reorder_milli = db_result_i64(result, 0, TILL_ROW_REORDER_POINT),
        .offset_seconds = db_result_i64(result, 0, ROW_OFFSET_SECONDS),
        .offset_from_micros = db_result_i64(result, 0, ROW_OFFSET_FROM),
        .offset_to_micros = db_result_i64(result, 0, ROW_OFFSET_TO),
    };
    return ERR_OK;
}

void inventory_till_keep(struct request *request, struct inventory_till *till)
{
    struct core *core = request->core;
    if (till->is_read && request->table.row_count == 1) {
        till->stock.cells = request->table.cells;
        till->stock.cell_count = request->table.column_count;
        cache_put(core->cache, till->epoch, &till->stock, till->code, uv_now(core->loop));
    }
}
