/* What the lines of a posting refer back to: movements to be taken back, transfers to be received. Part of
 * the plan, outside the transaction: a movement never changes, and of a transfer only what never changes is
 * taken. */
#include <string.h>

#include "common/cleanup.h"
#include "server/core/ledger/posting.h"

/* The pairs of store and seq that some lines name. */
struct back {
    struct posting_line **lines;
    int32_t *store_ids;
    int64_t *seqs;
    size_t count;
};

static void back_init(struct posting *posting, struct back *back)
{
    back->lines = arena_calloc(&posting->arena, posting->line_count, sizeof(*back->lines));
    back->store_ids = arena_calloc(&posting->arena, posting->line_count, sizeof(*back->store_ids));
    back->seqs = arena_calloc(&posting->arena, posting->line_count, sizeof(*back->seqs));
    back->count = 0;
}

static void back_add(struct back *back, struct posting_line *line, int32_t store_id, int64_t seq)
{
    back->lines[back->count] = line;
    back->store_ids[back->count] = store_id;
    back->seqs[back->count++] = seq;
}

static enum err back_ask(struct posting *posting, struct db *db, const struct back *back,
                         enum sql_query query, struct db_result **ret_result, struct err_info *ret_info)
{
    struct db_params params;

    db_params_init(&params, &posting->arena);
    db_bind_i32_array(&params, back->store_ids, NULL, back->count);
    db_bind_i64_array(&params, back->seqs, NULL, back->count);
    return db_query(db, query, &params, ret_result, ret_info);
}

struct posting_transfer *posting_use_transfer(struct posting *posting, struct posting_store *source,
                                              int64_t seq)
{
    struct {
        int64_t store_id;
        int64_t seq;
    } key = {source->store_id, seq};
    union map_value *value = map_get(&posting->transfer_map, &key, sizeof(key));
    int is_new;

    if (value == NULL) {
        struct posting_transfer *transfer = arena_calloc(&posting->arena, 1, sizeof(*transfer));
        void *kept = arena_alloc(&posting->arena, sizeof(key));
        memcpy(kept, &key, sizeof(key));
        transfer->source = source;
        transfer->seq = seq;
        posting->transfers[posting->transfer_count++] = transfer;
        value = map_put(&posting->transfer_map, kept, sizeof(key), &is_new);
        value->pointer = transfer;
    }
    return value->pointer;
}

/* ------------------------------------------------------------------ transfers */

static void back_take_transfer(struct posting *posting, struct posting_line *line,
                               const struct db_result *result, int row)
{
    const struct codes_store *source = codes_store(posting->codes, line->movement->other_store);
    struct posting_transfer *transfer =
        posting_use_transfer(posting, posting_use_store(posting, source), line->movement->transfer_seq);

    line->transfer = transfer;
    line->movement->product = arena_strdup(line->movement->arena, db_result_text(result, row, 1));
}

static void back_refuse_transfer(struct posting_line *line)
{
    posting_refuse(line, ERR_UNKNOWN_MOVEMENT, "no transfer %s:%lld to %s", line->movement->other_store,
                   (long long)line->movement->transfer_seq, line->movement->store);
}

static enum err back_read_transfers(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct back back;

    back_init(posting, &back);
    for (size_t i = 0; i < posting->line_count; i++) {
        struct posting_line *line = &posting->lines[i];
        const struct codes_store *source = line->movement->transfer_seq != 0
                                               ? codes_store(posting->codes, line->movement->other_store)
                                               : NULL;
        if (source != NULL) {
            back_add(&back, line, source->store_id, line->movement->transfer_seq);
        }
    }
    if (back.count == 0) {
        return ERR_OK;
    }
    enum err err = back_ask(posting, db, &back, SQL_QUERY_LEDGER_FIND_TRANSFERS, &result, ret_info);
    for (int i = 0; err == ERR_OK && i < db_result_rows(result); i++) {
        struct posting_line *line = back.lines[db_result_i64(result, i, 0) - 1];
        /* One that goes elsewhere is as unknown as one that is not there. */
        if (strcmp(db_result_text(result, i, 2), line->movement->store) == 0) {
            back_take_transfer(posting, line, result, i);
        }
    }
    return err;
}

/* ------------------------------------------------------------------ reversals */

static void back_take_original(struct posting *posting, struct posting_line *line,
                               const struct db_result *result, int row)
{
    struct posting_original *original = arena_calloc(&posting->arena, 1, sizeof(*original));
    struct movement *movement = line->movement;

    original->quantity_milli = db_result_i64(result, row, 2);
    original->price_minor = db_result_i64(result, row, 5);
    original->cost_minor = db_result_i64(result, row, 6);
    original->value = db_result_i64(result, row, 7);
    original->is_reversal = db_result_bool(result, row, 8);
    if (db_result_text(result, row, 9) != NULL) {
        original->transfer_source = arena_strdup(&posting->arena, db_result_text(result, row, 9));
        original->transfer_seq = db_result_i64(result, row, 10);
    }
    line->original = original;
    movement->type = (enum movement_type)db_result_i64(result, row, 3);
    movement->reason = (enum movement_reason)db_result_i64(result, row, 4);
    movement->product = arena_strdup(movement->arena, db_result_text(result, row, 1));
    movement->quantity_milli =
        original->quantity_milli < 0 ? -original->quantity_milli : original->quantity_milli;
}

static enum err back_read_originals(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct back back;

    back_init(posting, &back);
    for (size_t i = 0; i < posting->line_count; i++) {
        struct posting_line *line = &posting->lines[i];
        const struct codes_store *store =
            line->movement->reverses != 0 ? codes_store(posting->codes, line->movement->store) : NULL;
        if (store != NULL) {
            back_add(&back, line, store->store_id, line->movement->reverses);
        }
    }
    if (back.count == 0) {
        return ERR_OK;
    }
    enum err err = back_ask(posting, db, &back, SQL_QUERY_LEDGER_READ_ORIGINALS, &result, ret_info);
    for (int i = 0; err == ERR_OK && i < db_result_rows(result); i++) {
        back_take_original(posting, back.lines[db_result_i64(result, i, 0) - 1], result, i);
    }
    return err;
}

/* The sources of transfers whose receipts are to be taken back. */
static enum err back_load_sources(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    const char **codes = arena_calloc(&posting->arena, posting->line_count, sizeof(*codes));
    size_t count = 0;

    for (size_t i = 0; i < posting->line_count; i++) {
        const struct posting_original *original = posting->lines[i].original;
        if (original != NULL && original->transfer_source != NULL &&
            codes_store(posting->codes, original->transfer_source) == NULL) {
            codes[count++] = original->transfer_source;
        }
    }
    return count > 0 ? codes_load_stores(posting->codes, db, codes, count, ret_info) : ERR_OK;
}

enum err posting_look_back(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    enum err err = back_read_transfers(posting, db, ret_info);

    if (err == ERR_OK) {
        err = back_read_originals(posting, db, ret_info);
    }
    if (err == ERR_OK) {
        err = back_load_sources(posting, db, ret_info);
    }
    for (size_t i = 0; err == ERR_OK && i < posting->line_count; i++) {
        struct posting_line *line = &posting->lines[i];
        if (codes_store(posting->codes, line->movement->store) == NULL) {
            continue; /* the plan says so */
        }
        if (line->movement->transfer_seq != 0 && line->transfer == NULL) {
            back_refuse_transfer(line);
        } else if (line->movement->reverses != 0 && line->original == NULL) {
            posting_refuse(line, ERR_UNKNOWN_MOVEMENT, "no movement %lld in %s",
                           (long long)line->movement->reverses, line->movement->store);
        }
    }
    return err;
}
