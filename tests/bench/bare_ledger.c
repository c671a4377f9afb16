/* The bare ledger: the writer's own statements in a loop, on made-up sales, without SSH, parsing, rules or
 * answers. Run by throughput.sh: what the server reaches is compared with it. Posts to the bench's stores and
 * products only, as the server's role; nothing else may post to those meanwhile. */
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/log.h"
#include "server/core/db/db.h"
#include "server/core/ledger/chain.h"

enum { STORES_MAX = 1000, PRODUCTS_MAX = 100000, CELLS_MAX = 1000000 };

struct store {
    int32_t id;
    int64_t last_seq;
    uint8_t last_hash[CHAIN_HASH_BYTES];
    size_t hash_len;
    int64_t batch_id;
    bool used;
};

/* One product in one store; cells are ordered by store, then product. */
struct cell {
    int64_t balance_milli;
    int64_t before_milli; /* as it was read */
    bool used;
};

struct bench {
    struct db *db;
    struct store *stores;
    int32_t *products;
    struct cell *cells;
    size_t store_count;
    size_t product_count;
    int32_t user_id;
    char key[64];
    int64_t next_line;
    uint64_t seed;

    /* of the chunk at hand */
    struct arena arena;
    size_t *picked; /* the cell of each line */
    size_t line_count;
    size_t *cell_list;
    size_t cell_count;
    size_t *store_list;
    size_t used_stores;
    int64_t recorded_micros;
};

static _Noreturn void stop(const char *what, const char *why)
{
    fprintf(stderr, "bare_ledger: %s: %s\n", what, why);
    exit(1);
}

static void must(const char *what, enum err err, const struct err_info *info)
{
    if (err != ERR_OK) {
        stop(what, info->message);
    }
}

static int64_t now_micros(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void *grab(size_t count, size_t size)
{
    void *memory = calloc(count == 0 ? 1 : count, size);

    if (memory == NULL) {
        stop("memory", strerror(errno));
    }
    return memory;
}

/* xorshift: which cells are hit need only be spread. */
static uint64_t bench_random(struct bench *bench, uint64_t below)
{
    bench->seed ^= bench->seed << 13;
    bench->seed ^= bench->seed >> 7;
    bench->seed ^= bench->seed << 17;
    return bench->seed % below;
}

/* A column of ids, in order. */
static int32_t *load_ids(const char *dsn, const char *sql, size_t max, size_t *ret_count)
{
    PGconn *connection = PQconnectdb(dsn);
    PGresult *result = PQexec(connection, sql);

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        stop(sql, PQerrorMessage(connection));
    }
    size_t count = (size_t)PQntuples(result);
    if (count == 0 || count > max) {
        stop(sql, "no rows, or too many");
    }
    int32_t *ids = grab(count, sizeof(*ids));
    for (size_t i = 0; i < count; i++) {
        ids[i] = (int32_t)strtol(PQgetvalue(result, (int)i, 0), NULL, 10);
    }
    PQclear(result);
    PQfinish(connection);
    *ret_count = count;
    return ids;
}

static void bench_init(struct bench *bench, const char *dsn, size_t chunk)
{
    size_t user_count = 0;
    int32_t *store_ids = load_ids(dsn, "SELECT store_id FROM stores WHERE code LIKE 'B%' ORDER BY store_id",
                                  STORES_MAX, &bench->store_count);
    int32_t *users = load_ids(dsn, "SELECT user_id FROM users WHERE name = 'admin'", 1, &user_count);

    bench->products = load_ids(dsn, "SELECT product_id FROM products WHERE sku LIKE 'P%' ORDER BY product_id",
                               PRODUCTS_MAX, &bench->product_count);
    if (bench->store_count * bench->product_count > CELLS_MAX) {
        stop("setup", "too many stores and products");
    }
    bench->stores = grab(bench->store_count, sizeof(*bench->stores));
    for (size_t i = 0; i < bench->store_count; i++) {
        bench->stores[i].id = store_ids[i];
    }
    bench->user_id = users[0];
    bench->cells = grab(bench->store_count * bench->product_count, sizeof(*bench->cells));
    bench->picked = grab(chunk, sizeof(*bench->picked));
    bench->cell_list = grab(chunk, sizeof(*bench->cell_list));
    bench->store_list = grab(bench->store_count, sizeof(*bench->store_list));
    bench->seed = (uint64_t)now_micros(CLOCK_REALTIME) | 1;
    bench->next_line = 1;
    snprintf(bench->key, sizeof(bench->key), "bare-%" PRIx64, bench->seed);
    free(store_ids);
    free(users);
    struct db_settings settings = {.dsn = dsn,
                                   .application_name = "bare ledger",
                                   .connect_timeout_seconds = 5,
                                   .statement_timeout_ms = 60000,
                                   .lock_timeout_ms = 60000,
                                   .retry_seconds = 1,
                                   .generic_plans = true};
    struct err_info info = {0};
    bench->db = db_new(&settings);
    must("connect", db_ensure(bench->db, &info), &info);
}

/* Choose the chunk's lines, and list its cells and stores, each once and sorted. */
static void chunk_pick(struct bench *bench, size_t lines)
{
    size_t all = bench->store_count * bench->product_count;

    bench->line_count = lines;
    for (size_t i = 0; i < lines; i++) {
        bench->picked[i] = (size_t)bench_random(bench, all);
        bench->cells[bench->picked[i]].used = true;
    }
    bench->cell_count = 0;
    bench->used_stores = 0;
    for (size_t c = 0; c < all; c++) {
        if (bench->cells[c].used) {
            size_t store = c / bench->product_count;
            bench->cell_list[bench->cell_count++] = c;
            if (!bench->stores[store].used) {
                bench->stores[store].used = true;
                bench->store_list[bench->used_stores++] = store;
            }
        }
    }
}

static void chunk_forget(struct bench *bench)
{
    for (size_t i = 0; i < bench->cell_count; i++) {
        bench->cells[bench->cell_list[i]].used = false;
    }
    for (size_t i = 0; i < bench->used_stores; i++) {
        bench->stores[bench->store_list[i]].used = false;
    }
    arena_done(&bench->arena);
}

static int32_t *chunk_store_ids(struct bench *bench)
{
    int32_t *ids = arena_calloc(&bench->arena, bench->used_stores, sizeof(*ids));

    for (size_t i = 0; i < bench->used_stores; i++) {
        ids[i] = bench->stores[bench->store_list[i]].id;
    }
    return ids;
}

static void chunk_bind_cells(struct bench *bench, struct db_params *params)
{
    int32_t *store_ids = arena_calloc(&bench->arena, bench->cell_count, sizeof(*store_ids));
    int32_t *product_ids = arena_calloc(&bench->arena, bench->cell_count, sizeof(*product_ids));

    for (size_t i = 0; i < bench->cell_count; i++) {
        store_ids[i] = bench->stores[bench->cell_list[i] / bench->product_count].id;
        product_ids[i] = bench->products[bench->cell_list[i] % bench->product_count];
    }
    db_bind_i32_array(params, store_ids, NULL, bench->cell_count);
    db_bind_i32_array(params, product_ids, NULL, bench->cell_count);
}

static void chunk_bind_daily_cells(struct bench *bench, struct db_params *params, const int16_t *types,
                                   const int16_t *reasons)
{
    int32_t *store_ids = arena_calloc(&bench->arena, bench->cell_count, sizeof(*store_ids));
    int32_t *product_ids = arena_calloc(&bench->arena, bench->cell_count, sizeof(*product_ids));

    for (size_t i = 0; i < bench->cell_count; i++) {
        store_ids[i] = bench->stores[bench->cell_list[i] / bench->product_count].id;
        product_ids[i] = bench->products[bench->cell_list[i] % bench->product_count];
    }
    db_bind_i32_array(params, store_ids, NULL, bench->cell_count);
    db_bind_null(params); /* occurred_at: as recorded */
    db_bind_i32_array(params, product_ids, NULL, bench->cell_count);
    db_bind_i16_array(params, types, NULL, bench->cell_count);
    db_bind_i16_array(params, reasons, NULL, bench->cell_count);
}

static const char **chunk_keys(struct bench *bench)
{
    const char **keys = arena_calloc(&bench->arena, bench->used_stores, sizeof(*keys));

    for (size_t i = 0; i < bench->used_stores; i++) {
        keys[i] = bench->key;
    }
    return keys;
}

static void chunk_send_reads(struct bench *bench)
{
    struct err_info info = {0};
    struct db_params params;
    int32_t *store_ids = chunk_store_ids(bench);

    must("pipeline", db_pipeline_begin(bench->db, &info), &info);
    must("begin", db_pipeline_send_begin(bench->db, &info), &info);
    db_params_init(&params, &bench->arena);
    must("version", db_pipeline_send(bench->db, SQL_QUERY_LEDGER_CATALOGUE_VERSION, &params, &info), &info);
    db_params_init(&params, &bench->arena);
    if (bench->used_stores == 1) {
        db_bind_i32(&params, store_ids[0]);
        must("lock", db_pipeline_send(bench->db, SQL_QUERY_LEDGER_LOCK_STORE, &params, &info), &info);
    } else {
        db_bind_i32_array(&params, store_ids, NULL, bench->used_stores);
        must("lock", db_pipeline_send(bench->db, SQL_QUERY_LEDGER_LOCK_STORES, &params, &info), &info);
    }
    db_params_init(&params, &bench->arena);
    chunk_bind_cells(bench, &params);
    must("balances", db_pipeline_send(bench->db, SQL_QUERY_LEDGER_READ_BALANCES, &params, &info), &info);
    db_params_init(&params, &bench->arena);
    db_bind_i32_array(&params, store_ids, NULL, bench->used_stores);
    db_bind_text_array(&params, chunk_keys(bench), bench->used_stores);
    must("batches", db_pipeline_send(bench->db, SQL_QUERY_LEDGER_READ_BATCHES, &params, &info), &info);
    must("sync", db_pipeline_sync(bench->db, &info), &info);
}

static void chunk_take_reads(struct bench *bench)
{
    struct err_info info = {0};
    struct db_result *result = NULL;

    must("begin", db_pipeline_next(bench->db, NULL, &info), &info);
    must("version", db_pipeline_next(bench->db, NULL, &info), &info);
    must("lock", db_pipeline_next(bench->db, &result, &info), &info);
    for (size_t i = 0; i < bench->used_stores; i++) {
        struct store *store = &bench->stores[bench->store_list[i]];
        long len = db_result_bytes(result, (int)i, 2, store->last_hash, sizeof(store->last_hash));
        store->last_seq = db_result_i64(result, (int)i, 1);
        store->hash_len = len < 0 ? 0 : (size_t)len;
        if (store->batch_id == 0) {
            store->batch_id = store->last_seq + 1;
        }
    }
    db_result_free(result);
    result = NULL;
    must("balances", db_pipeline_next(bench->db, &result, &info), &info);
    if ((size_t)db_result_rows(result) != bench->cell_count) {
        stop("balances", "a product has no stock: load the bench's opening stock first");
    }
    for (int i = 0; i < db_result_rows(result); i++) {
        struct cell *cell = &bench->cells[bench->cell_list[db_result_i64(result, i, 0) - 1]];
        cell->balance_milli = cell->before_milli = db_result_i64(result, i, 1);
    }
    db_result_free(result);
    must("batches", db_pipeline_next(bench->db, NULL, &info), &info);
    if (!db_pipeline_end(bench->db)) {
        stop("reading", "the connection was lost");
    }
}

/* The columns of the chunk's movements: a sale of one piece each. */
struct rows {
    int32_t *store_ids, *product_ids, *user_ids;
    int16_t *type_ids;
    int64_t *seqs, *quantities, *balances, *batch_ids, *batch_lines, *request_hashes, *values;
    uint8_t *hashes;
};

static void rows_init(struct rows *rows, struct arena *arena, size_t count)
{
    *rows = (struct rows){
        .store_ids = arena_calloc(arena, count, sizeof(int32_t)),
        .product_ids = arena_calloc(arena, count, sizeof(int32_t)),
        .user_ids = arena_calloc(arena, count, sizeof(int32_t)),
        .type_ids = arena_calloc(arena, count, sizeof(int16_t)),
        .seqs = arena_calloc(arena, count, sizeof(int64_t)),
        .quantities = arena_calloc(arena, count, sizeof(int64_t)),
        .balances = arena_calloc(arena, count, sizeof(int64_t)),
        .batch_ids = arena_calloc(arena, count, sizeof(int64_t)),
        .batch_lines = arena_calloc(arena, count, sizeof(int64_t)),
        .request_hashes = arena_calloc(arena, count, sizeof(int64_t)),
        .values = arena_calloc(arena, count, sizeof(int64_t)),
        .hashes = arena_calloc(arena, count, CHAIN_HASH_BYTES),
    };
}

/* Decide line i: the balance after it, its number, its link in the chain. */
static void chunk_decide(struct bench *bench, struct rows *rows, size_t i)
{
    struct cell *cell = &bench->cells[bench->picked[i]];
    struct store *store = &bench->stores[bench->picked[i] / bench->product_count];
    uint8_t *hash = rows->hashes + i * CHAIN_HASH_BYTES;

    cell->balance_milli -= 1000;
    store->last_seq++;
    rows->store_ids[i] = store->id;
    rows->product_ids[i] = bench->products[bench->picked[i] % bench->product_count];
    rows->user_ids[i] = bench->user_id;
    rows->type_ids[i] = 2;
    rows->seqs[i] = store->last_seq;
    rows->quantities[i] = -1000;
    rows->balances[i] = cell->balance_milli;
    rows->batch_ids[i] = store->batch_id;
    rows->batch_lines[i] = bench->next_line++;
    rows->request_hashes[i] = (int64_t)bench_random(bench, INT64_MAX);
    struct chain_row row = {.store_id = store->id,
                            .product_id = rows->product_ids[i],
                            .seq = store->last_seq,
                            .quantity_milli = -1000,
                            .balance_milli = cell->balance_milli,
                            .occurred_micros = bench->recorded_micros,
                            .recorded_micros = bench->recorded_micros,
                            .user_id = bench->user_id,
                            .type_id = 2,
                            .batch_id = &rows->batch_ids[i],
                            .batch_line = &rows->batch_lines[i],
                            .request_hash = &rows->request_hashes[i],
                            .value = &rows->values[i]};
    chain_next(store->last_hash, store->hash_len, &row, hash);
    memcpy(store->last_hash, hash, CHAIN_HASH_BYTES);
    store->hash_len = CHAIN_HASH_BYTES;
}

static void chunk_send_movements(struct bench *bench)
{
    size_t count = bench->line_count;
    struct err_info info = {0};
    struct db_params params;
    struct rows rows;

    rows_init(&rows, &bench->arena, count);
    for (size_t i = 0; i < count; i++) {
        chunk_decide(bench, &rows, i);
    }
    db_params_init(&params, &bench->arena);
    db_bind_i32_array(&params, rows.store_ids, NULL, count);
    db_bind_i32_array(&params, rows.product_ids, NULL, count);
    db_bind_i64_array(&params, rows.seqs, NULL, count);
    db_bind_i64_array(&params, rows.quantities, NULL, count);
    db_bind_i64_array(&params, rows.balances, NULL, count);
    db_bind_null(&params); /* occurred_at: as recorded */
    db_bind_i64(&params, bench->recorded_micros);
    db_bind_i32_array(&params, rows.user_ids, NULL, count);
    db_bind_i16_array(&params, rows.type_ids, NULL, count);
    for (int i = 0; i < 4; i++) {
        db_bind_null(&params); /* reason, key, price, cost */
    }
    db_bind_i64_array(&params, rows.batch_ids, NULL, count);
    db_bind_i64_array(&params, rows.batch_lines, NULL, count);
    db_bind_i64_array(&params, rows.request_hashes, NULL, count);
    db_bind_null(&params); /* ref */
    db_bind_null(&params); /* note */
    db_bind_bytes_array(&params, rows.hashes, CHAIN_HASH_BYTES, count);
    db_bind_i64_array(&params, rows.values, NULL, count);
    for (int i = 0; i < 4; i++) {
        db_bind_null(&params); /* reverses, stocktake, transfer */
    }
    must("movements", db_pipeline_send(bench->db, SQL_QUERY_LEDGER_INSERT_MOVEMENTS, &params, &info), &info);
}

static void chunk_send_inventory(struct bench *bench)
{
    int64_t *quantities = arena_calloc(&bench->arena, bench->cell_count, sizeof(*quantities));
    int64_t *values = arena_calloc(&bench->arena, bench->cell_count, sizeof(*values)); /* without costs: 0 */
    struct err_info info = {0};
    struct db_params params;

    for (size_t i = 0; i < bench->cell_count; i++) {
        quantities[i] = bench->cells[bench->cell_list[i]].balance_milli;
        if (quantities[i] < 0) {
            stop("sale", "out of stock: load the bench's opening stock first");
        }
    }
    db_params_init(&params, &bench->arena);
    chunk_bind_cells(bench, &params);
    db_bind_i64_array(&params, quantities, NULL, bench->cell_count);
    db_bind_i64_array(&params, values, NULL, bench->cell_count);
    db_bind_i64(&params, bench->recorded_micros);
    must("inventory", db_pipeline_send(bench->db, SQL_QUERY_LEDGER_UPDATE_INVENTORY, &params, &info), &info);
}

static void chunk_send_heads(struct bench *bench)
{
    size_t count = bench->used_stores;
    int32_t *store_ids = chunk_store_ids(bench);
    int64_t *seqs = arena_calloc(&bench->arena, count, sizeof(*seqs));
    int64_t *batch_ids = arena_calloc(&bench->arena, count, sizeof(*batch_ids));
    int64_t *next_lines = arena_calloc(&bench->arena, count, sizeof(*next_lines));
    uint8_t *hashes = arena_calloc(&bench->arena, count, CHAIN_HASH_BYTES);
    struct err_info info = {0};
    struct db_params params;

    for (size_t i = 0; i < count; i++) {
        const struct store *store = &bench->stores[bench->store_list[i]];
        seqs[i] = store->last_seq;
        batch_ids[i] = store->batch_id;
        next_lines[i] = bench->next_line;
        memcpy(hashes + i * CHAIN_HASH_BYTES, store->last_hash, CHAIN_HASH_BYTES);
    }
    db_params_init(&params, &bench->arena);
    db_bind_i32_array(&params, store_ids, NULL, count);
    db_bind_i64_array(&params, seqs, NULL, count);
    db_bind_bytes_array(&params, hashes, CHAIN_HASH_BYTES, count);
    must("heads", db_pipeline_send(bench->db, SQL_QUERY_LEDGER_UPDATE_HEADS, &params, &info), &info);
    db_params_init(&params, &bench->arena);
    db_bind_i32_array(&params, store_ids, NULL, count);
    db_bind_text_array(&params, chunk_keys(bench), count);
    db_bind_i64_array(&params, batch_ids, NULL, count);
    db_bind_i64_array(&params, next_lines, NULL, count);
    must("batches", db_pipeline_send(bench->db, SQL_QUERY_LEDGER_WRITE_BATCHES, &params, &info), &info);
}

/* The day's sums, by product and by user, as the server keeps them. */
static void chunk_send_daily(struct bench *bench)
{
    size_t count = bench->cell_count;
    int16_t *types = arena_calloc(&bench->arena, count, sizeof(*types));
    int16_t *reasons = arena_calloc(&bench->arena, count, sizeof(*reasons));
    int64_t *zeros = arena_calloc(&bench->arena, count, sizeof(*zeros));
    int64_t *quantities = arena_calloc(&bench->arena, count, sizeof(*quantities));
    int64_t *counts = arena_calloc(&bench->arena, count, sizeof(*counts));
    int32_t *users = arena_calloc(&bench->arena, bench->used_stores, sizeof(*users));
    int64_t *sold = arena_calloc(&bench->arena, bench->used_stores, sizeof(*sold));
    int64_t *sales = arena_calloc(&bench->arena, bench->used_stores, sizeof(*sales));
    struct err_info info = {0};
    struct db_params params;

    for (size_t i = 0; i < count; i++) {
        const struct cell *cell = &bench->cells[bench->cell_list[i]];
        size_t place = bench->cell_list[i] / bench->product_count;
        types[i] = 2;
        quantities[i] = cell->balance_milli - cell->before_milli;
        counts[i] = -quantities[i] / 1000;
        for (size_t k = 0; k < bench->used_stores; k++) {
            if (bench->store_list[k] == place) {
                users[k] = bench->user_id;
                sold[k] += quantities[i];
                sales[k] += counts[i];
            }
        }
    }
    db_params_init(&params, &bench->arena);
    chunk_bind_daily_cells(bench, &params, types, reasons);
    db_bind_i64_array(&params, quantities, NULL, count);
    db_bind_i64_array(&params, zeros, NULL, count);
    db_bind_i64_array(&params, zeros, NULL, count);
    db_bind_i64_array(&params, counts, NULL, count);
    db_bind_i64(&params, bench->recorded_micros);
    must("days", db_pipeline_send(bench->db, SQL_QUERY_LEDGER_ADD_DAILY, &params, &info), &info);
    db_params_init(&params, &bench->arena);
    db_bind_i32_array(&params, chunk_store_ids(bench), NULL, bench->used_stores);
    db_bind_null(&params);
    db_bind_i32_array(&params, users, NULL, bench->used_stores);
    db_bind_i16_array(&params, types, NULL, bench->used_stores);
    db_bind_i64_array(&params, sold, NULL, bench->used_stores);
    db_bind_i64_array(&params, zeros, NULL, bench->used_stores);
    db_bind_i64_array(&params, zeros, NULL, bench->used_stores);
    db_bind_i64_array(&params, sales, NULL, bench->used_stores);
    db_bind_i64(&params, bench->recorded_micros);
    must("days", db_pipeline_send(bench->db, SQL_QUERY_LEDGER_ADD_DAILY_USERS, &params, &info), &info);
}

static void chunk_write(struct bench *bench)
{
    struct err_info info = {0};

    bench->recorded_micros = now_micros(CLOCK_REALTIME);
    must("pipeline", db_pipeline_begin(bench->db, &info), &info);
    chunk_send_movements(bench);
    chunk_send_inventory(bench);
    chunk_send_heads(bench);
    chunk_send_daily(bench);
    must("sync", db_pipeline_sync(bench->db, &info), &info);
    for (int i = 0; i < 6; i++) {
        must("writing", db_pipeline_next(bench->db, NULL, &info), &info);
    }
    if (!db_pipeline_end(bench->db)) {
        stop("writing", "the connection was lost");
    }
    must("commit", db_commit(bench->db, &info), &info);
}

static size_t parse_count(const char *text, size_t max)
{
    char *end = NULL;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value == 0 || value > max) {
        stop(text, "is not a number in range");
    }
    return (size_t)value;
}

int main(int argc, char **argv)
{
    struct bench bench = {0};

    if (argc != 4) {
        fprintf(stderr, "usage: bare_ledger DSN LINES LINES_PER_TRANSACTION\n");
        return 64;
    }
    log_init("bare_ledger", STDERR_FILENO, LOG_LEVEL_WARNING);
    size_t lines = parse_count(argv[2], 1000000000);
    size_t chunk = parse_count(argv[3], 100000);
    bench_init(&bench, argv[1], chunk);
    int64_t begin = now_micros(CLOCK_MONOTONIC);
    for (size_t left = lines; left > 0; left -= bench.line_count) {
        chunk_pick(&bench, left < chunk ? left : chunk);
        chunk_send_reads(&bench);
        chunk_take_reads(&bench);
        chunk_write(&bench);
        chunk_forget(&bench);
    }
    int64_t micros = now_micros(CLOCK_MONOTONIC) - begin;
    printf("lines %zu seconds %" PRId64 ".%06" PRId64 " rate %" PRId64 "\n", lines, micros / 1000000,
           micros % 1000000, (int64_t)lines * 1000000 / (micros > 0 ? micros : 1));
    db_free(bench.db);
    free(bench.stores);
    free(bench.products);
    free(bench.cells);
    free(bench.picked);
    free(bench.cell_list);
    free(bench.store_list);
    return 0;
}
