/* verify: a sound ledger is found sound, and whatever somebody changes behind the
 * server's back is found with the first wrong movement. The ledger comes from the real writer; what is
 * changed is changed with all rights.
 */
#include <stdio.h>
#include <string.h>

#include "server/core/command.h"
#include "tests/database/ledger_fixture.h"

/* ------------------------------------------------------------------ the ledger */

static char long_note[501];

/* Something of everything: 13 movements in S1, one in S2, none in S3. */
static const struct fixture_act acts[] = {
    {MOVEMENT_IN, "S1", "P1", 10, .cost = 2},
    {MOVEMENT_IN, "S1", "P2", 5, .cost = 0},
    {MOVEMENT_SELL, "S1", "P1", 3, .note = long_note},
    {MOVEMENT_COUNT, "S1", "P1", 6, .stocktake = "autumn"},
    {MOVEMENT_TRANSFER_OUT, "S1", "P1", 4, .other = "S2"},
    {MOVEMENT_SELL, "S1", "P2", 1, .ref = "b:1"},
    {MOVEMENT_SELL, "S1", "P2", 1, .ref = "b:2"},
    {MOVEMENT_IN, "S1", NULL, 0, .reverses = 3},
    {MOVEMENT_TRANSFER_IN, "S2", NULL, 3, .other = "S1", .seq = 5}, /* short: S1 gets 9 and 10 */
    {MOVEMENT_TRANSFER_OUT, "S1", "P2", 1, .other = "S2"},
    {MOVEMENT_IN, "S1", NULL, 0, .reverses = 11},
    {MOVEMENT_IN, "S1", "P1", 10, .cost = 4},
};

static const char *const tables[] = {"stock_movements", "inventory",   "transfers",
                                     "ledger_batches",  "stock_daily", "stock_daily_users"};
enum { TABLES = sizeof tables / sizeof tables[0] };

static int setup(void **state)
{
    struct rig *rig;
    struct server server;
    char sql[256];

    fixture_setup(state);
    rig = *state;
    rig->config.limits.verify_products = 1000;
    memset(long_note, 'n', sizeof long_note - 1);
    server_start(&server, rig);
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        server_act(&server, &acts[i]);
    }
    server_stop(&server);
    fixture_prove(rig);
    for (size_t i = 0; i < TABLES; i++) {
        snprintf(sql, sizeof sql, "CREATE TABLE kept_%s AS SELECT * FROM %s", tables[i], tables[i]);
        rig_number(rig, sql);
    }
    rig_number(rig, "CREATE TABLE kept_heads AS SELECT * FROM store_ledger");
    return 0;
}

/* As it was before somebody changed it. */
static void restore(const struct rig *rig)
{
    char sql[256];

    for (size_t i = 0; i < TABLES; i++) {
        snprintf(sql, sizeof sql, "DELETE FROM %s; INSERT INTO %s SELECT * FROM kept_%s", tables[i],
                 tables[i], tables[i]);
        rig_number(rig, sql);
    }
    rig_number(
        rig,
        "UPDATE store_ledger l SET last_seq = k.last_seq, last_hash = k.last_hash FROM kept_heads k WHERE"
        " k.store_id = l.store_id");
    rig_number(rig, "DELETE FROM verify_progress");
}

/* ------------------------------------------------------------------ running it */

static struct identity *admin_of(const struct rig *rig)
{
    return rig_who(rig, ROLE_ADMIN, "ann", "");
}

static struct outcome *verify(const struct rig *rig, struct identity *who, const char *line)
{
    return rig_run_on(rig, rig->db, who, FORMAT_JSON, line, NULL);
}

static void expect_sound(const struct rig *rig, const char *line)
{
    struct identity *who = admin_of(rig);
    struct outcome *outcome = verify(rig, who, line);

    if (outcome->err != ERR_OK || strstr(outcome->output, "\"ok\":false") != NULL) {
        fail_msg("%s: %s %s", line, outcome->request.error.message, outcome->output);
    }
    outcome_done(outcome);
    identity_unref(who);
}

/* One fault, of this movement (0: of none), with these words. */
static void expect_fault(const struct rig *rig, const char *line, int64_t seq, const char *words)
{
    struct identity *who = admin_of(rig);
    struct outcome *outcome = verify(rig, who, line);
    char end[64];

    snprintf(end, sizeof end, seq > 0 ? "\"fault_seq\":%lld}" : "\"fault_seq\":null}", (long long)seq);
    if (outcome->err != ERR_UNSOUND || strstr(outcome->output, words) == NULL ||
        strstr(outcome->output, end) == NULL || strstr(outcome->request.error.message, words) == NULL) {
        fail_msg("%s: not '%s' with %s, but %s: %s %s", line, words, end, err_text(outcome->err),
                 outcome->request.error.message, outcome->output);
    }
    outcome_done(outcome);
    identity_unref(who);
}

/* ------------------------------------------------------------------ tests */

static void test_sound_ledgers_are_sound(void **state)
{
    const struct rig *rig = *state;
    struct identity *who = admin_of(rig);
    struct identity *owner = rig_who(rig, ROLE_OWNER, "ann", "S1 S3");
    struct outcome *outcome;

    restore(rig);
    outcome = verify(rig, who, "verify --all-stores");
    assert_int_equal(outcome->err, ERR_OK);
    static const char *const starts[] = {
        "{\"store\":\"S1\",\"from_seq\":1,\"to_seq\":13,\"movements\":13,\"head\":\"",
        "{\"store\":\"S2\",\"from_seq\":1,\"to_seq\":1,\"movements\":1,\"head\":\"",
        "{\"store\":\"S3\",\"from_seq\":1,\"to_seq\":0,\"movements\":0,\"head\":\"\",\"ok\":true,\"fault\":"
        "null,"
        "\"fault_seq\":null}\n"};
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(strstr(outcome->output, starts[i]));
    }
    assert_non_null(strstr(outcome->output, rig_text(rig, "SELECT encode(last_hash, 'hex') FROM store_ledger "
                                                          "WHERE store_id = 1")));
    outcome_done(outcome);
    outcome = verify(rig, owner, "verify --all-stores");
    assert_non_null(strstr(outcome->output, "\"S3\""));
    assert_null(strstr(outcome->output, "\"S2\""));
    outcome_done(outcome);
    expect_sound(rig, "verify --store S1 --from-seq 7");
    expect_sound(rig, "verify --store S1 --from-seq 14");
    expect_sound(rig, "verify --store S1 --from-seq 999");
    identity_unref(owner);
    identity_unref(who);
}

struct change {
    const char *sql;
    int64_t seq;
    const char *words;
    bool repairs; /* and gives all rows hashes that fit */
};

static const struct change changes[] = {
    /* what a row says */
    {"UPDATE stock_movements SET note = 'x' WHERE store_id = 1 AND seq = 3", 3, "its hash", false},
    {"UPDATE stock_movements SET note = NULL WHERE store_id = 1 AND seq = 3", 3, "its hash", false},
    {"UPDATE stock_movements SET value = value + 1 WHERE store_id = 1 AND seq = 1", 1, "its hash", false},
    {"UPDATE stock_movements SET value = NULL WHERE store_id = 1 AND seq = 4", 4, "its hash", false},
    {"UPDATE stock_movements SET quantity = 9000, balance = 9000 WHERE store_id = 1 AND seq = 1", 1,
     "its hash", false},
    {"UPDATE stock_movements SET occurred_at = occurred_at - interval '1 microsecond' WHERE store_id = 1 AND "
     "seq = 6",
     6, "its hash", false},
    {"UPDATE stock_movements SET user_id = 2 WHERE store_id = 1 AND seq = 7", 7, "its hash", false},
    {"UPDATE stock_movements SET stocktake = 'spring' WHERE store_id = 1 AND seq = 4", 4, "its hash", false},
    {"UPDATE stock_movements SET hash = decode(repeat('00', 32), 'hex') WHERE store_id = 1 AND seq = 13", 13,
     "its hash", false},
    {"ALTER TABLE stock_movements DROP CONSTRAINT stock_movements_note_check;"
     "UPDATE stock_movements SET note = note || 'x' WHERE store_id = 1 AND seq = 3",
     3, "its hash", false},
    /* which rows there are, and in which order */
    {"UPDATE stock_movements SET seq = 1000 WHERE store_id = 1 AND seq = 6;"
     "UPDATE stock_movements SET seq = 6 WHERE store_id = 1 AND seq = 7;"
     "UPDATE stock_movements SET seq = 7 WHERE store_id = 1 AND seq = 1000",
     6, "its hash", false},
    {"DELETE FROM stock_movements WHERE store_id = 1 AND seq = 6", 6, "movement 6 is missing", false},
    {"DELETE FROM stock_movements WHERE store_id = 1 AND seq = 1", 1, "movement 1 is missing", false},
    {"DELETE FROM stock_movements WHERE store_id = 1 AND seq > 11", 12, "movement 12 is missing", false},
    {"INSERT INTO stock_movements SELECT store_id, product_id, 14, quantity, balance, occurred_at, "
     "recorded_at, user_id, "
     "type_id, reason_id, key_id, price, cost, reverses, batch_id, batch_line, request_hash, ref, note, hash "
     "FROM "
     "stock_movements WHERE store_id = 1 AND seq = 13",
     14, "beyond the head", false},
    /* the head */
    {"UPDATE store_ledger SET last_seq = 12 WHERE store_id = 1", 12,
     "the head is not the hash of movement 12", false},
    {"UPDATE store_ledger SET last_seq = 12, last_hash = (SELECT hash FROM stock_movements WHERE store_id = "
     "1 AND seq = "
     "12) WHERE store_id = 1",
     13, "movement 13 is beyond the head", false},
    {"UPDATE store_ledger SET last_hash = decode(repeat('00', 32), 'hex') WHERE store_id = 1", 13,
     "the head is not the hash of movement 13", false},
    {"UPDATE store_ledger SET last_hash = '' WHERE store_id = 1", 0, "the head of the ledger is broken",
     false},
    /* somebody who computes the hashes anew cannot make wrong sums right */
    {"UPDATE stock_movements SET quantity = 9000, balance = 9000 WHERE store_id = 1 AND seq = 1", 3,
     "the balance of movement 3", true},
    {"UPDATE stock_movements SET quantity = quantity - 1000 WHERE store_id = 1 AND seq = 7", 7,
     "the balance of movement 7", true},
    {"UPDATE stock_movements SET quantity = 11000, balance = 16000 WHERE store_id = 1 AND seq = 13", 13,
     "the stock of P1", true},
    {"UPDATE stock_movements SET value = value + 1 WHERE store_id = 1 AND seq = 1", 13, "the worth of P1",
     true},
    /* the stock */
    {"UPDATE inventory SET quantity = quantity + 1000 WHERE store_id = 1 AND product_id = 2", 13,
     "the stock of P1 is", false},
    {"UPDATE inventory SET value = value + 1 WHERE store_id = 1 AND product_id = 2", 13, "the worth of P1",
     false},
    {"DELETE FROM inventory WHERE store_id = 1 AND product_id = 3", 12, "without stock", false},
    {"INSERT INTO inventory VALUES (1, 9, 1000, NULL, now())", 0,
     "the stock of P8 is 1, its movements make 0", false},
    /* transfers */
    {"UPDATE transfers SET received = 2000 WHERE store_id = 1 AND seq = 5", 5, "received", false},
    {"UPDATE transfers SET lost = 0 WHERE store_id = 1 AND seq = 5", 5, "lost", false},
    {"UPDATE transfers SET returned = 0 WHERE store_id = 1 AND seq = 11", 11, "came back", false},
    {"UPDATE transfers SET value = 1 WHERE store_id = 1 AND seq = 11", 11, "worth on its way", false},
    {"UPDATE transfers SET product_id = 5 WHERE store_id = 1 AND seq = 5", 5, "another product", true},
    {"UPDATE transfers SET quantity = 5000 WHERE store_id = 1 AND seq = 5", 5, "its transfer", false},
    {"DELETE FROM transfers WHERE store_id = 1 AND seq = 5", 5, "its transfer", false},
    {"INSERT INTO transfers SELECT 1, 1, 1, 2, 1000, 0, 0, 0, 0, now()", 1, "no movement sent", false},
    {"UPDATE stock_movements SET transfer_seq = 4 WHERE store_id = 2 AND seq = 1", 5, "received", true},
    /* batches */
    {"UPDATE ledger_batches SET next_line = 2 WHERE store_id = 1", 7, "line 2 of a batch", false},
    {"DELETE FROM ledger_batches WHERE store_id = 1", 6, "line 1 of a batch", false},
};

static void test_each_change_is_found(void **state)
{
    const struct rig *rig = *state;

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        restore(rig);
        rig_number(rig, changes[i].sql);
        if (changes[i].repairs) {
            fixture_repair_chain(rig);
        }
        expect_fault(rig, "verify --all-stores", changes[i].seq, changes[i].words);
        assert_int_equal(rig_number(rig, "SELECT count(*) FROM verify_progress WHERE store_id = 1"), 0);
    }
    restore(rig);
    expect_sound(rig, "verify --all-stores");
}

static void test_later_part_sees_its_own_faults(void **state)
{
    const struct rig *rig = *state;

    restore(rig);
    rig_number(rig, "UPDATE stock_movements SET note = 'x' WHERE store_id = 1 AND seq = 6");
    expect_fault(rig, "verify --store S1 --from-seq 6", 6, "its hash");
    expect_sound(rig, "verify --store S1 --from-seq 7");
    restore(rig);
    rig_number(rig, "UPDATE inventory SET quantity = quantity + 1000 WHERE store_id = 1 AND product_id = 2");
    expect_fault(rig, "verify --store S1 --from-seq 13", 13, "the stock of P1");
    restore(rig);
    rig_number(rig, "DELETE FROM stock_movements WHERE store_id = 1 AND seq = 6");
    expect_fault(rig, "verify --store S1 --from-seq 7", 6, "movement 6 is missing");
    restore(rig);
    rig_number(rig, "DELETE FROM stock_movements WHERE store_id = 1 AND seq = 9");
    expect_fault(rig, "verify --store S1 --from-seq 7", 9, "movement 9 is missing");
}

static void test_incremental_goes_on(void **state)
{
    const struct rig *rig = *state;
    struct identity *who = admin_of(rig);
    struct server server;

    restore(rig);
    expect_sound(rig, "verify --store S1");
    assert_int_equal(rig_number(rig, "SELECT seq FROM verify_progress WHERE store_id = 1"), 13);
    rig_contains(rig, who, "verify --store S1 --incremental",
                 "\"from_seq\":14,\"to_seq\":13,\"movements\":0");
    server_start(&server, rig);
    server_act(&server, &(struct fixture_act){MOVEMENT_SELL, "S1", "P1", 2, .cost = 0});
    server_act(&server, &(struct fixture_act){MOVEMENT_IN, "S1", "P7", 2, .cost = 0});
    server_act(&server, &(struct fixture_act){MOVEMENT_TRANSFER_OUT, "S1", "P7", 1, .other = "S2"});
    server_stop(&server);
    rig_contains(rig, who, "verify --store S1 --incremental",
                 "\"from_seq\":14,\"to_seq\":16,\"movements\":3");
    assert_int_equal(rig_number(rig, "SELECT seq FROM verify_progress WHERE store_id = 1"), 16);
    /* a part proves nothing of the rest */
    rig_do(rig, who, "verify --store S2 --from-seq 2");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM verify_progress WHERE store_id = 2"), 0);
    /* the stock of what has moved since is compared */
    rig_number(
        rig,
        "UPDATE verify_progress SET seq = 13, hash = (SELECT hash FROM stock_movements WHERE store_id = 1 "
        "AND seq = 13) WHERE store_id = 1; UPDATE inventory SET quantity = 0, value = 0 WHERE store_id = 1 "
        "AND product_id = 8");
    expect_fault(rig, "verify --store S1 --incremental", 16, "the stock of P7 is 0, its movements make 1");
    assert_int_equal(rig_number(rig, "SELECT seq FROM verify_progress WHERE store_id = 1"), 13);
    identity_unref(who);
}

/* Who has all rights can cut the tail, or write the past anew, so that everything fits: only what was kept
 * shows it. */
static void test_cut_and_rewritten_ledgers(void **state)
{
    const struct rig *rig = *state;
    char head[160], old[160];

    restore(rig);
    expect_sound(rig, "verify --store S1");
    snprintf(
        head, sizeof head, "verify --head S1:13:%s",
        rig_text(rig, "SELECT encode(hash, 'hex') FROM stock_movements WHERE store_id = 1 AND seq = 13"));
    snprintf(old, sizeof old, "verify --head S1:8:%s --head S3:0:",
             rig_text(rig, "SELECT encode(hash, 'hex') FROM stock_movements WHERE store_id = 1 AND seq = 8"));
    expect_sound(rig, head);
    expect_sound(rig, old);
    /* the last arrival never was */
    rig_number(rig, "DELETE FROM stock_movements WHERE store_id = 1 AND seq = 13");
    rig_number(
        rig,
        "UPDATE inventory SET (quantity, value) = (SELECT sum(quantity), sum(value) FROM stock_movements "
        "WHERE store_id = 1 AND product_id = 2) WHERE store_id = 1 AND product_id = 2");
    fixture_repair_chain(rig);
    expect_fault(rig, "verify --store S1 --incremental", 13, "movement 13 is missing");
    rig_number(rig, "DELETE FROM verify_progress");
    expect_sound(rig, "verify --store S1");
    expect_fault(rig, head, 13, "the ledger was cut");
    expect_sound(rig, old);
    /* a note was another one */
    restore(rig);
    expect_sound(rig, "verify --store S1");
    rig_number(rig, "UPDATE stock_movements SET note = 'x' WHERE store_id = 1 AND seq = 3");
    fixture_repair_chain(rig);
    expect_fault(rig, "verify --store S1 --incremental", 13, "changed since the last verification");
    rig_number(rig, "DELETE FROM verify_progress");
    expect_sound(rig, "verify --store S1");
    expect_fault(rig, head, 13, "written anew");
    expect_fault(rig, old, 8, "written anew");
}

static void test_heads(void **state)
{
    const struct rig *rig = *state;
    struct identity *who = admin_of(rig);
    struct identity *owner = rig_who(rig, ROLE_OWNER, "ann", "S2");
    char expected[200];

    restore(rig);
    snprintf(expected, sizeof expected, "{\"store\":\"S1\",\"seq\":13,\"hash\":\"%s\",\"recorded_at\":\"20",
             rig_text(rig, "SELECT encode(last_hash, 'hex') FROM store_ledger WHERE store_id = 1"));
    rig_contains(rig, who, "verify --all-stores --heads", expected);
    rig_contains(rig, who, "verify --all-stores --heads",
                 "{\"store\":\"S3\",\"seq\":0,\"hash\":\"\",\"recorded_at\":null}");
    rig_lacks(rig, owner, "verify --all-stores --heads", "S1");
    rig_lacks(rig, who, "verify --all-stores --heads --limit 2", "S3");
    struct outcome *page = verify(rig, who, "verify --all-stores --heads --limit 2");
    char next[300];
    snprintf(next, sizeof next, "verify --all-stores --heads --limit 2 --after %s",
             page->request.table.after);
    outcome_done(page);
    rig_contains(rig, who, next, "S3");
    rig_lacks(rig, who, next, "S2");
    identity_unref(owner);
    identity_unref(who);
}

static void test_what_is_refused(void **state)
{
    const struct rig *rig = *state;
    struct identity *who = admin_of(rig);
    struct identity *staff = rig_who(rig, ROLE_STAFF, "ann", "S1");
    struct identity *owner = rig_who(rig, ROLE_OWNER, "ann", "S2 S3");

    restore(rig);
    rig_refuse(rig, staff, "verify", ERR_NOT_PERMITTED, "");
    rig_refuse(rig, owner, "verify --store S1", ERR_UNKNOWN_STORE, "no store S1");
    rig_refuse(rig, owner, "verify --head S1:0:", ERR_UNKNOWN_STORE, "no store S1");
    rig_refuse(rig, who, "verify --store S9", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, who, "verify --head S9:0:", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, who, "verify --heads --store S9", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, who, "verify", ERR_USAGE, "which store");
    rig_refuse(rig, who, "verify --store S1 --all-stores", ERR_USAGE, "exclude");
    rig_refuse(rig, who, "verify --store S1 --from-seq 2 --incremental", ERR_USAGE, "exclude");
    rig_refuse(rig, who, "verify --store S1 --heads --incremental", ERR_USAGE, "--heads");
    rig_refuse(rig, who, "verify --store S1 --limit 5", ERR_USAGE, "--heads");
    rig_refuse(rig, who, "verify --store S1 --head S2:0:", ERR_USAGE, "does not go with");
    rig_refuse(rig, who, "verify --store S1 --from-seq 0", ERR_BAD_VALUE, "");
    rig_refuse(rig, who, "verify --head S1", ERR_BAD_VALUE, "STORE:SEQ:HASH");
    rig_refuse(rig, who, "verify --head S1:1", ERR_BAD_VALUE, "STORE:SEQ:HASH");
    rig_refuse(rig, who, "verify --head S1:x:", ERR_BAD_VALUE, "");
    rig_refuse(rig, who, "verify --head S1:-1:", ERR_BAD_VALUE, "");
    rig_refuse(rig, who, "verify --head S1:0:00", ERR_BAD_VALUE, "0 hex digits");
    rig_refuse(rig, who, "verify --head S1:1:00", ERR_BAD_VALUE, "64 hex digits");
    rig_refuse(rig, who,
               "verify --head S1:1:zz00000000000000000000000000000000000000000000000000000000000000",
               ERR_BAD_VALUE, "64 hex digits");
    identity_unref(owner);
    identity_unref(staff);
    identity_unref(who);
}

static void test_products_are_bounded(void **state)
{
    struct rig *rig = *state;
    struct identity *who = admin_of(rig);

    restore(rig);
    rig->config.limits.verify_products = 1;
    rig_refuse(rig, who, "verify --store S1", ERR_TOO_LONG, "verify_products");
    rig_do(rig, who, "verify --store S2");
    rig->config.limits.verify_products = 2;
    rig_do(rig, who, "verify --store S1");
    rig->config.limits.verify_products = 1000;
    identity_unref(who);
}

/* A row from before there was a worth, hashed as it was then, with newer ones after it. */
static void test_both_encodings(void **state)
{
    const struct rig *rig = *state;
    struct server server;

    restore(rig);
    rig_number(rig, "INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, "
                    "recorded_at, "
                    "user_id, type_id, hash) VALUES (3, 1, 1, 5000, 5000, now(), now(), 1, 1, "
                    "decode(repeat('00', 32), 'hex'));"
                    "INSERT INTO inventory VALUES (3, 1, 5000, NULL, now())");
    expect_fault(rig, "verify --store S3", 1, "beyond the head");
    fixture_repair_chain(rig);
    server_start(&server, rig);
    server_act(&server, &(struct fixture_act){MOVEMENT_SELL, "S3", "P0", 2, .cost = 0});
    server_act(&server, &(struct fixture_act){MOVEMENT_IN, "S3", "P0", 2, .cost = 3});
    server_stop(&server);
    expect_sound(rig, "verify --store S3");
    /* the newer columns cannot be slipped in where no hash covers them */
    rig_number(
        rig,
        "UPDATE stock_movements SET transfer_store_id = 1, transfer_seq = 5 WHERE store_id = 3 AND seq = 1");
    expect_fault(rig, "verify --store S3", 1, "its hash");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound_ledgers_are_sound),
        cmocka_unit_test(test_each_change_is_found),
        cmocka_unit_test(test_later_part_sees_its_own_faults),
        cmocka_unit_test(test_incremental_goes_on),
        cmocka_unit_test(test_cut_and_rewritten_ledgers),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_products_are_bounded),
        cmocka_unit_test(test_both_encodings),

    };

    return cmocka_run_group_tests_name("database.verify", tests, setup, rig_teardown);
}
