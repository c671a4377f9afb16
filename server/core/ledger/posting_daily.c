/* What a posting adds to the daily sums that reports read: movements of one product, type and moment are
 * summed up here, the database finds the day. Part of writing a posting: sends its statements into the
 * pipeline. */
#include <string.h>

#include "server/core/ledger/posting.h"

/* One element of the arrays; of movements that say when they happened each is one by itself. */
struct daily_sum {
    struct posting_store *store;
    int64_t occurred_micros;
    bool has_at;
    int32_t id; /* of the product, or the user */
    int16_t type_id;
    int16_t reason_id;
    int64_t quantity_milli;
    int64_t amount;
    int64_t value;
    int64_t movements;
};

struct daily {
    struct daily_sum *sums;
    size_t count;
    struct map map;
};

/* Without holes: it is hashed as bytes. */
struct daily_key {
    int64_t occurred_micros; /* 0: when it was recorded */
    int32_t store_id;
    int32_t id;
    int32_t type_id;
    int32_t reason_id;
};

/* What customers paid (SELL, and less what was paid back), in thousandths of a minor unit. posting_apply sees
 * to it that it fits. */
static int64_t daily_amount(const struct posting_line *line)
{
    enum movement_type type = line->movement->type;
    bool is_trade = type == MOVEMENT_SELL || type == MOVEMENT_RETURN;

    return is_trade && line->price_minor > 0 ? -line->signed_quantity_milli * line->price_minor : 0;
}

/* Sums beyond any trade's stay at the end of the scale: then it is the database that refuses the line. */
static void daily_sum(int64_t *sum, int64_t value)
{
    if (__builtin_add_overflow(*sum, value, sum)) {
        *sum = value < 0 ? INT64_MIN : INT64_MAX;
    }
}

static void daily_add(struct posting *posting, struct daily *daily, const struct posting_line *line,
                      int32_t id, int16_t reason_id)
{
    const struct movement *movement = line->movement;
    struct daily_key key = {movement->has_at ? line->occurred_micros : 0, line->store->store_id, id,
                            (int32_t)movement->type, reason_id};
    union map_value *value = map_get(&daily->map, &key, sizeof(key));
    int is_new;

    if (value == NULL) {
        struct daily_key *kept = arena_alloc(&posting->arena, sizeof(*kept));
        struct daily_sum *sum = &daily->sums[daily->count++];
        *kept = key;
        *sum = (struct daily_sum){.store = line->store,
                                  .occurred_micros = line->occurred_micros,
                                  .has_at = movement->has_at,
                                  .id = id,
                                  .type_id = (int16_t)movement->type,
                                  .reason_id = reason_id};
        value = map_put(&daily->map, kept, sizeof(*kept), &is_new);
        value->pointer = sum;
    }
    struct daily_sum *sum = value->pointer;
    daily_sum(&sum->quantity_milli, line->signed_quantity_milli);
    daily_sum(&sum->amount, daily_amount(line));
    daily_sum(&sum->value, line->value);
    sum->movements++;
}

/* The arrays that both statements have. */
static void daily_bind(struct posting *posting, const struct daily *daily, bool has_reason,
                       struct db_params *params)
{
    struct arena *arena = &posting->arena;
    int32_t *store_ids = arena_calloc(arena, daily->count, sizeof(*store_ids));
    int32_t *ids = arena_calloc(arena, daily->count, sizeof(*ids));
    int16_t *type_ids = arena_calloc(arena, daily->count, sizeof(*type_ids));
    int16_t *reason_ids = arena_calloc(arena, daily->count, sizeof(*reason_ids));
    int64_t *occurred = arena_calloc(arena, daily->count, sizeof(*occurred));
    bool *not_occurred = arena_calloc(arena, daily->count, sizeof(*not_occurred));
    bool any_occurred = false;
    int64_t *numbers[4];

    for (size_t k = 0; k < 4; k++) {
        numbers[k] = arena_calloc(arena, daily->count, sizeof(*numbers[k]));
    }
    for (size_t i = 0; i < daily->count; i++) {
        const struct daily_sum *sum = &daily->sums[i];
        store_ids[i] = sum->store->store_id;
        ids[i] = sum->id;
        type_ids[i] = sum->type_id;
        reason_ids[i] = sum->reason_id;
        occurred[i] = sum->occurred_micros;
        not_occurred[i] = !sum->has_at;
        any_occurred |= sum->has_at;
        numbers[0][i] = sum->quantity_milli;
        numbers[1][i] = sum->amount;
        numbers[2][i] = sum->value;
        numbers[3][i] = sum->movements;
    }
    db_params_init(params, arena);
    db_bind_i32_array(params, store_ids, NULL, daily->count);
    if (any_occurred) {
        db_bind_i64_array(params, occurred, not_occurred, daily->count);
    } else {
        db_bind_null(params);
    }
    db_bind_i32_array(params, ids, NULL, daily->count);
    db_bind_i16_array(params, type_ids, NULL, daily->count);
    if (has_reason) {
        db_bind_i16_array(params, reason_ids, NULL, daily->count);
    }
    for (size_t k = 0; k < 4; k++) {
        db_bind_i64_array(params, numbers[k], NULL, daily->count);
    }
    db_bind_i64(params, posting->recorded_micros);
}

enum err posting_send_daily(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    struct daily products = {.sums =
                                 arena_calloc(&posting->arena, posting->posted, sizeof(struct daily_sum))};
    struct daily users = {.sums = arena_calloc(&posting->arena, posting->posted, sizeof(struct daily_sum))};
    struct db_params params;

    for (size_t i = 0; i < posting->line_count; i++) {
        for (const struct posting_line *line = &posting->lines[i]; line != NULL; line = line->companion) {
            if (line->posts) {
                daily_add(posting, &products, line, line->cell->product_id, (int16_t)line->movement->reason);
                daily_add(posting, &users, line, line->movement->user_id, 0);
            }
        }
    }
    map_done(&products.map);
    map_done(&users.map);
    daily_bind(posting, &products, true, &params);
    enum err err = db_pipeline_send(db, SQL_QUERY_LEDGER_ADD_DAILY, &params, ret_info);
    if (err == ERR_OK) {
        daily_bind(posting, &users, false, &params);
        err = db_pipeline_send(db, SQL_QUERY_LEDGER_ADD_DAILY_USERS, &params, ret_info);
    }
    return err;
}

/* How many rows a day's sums are is the database's to know; that there are some is ours. */
enum err posting_take_daily(struct db *db, struct err_info *ret_info)
{
    enum err err = db_pipeline_next(db, NULL, ret_info);

    return err == ERR_OK ? db_pipeline_next(db, NULL, ret_info) : err;
}
