/* The movements of a store against themselves: numbers, hashes, balances; and what each must have beside it.
 * A phase of verify.c, on a query worker. A row counts as read only when all before it hold. */
#include <inttypes.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/values.h"
#include "server/core/ledger/movement.h"
#include "server/core/ledger/verify_internal.h"

enum column {
    COLUMN_PRODUCT,
    COLUMN_SEQ,
    COLUMN_QUANTITY,
    COLUMN_BALANCE,
    COLUMN_OCCURRED,
    COLUMN_RECORDED,
    COLUMN_USER,
    COLUMN_TYPE,
    COLUMN_REASON,
    COLUMN_KEY,
    COLUMN_PRICE,
    COLUMN_COST,
    COLUMN_REVERSES,
    COLUMN_BATCH,
    COLUMN_BATCH_LINE,
    COLUMN_REQUEST_HASH,
    COLUMN_REF,
    COLUMN_NOTE,
    COLUMN_HASH,
    COLUMN_VALUE,
    COLUMN_STOCKTAKE,
    COLUMN_TRANSFER_STORE,
    COLUMN_TRANSFER_SEQ,
    COLUMN_NEXT_LINE,
    COLUMN_SENT
};

/* A row of the result, with room for the numbers that may be NULL. */
struct row {
    const struct db_result *result;
    int number;
    int64_t optional[COLUMN_SENT + 1];
};

static int64_t number(const struct row *row, enum column column)
{
    return db_result_i64(row->result, row->number, (int)column);
}

static const char *text(const struct row *row, enum column column)
{
    return db_result_text(row->result, row->number, (int)column);
}

static const int64_t *optional(struct row *row, enum column column)
{
    row->optional[column] = number(row, column);
    return text(row, column) != NULL ? &row->optional[column] : NULL;
}

static struct chain_row chain_row_of(const struct verify *verify, struct row *row)
{
    return (struct chain_row){
        .store_id = verify->store_id,
        .product_id = (int32_t)number(row, COLUMN_PRODUCT),
        .seq = number(row, COLUMN_SEQ),
        .quantity_milli = number(row, COLUMN_QUANTITY),
        .balance_milli = number(row, COLUMN_BALANCE),
        .occurred_micros = number(row, COLUMN_OCCURRED),
        .recorded_micros = number(row, COLUMN_RECORDED),
        .user_id = (int32_t)number(row, COLUMN_USER),
        .type_id = (int16_t)number(row, COLUMN_TYPE),
        .reason_id = (int16_t)number(row, COLUMN_REASON),
        .key_id = (int32_t)number(row, COLUMN_KEY),
        .price_minor = optional(row, COLUMN_PRICE),
        .cost_minor = optional(row, COLUMN_COST),
        .reverses = optional(row, COLUMN_REVERSES),
        .batch_id = optional(row, COLUMN_BATCH),
        .batch_line = optional(row, COLUMN_BATCH_LINE),
        .request_hash = optional(row, COLUMN_REQUEST_HASH),
        .ref = text(row, COLUMN_REF),
        .note = text(row, COLUMN_NOTE),
        .value = optional(row, COLUMN_VALUE),
        .stocktake = text(row, COLUMN_STOCKTAKE),
        .transfer_store_id = optional(row, COLUMN_TRANSFER_STORE),
        .transfer_seq = optional(row, COLUMN_TRANSFER_SEQ),
    };
}

/* What the encoding leaves out must not be there: texts are hashed up to their bounds, the newer columns only
 * with a value, and 0 stands for NULL. */
static bool is_encodable(const struct row *row)
{
    const char *ref = text(row, COLUMN_REF);
    const char *note = text(row, COLUMN_NOTE);
    const char *stocktake = text(row, COLUMN_STOCKTAKE);
    bool is_old = text(row, COLUMN_VALUE) == NULL;
    bool has_new = stocktake != NULL || text(row, COLUMN_TRANSFER_STORE) != NULL ||
                   text(row, COLUMN_TRANSFER_SEQ) != NULL;

    return (ref == NULL || strlen(ref) <= VALUES_REF_MAX) &&
           (note == NULL || strlen(note) <= VALUES_NOTE_MAX) &&
           (stocktake == NULL || strlen(stocktake) <= VERIFY_STOCKTAKE_MAX) && !(is_old && has_new) &&
           (text(row, COLUMN_REASON) == NULL || number(row, COLUMN_REASON) != 0) &&
           (text(row, COLUMN_KEY) == NULL || number(row, COLUMN_KEY) != 0);
}

/* ------------------------------------------------------------------ one row */

static bool check_chain(struct verify *verify, struct row *row)
{
    int64_t seq = number(row, COLUMN_SEQ);
    struct chain_row chain = chain_row_of(verify, row);
    uint8_t expected[CHAIN_HASH_BYTES];
    uint8_t stored[CHAIN_HASH_BYTES];

    if (seq != verify->seq + 1) {
        verify_fail(verify, verify->seq + 1, "movement %" PRId64 " is missing", verify->seq + 1);
        return false;
    }
    chain_next(verify->hash, verify->hash_len, &chain, expected);
    if (!is_encodable(row) ||
        db_result_bytes(row->result, row->number, COLUMN_HASH, stored, sizeof stored) != CHAIN_HASH_BYTES ||
        memcmp(expected, stored, sizeof stored) != 0) {
        verify_fail(verify, seq, "movement %" PRId64 " does not have its hash: it, or the order, was changed",
                    seq);
        return false;
    }
    return true;
}

static bool check_balance(struct verify *verify, const struct row *row)
{
    struct verify_product *product =
        verify_products_get(&verify->products, (int32_t)number(row, COLUMN_PRODUCT));
    int64_t seq = number(row, COLUMN_SEQ);
    int64_t balance;

    if (__builtin_add_overflow(product->balance_milli, number(row, COLUMN_QUANTITY), &balance) ||
        balance != number(row, COLUMN_BALANCE)) {
        verify_fail(verify, seq,
                    "the balance of movement %" PRId64 " is not the one before it with its quantity", seq);
    } else if (balance < 0) {
        verify_fail(verify, seq, "the balance of movement %" PRId64 " is negative", seq);
    } else if (__builtin_add_overflow(product->value, number(row, COLUMN_VALUE), &product->value)) {
        verify_fail(verify, seq, "the worth of movement %" PRId64 " is beyond all bounds", seq);
    }
    product->balance_milli = balance;
    product->last_seq = seq;
    return verify->result.is_sound;
}

static bool check_company(struct verify *verify, const struct row *row)
{
    int64_t seq = number(row, COLUMN_SEQ);
    bool is_sending = number(row, COLUMN_TYPE) == MOVEMENT_TRANSFER_OUT && text(row, COLUMN_REVERSES) == NULL;

    if (text(row, COLUMN_BATCH) != NULL &&
        (text(row, COLUMN_NEXT_LINE) == NULL ||
         number(row, COLUMN_BATCH_LINE) >= number(row, COLUMN_NEXT_LINE))) {
        verify_fail(verify, seq, "movement %" PRId64 " is line %" PRId64 " of a batch that never got there",
                    seq, number(row, COLUMN_BATCH_LINE));
    } else if (is_sending && (text(row, COLUMN_SENT) == NULL ||
                              number(row, COLUMN_SENT) != -number(row, COLUMN_QUANTITY))) {
        verify_fail(verify, seq, "movement %" PRId64 " sent what its transfer does not have", seq);
    }
    return verify->result.is_sound;
}

/* ------------------------------------------------------------------ products that come up for the first time
 */

static enum err read_balances(struct verify *verify, struct db *db, const int32_t *ids, size_t count,
                              struct arena *arena, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;

    db_params_init(&params, arena);
    db_bind_i32(&params, verify->store_id);
    db_bind_i32_array(&params, ids, NULL, count);
    db_bind_i64(&params, verify->result.from_seq);
    enum err err = db_query(db, SQL_QUERY_VERIFY_BALANCES, &params, &result, ret_info);
    for (int i = 0; err == ERR_OK && i < db_result_rows(result); i++) {
        verify_products_get(&verify->products, (int32_t)db_result_i64(result, i, 0))->balance_milli =
            db_result_i64(result, i, 1);
    }
    return err;
}

/* Put the page's products into the table; those that began before the first movement come with their
 * balances. */
static enum err know_products(struct verify *verify, struct db *db, const struct db_result *result,
                              struct err_info *ret_info)
{
    cleanup(arena_done) struct arena arena = {0};
    int rows = db_result_rows(result);
    int32_t *ids = arena_calloc(&arena, (size_t)rows, sizeof *ids);
    size_t count = 0;

    for (int i = 0; i < rows; i++) {
        int32_t id = (int32_t)db_result_i64(result, i, COLUMN_PRODUCT);
        if (id == 0 || verify_products_get(&verify->products, id) != NULL) {
            continue;
        }
        if (verify->products.used >= verify->scope.products_max) {
            return err_set(ret_info, ERR_TOO_LONG,
                           "%s has movements of more than %u products: raise [limits] verify_products",
                           verify->store, verify->scope.products_max);
        }
        if (verify_products_put(&verify->products, id) == NULL) {
            return err_set(ret_info, ERR_BUSY, "there is no memory for so many products");
        }
        ids[count++] = id;
    }
    return count > 0 && !verify_is_whole(verify) ? read_balances(verify, db, ids, count, &arena, ret_info)
                                                 : ERR_OK;
}

/* ------------------------------------------------------------------ a page */

static void take_row(struct verify *verify, struct row *row)
{
    if (!check_chain(verify, row)) {
        return;
    }
    if (number(row, COLUMN_PRODUCT) == 0) {
        verify_fail(verify, verify->seq + 1, "movement %" PRId64 " is of no product", verify->seq + 1);
        return;
    }
    if (check_balance(verify, row) && check_company(verify, row)) {
        verify->seq++;
        verify->hash_len =
            (size_t)db_result_bytes(row->result, row->number, COLUMN_HASH, verify->hash, sizeof verify->hash);
    }
}

/* All up to to_seq have been read: were they all there, and do they lead to the head? */
static void check_end(struct verify *verify)
{
    if (verify->seq < verify->to_seq) {
        verify_fail(verify, verify->seq + 1, "movement %" PRId64 " is missing: the head says %" PRId64,
                    verify->seq + 1, verify->to_seq);
    } else if (verify->seq > verify->to_seq) {
        verify_fail(verify, verify->to_seq + 1, "movement %" PRId64 " is missing", verify->to_seq + 1);
    } else if (verify->hash_len > 0 && memcmp(verify->hash, verify->to_hash, sizeof verify->hash) != 0) {
        verify_fail(verify, verify->seq, "the head is not the hash of movement %" PRId64, verify->seq);
    }
}

enum err verify_page_movements(struct verify *verify, struct db *db, bool *ret_more,
                               struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    cleanup(arena_done) struct arena arena = {0};
    struct db_params params;
    int rows = 0;

    db_params_init(&params, &arena);
    db_bind_i32(&params, verify->store_id);
    db_bind_i64(&params, verify->seq);
    db_bind_i64(&params, verify->to_seq);
    db_bind_i64(&params, VERIFY_PAGE_ROWS);
    enum err err = db_query(db, SQL_QUERY_VERIFY_MOVEMENTS, &params, &result, ret_info);
    if (err == ERR_OK) {
        rows = db_result_rows(result);
        err = know_products(verify, db, result, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    for (int i = 0; i < rows && verify->result.is_sound; i++) {
        struct row row = {.result = result, .number = i};
        take_row(verify, &row);
        verify->result.movements++;
        verify->total++;
    }
    *ret_more = rows == VERIFY_PAGE_ROWS && verify->seq < verify->to_seq;
    if (!*ret_more && verify->result.is_sound) {
        check_end(verify);
    }
    return ERR_OK;
}
