/* The stock and the transfers of a store against its movements. Phases of verify.c, on a query worker. Each
 * statement brings what was posted after the last proven movement with it, so that sales that go on are never
 * a fault. */
#include <inttypes.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/values.h"
#include "server/core/ledger/verify_internal.h"

enum stock_column { STOCK_PRODUCT, STOCK_SKU, STOCK_QUANTITY, STOCK_VALUE, STOCK_MOVED, STOCK_MOVED_VALUE };

enum transfer_column {
    TRANSFER_SEQ,
    TRANSFER_PRODUCT,
    TRANSFER_QUANTITY,
    TRANSFER_RECEIVED,
    TRANSFER_LOST,
    TRANSFER_RETURNED,
    TRANSFER_VALUE,
    TRANSFER_SENT_PRODUCT,
    TRANSFER_SENT,
    TRANSFER_ARRIVED,
    TRANSFER_MISSED,
    TRANSFER_CAME_BACK
};

/* ------------------------------------------------------------------ stock */

static void fail_quantity(struct verify *verify, int64_t seq, const char *sku, int64_t is_milli,
                          int64_t sum_milli)
{
    cleanup(buf_done) struct buf numbers = {0};

    buf_append_text(&numbers, "is ");
    values_append_quantity(&numbers, is_milli);
    buf_append_text(&numbers, ", its movements make ");
    values_append_quantity(&numbers, sum_milli);
    verify_fail(verify, seq, "the stock of %s %.*s", sku, (int)numbers.len, numbers.data);
}

static void check_stock(struct verify *verify, const struct db_result *result, int row)
{
    struct verify_product *product =
        verify_products_get(&verify->products, (int32_t)db_result_i64(result, row, STOCK_PRODUCT));
    const char *sku = db_result_text(result, row, STOCK_SKU);
    int64_t seq = product != NULL ? product->last_seq : 0;
    int64_t quantity = product != NULL ? product->balance_milli : 0;
    int64_t value = product != NULL ? product->value : 0;

    if (__builtin_add_overflow(quantity, db_result_i64(result, row, STOCK_MOVED), &quantity) ||
        quantity != db_result_i64(result, row, STOCK_QUANTITY)) {
        fail_quantity(verify, seq, sku, db_result_i64(result, row, STOCK_QUANTITY), quantity);
    } else if (verify_is_whole(verify) &&
               (__builtin_add_overflow(value, db_result_i64(result, row, STOCK_MOVED_VALUE), &value) ||
                value != db_result_i64(result, row, STOCK_VALUE))) {
        verify_fail(verify, seq, "the worth of %s is not the sum of its movements' worths", sku);
    }
    if (product != NULL) {
        product->is_seen = true;
    }
}

/* Movements without stock. */
static void check_all_seen(struct verify *verify)
{
    for (size_t i = 0; i < verify->products.slot_count; i++) {
        const struct verify_product *product = &verify->products.slots[i];
        if (product->product_id != 0 && !product->is_seen) {
            verify_fail(verify, product->last_seq, "movement %" PRId64 " is of a product without stock",
                        product->last_seq);
            return;
        }
    }
}

/* The next products of the table. */
static size_t next_products(struct verify *verify, int32_t *ret_ids)
{
    size_t count = 0;

    while (count < VERIFY_PAGE_ROWS && verify->after_slot < verify->products.slot_count) {
        int32_t id = verify->products.slots[verify->after_slot++].product_id;
        if (id != 0) {
            ret_ids[count++] = id;
        }
    }
    return count;
}

/* All stock of the store, or that of the products that moved. */
static enum err read_stock(struct verify *verify, struct db *db, struct db_result **ret_result,
                           bool *ret_more, struct err_info *ret_info)
{
    cleanup(arena_done) struct arena arena = {0};
    struct db_params params;
    enum err err;

    db_params_init(&params, &arena);
    db_bind_i32(&params, verify->store_id);
    if (verify_is_whole(verify)) {
        db_bind_i32(&params, (int32_t)verify->after);
        db_bind_i64(&params, verify->seq);
        db_bind_i64(&params, VERIFY_PAGE_ROWS);
        err = db_query(db, SQL_QUERY_VERIFY_INVENTORY, &params, ret_result, ret_info);
        *ret_more = err == ERR_OK && db_result_rows(*ret_result) == VERIFY_PAGE_ROWS;
        return err;
    }
    int32_t *ids = arena_calloc(&arena, VERIFY_PAGE_ROWS, sizeof *ids);
    db_bind_i32_array(&params, ids, NULL, next_products(verify, ids));
    db_bind_i64(&params, verify->seq);
    err = db_query(db, SQL_QUERY_VERIFY_INVENTORY_OF, &params, ret_result, ret_info);
    *ret_more = err == ERR_OK && verify->after_slot < verify->products.slot_count;
    return err;
}

enum err verify_page_stock(struct verify *verify, struct db *db, bool *ret_more, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    bool more = false;
    enum err err = read_stock(verify, db, &result, &more, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    for (int i = 0; i < db_result_rows(result) && verify->result.is_sound; i++) {
        check_stock(verify, result, i);
        verify->after = db_result_i64(result, i, STOCK_PRODUCT);
    }
    if (!more && verify->result.is_sound) {
        check_all_seen(verify);
    }
    *ret_more = more;
    return ERR_OK;
}

/* ------------------------------------------------------------------ transfers */

static void check_transfer(struct verify *verify, const struct db_result *result, int row)
{
    static const enum transfer_column pairs[][2] = {{TRANSFER_QUANTITY, TRANSFER_SENT},
                                                    {TRANSFER_PRODUCT, TRANSFER_SENT_PRODUCT},
                                                    {TRANSFER_RECEIVED, TRANSFER_ARRIVED},
                                                    {TRANSFER_LOST, TRANSFER_MISSED},
                                                    {TRANSFER_RETURNED, TRANSFER_CAME_BACK}};
    static const char *const faults[] = {
        "has another quantity than was sent", "is of another product than was sent",
        "says that other was received than was", "says that other was lost than was",
        "says that other came back than did"};
    int64_t seq = db_result_i64(result, row, TRANSFER_SEQ);
    int64_t settled = db_result_i64(result, row, TRANSFER_RECEIVED) +
                      db_result_i64(result, row, TRANSFER_LOST) +
                      db_result_i64(result, row, TRANSFER_RETURNED);

    if (db_result_text(result, row, TRANSFER_SENT) == NULL) {
        verify_fail(verify, seq, "no movement sent transfer %" PRId64, seq);
    }
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (db_result_i64(result, row, (int)pairs[i][0]) != db_result_i64(result, row, (int)pairs[i][1])) {
            verify_fail(verify, seq, "transfer %" PRId64 " %s", seq, faults[i]);
        }
    }
    if (settled == db_result_i64(result, row, TRANSFER_QUANTITY) &&
        db_result_i64(result, row, TRANSFER_VALUE) != 0) {
        verify_fail(verify, seq, "transfer %" PRId64 " is settled and has worth on its way", seq);
    }
}

enum err verify_page_transfers(struct verify *verify, struct db *db, bool *ret_more,
                               struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    cleanup(arena_done) struct arena arena = {0};
    struct db_params params;

    db_params_init(&params, &arena);
    db_bind_i32(&params, verify->store_id);
    db_bind_i64(&params, verify->after);
    db_bind_i64(&params, VERIFY_PAGE_ROWS);
    enum err err = db_query(db, SQL_QUERY_VERIFY_TRANSFERS, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    for (int i = 0; i < db_result_rows(result) && verify->result.is_sound; i++) {
        check_transfer(verify, result, i);
        verify->after = db_result_i64(result, i, TRANSFER_SEQ);
    }
    *ret_more = db_result_rows(result) == VERIFY_PAGE_ROWS;
    return ERR_OK;
}
