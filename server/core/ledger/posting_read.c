/* Reading for a posting: one pipelined round trip that locks the stores and loads what the lines need, and a
 * second one only when lines of a batch may have posted before. */
#include <string.h>

#include "common/cleanup.h"
#include "server/core/ledger/posting.h"

static void posting_bind_stores(struct posting *posting, struct db_params *params)
{
    int32_t *ids = arena_calloc(&posting->arena, posting->store_count, sizeof(*ids));

    for (size_t i = 0; i < posting->store_count; i++) {
        ids[i] = posting->stores[i]->store_id;
    }
    if (posting->store_count == 1) {
        db_bind_i32(params, ids[0]);
    } else {
        db_bind_i32_array(params, ids, NULL, posting->store_count);
    }
}

static void posting_bind_cells(struct posting *posting, struct db_params *params)
{
    int32_t *store_ids = arena_calloc(&posting->arena, posting->cell_count, sizeof(*store_ids));
    int32_t *product_ids = arena_calloc(&posting->arena, posting->cell_count, sizeof(*product_ids));

    for (size_t i = 0; i < posting->cell_count; i++) {
        store_ids[i] = posting->cells[i]->store->store_id;
        product_ids[i] = posting->cells[i]->product_id;
    }
    db_bind_i32_array(params, store_ids, NULL, posting->cell_count);
    db_bind_i32_array(params, product_ids, NULL, posting->cell_count);
}

static void posting_bind_batches(struct posting *posting, struct db_params *params)
{
    int32_t *store_ids = arena_calloc(&posting->arena, posting->batch_count, sizeof(*store_ids));
    const char **keys = arena_calloc(&posting->arena, posting->batch_count, sizeof(*keys));

    for (size_t i = 0; i < posting->batch_count; i++) {
        store_ids[i] = posting->batches[i]->store->store_id;
        keys[i] = posting->batches[i]->key;
    }
    db_bind_i32_array(params, store_ids, NULL, posting->batch_count);
    db_bind_text_array(params, keys, posting->batch_count);
}

/* Lines with a ref of their own, in order. */
static size_t posting_ref_lines(struct posting *posting, struct posting_line **ret_lines)
{
    size_t count = 0;

    for (size_t i = 0; i < posting->line_count; i++) {
        if (posting->lines[i].ref != NULL) {
            ret_lines[count++] = &posting->lines[i];
        }
    }
    return count;
}

static void posting_bind_refs(struct posting *posting, struct db_params *params, struct posting_line **lines,
                              size_t count)
{
    int32_t *store_ids = arena_calloc(&posting->arena, count, sizeof(*store_ids));
    const char **refs = arena_calloc(&posting->arena, count, sizeof(*refs));

    for (size_t i = 0; i < count; i++) {
        store_ids[i] = lines[i]->store->store_id;
        refs[i] = lines[i]->ref;
    }
    db_bind_i32_array(params, store_ids, NULL, count);
    db_bind_text_array(params, refs, count);
}

static void posting_bind_transfers(struct posting *posting, struct db_params *params)
{
    int32_t *store_ids = arena_calloc(&posting->arena, posting->transfer_count, sizeof(*store_ids));
    int64_t *seqs = arena_calloc(&posting->arena, posting->transfer_count, sizeof(*seqs));

    for (size_t i = 0; i < posting->transfer_count; i++) {
        store_ids[i] = posting->transfers[i]->source->store_id;
        seqs[i] = posting->transfers[i]->seq;
    }
    db_bind_i32_array(params, store_ids, NULL, posting->transfer_count);
    db_bind_i64_array(params, seqs, NULL, posting->transfer_count);
}

/* Lines that take a movement back, in order. */
static size_t posting_back_lines(struct posting *posting, struct posting_line **ret_lines)
{
    size_t count = 0;

    for (size_t i = 0; i < posting->line_count; i++) {
        if (posting->lines[i].original != NULL && posting->lines[i].store != NULL) {
            ret_lines[count++] = &posting->lines[i];
        }
    }
    return count;
}

static void posting_bind_back(struct posting *posting, struct db_params *params, struct posting_line **lines,
                              size_t count)
{
    int32_t *store_ids = arena_calloc(&posting->arena, count, sizeof(*store_ids));
    int64_t *seqs = arena_calloc(&posting->arena, count, sizeof(*seqs));

    for (size_t i = 0; i < count; i++) {
        store_ids[i] = lines[i]->store->store_id;
        seqs[i] = lines[i]->movement->reverses;
    }
    db_bind_i32_array(params, store_ids, NULL, count);
    db_bind_i64_array(params, seqs, NULL, count);
}

/* The lines of which something is asked by their own refs and seqs. */
struct posting_asked {
    struct posting_line **refs;
    size_t ref_count;
    struct posting_line **back;
    size_t back_count;
};

/* Queue everything of the first round trip. */
static enum err posting_send_reads(struct posting *posting, struct db *db, bool lock,
                                   const struct posting_asked *asked, struct err_info *ret_info)
{
    struct db_params params;
    enum err err = ERR_OK;

    if (lock) {
        err = db_pipeline_send_begin(db, ret_info);
    }
    if (err == ERR_OK && lock) {
        db_params_init(&params, &posting->arena);
        posting_bind_stores(posting, &params);
        err = db_pipeline_send(
            db, posting->store_count == 1 ? SQL_QUERY_LEDGER_LOCK_STORE : SQL_QUERY_LEDGER_LOCK_STORES,
            &params, ret_info);
    }
    if (err == ERR_OK) { /* after the wait for the locks: who changes what it guards may have held them */
        db_params_init(&params, &posting->arena);
        err = db_pipeline_send(db, SQL_QUERY_LEDGER_CATALOGUE_VERSION, &params, ret_info);
    }
    if (err == ERR_OK) {
        db_params_init(&params, &posting->arena);
        posting_bind_cells(posting, &params);
        err = db_pipeline_send(db, SQL_QUERY_LEDGER_READ_BALANCES, &params, ret_info);
    }
    if (err == ERR_OK && posting->batch_count > 0) {
        db_params_init(&params, &posting->arena);
        posting_bind_batches(posting, &params);
        err = db_pipeline_send(db, SQL_QUERY_LEDGER_READ_BATCHES, &params, ret_info);
    }
    if (err == ERR_OK && asked->ref_count > 0) {
        db_params_init(&params, &posting->arena);
        posting_bind_refs(posting, &params, asked->refs, asked->ref_count);
        err = db_pipeline_send(db, SQL_QUERY_LEDGER_READ_REFS, &params, ret_info);
    }
    if (err == ERR_OK && posting->transfer_count > 0) {
        db_params_init(&params, &posting->arena);
        posting_bind_transfers(posting, &params);
        err = db_pipeline_send(db, SQL_QUERY_LEDGER_READ_TRANSFERS, &params, ret_info);
    }
    if (err == ERR_OK && asked->back_count > 0) {
        db_params_init(&params, &posting->arena);
        posting_bind_back(posting, &params, asked->back, asked->back_count);
        err = db_pipeline_send(db, SQL_QUERY_LEDGER_READ_REVERSALS, &params, ret_info);
    }
    return err == ERR_OK ? db_pipeline_sync(db, ret_info) : err;
}

static enum err posting_take_version(struct posting *posting, struct db *db, bool *ret_stale,
                                     struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    enum err err = db_pipeline_next(db, &result, ret_info);

    if (err == ERR_OK) {
        *ret_stale = db_result_i64(result, 0, 0) != codes_version(posting->codes);
        if (*ret_stale) {
            codes_forget(posting->codes, db_result_i64(result, 0, 0));
        }
    }
    return err;
}

static enum err posting_take_heads(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    enum err err = db_pipeline_next(db, &result, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if ((size_t)db_result_rows(result) != posting->store_count) {
        return err_set(ret_info, ERR_INTERNAL, "a store has no ledger");
    }
    for (int i = 0; i < db_result_rows(result); i++) {
        struct posting_store *store = posting->stores[i]; /* both are sorted by store_id */
        long len = db_result_bytes(result, i, 2, store->last_hash, sizeof(store->last_hash));
        if (db_result_i64(result, i, 0) != store->store_id || len < 0) {
            return err_set(ret_info, ERR_INTERNAL, "a store's ledger has a broken head");
        }
        store->last_seq = db_result_i64(result, i, 1);
        store->last_hash_len = (size_t)len;
    }
    return ERR_OK;
}

static enum err posting_take_balances(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    enum err err = db_pipeline_next(db, &result, ret_info);

    for (int i = 0; err == ERR_OK && i < db_result_rows(result); i++) {
        struct posting_cell *cell = posting->cells[db_result_i64(result, i, 0) - 1];
        cell->balance_milli = db_result_i64(result, i, 1);
        cell->value = db_result_i64(result, i, 2);
        cell->price_milli = db_result_i64(result, i, 3);
        cell->exists = db_result_bool(result, i, 4);
    }
    return err;
}

static enum err posting_take_batches(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    enum err err = db_pipeline_next(db, &result, ret_info);

    for (int i = 0; err == ERR_OK && i < db_result_rows(result); i++) {
        struct posting_batch *batch = posting->batches[db_result_i64(result, i, 0) - 1];
        batch->batch_id = db_result_i64(result, i, 1);
        batch->next_line = db_result_i64(result, i, 2);
    }
    return err;
}

static void posting_fill_priors(struct posting_line **lines, const struct db_result *result)
{
    for (int i = 0; i < db_result_rows(result); i++) {
        lines[db_result_i64(result, i, 0) - 1]->prior = (struct posting_prior){
            .seq = db_result_i64(result, i, 1),
            .quantity_milli = db_result_i64(result, i, 2),
            .balance_milli = db_result_i64(result, i, 3),
            .request_hash = db_result_i64(result, i, 4),
        };
    }
}

static enum err posting_take_refs(struct db *db, struct posting_line **ref_lines, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    enum err err = db_pipeline_next(db, &result, ret_info);

    if (err == ERR_OK) {
        posting_fill_priors(ref_lines, result);
    }
    return err;
}

static enum err posting_take_transfers(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    enum err err = db_pipeline_next(db, &result, ret_info);

    for (int i = 0; err == ERR_OK && i < db_result_rows(result); i++) {
        struct posting_transfer *transfer = posting->transfers[db_result_i64(result, i, 0) - 1];
        transfer->product_id = (int32_t)db_result_i64(result, i, 1);
        transfer->to_store_id = (int32_t)db_result_i64(result, i, 2);
        transfer->quantity_milli = db_result_i64(result, i, 3);
        transfer->received_milli = db_result_i64(result, i, 4);
        transfer->lost_milli = db_result_i64(result, i, 5);
        transfer->returned_milli = db_result_i64(result, i, 6);
        transfer->value = db_result_i64(result, i, 7);
    }
    return err;
}

static enum err posting_take_reversals(struct db *db, struct posting_line **lines, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    enum err err = db_pipeline_next(db, &result, ret_info);

    for (int i = 0; err == ERR_OK && i < db_result_rows(result); i++) {
        lines[db_result_i64(result, i, 0) - 1]->original->reversed_by = db_result_i64(result, i, 1);
    }
    return err;
}

static enum err posting_take_reads(struct posting *posting, struct db *db, bool lock, bool *ret_stale,
                                   const struct posting_asked *asked, struct err_info *ret_info)
{
    enum err err = ERR_OK;

    if (lock) {
        err = db_pipeline_next(db, NULL, ret_info); /* BEGIN */
    }
    if (err == ERR_OK && lock) {
        err = posting_take_heads(posting, db, ret_info);
    }
    if (err == ERR_OK) {
        err = posting_take_version(posting, db, ret_stale, ret_info);
    }
    if (err != ERR_OK || *ret_stale) {
        return err;
    }
    err = posting_take_balances(posting, db, ret_info);
    if (err == ERR_OK && posting->batch_count > 0) {
        err = posting_take_batches(posting, db, ret_info);
    }
    if (err == ERR_OK && asked->ref_count > 0) {
        err = posting_take_refs(db, asked->refs, ret_info);
    }
    if (err == ERR_OK && posting->transfer_count > 0) {
        err = posting_take_transfers(posting, db, ret_info);
    }
    if (err == ERR_OK && asked->back_count > 0) {
        err = posting_take_reversals(db, asked->back, ret_info);
    }
    return err;
}

/* Lines before their batch's next_line may have posted: look. */
static enum err posting_read_batch_lines(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    struct posting_line **lines = arena_calloc(&posting->arena, posting->line_count, sizeof(*lines));
    int32_t *store_ids = arena_calloc(&posting->arena, posting->line_count, sizeof(*store_ids));
    int64_t *batch_ids = arena_calloc(&posting->arena, posting->line_count, sizeof(*batch_ids));
    int64_t *numbers = arena_calloc(&posting->arena, posting->line_count, sizeof(*numbers));
    size_t count = 0;

    for (size_t i = 0; i < posting->line_count; i++) {
        struct posting_line *line = &posting->lines[i];
        if (line->batch != NULL && line->batch->batch_id != 0 && line->batch_line < line->batch->next_line) {
            store_ids[count] = line->store->store_id;
            batch_ids[count] = line->batch->batch_id;
            numbers[count] = line->batch_line;
            lines[count++] = line;
        }
    }
    if (count == 0) {
        return ERR_OK;
    }
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    db_params_init(&params, &posting->arena);
    db_bind_i32_array(&params, store_ids, NULL, count);
    db_bind_i64_array(&params, batch_ids, NULL, count);
    db_bind_i64_array(&params, numbers, NULL, count);
    enum err err = db_query(db, SQL_QUERY_LEDGER_READ_BATCH_LINES, &params, &result, ret_info);
    if (err == ERR_OK) {
        posting_fill_priors(lines, result);
    }
    return err;
}

enum err posting_read(struct posting *posting, struct db *db, bool lock, bool *ret_stale,
                      struct err_info *ret_info)
{
    struct posting_asked asked = {
        .refs = arena_calloc(&posting->arena, posting->line_count, sizeof(struct posting_line *)),
        .back = arena_calloc(&posting->arena, posting->line_count, sizeof(struct posting_line *)),
    };
    bool is_stale = false;

    asked.ref_count = posting_ref_lines(posting, asked.refs);
    asked.back_count = posting_back_lines(posting, asked.back);

    enum err err = db_pipeline_begin(db, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    err = posting_send_reads(posting, db, lock && posting->store_count > 0, &asked, ret_info);
    if (err == ERR_OK) {
        err = posting_take_reads(posting, db, lock && posting->store_count > 0, &is_stale, &asked, ret_info);
    }
    if (!db_pipeline_end(db) && err == ERR_OK) {
        err = err_set(ret_info, ERR_DATABASE_UNAVAILABLE, "the connection to the database was lost");
    }
    if (err == ERR_OK && !is_stale) {
        err = posting_read_batch_lines(posting, db, ret_info);
    }
    *ret_stale = is_stale;
    return err;
}
