#include "server/core/ledger/codes.h"

#include <string.h>

#include "common/arena.h"
#include "common/cleanup.h"
#include "common/values.h"
#include "server/core/ledger/map.h"

/* About 200 bytes each: a whole catalogue of a million fits in 200 MiB, most chains in a tenth. */
enum { CODES_MAX = 1000000 };

struct codes {
    struct arena arena;
    struct map stores;
    struct map products;
    int64_t version;
};

struct codes *codes_new(void)
{
    struct codes *codes = calloc(1, sizeof(*codes));

    if (codes == NULL) {
        abort();
    }
    return codes;
}

void codes_free(struct codes *codes)
{
    if (codes == NULL) {
        return;
    }
    map_done(&codes->stores);
    map_done(&codes->products);
    arena_done(&codes->arena);
    free(codes);
}

const struct codes_store *codes_store(const struct codes *codes, const char *code)
{
    const union map_value *value = map_get(&codes->stores, code, strlen(code));
    return value == NULL ? NULL : value->pointer;
}

const struct codes_product *codes_product(const struct codes *codes, const char *code)
{
    const union map_value *value = map_get(&codes->products, code, strlen(code));
    return value == NULL ? NULL : value->pointer;
}

enum err codes_load_stores(struct codes *codes, struct db *db, const char *const *store_codes, size_t count,
                           struct err_info *ret_info)
{
    cleanup(arena_done) struct arena arena = {0};
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;

    db_params_init(&params, &arena);
    db_bind_text_array(&params, store_codes, count);
    enum err err = db_query(db, SQL_QUERY_LEDGER_FIND_STORES, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    for (int i = 0; i < db_result_rows(result); i++) {
        struct codes_store *store = arena_calloc(&codes->arena, 1, sizeof(*store));
        int is_new;
        store->code = arena_strdup(&codes->arena, db_result_text(result, i, 0));
        store->store_id = (int32_t)db_result_i64(result, i, 1);
        store->money_places = values_currency_places(db_result_text(result, i, 2));
        memcpy(store->currency, db_result_text(result, i, 2), sizeof(store->currency) - 1);
        store->closed = db_result_bool(result, i, 3);
        map_put(&codes->stores, store->code, strlen(store->code), &is_new)->pointer = store;
    }
    return ERR_OK;
}

enum err codes_load_products(struct codes *codes, struct db *db, const char *const *product_codes,
                             size_t count, struct err_info *ret_info)
{
    cleanup(arena_done) struct arena arena = {0};
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;

    db_params_init(&params, &arena);
    db_bind_text_array(&params, product_codes, count);
    enum err err = db_query(db, SQL_QUERY_LEDGER_FIND_PRODUCTS, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    for (int i = 0; i < db_result_rows(result); i++) {
        struct codes_product *product = arena_calloc(&codes->arena, 1, sizeof(*product));
        const char *code = arena_strdup(&codes->arena, db_result_text(result, i, 0));
        int is_new;
        product->product_id = (int32_t)db_result_i64(result, i, 1);
        product->sku = arena_strdup(&codes->arena, db_result_text(result, i, 2));
        product->whole_units = strcmp(db_result_text(result, i, 3), "each") == 0;
        product->price_milli = db_result_text(result, i, 4) == NULL ? -1 : db_result_i64(result, i, 4);
        product->retired = db_result_bool(result, i, 5);
        map_put(&codes->products, code, strlen(code), &is_new)->pointer = product;
    }
    return ERR_OK;
}

int64_t codes_version(const struct codes *codes)
{
    return codes->version;
}

void codes_forget(struct codes *codes, int64_t version)
{
    map_clear(&codes->stores);
    map_clear(&codes->products);
    arena_done(&codes->arena);
    codes->version = version;
}

bool codes_is_full(const struct codes *codes)
{
    return codes->stores.used + codes->products.used > CODES_MAX;
}
