/* Fills the ledgers of the stores that populate.sh made: movements over the last year with their hash chain,
 * the stock and its worth that follow from them, transfers under way and the days' sums. Run by populate.sh,
 * several at a time, each with its share of the stores; a store is one transaction. Writes by COPY, as the
 * tables' owner. */
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/values.h"
#include "server/core/ledger/chain.h"
#include "server/core/ledger/movement.h"

enum { COPY_BYTES = 256 * 1024, USERS_MAX = 64, UNIT_MILLI = 1000, OPENING_UNITS = 40 };

static const int64_t year_micros = INT64_C(365) * 24 * 3600 * 1000000;
static const int64_t hour_micros = INT64_C(3600) * 1000000;

struct product {
    int64_t id;
    int64_t price_minor;
    bool is_weighed;
};

/* One product in the store at hand. */
struct cell {
    const struct product *product;
    int64_t balance_milli;
    int64_t value;
    int64_t updated_micros;
};

struct populate {
    PGconn *sql;
    struct product *products;
    size_t product_count;
    int64_t *stores;
    size_t store_count;
    int64_t movements; /* of each store */
    size_t cell_count; /* of each store */
    int64_t now_micros;
    uint64_t seed;

    /* of the store at hand */
    struct cell *cells;
    int64_t users[USERS_MAX];
    size_t user_count;
    int64_t to_store_id; /* where its transfers go */
    uint8_t hash[CHAIN_HASH_BYTES];
    size_t hash_len;
    struct buf rows;
    struct buf transfers;
};

static _Noreturn void stop(const char *what, const char *why)
{
    fprintf(stderr, "populate: %s: %s\n", what, why);
    exit(1);
}

static void *grab(size_t count, size_t size)
{
    void *memory = calloc(count == 0 ? 1 : count, size);

    if (memory == NULL) {
        stop("memory", strerror(errno));
    }
    return memory;
}

/* xorshift: what is sold need only be spread. */
static uint64_t pick(struct populate *populate, uint64_t below)
{
    populate->seed ^= populate->seed << 13;
    populate->seed ^= populate->seed >> 7;
    populate->seed ^= populate->seed << 17;
    return populate->seed % below;
}

/* ------------------------------------------------------------------ SQL */

static void must_sql(struct populate *populate, const char *sql, ExecStatusType expected)
{
    PGresult *result = PQexec(populate->sql, sql);

    if (PQresultStatus(result) != expected) {
        stop(sql, PQerrorMessage(populate->sql));
    }
    PQclear(result);
}

static int64_t number_at(const PGresult *result, int row, int column)
{
    int64_t number = 0;

    if (!values_parse_i64(PQgetvalue(result, row, column), &number)) {
        stop("not a number", PQgetvalue(result, row, column));
    }
    return number;
}

static PGresult *read_rows(struct populate *populate, const char *sql, const char *value)
{
    PGresult *result = PQexecParams(populate->sql, sql, value != NULL ? 1 : 0, NULL, &value, NULL, NULL, 0);

    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) == 0) {
        stop(sql, PQntuples(result) == 0 ? "no rows" : PQerrorMessage(populate->sql));
    }
    return result;
}

static void run_for_store(struct populate *populate, const char *sql, int64_t store_id)
{
    char id[24];
    const char *values[] = {id};

    snprintf(id, sizeof(id), "%" PRId64, store_id);
    PGresult *result = PQexecParams(populate->sql, sql, 1, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        stop(sql, PQerrorMessage(populate->sql));
    }
    PQclear(result);
}

static void copy_flush(struct populate *populate, struct buf *rows)
{
    if (rows->len > 0 && PQputCopyData(populate->sql, rows->data, (int)rows->len) != 1) {
        stop("COPY", PQerrorMessage(populate->sql));
    }
    rows->len = 0;
}

static void copy_end(struct populate *populate, struct buf *rows)
{
    copy_flush(populate, rows);
    if (PQputCopyEnd(populate->sql, NULL) != 1) {
        stop("COPY", PQerrorMessage(populate->sql));
    }
    for (PGresult *result; (result = PQgetResult(populate->sql)) != NULL; PQclear(result)) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            stop("COPY", PQerrorMessage(populate->sql));
        }
    }
}

/* ------------------------------------------------------------------ one movement */

static void append_time(struct buf *rows, int64_t micros)
{
    struct tm parts;
    time_t seconds = (time_t)(micros / 1000000);

    gmtime_r(&seconds, &parts);
    buf_printf(rows, "%04d-%02d-%02d %02d:%02d:%02d.%06d+00\t", parts.tm_year + 1900, parts.tm_mon + 1,
               parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (int)(micros % 1000000));
}

static void append_optional(struct buf *rows, const int64_t *number)
{
    if (number == NULL) {
        buf_append_text(rows, "\\N\t");
    } else {
        buf_printf(rows, "%" PRId64 "\t", *number);
    }
}

/* In the order of the COPY in fill_movements. */
static void write_row(struct populate *populate, const struct chain_row *row)
{
    struct buf *rows = &populate->rows;
    char hex[2 * CHAIN_HASH_BYTES + 1];
    int64_t reason = row->reason_id;

    chain_next(populate->hash, populate->hash_len, row, populate->hash);
    populate->hash_len = CHAIN_HASH_BYTES;
    buf_printf(rows, "%d\t%d\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t", row->store_id, row->product_id,
               row->seq, row->quantity_milli, row->balance_milli);
    append_time(rows, row->occurred_micros);
    append_time(rows, row->recorded_micros);
    buf_printf(rows, "%d\t%d\t", row->user_id, row->type_id);
    append_optional(rows, reason != 0 ? &reason : NULL);
    append_optional(rows, row->price_minor);
    append_optional(rows, row->cost_minor);
    append_optional(rows, row->value);
    sodium_bin2hex(hex, sizeof(hex), populate->hash, sizeof(populate->hash));
    buf_printf(rows, "\\\\x%s\n", hex);
    if (rows->len >= COPY_BYTES) {
        copy_flush(populate, rows);
    }
}

/* What happens next in a shop: mostly sales. */
static enum movement_type pick_type(struct populate *populate)
{
    uint64_t percent = pick(populate, 1000);

    return percent < 850   ? MOVEMENT_SELL
           : percent < 930 ? MOVEMENT_IN
           : percent < 960 ? MOVEMENT_REMOVE
           : percent < 980 ? MOVEMENT_RETURN
           : percent < 999 ? MOVEMENT_COUNT
                           : MOVEMENT_TRANSFER_OUT;
}

static int64_t pick_quantity(struct populate *populate, const struct cell *cell, enum movement_type type)
{
    int64_t units = (int64_t)pick(populate, 3) + 1;

    if (type == MOVEMENT_IN) {
        units += OPENING_UNITS / 2;
    }
    return cell->product->is_weighed ? units * UNIT_MILLI - (int64_t)pick(populate, UNIT_MILLI - 1)
                                     : units * UNIT_MILLI;
}

/* The signed quantity; what is not there comes in instead. */
static int64_t choose(struct populate *populate, const struct cell *cell, enum movement_type *type)
{
    int64_t quantity_milli = pick_quantity(populate, cell, *type);

    if (*type == MOVEMENT_COUNT) { /* half of the counts find what the books say */
        return cell->balance_milli >= quantity_milli && pick(populate, 2) == 0 ? -quantity_milli : 0;
    }
    if (*type == MOVEMENT_IN || *type == MOVEMENT_RETURN) {
        return quantity_milli;
    }
    if (cell->balance_milli < quantity_milli) {
        *type = MOVEMENT_IN;
        return pick_quantity(populate, cell, MOVEMENT_IN);
    }
    return -quantity_milli;
}

/* What it changes of the worth: in at cost or the average, out at the average, as the ledger does it. */
static int64_t worth(const struct cell *cell, int64_t quantity_milli, const int64_t *cost_minor)
{
    if (cost_minor != NULL) {
        return *cost_minor * quantity_milli;
    }
    if (cell->balance_milli == 0) {
        return 0;
    }
    return quantity_milli > 0
               ? cell->value * quantity_milli / cell->balance_milli
               : -((cell->value * -quantity_milli + cell->balance_milli / 2) / cell->balance_milli);
}

static void write_transfer(struct populate *populate, const struct chain_row *row)
{
    buf_printf(&populate->transfers, "%d\t%" PRId64 "\t%d\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t",
               row->store_id, row->seq, row->product_id, populate->to_store_id, -row->quantity_milli,
               -*row->value);
    append_time(&populate->transfers, row->recorded_micros);
    populate->transfers.data[populate->transfers.len - 1] = '\n';
}

static void move(struct populate *populate, int64_t store_id, int64_t seq, struct cell *cell,
                 enum movement_type type)
{
    int64_t step = year_micros / (populate->movements + 1);
    int64_t recorded =
        populate->now_micros - year_micros + step * seq + (int64_t)pick(populate, (uint64_t)step);
    bool is_late = pick(populate, 1000) == 0; /* written down afterwards */
    int64_t quantity_milli =
        type == MOVEMENT_IN ? pick_quantity(populate, cell, type) : choose(populate, cell, &type);
    int64_t price = cell->product->price_minor, cost = price * 6 / 10 + (int64_t)pick(populate, 5);
    bool has_price = type == MOVEMENT_SELL || type == MOVEMENT_RETURN;
    int64_t value = worth(cell, quantity_milli, type == MOVEMENT_IN ? &cost : NULL);
    struct chain_row row = {
        .store_id = (int32_t)store_id,
        .product_id = (int32_t)cell->product->id,
        .seq = seq,
        .quantity_milli = quantity_milli,
        .balance_milli = cell->balance_milli + quantity_milli,
        .occurred_micros = is_late ? recorded - hour_micros * (int64_t)(1 + pick(populate, 48)) : recorded,
        .recorded_micros = recorded,
        .user_id = (int32_t)populate->users[pick(populate, populate->user_count)],
        .type_id = (int16_t)type,
        .reason_id = type == MOVEMENT_REMOVE ? (int16_t)(1 + pick(populate, 6)) : 0,
        .price_minor = has_price ? &price : NULL,
        .cost_minor = type == MOVEMENT_IN ? &cost : NULL,
        .value = &value,
    };

    write_row(populate, &row);
    if (type == MOVEMENT_TRANSFER_OUT) {
        write_transfer(populate, &row);
    }
    cell->balance_milli = row.balance_milli;
    cell->value += value;
    cell->updated_micros = recorded;
}

/* ------------------------------------------------------------------ one store */

/* Another part of the catalogue in each store, spread over all of it. */
static void choose_cells(struct populate *populate, size_t store)
{
    size_t step = populate->product_count / populate->cell_count;

    for (size_t i = 0; i < populate->cell_count; i++) {
        populate->cells[i] =
            (struct cell){.product = &populate->products[(store + i * step) % populate->product_count]};
    }
}

static void find_users(struct populate *populate, int64_t store_id)
{
    char id[24];

    snprintf(id, sizeof(id), "%" PRId64, store_id);
    PGresult *result = read_rows(
        populate, "SELECT user_id FROM user_stores WHERE store_id = $1::integer ORDER BY 1 LIMIT 64", id);
    populate->user_count = (size_t)PQntuples(result);
    for (size_t i = 0; i < populate->user_count; i++) {
        populate->users[i] = number_at(result, (int)i, 0);
    }
    PQclear(result);
}

static void fill_movements(struct populate *populate, int64_t store_id)
{
    must_sql(populate,
             "COPY stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, recorded_at, "
             "user_id,"
             " type_id, reason_id, price, cost, value, hash) FROM STDIN",
             PGRES_COPY_IN);
    for (int64_t seq = 1; seq <= populate->movements; seq++) {
        size_t first = (size_t)seq - 1;

        if (first < populate->cell_count) { /* first of all everything comes in once */
            move(populate, store_id, seq, &populate->cells[first], MOVEMENT_IN);
        } else { /* the lesser of two: some products sell better */
            uint64_t a = pick(populate, populate->cell_count), b = pick(populate, populate->cell_count);
            move(populate, store_id, seq, &populate->cells[a < b ? a : b], pick_type(populate));
        }
    }
    copy_end(populate, &populate->rows);
}

/* A third have a reorder point. */
static void fill_inventory(struct populate *populate, int64_t store_id)
{
    must_sql(populate,
             "COPY inventory (updated_at, store_id, product_id, quantity, value, reorder_point) FROM STDIN",
             PGRES_COPY_IN);
    for (size_t i = 0; i < populate->cell_count; i++) {
        const struct cell *cell = &populate->cells[i];

        append_time(&populate->rows, cell->updated_micros);
        buf_printf(&populate->rows, "%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%s\n", store_id,
                   cell->product->id, cell->balance_milli, cell->value, i % 3 == 0 ? "5000" : "\\N");
        if (populate->rows.len >= COPY_BYTES) {
            copy_flush(populate, &populate->rows);
        }
    }
    copy_end(populate, &populate->rows);
}

static void fill_head(struct populate *populate, int64_t store_id)
{
    char sql[256], hex[2 * CHAIN_HASH_BYTES + 1];

    sodium_bin2hex(hex, sizeof(hex), populate->hash, sizeof(populate->hash));
    snprintf(sql, sizeof(sql),
             "UPDATE store_ledger SET last_seq = %" PRId64 ", last_hash = '\\x%s' WHERE store_id = %" PRId64,
             populate->movements, hex, store_id);
    must_sql(populate, sql, PGRES_COMMAND_OK);
}

static void fill_days(struct populate *populate, int64_t store_id)
{
    run_for_store(populate,
                  "INSERT INTO stock_daily SELECT m.store_id, (m.occurred_at AT TIME ZONE s.timezone)::date,"
                  " m.product_id, m.type_id, coalesce(m.reason_id, 0), sum(m.quantity),"
                  " sum(CASE WHEN m.type_id IN (2, 4) THEN -m.quantity * coalesce(m.price, 0) ELSE 0 END),"
                  " sum(m.value), count(*) FROM stock_movements m JOIN stores s USING (store_id)"
                  " WHERE m.store_id = $1::integer GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3",
                  store_id);
    run_for_store(
        populate,
        "INSERT INTO stock_daily_users SELECT m.store_id, (m.occurred_at AT TIME ZONE s.timezone)::date,"
        " m.user_id, m.type_id, sum(m.quantity),"
        " sum(CASE WHEN m.type_id IN (2, 4) THEN -m.quantity * coalesce(m.price, 0) ELSE 0 END),"
        " sum(m.value), count(*) FROM stock_movements m JOIN stores s USING (store_id)"
        " WHERE m.store_id = $1::integer GROUP BY 1, 2, 3, 4",
        store_id);
}

static void fill_store(struct populate *populate, size_t store)
{
    int64_t store_id = populate->stores[store];

    populate->to_store_id = populate->stores[(store + 1) % populate->store_count];
    populate->hash_len = 0;
    find_users(populate, store_id);
    choose_cells(populate, store);
    must_sql(populate, "BEGIN", PGRES_COMMAND_OK);
    fill_movements(populate, store_id);
    fill_inventory(populate, store_id);
    must_sql(populate,
             "COPY transfers (store_id, seq, product_id, to_store_id, quantity, value, sent_at) FROM STDIN",
             PGRES_COPY_IN);
    copy_end(populate, &populate->transfers);
    fill_head(populate, store_id);
    fill_days(populate, store_id);
    must_sql(populate, "COMMIT", PGRES_COMMAND_OK);
}

/* ------------------------------------------------------------------ all of it */

static void load_catalogue(struct populate *populate)
{
    PGresult *result = read_rows(
        populate, "SELECT product_id, price_milli / 10, (unit = 'kg')::integer FROM products ORDER BY sku",
        NULL);

    populate->product_count = (size_t)PQntuples(result);
    populate->products = grab(populate->product_count, sizeof(*populate->products));
    for (size_t i = 0; i < populate->product_count; i++) {
        populate->products[i] = (struct product){.id = number_at(result, (int)i, 0),
                                                 .price_minor = number_at(result, (int)i, 1),
                                                 .is_weighed = number_at(result, (int)i, 2) != 0};
    }
    PQclear(result);
    result = read_rows(populate, "SELECT store_id FROM stores WHERE code LIKE 'B%' ORDER BY 1", NULL);
    populate->store_count = (size_t)PQntuples(result);
    populate->stores = grab(populate->store_count, sizeof(*populate->stores));
    for (size_t i = 0; i < populate->store_count; i++) {
        populate->stores[i] = number_at(result, (int)i, 0);
    }
    PQclear(result);
}

static int64_t number_of(const char *text)
{
    int64_t number = 0;

    if (!values_parse_i64(text, &number) || number < 0) {
        stop("not a number", text);
    }
    return number;
}

int main(int argc, char **argv)
{
    struct populate populate = {.now_micros = (int64_t)time(NULL) * 1000000};

    if (argc != 6) {
        stop("usage", "bench_populate DSN MOVEMENTS_OF_A_STORE PRODUCTS_OF_A_STORE PART PARTS");
    }
    populate.movements = number_of(argv[2]);
    populate.cell_count = (size_t)number_of(argv[3]);
    size_t part = (size_t)number_of(argv[4]), parts = (size_t)number_of(argv[5]);
    populate.seed = UINT64_C(0x9E3779B97F4A7C15) ^ (part + 1);
    populate.sql = PQconnectdb(argv[1]);
    if (sodium_init() < 0 || PQstatus(populate.sql) != CONNECTION_OK) {
        stop("connect", PQerrorMessage(populate.sql));
    }
    must_sql(&populate, "SET synchronous_commit = off", PGRES_COMMAND_OK);
    load_catalogue(&populate);
    if (parts == 0 || populate.cell_count == 0 || populate.cell_count > populate.product_count) {
        stop("usage", "more products in a store than there are, or none");
    }
    populate.cells = grab(populate.cell_count, sizeof(*populate.cells));
    for (size_t store = part; store < populate.store_count; store += parts) {
        fill_store(&populate, store);
        fprintf(stderr, "\r%zu of %zu stores", store + 1, populate.store_count);
    }
    free(populate.cells);
    free(populate.products);
    free(populate.stores);
    buf_done(&populate.rows);
    buf_done(&populate.transfers);
    PQfinish(populate.sql);
    return 0;
}
