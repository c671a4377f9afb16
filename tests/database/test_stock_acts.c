/* The stock acts beyond buying and selling: returns, counts, transfers, receipts, reversals, and what the
 * stock is worth. Against a real PostgreSQL, through the ledger writer. Every test ends with a proof of the
 * whole ledger. */
#include <string.h>

#include "tests/database/ledger_fixture.h"

/* What a line of a script asks, and what must come of it. */
struct act {
    enum movement_type type;
    const char *store;
    const char *product; /* NULL: a receipt or a reversal */
    int64_t quantity;    /* whole units; of a receipt -1: all */
    int64_t cost;        /* whole units of money; 0: none */
    int64_t price;       /* likewise */
    const char *other;   /* the other store of a transfer */
    int64_t seq;         /* of the transfer received, or the movement reversed */
    bool reverses;
    const char *ref;

    enum err err;
    int64_t expected_seq;
    int64_t expected_balance;
};

static void run(const struct rig *rig, const struct act *acts, size_t count)
{
    struct server server;

    server_start(&server, rig);
    for (size_t i = 0; i < count; i++) {
        const struct act *act = &acts[i];
        struct ledger_source *source = ledger_source_new(server.ledger, true, false);
        struct movement *movement =
            move_new(act->type, act->store, act->product != NULL ? act->product : "P1",
                     act->quantity < 0 ? 0 : act->quantity, act->ref);

        movement->cost_milli = act->cost > 0 ? act->cost * 1000 : -1;
        movement->price_milli = act->price > 0 ? act->price * 1000 : -1;
        movement->other_store = act->other;
        movement->receives_all = act->quantity < 0;
        movement->product = act->product;
        if (act->reverses) {
            movement->reverses = act->seq;
        } else {
            movement->transfer_seq = act->seq;
        }
        server_submit(&server, source, movement);
        server_settle(&server);
        if (movement->err != act->err) {
            fail_msg("act %zu: %s instead of %s: %s", i, err_text(movement->err), err_text(act->err),
                     movement->message != NULL ? movement->message : "");
        }
        if (act->err == ERR_OK) {
            if (movement->seq != act->expected_seq ||
                movement->balance_milli != act->expected_balance * 1000) {
                fail_msg("act %zu: seq %lld, balance %lld", i, (long long)movement->seq,
                         (long long)movement->balance_milli);
            }
        }
        move_free(movement);
        ledger_source_free(source);
    }
    server_stop(&server);
    fixture_prove(rig);
}

#define RUN(rig, ...)                                                                                        \
    do {                                                                                                     \
        const struct act acts[] = {__VA_ARGS__};                                                             \
        run(rig, acts, sizeof acts / sizeof acts[0]);                                                        \
    } while (0)

static int64_t value_of(const struct rig *rig, const char *store)
{
    char sql[256];

    snprintf(sql, sizeof sql,
             "SELECT coalesce(sum(value), 0) FROM inventory JOIN stores USING (store_id) WHERE code = '%s'",
             store);
    return rig_number(rig, sql);
}

/* Thousandths of a cent. */
#define MONEY(cents) ((cents)*INT64_C(1000))

static void test_returns_and_counts(void **state)
{
    const struct rig *rig = *state;

    RUN(rig, {MOVEMENT_IN, "S1", "P1", 10, .expected_seq = 1, .expected_balance = 10},
        {MOVEMENT_SELL, "S1", "P1", 3, .expected_seq = 2, .expected_balance = 7},
        {MOVEMENT_RETURN, "S1", "P1", 1, .expected_seq = 3, .expected_balance = 8},
        /* fewer than the books say, more, the same, none at all, and none of what there never was */
        {MOVEMENT_COUNT, "S1", "P1", 5, .expected_seq = 4, .expected_balance = 5},
        {MOVEMENT_COUNT, "S1", "P1", 9, .expected_seq = 5, .expected_balance = 9},
        {MOVEMENT_COUNT, "S1", "P1", 9, .ref = "c1", .expected_seq = 6, .expected_balance = 9},
        {MOVEMENT_COUNT, "S1", "P1", 9, .ref = "c1", .expected_seq = 6, .expected_balance = 9},
        {MOVEMENT_COUNT, "S1", "P1", 8, .ref = "c1", .err = ERR_REF_CONFLICT},
        {MOVEMENT_COUNT, "S1", "P1", 0, .expected_seq = 7, .expected_balance = 0},
        {MOVEMENT_COUNT, "S1", "P2", 0, .expected_seq = 8, .expected_balance = 0});
    assert_string_equal(
        rig_text(rig, "SELECT string_agg((quantity / 1000)::text, ' ' ORDER BY seq) FROM stock_movements"),
        "10 -3 1 -3 4 0 -9 0");
}

static void test_moving_average_cost(void **state)
{
    const struct rig *rig = *state;

    RUN(rig, {MOVEMENT_IN, "S1", "P1", 10, .cost = 2, .expected_seq = 1, .expected_balance = 10},
        {MOVEMENT_IN, "S1", "P1", 30, .cost = 6, .expected_seq = 2, .expected_balance = 40});
    assert_int_equal(value_of(rig, "S1"), MONEY(10 * 200 + 30 * 600));
    /* out at the average of 5.00; in without a cost at it too */
    RUN(rig, {MOVEMENT_SELL, "S1", "P1", 4, .expected_seq = 3, .expected_balance = 36});
    assert_int_equal(value_of(rig, "S1"), MONEY(36 * 500));
    RUN(rig, {MOVEMENT_IN, "S1", "P1", 4, .expected_seq = 4, .expected_balance = 40});
    assert_int_equal(value_of(rig, "S1"), MONEY(40 * 500));
    RUN(rig, {MOVEMENT_COUNT, "S1", "P1", 41, .expected_seq = 5, .expected_balance = 41});
    assert_int_equal(value_of(rig, "S1"), MONEY(41 * 500));
    /* a sale taken back brings its own worth back, whatever was bought meanwhile */
    RUN(rig, {MOVEMENT_IN, "S1", "P1", 9, .cost = 50, .expected_seq = 6, .expected_balance = 50},
        {MOVEMENT_SELL, .store = "S1", .seq = 3, .reverses = true, .expected_seq = 7,
         .expected_balance = 54});
    assert_int_equal(value_of(rig, "S1"), MONEY(41 * 500 + 9 * 5000 + 4 * 500));
    /* nothing left is worth nothing, to the last fraction */
    RUN(rig, {MOVEMENT_SELL, "S1", "P1", 7, .expected_seq = 8, .expected_balance = 47},
        {MOVEMENT_SELL, "S1", "P1", 13, .expected_seq = 9, .expected_balance = 34},
        {MOVEMENT_REMOVE, "S1", "P1", 34, .expected_seq = 10, .expected_balance = 0});
    assert_int_equal(value_of(rig, "S1"), 0);
}

static void test_transfers(void **state)
{
    const struct rig *rig = *state;

    RUN(rig, {MOVEMENT_IN, "S1", "P1", 10, .cost = 3, .expected_seq = 1, .expected_balance = 10},
        {MOVEMENT_TRANSFER_OUT, "S1", "P1", 11, .other = "S2", .err = ERR_INSUFFICIENT_STOCK},
        {MOVEMENT_TRANSFER_OUT, "S1", "P1", 1, .other = "S1", .err = ERR_BAD_VALUE},
        {MOVEMENT_TRANSFER_OUT, "S1", "P1", 1, .other = "S9", .err = ERR_UNKNOWN_STORE},
        {MOVEMENT_TRANSFER_OUT, "S1", "P1", 4, .other = "S2", .expected_seq = 2, .expected_balance = 6},
        /* only where it goes to, only what is on its way */
        {MOVEMENT_TRANSFER_IN, "S3", NULL, -1, .other = "S1", .seq = 2, .err = ERR_UNKNOWN_MOVEMENT},
        {MOVEMENT_TRANSFER_IN, "S2", NULL, -1, .other = "S1", .seq = 1, .err = ERR_UNKNOWN_MOVEMENT},
        {MOVEMENT_TRANSFER_IN, "S2", NULL, -1, .other = "S9", .seq = 2, .err = ERR_UNKNOWN_MOVEMENT},
        {MOVEMENT_TRANSFER_IN, "S2", NULL, 5, .other = "S1", .seq = 2, .err = ERR_BAD_VALUE});
    assert_int_equal(value_of(rig, "S1"), MONEY(6 * 300));
    assert_int_equal(rig_number(rig, "SELECT sum(value) FROM transfers"), MONEY(4 * 300));
    RUN(rig,
        {MOVEMENT_TRANSFER_IN, "S2", NULL, -1, .other = "S1", .seq = 2, .ref = "t", .expected_seq = 1,
         .expected_balance = 4},
        {MOVEMENT_TRANSFER_IN, "S2", NULL, -1, .other = "S1", .seq = 2, .ref = "t", .expected_seq = 1,
         .expected_balance = 4},
        {MOVEMENT_TRANSFER_IN, "S2", NULL, -1, .other = "S1", .seq = 2, .err = ERR_BAD_VALUE});
    assert_int_equal(value_of(rig, "S2"), MONEY(4 * 300));
    assert_int_equal(
        rig_number(rig, "SELECT count(*) FROM transfers WHERE received = quantity AND value = 0"), 1);
}

static void test_short_receipt(void **state)
{
    const struct rig *rig = *state;

    RUN(rig, {MOVEMENT_IN, "S2", "P1", 10, .cost = 3, .expected_seq = 1, .expected_balance = 10},
        {MOVEMENT_TRANSFER_OUT, "S2", "P1", 5, .other = "S1", .expected_seq = 2, .expected_balance = 5},
        {MOVEMENT_TRANSFER_IN, "S1", NULL, 3, .other = "S2", .seq = 2, .expected_seq = 1,
         .expected_balance = 3},
        {MOVEMENT_TRANSFER_IN, "S1", NULL, 1, .other = "S2", .seq = 2, .err = ERR_BAD_VALUE});
    assert_string_equal(
        rig_text(rig, "SELECT string_agg(type_id || ':' || quantity / 1000 || ':' || balance / 1000 || ':' ||"
                      " coalesce(reason_id, 0), ' ' ORDER BY seq) FROM stock_movements WHERE store_id ="
                      " (SELECT store_id FROM stores WHERE code = 'S2')"),
        "1:10:10:0 6:-5:5:0 7:2:7:0 3:-2:5:3");
    assert_int_equal(value_of(rig, "S1"), MONEY(3 * 300));
    assert_int_equal(value_of(rig, "S2"), MONEY(5 * 300));
    /* the shortfall stays; what it was made of cannot be taken back one by one */
    RUN(rig, {MOVEMENT_IN, .store = "S2", .seq = 3, .reverses = true, .err = ERR_BAD_VALUE},
        {MOVEMENT_IN, .store = "S2", .seq = 4, .reverses = true, .err = ERR_BAD_VALUE},
        {MOVEMENT_IN, .store = "S2", .seq = 2, .reverses = true, .err = ERR_BAD_VALUE},
        /* the receipt can: then three are on their way again, and can be called back or received */
        {MOVEMENT_IN, .store = "S1", .seq = 1, .reverses = true, .expected_seq = 2, .expected_balance = 0},
        {MOVEMENT_TRANSFER_IN, "S1", NULL, 4, .other = "S2", .seq = 2, .err = ERR_BAD_VALUE},
        {MOVEMENT_TRANSFER_IN, "S1", NULL, -1, .other = "S2", .seq = 2, .expected_seq = 3,
         .expected_balance = 3});
    assert_int_equal(value_of(rig, "S1"), MONEY(3 * 300));
}

static void test_reversals(void **state)
{
    const struct rig *rig = *state;

    RUN(rig, {MOVEMENT_IN, "S1", "P1", 10, .expected_seq = 1, .expected_balance = 10},
        {MOVEMENT_SELL, "S1", "P1", 4, .expected_seq = 2, .expected_balance = 6},
        {MOVEMENT_SELL, .store = "S1", .seq = 9, .reverses = true, .err = ERR_UNKNOWN_MOVEMENT},
        {MOVEMENT_SELL, .store = "S2", .seq = 2, .reverses = true, .err = ERR_UNKNOWN_MOVEMENT},
        {MOVEMENT_SELL, .store = "S9", .seq = 2, .reverses = true, .err = ERR_UNKNOWN_STORE},
        /* what was sold cannot be un-bought */
        {MOVEMENT_IN, .store = "S1", .seq = 1, .reverses = true, .err = ERR_INSUFFICIENT_STOCK},
        {MOVEMENT_IN, .store = "S1", .seq = 2, .reverses = true, .ref = "r", .expected_seq = 3,
         .expected_balance = 10},
        {MOVEMENT_IN, .store = "S1", .seq = 2, .reverses = true, .ref = "r", .expected_seq = 3,
         .expected_balance = 10},
        {MOVEMENT_IN, .store = "S1", .seq = 2, .reverses = true, .err = ERR_ALREADY_REVERSED},
        {MOVEMENT_IN, .store = "S1", .seq = 3, .reverses = true, .err = ERR_ALREADY_REVERSED},
        {MOVEMENT_IN, .store = "S1", .seq = 1, .reverses = true, .ref = "r", .err = ERR_REF_CONFLICT},
        {MOVEMENT_COUNT, "S1", "P1", 7, .expected_seq = 4, .expected_balance = 7},
        {MOVEMENT_IN, .store = "S1", .seq = 4, .reverses = true, .expected_seq = 5, .expected_balance = 10},
        /* a transfer called back, once; then there is nothing to receive */
        {MOVEMENT_TRANSFER_OUT, "S1", "P1", 3, .other = "S2", .expected_seq = 6, .expected_balance = 7},
        {MOVEMENT_IN, .store = "S1", .seq = 6, .reverses = true, .expected_seq = 7, .expected_balance = 10},
        {MOVEMENT_IN, .store = "S1", .seq = 6, .reverses = true, .err = ERR_ALREADY_REVERSED},
        {MOVEMENT_TRANSFER_IN, "S2", NULL, -1, .other = "S1", .seq = 6, .err = ERR_BAD_VALUE});
    assert_int_equal(
        rig_number(rig,
                   "SELECT count(*) FROM stock_movements r JOIN stock_movements m ON m.store_id = r.store_id"
                   " AND m.seq = r.reverses WHERE r.type_id <> m.type_id OR r.quantity <> -m.quantity"),
        0);
}

/* What nobody trades is refused, not wrapped around. */
static void test_too_much(void **state)
{
    const struct rig *rig = *state;

    RUN(rig, {MOVEMENT_IN, "S1", "P1", 1000000, .cost = 9000000000, .err = ERR_BAD_VALUE},
        {MOVEMENT_IN, "S1", "P1", 1000000, .cost = 10000, .expected_seq = 1, .expected_balance = 1000000},
        {MOVEMENT_IN, "S1", "P1", 1000000, .cost = 10000, .err = ERR_BAD_VALUE},
        {MOVEMENT_SELL, "S1", "P1", 999999, .price = 10000, .err = ERR_BAD_VALUE},
        {MOVEMENT_SELL, "S1", "P1", 9999, .price = 10000, .expected_seq = 2, .expected_balance = 990001});
}

/* Lines of one posting, decided together. */
static void test_all_in_one_posting(void **state)
{
    const struct rig *rig = *state;
    struct server server;
    struct movement *movements[6];

    RUN(rig, {MOVEMENT_IN, "S1", "P1", 10, .expected_seq = 1, .expected_balance = 10},
        {MOVEMENT_TRANSFER_OUT, "S1", "P1", 6, .other = "S2", .expected_seq = 2, .expected_balance = 4});
    server_start(&server, rig);
    struct ledger_source *source = ledger_source_new(server.ledger, false, false);
    for (int i = 0; i < 6; i++) {
        movements[i] = move_new(i < 2 ? MOVEMENT_IN : MOVEMENT_TRANSFER_IN, i < 2 ? "S1" : "S2", "P1",
                                i == 2 ? 2 : 4, NULL);
        movements[i]->product = NULL;
        movements[i]->reverses = i < 2 ? 1 : 0;
        movements[i]->other_store = i < 2 ? NULL : "S1";
        movements[i]->transfer_seq = i < 2 ? 0 : 2;
    }
    /* an atomic group of a good receipt and a bad one leaves the transfer as it was */
    movements[2]->group_lines = 2;
    movements[3]->quantity_milli = 400000;
    movements[4]->quantity_milli = 6000;
    movements[5]->receives_all = true;
    for (int i = 0; i < 6; i++) {
        server_submit(&server, source, movements[i]);
    }
    server_settle(&server);
    assert_int_equal(movements[0]->err, ERR_INSUFFICIENT_STOCK);
    assert_int_equal(movements[1]->err, ERR_INSUFFICIENT_STOCK);
    assert_int_equal(movements[2]->err, ERR_BAD_VALUE);
    assert_int_equal(movements[3]->err, ERR_BAD_VALUE);
    assert_int_equal(movements[4]->err, ERR_OK);
    assert_int_equal(movements[4]->balance_milli, 6000);
    assert_int_equal(movements[5]->err, ERR_BAD_VALUE);
    for (int i = 0; i < 6; i++) {
        move_free(movements[i]);
    }
    ledger_source_free(source);
    server_stop(&server);
    fixture_prove(rig);
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM stock_movements"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_returns_and_counts, fixture_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_moving_average_cost, fixture_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_transfers, fixture_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_short_receipt, fixture_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_reversals, fixture_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_too_much, fixture_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_all_in_one_posting, fixture_setup, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.stock_acts", tests, NULL, NULL);
}
