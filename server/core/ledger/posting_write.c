/* Writing a posting: one pipelined round trip of set-based statements, inside the transaction that
 * posting_read began. */
#include <string.h>

#include "common/cleanup.h"
#include "server/core/ledger/posting.h"

/* An array parameter that is often all NULL: then NULL stands for all of it. */
struct posting_column {
    int64_t *numbers;
    bool *nulls;
    bool any;
};

static void posting_column_init(struct posting *posting, struct posting_column *column)
{
    column->numbers = arena_calloc(&posting->arena, posting->posted, sizeof(*column->numbers));
    column->nulls = arena_calloc(&posting->arena, posting->posted, sizeof(*column->nulls));
    column->any = false;
}

static void posting_column_set(struct posting_column *column, size_t i, bool has_value, int64_t value)
{
    column->numbers[i] = value;
    column->nulls[i] = !has_value;
    column->any |= has_value;
}

static void posting_column_bind_i64(struct posting_column *column, size_t count, struct db_params *params)
{
    if (column->any) {
        db_bind_i64_array(params, column->numbers, column->nulls, count);
    } else {
        db_bind_null(params);
    }
}

static void posting_bind_texts(struct db_params *params, const char *const *texts, bool any, size_t count)
{
    if (any) {
        db_bind_text_array(params, texts, count);
    } else {
        db_bind_null(params);
    }
}

/* The columns of the movements, before they are bound in the statement's order. */
struct posting_rows {
    int32_t *store_ids, *product_ids, *user_ids, *key_ids;
    int16_t *type_ids, *reason_ids;
    int64_t *seqs, *quantities, *balances;
    bool *no_key, *no_reason;
    bool any_key, any_reason, any_ref, any_note;
    bool any_stocktake;
    struct posting_column occurred, price, cost, batch_id, batch_line, request_hash, reverses;
    struct posting_column transfer_store, transfer_seq;
    int64_t *values;
    const char **refs, **notes, **stocktakes;
    uint8_t *hashes;
};

static void posting_rows_init(struct posting *posting, struct posting_rows *rows)
{
    struct arena *arena = &posting->arena;
    size_t count = posting->posted;

    *rows = (struct posting_rows){
        .store_ids = arena_calloc(arena, count, sizeof(int32_t)),
        .product_ids = arena_calloc(arena, count, sizeof(int32_t)),
        .user_ids = arena_calloc(arena, count, sizeof(int32_t)),
        .key_ids = arena_calloc(arena, count, sizeof(int32_t)),
        .type_ids = arena_calloc(arena, count, sizeof(int16_t)),
        .reason_ids = arena_calloc(arena, count, sizeof(int16_t)),
        .seqs = arena_calloc(arena, count, sizeof(int64_t)),
        .quantities = arena_calloc(arena, count, sizeof(int64_t)),
        .balances = arena_calloc(arena, count, sizeof(int64_t)),
        .no_key = arena_calloc(arena, count, sizeof(bool)),
        .no_reason = arena_calloc(arena, count, sizeof(bool)),
        .refs = arena_calloc(arena, count, sizeof(char *)),
        .notes = arena_calloc(arena, count, sizeof(char *)),
        .stocktakes = arena_calloc(arena, count, sizeof(char *)),
        .values = arena_calloc(arena, count, sizeof(int64_t)),
        .hashes = arena_calloc(arena, count, CHAIN_HASH_BYTES),
    };
    posting_column_init(posting, &rows->occurred);
    posting_column_init(posting, &rows->price);
    posting_column_init(posting, &rows->cost);
    posting_column_init(posting, &rows->batch_id);
    posting_column_init(posting, &rows->batch_line);
    posting_column_init(posting, &rows->request_hash);
    posting_column_init(posting, &rows->reverses);
    posting_column_init(posting, &rows->transfer_store);
    posting_column_init(posting, &rows->transfer_seq);
}

static void posting_rows_set(struct posting_rows *rows, size_t i, const struct posting_line *line)
{
    const struct movement *movement = line->movement;
    bool has_batch = line->batch != NULL;

    rows->store_ids[i] = line->store->store_id;
    rows->product_ids[i] = line->cell->product_id;
    rows->user_ids[i] = movement->user_id;
    rows->key_ids[i] = movement->key_id;
    rows->no_key[i] = movement->key_id == 0;
    rows->any_key |= movement->key_id != 0;
    rows->type_ids[i] = (int16_t)movement->type;
    rows->reason_ids[i] = (int16_t)movement->reason;
    rows->no_reason[i] = movement->reason == REASON_NONE;
    rows->any_reason |= movement->reason != REASON_NONE;
    rows->seqs[i] = line->seq;
    rows->quantities[i] = line->signed_quantity_milli;
    rows->balances[i] = line->balance_milli;
    posting_column_set(&rows->occurred, i, movement->has_at, line->occurred_micros);
    posting_column_set(&rows->price, i, line->price_minor >= 0, line->price_minor);
    posting_column_set(&rows->cost, i, line->cost_minor >= 0, line->cost_minor);
    posting_column_set(&rows->batch_id, i, has_batch, has_batch ? line->batch->batch_id : 0);
    posting_column_set(&rows->batch_line, i, has_batch, line->batch_line);
    posting_column_set(&rows->request_hash, i, has_batch || line->ref != NULL, line->request_hash);
    rows->refs[i] = line->ref;
    rows->any_ref |= line->ref != NULL;
    rows->notes[i] = movement->note;
    rows->any_note |= movement->note != NULL;
    rows->values[i] = line->value;
    rows->stocktakes[i] = movement->stocktake;
    rows->any_stocktake |= movement->stocktake != NULL;
    bool is_of_transfer = posting_is_of_transfer(line);
    posting_column_set(&rows->reverses, i, line->original != NULL, movement->reverses);
    posting_column_set(&rows->transfer_store, i, is_of_transfer,
                       is_of_transfer ? line->transfer->source->store_id : 0);
    posting_column_set(&rows->transfer_seq, i, is_of_transfer, is_of_transfer ? line->transfer->seq : 0);
    memcpy(rows->hashes + i * CHAIN_HASH_BYTES, line->hash, CHAIN_HASH_BYTES);
}

static enum err posting_send_movements(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    struct posting_rows rows;
    struct db_params params;
    size_t count = 0;

    posting_rows_init(posting, &rows);
    for (size_t i = 0; i < posting->line_count; i++) {
        for (const struct posting_line *line = &posting->lines[i]; line != NULL; line = line->companion) {
            if (line->posts) {
                posting_rows_set(&rows, count++, line);
            }
        }
    }
    db_params_init(&params, &posting->arena);
    db_bind_i32_array(&params, rows.store_ids, NULL, count);
    db_bind_i32_array(&params, rows.product_ids, NULL, count);
    db_bind_i64_array(&params, rows.seqs, NULL, count);
    db_bind_i64_array(&params, rows.quantities, NULL, count);
    db_bind_i64_array(&params, rows.balances, NULL, count);
    posting_column_bind_i64(&rows.occurred, count, &params);
    db_bind_i64(&params, posting->recorded_micros);
    db_bind_i32_array(&params, rows.user_ids, NULL, count);
    db_bind_i16_array(&params, rows.type_ids, NULL, count);
    if (rows.any_reason) {
        db_bind_i16_array(&params, rows.reason_ids, rows.no_reason, count);
    } else {
        db_bind_null(&params);
    }
    if (rows.any_key) {
        db_bind_i32_array(&params, rows.key_ids, rows.no_key, count);
    } else {
        db_bind_null(&params);
    }
    posting_column_bind_i64(&rows.price, count, &params);
    posting_column_bind_i64(&rows.cost, count, &params);
    posting_column_bind_i64(&rows.batch_id, count, &params);
    posting_column_bind_i64(&rows.batch_line, count, &params);
    posting_column_bind_i64(&rows.request_hash, count, &params);
    posting_bind_texts(&params, rows.refs, rows.any_ref, count);
    posting_bind_texts(&params, rows.notes, rows.any_note, count);
    db_bind_bytes_array(&params, rows.hashes, CHAIN_HASH_BYTES, count);
    db_bind_i64_array(&params, rows.values, NULL, count);
    posting_column_bind_i64(&rows.reverses, count, &params);
    posting_bind_texts(&params, rows.stocktakes, rows.any_stocktake, count);
    posting_column_bind_i64(&rows.transfer_store, count, &params);
    posting_column_bind_i64(&rows.transfer_seq, count, &params);
    return db_pipeline_send(db, SQL_QUERY_LEDGER_INSERT_MOVEMENTS, &params, ret_info);
}

/* Balances that have a row already (exists true), or those that need one. *ret_count tells how many. */
static enum err posting_send_inventory(struct posting *posting, struct db *db, bool exists, size_t *ret_count,
                                       struct err_info *ret_info)
{
    int32_t *store_ids = arena_calloc(&posting->arena, posting->cell_count, sizeof(*store_ids));
    int32_t *product_ids = arena_calloc(&posting->arena, posting->cell_count, sizeof(*product_ids));
    int64_t *quantities = arena_calloc(&posting->arena, posting->cell_count, sizeof(*quantities));
    int64_t *values = arena_calloc(&posting->arena, posting->cell_count, sizeof(*values));
    struct db_params params;
    size_t count = 0;

    for (size_t i = 0; i < posting->cell_count; i++) {
        const struct posting_cell *cell = posting->cells[i];
        if (cell->changed && cell->exists == exists) {
            store_ids[count] = cell->store->store_id;
            product_ids[count] = cell->product_id;
            values[count] = cell->value;
            quantities[count++] = cell->balance_milli;
        }
    }
    *ret_count = count;
    if (count == 0) {
        return ERR_OK;
    }
    db_params_init(&params, &posting->arena);
    db_bind_i32_array(&params, store_ids, NULL, count);
    db_bind_i32_array(&params, product_ids, NULL, count);
    db_bind_i64_array(&params, quantities, NULL, count);
    db_bind_i64_array(&params, values, NULL, count);
    db_bind_i64(&params, posting->recorded_micros);
    return db_pipeline_send(db,
                            exists ? SQL_QUERY_LEDGER_UPDATE_INVENTORY : SQL_QUERY_LEDGER_INSERT_INVENTORY,
                            &params, ret_info);
}

static enum err posting_send_heads(struct posting *posting, struct db *db, size_t *ret_count,
                                   struct err_info *ret_info)
{
    int32_t *store_ids = arena_calloc(&posting->arena, posting->store_count, sizeof(*store_ids));
    int64_t *seqs = arena_calloc(&posting->arena, posting->store_count, sizeof(*seqs));
    uint8_t *hashes = arena_calloc(&posting->arena, posting->store_count, CHAIN_HASH_BYTES);
    struct db_params params;
    size_t count = 0;

    for (size_t i = 0; i < posting->store_count; i++) {
        const struct posting_store *store = posting->stores[i];
        if (store->posted > 0) {
            store_ids[count] = store->store_id;
            seqs[count] = store->last_seq + store->posted;
            memcpy(hashes + count * CHAIN_HASH_BYTES, store->last_hash, CHAIN_HASH_BYTES);
            count++;
        }
    }
    *ret_count = count;
    db_params_init(&params, &posting->arena);
    db_bind_i32_array(&params, store_ids, NULL, count);
    db_bind_i64_array(&params, seqs, NULL, count);
    db_bind_bytes_array(&params, hashes, CHAIN_HASH_BYTES, count);
    return db_pipeline_send(db, SQL_QUERY_LEDGER_UPDATE_HEADS, &params, ret_info);
}

static enum err posting_send_transfers(struct posting *posting, struct db *db, size_t *ret_count,
                                       struct err_info *ret_info)
{
    enum { NUMBERS = 6 };
    size_t most = posting->transfer_count;
    int32_t *store_ids = arena_calloc(&posting->arena, most, sizeof(*store_ids));
    int32_t *product_ids = arena_calloc(&posting->arena, most, sizeof(*product_ids));
    int32_t *to_store_ids = arena_calloc(&posting->arena, most, sizeof(*to_store_ids));
    int64_t *numbers[NUMBERS];
    struct db_params params;
    size_t count = 0;

    for (int i = 0; i < NUMBERS; i++) {
        numbers[i] = arena_calloc(&posting->arena, most, sizeof(*numbers[i]));
    }
    for (size_t i = 0; i < most; i++) {
        const struct posting_transfer *transfer = posting->transfers[i];
        if (transfer->changed) {
            store_ids[count] = transfer->source->store_id;
            product_ids[count] = transfer->product_id;
            to_store_ids[count] = transfer->to_store_id;
            numbers[0][count] = transfer->seq;
            numbers[1][count] = transfer->quantity_milli;
            numbers[2][count] = transfer->received_milli;
            numbers[3][count] = transfer->lost_milli;
            numbers[4][count] = transfer->returned_milli;
            numbers[5][count++] = transfer->value;
        }
    }
    *ret_count = count;
    if (count == 0) {
        return ERR_OK;
    }
    db_params_init(&params, &posting->arena);
    db_bind_i32_array(&params, store_ids, NULL, count);
    db_bind_i64_array(&params, numbers[0], NULL, count);
    db_bind_i32_array(&params, product_ids, NULL, count);
    db_bind_i32_array(&params, to_store_ids, NULL, count);
    for (int i = 1; i < NUMBERS; i++) {
        db_bind_i64_array(&params, numbers[i], NULL, count);
    }
    db_bind_i64(&params, posting->recorded_micros);
    return db_pipeline_send(db, SQL_QUERY_LEDGER_WRITE_TRANSFERS, &params, ret_info);
}

static enum err posting_send_batches(struct posting *posting, struct db *db, size_t *ret_count,
                                     struct err_info *ret_info)
{
    int32_t *store_ids = arena_calloc(&posting->arena, posting->batch_count, sizeof(*store_ids));
    const char **keys = arena_calloc(&posting->arena, posting->batch_count, sizeof(*keys));
    int64_t *batch_ids = arena_calloc(&posting->arena, posting->batch_count, sizeof(*batch_ids));
    int64_t *next_lines = arena_calloc(&posting->arena, posting->batch_count, sizeof(*next_lines));
    struct db_params params;
    size_t count = 0;

    for (size_t i = 0; i < posting->batch_count; i++) {
        const struct posting_batch *batch = posting->batches[i];
        if (batch->changed) {
            store_ids[count] = batch->store->store_id;
            keys[count] = batch->key;
            batch_ids[count] = batch->batch_id;
            next_lines[count++] = batch->next_line;
        }
    }
    *ret_count = count;
    if (count == 0) {
        return ERR_OK;
    }
    db_params_init(&params, &posting->arena);
    db_bind_i32_array(&params, store_ids, NULL, count);
    db_bind_text_array(&params, keys, count);
    db_bind_i64_array(&params, batch_ids, NULL, count);
    db_bind_i64_array(&params, next_lines, NULL, count);
    return db_pipeline_send(db, SQL_QUERY_LEDGER_WRITE_BATCHES, &params, ret_info);
}

/* Each statement must have changed just the rows it was told to: the ledger has no foreign keys to prove it.
 */
static enum err posting_take_count(struct db *db, size_t expected, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;

    if (expected == 0) {
        return ERR_OK; /* was not sent */
    }
    enum err err = db_pipeline_next(db, &result, ret_info);
    if (err == ERR_OK && db_result_affected(result) != (long)expected) {
        err = err_set(ret_info, ERR_INTERNAL, "%ld rows changed instead of %zu", db_result_affected(result),
                      expected);
    }
    return err;
}

enum { POSTING_STATEMENTS = 6 };

static enum err posting_send_writes(struct posting *posting, struct db *db,
                                    size_t expected[POSTING_STATEMENTS], struct err_info *ret_info)
{
    enum err err = posting_send_inventory(posting, db, true, &expected[0], ret_info);

    if (err == ERR_OK) {
        err = posting_send_inventory(posting, db, false, &expected[1], ret_info);
    }
    if (err == ERR_OK) {
        expected[2] = posting->posted;
        err = posting_send_movements(posting, db, ret_info);
    }
    if (err == ERR_OK) {
        err = posting_send_heads(posting, db, &expected[3], ret_info);
    }
    if (err == ERR_OK) {
        err = posting_send_batches(posting, db, &expected[4], ret_info);
    }
    if (err == ERR_OK) {
        err = posting_send_transfers(posting, db, &expected[5], ret_info);
    }
    if (err == ERR_OK) {
        err = posting_send_daily(posting, db, ret_info);
    }
    return err == ERR_OK ? db_pipeline_sync(db, ret_info) : err;
}

enum err posting_write(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    size_t expected[POSTING_STATEMENTS] = {0};
    enum err err = db_pipeline_begin(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = posting_send_writes(posting, db, expected, ret_info);
    for (int i = 0; err == ERR_OK && i < POSTING_STATEMENTS; i++) {
        err = posting_take_count(db, expected[i], ret_info);
    }
    if (err == ERR_OK) {
        err = posting_take_daily(db, ret_info);
    }
    if (!db_pipeline_end(db) && err == ERR_OK) {
        err = err_set(ret_info, ERR_DATABASE_UNAVAILABLE, "the connection to the database was lost");
    }
    return err;
}
