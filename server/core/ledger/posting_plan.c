/* The plan of a posting: from codes to ids, and the sets of what must be locked and read. */
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/values.h"
#include "server/core/ledger/posting.h"

void posting_init(struct posting *posting, struct codes *codes, struct movement *const *movements,
                  size_t count)
{
    *posting = (struct posting){.codes = codes, .line_count = count};
    posting->lines = arena_calloc(&posting->arena, count, sizeof(*posting->lines));
    /* Each line names at most one of each, or two stores and balances when it receives. */
    posting->stores = arena_calloc(&posting->arena, 2 * count, sizeof(struct posting_store *));
    posting->cells = arena_calloc(&posting->arena, 2 * count, sizeof(struct posting_cell *));
    posting->transfers = arena_calloc(&posting->arena, count, sizeof(struct posting_transfer *));
    posting->batches = arena_calloc(&posting->arena, count, sizeof(struct posting_batch *));
    for (size_t i = 0; i < count; i++) {
        struct movement *movement = movements[i];
        posting->lines[i].movement = movement;
        movement->err = ERR_OK;
        movement->message = NULL;
        movement->sku = NULL;
        movement->seq = 0;
        movement->lost_milli = 0;
        movement->replayed = false;
        movement->skipped = false;
    }
}

void posting_done(struct posting *posting)
{
    map_done(&posting->store_map);
    map_done(&posting->cell_map);
    map_done(&posting->batch_map);
    map_done(&posting->ref_map);
    map_done(&posting->transfer_map);
    map_done(&posting->reversal_map);
    arena_done(&posting->arena);
}

void posting_refuse(struct posting_line *line, enum err code, const char *format, ...)
{
    char message[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    line->movement->err = code;
    line->movement->message = arena_strdup(line->movement->arena, message);
}

/* Put a code into a list, once, unless it is remembered. */
static void posting_list_code(struct map *seen, const char *code, bool is_known, const char **codes,
                              size_t *count)
{
    int is_new = 0;

    if (code != NULL && !is_known) {
        map_put(seen, code, strlen(code), &is_new);
    }
    if (is_new) {
        codes[(*count)++] = code;
    }
}

static enum err posting_load_stores(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    const char **codes = arena_calloc(&posting->arena, 2 * posting->line_count, sizeof(*codes));
    struct map seen = {0};
    size_t count = 0;

    for (size_t i = 0; i < posting->line_count; i++) {
        const char *store = posting->lines[i].movement->store;
        const char *other = posting->lines[i].movement->other_store;
        posting_list_code(&seen, store, codes_store(posting->codes, store) != NULL, codes, &count);
        if (other != NULL) {
            posting_list_code(&seen, other, codes_store(posting->codes, other) != NULL, codes, &count);
        }
    }
    map_done(&seen);
    return count > 0 ? codes_load_stores(posting->codes, db, codes, count, ret_info) : ERR_OK;
}

static enum err posting_load_products(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    const char **codes = arena_calloc(&posting->arena, posting->line_count, sizeof(*codes));
    struct map seen = {0};
    size_t count = 0;

    for (size_t i = 0; i < posting->line_count; i++) {
        const char *product = posting->lines[i].movement->product;
        bool is_known = product == NULL || codes_product(posting->codes, product) != NULL;
        posting_list_code(&seen, product, is_known, codes, &count);
    }
    map_done(&seen);
    return count > 0 ? codes_load_products(posting->codes, db, codes, count, ret_info) : ERR_OK;
}

static enum err posting_load_codes(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    enum err err = posting_load_stores(posting, db, ret_info);

    if (err == ERR_OK) {
        err = posting_look_back(posting, db, ret_info);
    }
    return err == ERR_OK ? posting_load_products(posting, db, ret_info) : err;
}

struct posting_store *posting_use_store(struct posting *posting, const struct codes_store *known)
{
    int is_new;
    union map_value *value = map_put(&posting->store_map, &known->store_id, sizeof(known->store_id), &is_new);

    if (is_new) {
        struct posting_store *store = arena_calloc(&posting->arena, 1, sizeof(*store));
        store->store_id = known->store_id;
        store->known = known;
        posting->stores[posting->store_count++] = store;
        value->pointer = store;
    }
    return value->pointer;
}

struct posting_cell_key {
    int32_t store_id;
    int32_t product_id;
};

struct posting_cell *posting_use_cell(struct posting *posting, struct posting_store *store,
                                      int32_t product_id)
{
    struct posting_cell_key key = {store->store_id, product_id};
    union map_value *value = map_get(&posting->cell_map, &key, sizeof(key));
    int is_new;

    if (value == NULL) {
        struct posting_cell_key *kept = arena_alloc(&posting->arena, sizeof(*kept));
        struct posting_cell *cell = arena_calloc(&posting->arena, 1, sizeof(*cell));
        *kept = key;
        cell->store = store;
        cell->product_id = product_id;
        posting->cells[posting->cell_count++] = cell;
        value = map_put(&posting->cell_map, kept, sizeof(*kept), &is_new);
        value->pointer = cell;
    }
    return value->pointer;
}

static struct posting_batch *posting_use_batch(struct posting *posting, struct posting_store *store,
                                               const char *key, size_t key_len)
{
    char scratch[sizeof(store->store_id) + VALUES_REF_MAX];
    size_t len = sizeof(store->store_id) + key_len;
    int is_new;

    memcpy(scratch, &store->store_id, sizeof(store->store_id));
    memcpy(scratch + sizeof(store->store_id), key, key_len);
    union map_value *value = map_get(&posting->batch_map, scratch, len);
    if (value == NULL) {
        struct posting_batch *batch = arena_calloc(&posting->arena, 1, sizeof(*batch));
        batch->store = store;
        batch->key = arena_strndup(&posting->arena, key, key_len);
        batch->next_line = 1;
        posting->batches[posting->batch_count++] = batch;
        char *kept = arena_alloc(&posting->arena, len);
        memcpy(kept, scratch, len);
        value = map_put(&posting->batch_map, kept, len, &is_new);
        value->pointer = batch;
    }
    return value->pointer;
}

/* A ref of the form KEY:N, N written as a batch would, is line N of batch KEY, whoever wrote it: so both
 * spellings of a ref are one, and stored one way. */
static bool posting_split_ref(const char *ref, size_t *ret_key_len, int64_t *ret_line)
{
    const char *colon = strrchr(ref, ':');

    if (colon == NULL || colon == ref || colon[1] < '1' || colon[1] > '9' || strlen(colon + 1) > 15 ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1)) {
        return false;
    }
    *ret_key_len = (size_t)(colon - ref);
    return values_parse_i64(colon + 1, ret_line);
}

static void posting_plan_ref(struct posting *posting, struct posting_line *line)
{
    const struct movement *movement = line->movement;
    const char *key = movement->ref != NULL ? movement->ref : movement->batch_key;
    size_t key_len;

    if (key == NULL) {
        return;
    }
    if (movement->ref == NULL) {
        key_len = strlen(key);
        line->batch_line = movement->batch_line;
    } else if (!posting_split_ref(key, &key_len, &line->batch_line)) {
        line->ref = key;
        return;
    }
    line->batch = posting_use_batch(posting, line->store, key, key_len);
}

static void posting_hash_text(crypto_generichash_state *state, const char *text)
{
    if (text != NULL) {
        crypto_generichash_update(state, (const unsigned char *)text, strlen(text));
    }
}

/* What makes two requests with one ref the same request. */
static int64_t posting_request_hash(const struct posting_line *line)
{
    const struct movement *movement = line->movement;
    int64_t numbers[] = {line->product->product_id,
                         movement->type,
                         movement->reason,
                         movement->receives_all ? 0 : movement->quantity_milli,
                         movement->price_milli,
                         movement->cost_milli,
                         movement->has_at,
                         movement->at_is_relative,
                         movement->has_at ? movement->at_micros : 0};
    crypto_generichash_state state;
    unsigned char hash[crypto_generichash_BYTES_MIN];
    int64_t number;

    crypto_generichash_init(&state, NULL, 0, sizeof(hash));
    crypto_generichash_update(&state, (const unsigned char *)numbers, sizeof(numbers));
    posting_hash_text(&state, movement->note);
    /* What only some requests have: refs of the others keep the hashes that they were stored with. */
    if (movement->stocktake != NULL || movement->other_store != NULL || movement->reverses != 0) {
        int64_t more[] = {movement->transfer_seq, movement->receives_all, movement->reverses};
        crypto_generichash_update(&state, (const unsigned char *)more, sizeof(more));
        posting_hash_text(&state, movement->stocktake);
        posting_hash_text(&state, movement->other_store);
    }
    crypto_generichash_final(&state, hash, sizeof(hash));
    memcpy(&number, hash, sizeof(number));
    return number;
}

/* What was given in money, in the store's currency. */
static enum err posting_plan_money(struct posting_line *line, int places, struct err_info *ret_info)
{
    const struct movement *movement = line->movement;
    enum err err = ERR_OK;

    line->price_minor = -1;
    line->cost_minor = -1;
    if (line->original != NULL) {
        line->price_minor = line->original->price_minor;
        line->cost_minor = line->original->cost_minor;
        return ERR_OK;
    }
    if (movement->price_milli >= 0) {
        err = values_money_to_minor(movement->price_milli, places, &line->price_minor, ret_info);
    }
    if (err == ERR_OK && movement->cost_milli >= 0) {
        err = values_money_to_minor(movement->cost_milli, places, &line->cost_minor, ret_info);
    }
    return err;
}

/* The other store of a transfer, and the transfer itself, when the line sends, brings or takes back one. */
static bool posting_plan_transfer(struct posting *posting, struct posting_line *line)
{
    const struct movement *movement = line->movement;
    const struct posting_original *original = line->original;

    if (line->transfer != NULL) { /* a receipt: what is short is posted at the source */
        posting_use_cell(posting, line->transfer->source, line->product->product_id);
    } else if (original != NULL && original->transfer_source != NULL) {
        const struct codes_store *source = codes_store(posting->codes, original->transfer_source);
        line->transfer =
            posting_use_transfer(posting, posting_use_store(posting, source), original->transfer_seq);
    } else if (original != NULL && movement->type == MOVEMENT_TRANSFER_OUT) {
        line->transfer = posting_use_transfer(posting, line->store, movement->reverses);
    } else if (movement->type == MOVEMENT_TRANSFER_OUT) {
        const struct codes_store *to = codes_store(posting->codes, movement->other_store);
        if (to == NULL) {
            posting_refuse(line, ERR_UNKNOWN_STORE, "no store %s", movement->other_store);
        } else if (to->store_id == line->store->store_id) {
            posting_refuse(line, ERR_BAD_VALUE, "%s cannot send to itself", to->code);
        } else if (to->closed) {
            posting_refuse(line, ERR_CLOSED_STORE, "%s is closed", to->code);
        }
        line->to = to;
    }
    if (movement->err == ERR_OK && posting->stores_max == 1 && line->transfer != NULL &&
        line->transfer->source != line->store) {
        posting_refuse(line, ERR_USAGE,
                       "this installation posts to one store at a time: transfers between "
                       "stores cannot be received here");
    }
    return movement->err == ERR_OK;
}

static void posting_plan_line(struct posting *posting, struct posting_line *line)
{
    const struct movement *movement = line->movement;
    const struct codes_store *store = codes_store(posting->codes, movement->store);
    struct err_info info;

    if (movement->err != ERR_OK) {
        return;
    }
    if (store == NULL) {
        posting_refuse(line, ERR_UNKNOWN_STORE, "no store %s", movement->store);
        return;
    }
    line->product = codes_product(posting->codes, movement->product);
    if (line->product == NULL) {
        posting_refuse(line, ERR_UNKNOWN_PRODUCT, "no product %s", movement->product);
        return;
    }
    if (line->product->whole_units && movement->quantity_milli % 1000 != 0) {
        posting_refuse(line, ERR_BAD_VALUE, "%s is sold by the piece: the quantity must be whole",
                       line->product->sku);
        return;
    }
    if (posting_plan_money(line, store->money_places, &info) != ERR_OK) {
        posting_refuse(line, info.code, "%s", info.message);
        return;
    }
    line->store = posting_use_store(posting, store);
    line->cell = posting_use_cell(posting, line->store, line->product->product_id);
    if (!posting_plan_transfer(posting, line)) {
        line->store = NULL;
        return;
    }
    posting_plan_ref(posting, line);
    if (line->batch != NULL || line->ref != NULL) {
        line->request_hash = posting_request_hash(line);
    }
}

/* Do the lines of a group name more stores than one transaction may hold? */
static bool posting_group_is_too_wide(const struct posting *posting, const struct posting_line *lines,
                                      size_t count)
{
    size_t stores = 0;

    for (size_t i = 0; posting->stores_max > 0 && i < count && stores <= posting->stores_max; i++) {
        size_t k = 0;
        while (k < i && strcmp(lines[k].movement->store, lines[i].movement->store) != 0) {
            k++;
        }
        stores += k == i;
    }
    return posting->stores_max > 0 && stores > posting->stores_max;
}

/* Plan a line, or the whole group that it begins; returns how many lines that was. */
static size_t posting_plan_unit(struct posting *posting, struct posting_line *line, size_t left)
{
    size_t count = line->movement->group_lines;

    count = count == 0 ? 1 : count > left ? left : count;
    bool is_too_wide = posting_group_is_too_wide(posting, line, count);
    for (size_t i = 0; i < count; i++) {
        if (is_too_wide) {
            posting_refuse(&line[i], ERR_USAGE, "an atomic batch may touch at most %zu stores here",
                           posting->stores_max);
        } else {
            posting_plan_line(posting, &line[i]);
        }
    }
    return count;
}

static int posting_compare_stores(const void *left, const void *right)
{
    const struct posting_store *a = *(struct posting_store *const *)left;
    const struct posting_store *b = *(struct posting_store *const *)right;
    return (a->store_id > b->store_id) - (a->store_id < b->store_id);
}

static int posting_compare_cells(const void *left, const void *right)
{
    const struct posting_cell *a = *(struct posting_cell *const *)left;
    const struct posting_cell *b = *(struct posting_cell *const *)right;
    if (a->store->store_id != b->store->store_id) {
        return a->store->store_id < b->store->store_id ? -1 : 1;
    }
    return (a->product_id > b->product_id) - (a->product_id < b->product_id);
}

enum err posting_plan(struct posting *posting, struct db *db, struct err_info *ret_info)
{
    enum err err = posting_load_codes(posting, db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    for (size_t i = 0; i < posting->line_count;) {
        i += posting_plan_unit(posting, &posting->lines[i], posting->line_count - i);
    }
    qsort(posting->stores, posting->store_count, sizeof(posting->stores[0]), posting_compare_stores);
    qsort(posting->cells, posting->cell_count, sizeof(posting->cells[0]), posting_compare_cells);
    return ERR_OK;
}
