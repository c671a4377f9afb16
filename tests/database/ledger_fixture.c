#include "tests/database/ledger_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/values.h"
#include "server/core/ledger/chain.h"

int fixture_setup(void **state)
{
    int status = rig_setup(state);

    if (status == 0) {
        const struct rig *rig = *state;
        rig_number(rig,
                   "INSERT INTO stores (code, name) VALUES ('S1', 'One'), ('S2', 'Two'), ('S3', 'Three')");
        rig_number(rig, "INSERT INTO store_ledger (store_id) SELECT store_id FROM stores");
        rig_number(
            rig, "INSERT INTO products (sku, name) SELECT 'P' || n, 'Product' FROM generate_series(0, 19) n");
        rig_number(rig, "UPDATE products SET unit = 'kg' WHERE sku = 'P19'");
        rig_number(rig, "INSERT INTO product_barcodes"
                        " SELECT '4006381333931', product_id FROM products WHERE sku = 'P1'");
        rig_number(rig, "INSERT INTO users (name, role) VALUES ('ann', 'staff')");
        rig_number(rig, "UPDATE catalogue_version SET version = version + 1");
    }
    return status;
}

void fixture_be_quiet(void)
{
    log_init("test", open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_LEVEL_ERROR);
}

static void server_on_done(struct movement *movement)
{
    struct server *server = movement->owner;
    server->outstanding--;
}

static void server_on_posted(void *argument, const struct news *news)
{
    struct server *server = argument;
    assert_non_null(news->store_code);
    assert_true(news->last_seq > news->before_seq);
    server->news++;
}

static void server_on_closed(void *argument)
{
    struct server *server = argument;
    server->is_closed = true;
}

void server_start(struct server *server, const struct rig *rig)
{
    server_start_limited(server, rig, 0);
}

void server_start_limited(struct server *server, const struct rig *rig, unsigned stores_per_transaction)
{
    memset(server, 0, sizeof(*server));
    assert_int_equal(uv_loop_init(&server->loop), 0);
    server->config.database.dsn = strdup(rig->server_dsn);
    server->config.database.connect_timeout_seconds = 5;
    server->config.database.statement_timeout_ms = 30000;
    server->config.ledger.lines_per_transaction = 1000;
    server->config.ledger.commit_target_ms = 20;
    server->config.ledger.interactive_lines = 16;
    server->config.ledger.stores_per_transaction = stores_per_transaction;
    server->config.ledger.queue_lines = 100000;
    server->config.ledger.resolve_seconds = 30;
    server->config.ledger.lock_timeout_ms = 10000;
    server->config.limits.atomic_lines = 1000;
    server->config.limits.dry_run_products = 1000;
    server->ledger = ledger_new(&server->loop, &server->config, server_on_done, server_on_posted, server);
    assert_non_null(server->ledger);
}

void server_settle(struct server *server)
{
    while (server->outstanding > 0) {
        uv_run(&server->loop, UV_RUN_ONCE);
    }
}

void server_stop(struct server *server)
{
    ledger_close(server->ledger, server_on_closed, server);
    while (!server->is_closed) {
        uv_run(&server->loop, UV_RUN_ONCE);
    }
    assert_int_equal(uv_loop_close(&server->loop), 0);
    free(server->config.database.dsn);
}

struct movement *move_new(enum movement_type type, const char *store, const char *product, int64_t quantity,
                          const char *ref)
{
    struct arena *arena = calloc(1, sizeof(*arena));
    assert_non_null(arena);
    struct movement *movement = arena_calloc(arena, 1, sizeof(*movement));

    movement->arena = arena;
    movement->type = type;
    movement->reason = type == MOVEMENT_REMOVE ? REASON_DAMAGED : REASON_NONE;
    movement->store = arena_strdup(arena, store);
    movement->product = arena_strdup(arena, product);
    movement->quantity_milli = quantity * 1000;
    movement->price_milli = -1;
    movement->cost_milli = -1;
    movement->ref = ref == NULL ? NULL : arena_strdup(arena, ref);
    movement->user_id = 1;
    return movement;
}

void move_free(struct movement *movement)
{
    struct arena *arena = movement->arena;

    arena_done(arena);
    free(arena);
}

void server_submit(struct server *server, struct ledger_source *source, struct movement *movement)
{
    movement->owner = server;
    server->outstanding++;
    assert_int_equal(ledger_submit(source, movement), ERR_OK);
}

struct movement *server_post(struct server *server, enum movement_type type, const char *store,
                             const char *product, int64_t quantity, const char *ref)
{
    struct ledger_source *source = ledger_source_new(server->ledger, true, false);
    struct movement *movement = move_new(type, store, product, quantity, ref);

    server_submit(server, source, movement);
    server_settle(server);
    ledger_source_free(source);
    return movement;
}

void server_act(struct server *server, const struct fixture_act *act)
{
    struct ledger_source *source = ledger_source_new(server->ledger, true, false);
    struct movement *movement =
        move_new(act->type, act->store, act->product != NULL ? act->product : "P1", act->quantity, act->ref);

    movement->cost_milli = act->cost > 0 ? act->cost * 1000 : -1;
    movement->other_store = act->other;
    movement->product = act->product;
    movement->transfer_seq = act->seq;
    movement->reverses = act->reverses;
    movement->note = act->note;
    movement->stocktake = act->stocktake;
    server_submit(server, source, movement);
    server_settle(server);
    if (movement->err != ERR_OK) {
        fail_msg("%s", movement->message);
    }
    move_free(movement);
    ledger_source_free(source);
}

/* One column of a row for the chain: NULL, or a number kept in *number. */
static const int64_t *fixture_number(const PGresult *result, int row, int column, int64_t *number)
{
    if (PQgetisnull(result, row, column)) {
        return NULL;
    }
    assert_true(values_parse_i64(PQgetvalue(result, row, column), number));
    return number;
}

static int64_t fixture_i64(const PGresult *result, int row, int column)
{
    int64_t number = 0;
    fixture_number(result, row, column, &number);
    return number;
}

static const char *fixture_text(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

static void fixture_write_hash(const struct rig *rig, const struct chain_row *row, const char *hex)
{
    char sql[256];

    snprintf(sql, sizeof(sql),
             "UPDATE stock_movements SET hash = decode('%s', 'hex') WHERE store_id = %d AND seq = %lld", hex,
             (int)row->store_id, (long long)row->seq);
    rig_number(rig, sql);
}

/* Compute every hash again from the stored rows; store them, or expect them to be stored. */
static void fixture_walk_chain(const struct rig *rig, bool repairs)
{
    PGresult *result = PQexec(
        rig->sql,
        "SELECT store_id, product_id, seq, quantity, balance, (extract(epoch FROM occurred_at) * "
        "1000000)::bigint,"
        " (extract(epoch FROM recorded_at) * 1000000)::bigint, user_id, type_id, coalesce(reason_id, 0),"
        " coalesce(key_id, 0), price, cost, reverses, batch_id, batch_line, request_hash, ref, note,"
        " encode(hash, 'hex'), value, stocktake, transfer_store_id, transfer_seq FROM stock_movements ORDER "
        "BY store_id, seq");
    uint8_t previous[CHAIN_HASH_BYTES];
    size_t previous_len = 0;
    int64_t store_id = 0;

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int i = 0; i < PQntuples(result); i++) {
        int64_t numbers[9];
        char hex[2 * CHAIN_HASH_BYTES + 1];
        struct chain_row row = {
            .store_id = (int32_t)fixture_i64(result, i, 0),
            .product_id = (int32_t)fixture_i64(result, i, 1),
            .seq = fixture_i64(result, i, 2),
            .quantity_milli = fixture_i64(result, i, 3),
            .balance_milli = fixture_i64(result, i, 4),
            .occurred_micros = fixture_i64(result, i, 5),
            .recorded_micros = fixture_i64(result, i, 6),
            .user_id = (int32_t)fixture_i64(result, i, 7),
            .type_id = (int16_t)fixture_i64(result, i, 8),
            .reason_id = (int16_t)fixture_i64(result, i, 9),
            .key_id = (int32_t)fixture_i64(result, i, 10),
            .price_minor = fixture_number(result, i, 11, &numbers[0]),
            .cost_minor = fixture_number(result, i, 12, &numbers[1]),
            .reverses = fixture_number(result, i, 13, &numbers[2]),
            .batch_id = fixture_number(result, i, 14, &numbers[3]),
            .batch_line = fixture_number(result, i, 15, &numbers[4]),
            .request_hash = fixture_number(result, i, 16, &numbers[5]),
            .ref = fixture_text(result, i, 17),
            .note = fixture_text(result, i, 18),
            .value = fixture_number(result, i, 20, &numbers[6]),
            .stocktake = fixture_text(result, i, 21),
            .transfer_store_id = fixture_number(result, i, 22, &numbers[7]),
            .transfer_seq = fixture_number(result, i, 23, &numbers[8]),
        };
        if (row.store_id != store_id) {
            store_id = row.store_id;
            previous_len = 0;
        }
        chain_next(previous, previous_len, &row, previous);
        previous_len = sizeof(previous);
        sodium_bin2hex(hex, sizeof(hex), previous, sizeof(previous));
        if (repairs) {
            fixture_write_hash(rig, &row, hex);
        } else {
            assert_string_equal(hex, PQgetvalue(result, i, 19));
        }
    }
    PQclear(result);
}

void fixture_repair_chain(const struct rig *rig)
{
    fixture_walk_chain(rig, true);
    rig_number(rig,
               "UPDATE store_ledger l SET last_seq = m.seq, last_hash = m.hash FROM stock_movements m WHERE"
               " m.store_id = l.store_id AND m.seq = (SELECT max(seq) FROM stock_movements n WHERE n.store_id"
               " = l.store_id)");
}

void fixture_prove(const struct rig *rig)
{
    static const char *const proofs[] = {
        /* balances are the sums of their movements */
        "SELECT count(*) FROM inventory i WHERE quantity <> coalesce((SELECT sum(m.quantity) FROM "
        "stock_movements m"
        " WHERE m.store_id = i.store_id AND m.product_id = i.product_id), 0)",
        "SELECT count(*) FROM inventory WHERE quantity < 0",
        /* so is their worth */
        "SELECT count(*) FROM inventory i WHERE value <> coalesce((SELECT sum(m.value) FROM stock_movements m"
        " WHERE m.store_id = i.store_id AND m.product_id = i.product_id), 0)",
        /* the days add up to the ledger, by product and by user */
        "SELECT count(*) FROM (SELECT store_id, (occurred_at AT TIME ZONE timezone)::date AS day, "
        "product_id, type_id,"
        " coalesce(reason_id, 0) AS reason_id, sum(quantity) AS quantity, sum(CASE WHEN type_id IN (2, 4) "
        "THEN"
        " -quantity * coalesce(price, 0) ELSE 0 END) AS amount, sum(value) AS value, count(*) AS movements"
        " FROM stock_movements JOIN stores USING (store_id) GROUP BY 1, 2, 3, 4, 5) l FULL JOIN stock_daily d"
        " USING (store_id, day, product_id, type_id, reason_id) WHERE (l.quantity, l.amount, l.value, "
        "l.movements)"
        " IS DISTINCT FROM (d.quantity, d.amount, d.value, d.movements)",
        "SELECT count(*) FROM (SELECT store_id, (occurred_at AT TIME ZONE timezone)::date AS day, user_id, "
        "type_id,"
        " sum(quantity) AS quantity, sum(CASE WHEN type_id IN (2, 4) THEN -quantity * coalesce(price, 0) "
        "ELSE 0 END)"
        " AS amount, sum(value) AS value, count(*) AS movements FROM stock_movements JOIN stores USING "
        "(store_id)"
        " GROUP BY 1, 2, 3, 4) l FULL JOIN stock_daily_users d USING (store_id, day, user_id, type_id)"
        " WHERE (l.quantity, l.amount, l.value, l.movements)"
        " IS DISTINCT FROM (d.quantity, d.amount, d.value, d.movements)",
        /* what left for another store arrived, was lost, came back, or is on its way */
        "SELECT count(*) FROM transfers t WHERE received <> coalesce((SELECT sum(m.quantity) FROM "
        "stock_movements m"
        " WHERE m.store_id = t.to_store_id AND m.transfer_store_id = t.store_id AND m.transfer_seq = t.seq"
        " AND m.type_id = 7), 0) OR -quantity <> (SELECT o.quantity FROM stock_movements o"
        " WHERE o.store_id = t.store_id AND o.seq = t.seq AND o.type_id = 6)"
        " OR (received + lost + returned = quantity AND value <> 0)",
        /* sequences run from 1 to the head without a gap */
        "SELECT count(*) FROM store_ledger l WHERE (SELECT (count(*), coalesce(min(seq), 1), "
        "coalesce(max(seq), 0))"
        " FROM stock_movements m WHERE m.store_id = l.store_id) <> (l.last_seq, 1::bigint, l.last_seq)",
        "SELECT count(*) FROM store_ledger l LEFT JOIN stock_movements m ON m.store_id = l.store_id AND "
        "m.seq = l.last_seq"
        " WHERE l.last_seq > 0 AND m.hash IS DISTINCT FROM l.last_hash",
        /* each balance follows from the one before it */
        "SELECT count(*) FROM (SELECT balance, quantity, coalesce(lag(balance) OVER (PARTITION BY store_id, "
        "product_id"
        " ORDER BY seq), 0) AS before FROM stock_movements) x WHERE before + quantity <> balance",
        /* what a foreign key would prove */
        "SELECT count(*) FROM stock_movements m LEFT JOIN inventory i USING (store_id, product_id)"
        " LEFT JOIN users u USING (user_id) WHERE i.store_id IS NULL OR u.user_id IS NULL",
        "SELECT count(*) FROM stock_movements m LEFT JOIN ledger_batches b USING (store_id, batch_id)"
        " WHERE m.batch_id IS NOT NULL AND (b.store_id IS NULL OR m.batch_line >= b.next_line)",
    };

    for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
        if (rig_number(rig, proofs[i]) != 0) {
            fail_msg("the ledger is wrong: %s", proofs[i]);
        }
    }
    fixture_walk_chain(rig, false);
}
