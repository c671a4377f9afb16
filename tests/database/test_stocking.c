/* What keeps products and stores in use, and what stores choose for products: retiring, closing, units,
 * currencies, reorder points, prices by store, and what is on its way. Stock is put there by plain SQL, or
 * by a ledger writer where postings and changes meet. Each test has a database of its own. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "tests/database/ledger_fixture.h"

/* S1 and S2 are olga's; S3 is nobody's and in yen. */
static void arrange(const struct rig *rig)
{
    rig_text(rig,
             "INSERT INTO stores (code, name, currency) VALUES ('S1', 'One', 'EUR'), ('S2', 'Two', 'EUR'), "
             "('S3', 'Three', 'JPY');"
             "INSERT INTO store_ledger (store_id) VALUES (1), (2), (3);"
             "INSERT INTO products (sku, name, unit, price_milli) VALUES ('A-1', 'Lamp', 'each', 2490), "
             "('K-1', 'Rice', 'kg', NULL);"
             "INSERT INTO product_barcodes VALUES ('4006381333931', 1);"
             "INSERT INTO users (name, role) VALUES ('admin', 'admin'), ('olga', 'owner'), ('ann', 'staff')");
}

static void test_reorder(void **state)
{
    const struct rig *rig = *state;
    struct identity *olga, *ann;

    arrange(rig);
    olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2");
    ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
    rig_expect(rig, olga, "reorder 4006381333931 --point 12 --quantity 48 --store S1",
               "{\"store\":\"S1\",\"sku\":\"A-1\",\"name\":\"Lamp\",\"unit\":\"each\",\"quantity\":0,"
               "\"reorder_point\":12,\"reorder_quantity\":48,\"low\":true}\n");
    rig_contains(rig, olga, "reorder A-1 --point 0 --store S1",
                 "\"reorder_point\":0,\"reorder_quantity\":48");
    rig_contains(rig, olga, "reorder K-1 --point 0.5 --store S1",
                 "\"reorder_point\":0.5,\"reorder_quantity\":null");
    rig_contains(rig, ann, "inventory --low", "\"sku\":\"A-1\"");
    rig_contains(rig, olga, "reorder A-1 --point none --store S1",
                 "\"reorder_point\":null,\"reorder_quantity\":null,\"low\":false");
    rig_lacks(rig, ann, "inventory --low", "A-1");
    rig_refuse(rig, ann, "reorder A-1 --point 1", ERR_NOT_PERMITTED, "");
    rig_refuse(rig, olga, "reorder A-1 --point 1", ERR_USAGE, "store");
    rig_refuse(rig, olga, "reorder A-1 --point 1 --store S3", ERR_UNKNOWN_STORE, "no store S3");
    rig_refuse(rig, olga, "reorder A-1 --point 1.5 --store S1", ERR_BAD_VALUE, "whole units");
    rig_refuse(rig, olga, "reorder A-1 --point 1 --quantity 0 --store S1", ERR_BAD_VALUE, "0");
    rig_refuse(rig, olga, "reorder A-1 --point 1 --quantity 0.5 --store S1", ERR_BAD_VALUE, "whole units");
    rig_refuse(rig, olga, "reorder A-1 --point none --quantity 1 --store S1", ERR_USAGE, "--point");
    rig_refuse(rig, olga, "reorder A-1 --point -1 --store S1", ERR_BAD_VALUE, "-1");
    rig_refuse(rig, olga, "reorder A-1 --store S1", ERR_USAGE, "--point");
    rig_refuse(rig, olga, "reorder Z --point 1 --store S1", ERR_UNKNOWN_PRODUCT, "no product Z");
    assert_string_equal(rig_text(rig,
                                 "SELECT string_agg(concat_ws(' ', store_id, kind, target, "
                                 "after ->> 'reorder_point'), ', ' ORDER BY audit_id) FROM audit_events"),
                        "1 product A-1 12, 1 product A-1 0, 1 product K-1 0.5, 1 product A-1");
    assert_string_equal(rig_text(rig,
                                 "SELECT before ->> 'reorder_quantity' FROM audit_events WHERE audit_id = "
                                 "(SELECT max(audit_id) FROM audit_events)"),
                        "48");
    identity_unref(olga);
    identity_unref(ann);
}

static void test_prices_of_stores(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin, *olga, *ann;

    arrange(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2");
    ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
    rig_text(rig,
             "INSERT INTO inventory (store_id, product_id, quantity, updated_at) VALUES (1, 1, 5000, now()), "
             "(2, 1, 7000, now())");
    rig_contains(rig, olga, "product set A-1 --price 1.99 --store S1",
                 "\"price\":\"2.49\",\"barcodes\":[\"4006381333931\"],");
    rig_contains(rig, admin, "product set A-1 --price 300 --store S3",
                 "\"store\":\"S3\",\"quantity\":0,\"price\":\"300\"");
    rig_contains(rig, olga, "product show A-1",
                 "\"stores\":[{\"store\":\"S1\",\"quantity\":5,\"price\":\"1.99\"},"
                 "{\"store\":\"S2\",\"quantity\":7,\"price\":null}]");
    rig_lacks(rig, ann, "product show A-1", "S2");
    rig_contains(rig, ann, "inventory", "\"price\":\"1.99\"");
    rig_contains(rig, ann, "inventory --product A-1", "\"price\":\"1.99\"");
    rig_contains(rig, olga, "inventory --store S2", "\"price\":\"2.49\"");
    rig_refuse(rig, admin, "product set A-1 --price 3.5 --store S3", ERR_BAD_VALUE, "decimals");
    rig_refuse(rig, olga, "product set A-1 --price 1 --store S3", ERR_UNKNOWN_STORE, "no store S3");
    rig_refuse(rig, admin, "product set A-1 --price 1 --store S9", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, olga, "product set A-1 --price 1", ERR_NOT_PERMITTED, "--store");
    rig_refuse(rig, olga, "product set A-1 --price 1 --name x --store S1", ERR_USAGE, "--price");
    rig_refuse(rig, olga, "product set A-1 --active --store S1", ERR_USAGE, "--price");
    rig_refuse(rig, ann, "product set A-1 --price 1 --store S1", ERR_NOT_PERMITTED, "");
    rig_contains(rig, olga, "product set A-1 --price none --store S1",
                 "{\"store\":\"S1\",\"quantity\":5,\"price\":null}");
    rig_contains(rig, ann, "inventory", "\"price\":\"2.49\"");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM store_prices"), 1);
    assert_string_equal(rig_text(rig,
                                 "SELECT string_agg(concat(store_id, ' ', before ->> 'price', '>', after ->> "
                                 "'price'), ', ' ORDER BY audit_id) FROM audit_events"),
                        "1 >1.99, 3 >300, 1 1.99>");
    identity_unref(admin);
    identity_unref(olga);
    identity_unref(ann);
}

static void test_retire(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin;

    arrange(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    rig_text(
        rig,
        "INSERT INTO inventory (store_id, product_id, quantity, updated_at) VALUES (1, 1, 2500, now()), "
        "(2, 1, 0, now());"
        "INSERT INTO transfers (store_id, seq, product_id, to_store_id, quantity, received, value, sent_at) "
        "VALUES (2, 7, 1, 3, 5000, 0, 0, now()), (2, 8, 1, 3, 5000, 5000, 0, now())");
    rig_refuse(rig, admin, "product retire 4006381333931", ERR_IN_USE,
               "A-1 is still in stock: 2.5 in S1, 5 on the way as S2:7");
    rig_text(rig, "UPDATE inventory SET quantity = 0");
    rig_refuse(rig, admin, "product retire A-1", ERR_IN_USE, "still in stock: 5 on the way as S2:7");
    rig_text(rig,
             "UPDATE inventory SET quantity = 1000; UPDATE transfers SET received = 5000;"
             "INSERT INTO inventory (store_id, product_id, quantity, updated_at) VALUES (3, 1, 1000, now())");
    rig_refuse(rig, admin, "product retire A-1", ERR_IN_USE, "1 in S1, 1 in S2, 1 in S3");
    rig_text(rig, "UPDATE inventory SET quantity = 0");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM products WHERE retired_at IS NOT NULL"), 0);
    rig_contains(rig, admin, "product retire A-1", "\"retired\":true");
    rig_contains(rig, admin, "product retire A-1", "\"retired\":true");
    rig_lacks(rig, admin, "product list", "A-1");
    rig_contains(rig, admin, "product list --retired", "A-1");
    rig_lacks(rig, admin, "product list --retired", "K-1");
    rig_refuse(rig, admin, "reorder A-1 --point 3 --store S1", ERR_RETIRED_PRODUCT, "A-1 is retired");
    rig_contains(rig, admin, "product set A-1 --active", "\"retired\":false");
    rig_contains(rig, admin, "product list", "A-1");
    rig_refuse(rig, admin, "product retire Z", ERR_UNKNOWN_PRODUCT, "no product Z");
    assert_string_equal(rig_text(rig,
                                 "SELECT string_agg(concat(action, ' ', before ->> 'retired', '>', after ->> "
                                 "'retired'), ', ' ORDER BY audit_id) FROM audit_events"),
                        "product retire false>true, product retire true>true, product set true>false");
    identity_unref(admin);
}

static void test_units(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin;

    arrange(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    rig_contains(rig, admin, "product set A-1 --unit m", "\"unit\":\"m\"");
    rig_contains(rig, admin, "product set A-1 --unit each", "\"unit\":\"each\"");
    rig_text(rig, "INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, "
                  "recorded_at, "
                  "user_id, type_id, hash) VALUES (2, 2, 1, 1000, 1000, now(), now(), 1, 1, "
                  "decode(repeat('00', 32), 'hex'))");
    rig_contains(rig, admin, "product set K-1 --unit each", "\"unit\":\"each\"");
    rig_contains(rig, admin, "product set K-1 --unit kg", "\"unit\":\"kg\"");
    rig_text(rig, "INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, "
                  "recorded_at, "
                  "user_id, type_id, hash) VALUES (2, 2, 2, -1, 999, now(), now(), 1, 2, decode(repeat('00', "
                  "32), 'hex'))");
    rig_refuse(rig, admin, "product set K-1 --unit each", ERR_IN_USE, "S2 has moved fractions");
    rig_contains(rig, admin, "product set K-1 --unit l", "\"unit\":\"l\"");
    identity_unref(admin);
}

static void test_close(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin, *olga;

    arrange(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2");
    rig_text(
        rig,
        "INSERT INTO inventory (store_id, product_id, quantity, updated_at) VALUES (1, 1, 2000, now()), "
        "(1, 2, 0, now());"
        "INSERT INTO transfers (store_id, seq, product_id, to_store_id, quantity, value, sent_at) VALUES "
        "(1, 4, 2, 2, 500, 0, now()), (3, 9, 1, 1, 3000, 0, now())");
    rig_refuse(rig, admin, "store close S1", ERR_IN_USE,
               "S1 still has 2 of A-1, 0.5 of K-1 on the way as S1:4, 3 of A-1 on the way as S3:9");
    rig_refuse(rig, admin, "store close S2", ERR_IN_USE, "S2 still has 0.5 of K-1 on the way as S1:4");
    rig_text(rig, "UPDATE transfers SET returned = quantity WHERE store_id = 1");
    rig_contains(rig, admin, "store close S2", "\"closed\":true");
    rig_contains(rig, olga, "store show S2", "\"closed\":true");
    rig_refuse(rig, admin, "store close S1", ERR_IN_USE, "2 of A-1, 3 of A-1 on the way as S3:9");
    rig_text(rig,
             "UPDATE inventory SET quantity = 0; UPDATE transfers SET lost = quantity WHERE store_id = 3");
    rig_contains(rig, admin, "store close S1", "\"closed\":true");
    rig_contains(rig, admin, "store set S1 --open", "\"closed\":false");
    rig_refuse(rig, olga, "store close S1", ERR_NOT_PERMITTED, "");
    rig_refuse(rig, olga, "store show S3", ERR_UNKNOWN_STORE, "no store S3");
    rig_refuse(rig, olga, "store show S9", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, admin, "store show S9", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, admin, "store close S9", ERR_UNKNOWN_STORE, "no store S9");
    assert_string_equal(
        rig_text(rig, "SELECT string_agg(concat(action, ' ', target, ' ', before ->> 'closed', '>', "
                      "after ->> 'closed'), ', ' ORDER BY audit_id) FROM audit_events"),
        "store close S2 false>true, store close S1 false>true, store set S1 true>false");
    identity_unref(admin);
    identity_unref(olga);
}

static void test_currency(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin;

    arrange(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    rig_text(rig, "INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, "
                  "recorded_at, "
                  "user_id, type_id, hash) VALUES (1, 1, 1, 1000, 1000, now(), now(), 1, 1, "
                  "decode(repeat('00', 32), 'hex'))");
    rig_contains(rig, admin, "store set S1 --currency USD", "\"currency\":\"USD\"");
    rig_text(rig, "UPDATE stock_movements SET price = 0");
    rig_refuse(rig, admin, "store set S1 --currency EUR", ERR_IN_USE, "prices or costs in USD");
    rig_contains(rig, admin, "store set S1 --currency USD --name Uno", "\"name\":\"Uno\"");
    rig_text(rig, "UPDATE stock_movements SET price = NULL, cost = 1");
    rig_refuse(rig, admin, "store set S1 --currency EUR", ERR_IN_USE, "USD");
    rig_do(rig, admin, "product set A-1 --price 2 --store S2");
    rig_refuse(rig, admin, "store set S2 --currency JPY", ERR_IN_USE, "EUR");
    rig_do(rig, admin, "product set A-1 --price none --store S2");
    rig_do(rig, admin, "store set S2 --currency JPY");
    rig_refuse(rig, admin, "store set S2 --currency yen", ERR_BAD_VALUE, "yen");
    identity_unref(admin);
}

static void test_transfer_list(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin, *olga, *ann;
    struct outcome *outcome;
    char next[160];

    arrange(rig);
    admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2");
    ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
    rig_text(rig, "INSERT INTO transfers (store_id, seq, product_id, to_store_id, quantity, received, lost, "
                  "value, sent_at) "
                  "VALUES (1, 4, 2, 3, 2500, 0, 500, 0, '2026-03-01T09:30:00Z'), (1, 5, 1, 2, 3000, 3000, 0, "
                  "0, now()), "
                  "(2, 9, 1, 1, 3000, 0, 0, 0, now()), (3, 2, 1, 2, 1000, 0, 0, 0, now())");
    rig_expect(rig, ann, "transfer list --out",
               "{\"transfer\":\"S1:4\",\"from\":\"S1\",\"to\":\"S3\",\"sku\":\"K-1\",\"name\":\"Rice\","
               "\"unit\":\"kg\","
               "\"quantity\":2.5,\"received\":0,\"lost\":0.5,\"on_its_way\":2,\"sent_at\":\"2026-03-01T09:30:"
               "00Z\"}\n");
    rig_contains(rig, ann, "transfer list --in", "\"transfer\":\"S2:9\"");
    rig_lacks(rig, ann, "transfer list --in", "S1:4");
    rig_lacks(rig, ann, "transfer list", "S3:2");
    rig_contains(rig, olga, "transfer list --all-stores", "S3:2");
    rig_lacks(rig, admin, "transfer list --all-stores", "S1:5");
    rig_contains(rig, admin, "transfer list --store S3 --in", "S1:4");
    outcome = rig_run_on(rig, rig->db, admin, FORMAT_JSON, "transfer list --all-stores --limit 2", NULL);
    assert_int_equal(outcome->request.table.row_count, 2);
    snprintf(next, sizeof next, "transfer list --all-stores --limit 2 --after %s",
             outcome->request.table.after);
    outcome_done(outcome);
    outcome = rig_run_on(rig, rig->db, admin, FORMAT_JSON, next, NULL);
    assert_int_equal(outcome->request.table.row_count, 1);
    assert_non_null(strstr(outcome->output, "S3:2"));
    outcome_done(outcome);
    rig_refuse(rig, ann, "transfer list --in --out", ERR_USAGE, "exclude");
    rig_refuse(rig, ann, "transfer list --store S2", ERR_UNKNOWN_STORE, "no store S2");
    rig_refuse(rig, admin, "transfer list --store S9", ERR_UNKNOWN_STORE, "no store S9");
    identity_unref(admin);
    identity_unref(olga);
    identity_unref(ann);
}

static void test_search(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann;

    arrange(rig);
    ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
    rig_text(
        rig,
        "INSERT INTO products (sku, name) VALUES ('OAT-M-1', 'Oat milk, \"barista\" 0.5 l'), "
        "('x''y\\z', 'Odd (one)'), ('AEP', 'Äpfel'), ('CJK', '牛奶 1L'), ('TH-AT.DE/x', 'Host 10.0.0.1')");
    rig_contains(rig, ann, "product list --search 'OAT mil'", "OAT-M-1");
    rig_contains(rig, ann, "product list --search oat-m", "OAT-M-1");
    rig_contains(rig, ann, "product list --search barista", "OAT-M-1");
    rig_contains(rig, ann, "product list --search 0.5", "OAT-M-1");
    rig_lacks(rig, ann, "product list --search ilk", "OAT-M-1");
    rig_lacks(rig, ann, "product list --search 'oat soy'", "OAT-M-1");
    rig_contains(rig, ann, "product list --search äPF", "AEP");
    rig_contains(rig, ann, "product list --search 牛", "CJK");
    rig_contains(rig, ann, "product list --search one", "Odd");
    rig_contains(rig, ann, "product list --search \"x'y\\\\z\"", "Odd");
    rig_contains(rig, ann, "product list --search th-at", "TH-AT");
    rig_contains(rig, ann, "product list --search de", "TH-AT");
    rig_contains(rig, ann, "product list --search 10.0", "TH-AT");
    for (const char *const *odd = (const char *const[]){"'&'", "'|'", "'!x'", "'a:*'", "\"'\"", "':'", "'(a'",
                                                        "'<->'", "\"''\"", "'\\\\'", NULL};
         *odd != NULL; odd++) {
        char line[64];

        snprintf(line, sizeof line, "product list --search %s", *odd);
        rig_do(rig, ann, line);
    }
    rig_contains(rig, ann, "product list --search ' '", "OAT-M-1");
    rig_text(rig, "UPDATE products SET name = 'Soy drink' WHERE sku = 'OAT-M-1'");
    rig_lacks(rig, ann, "product list --search milk", "OAT-M-1");
    rig_contains(rig, ann, "product list --search soy", "OAT-M-1");
    identity_unref(ann);
}

/* Every page of a search has what is due, whether many rows fit or few. */
static void test_search_pages(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann;

    arrange(rig);
    ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
    rig_text(rig,
             "INSERT INTO products (sku, name) SELECT 'P' || lpad(n::text, 4, '0'), "
             "concat('all', ' ', CASE WHEN n % 40 = 0 THEN 'some ' END, CASE WHEN n > 1900 THEN 'late' END) "
             "FROM generate_series(1, 2000) n; ANALYZE products");
    static const struct {
        const char *word;
        int rows;
    } words[] = {{"all", 2000}, {"some", 50}, {"late", 100}, {"p000", 9}, {"none", 0}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char line[256], cursor[128] = "", last[64] = "";
        int rows = 0;

        do {
            snprintf(line, sizeof line, "product list --search %s --limit 7%s%s", words[i].word,
                     cursor[0] != '\0' ? " --after " : "", cursor);
            struct outcome *outcome = rig_run_on(rig, rig->db, ann, FORMAT_JSON, line, NULL);
            assert_int_equal(outcome->err, ERR_OK);
            const struct table *table = &outcome->request.table;
            for (size_t row = 0; row < table->row_count; row++) {
                const char *sku = table->cells[row * table->column_count].value;

                assert_true(strcmp(last, sku) < 0);
                snprintf(last, sizeof last, "%s", sku);
            }
            rows += (int)table->row_count;
            snprintf(cursor, sizeof cursor, "%s", table->after != NULL ? table->after : "");
            outcome_done(outcome);
        } while (cursor[0] != '\0');
        assert_int_equal(rows, words[i].rows);
    }
    identity_unref(ann);
}

struct other {
    const struct rig *rig;
    struct db *db;
    struct identity *who;
    const char *line;
    enum err err;
};

static void *run_line(void *argument)
{
    struct other *other = argument;
    struct outcome *outcome = rig_run_on(other->rig, other->db, other->who, FORMAT_JSON, other->line, NULL);

    other->err = outcome->err;
    outcome_done(outcome);
    return NULL;
}

static const char someone_waits[] =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
    "wait_event_type = 'Lock'";

/* Somebody is posting stock of a product, or to a store, that is being put out of use: it is seen. */
static void test_putting_out_of_use_waits_for_postings(void **state)
{
    const struct rig *rig = *state;
    static const char *const lines[] = {"product retire A-1", "store close S2"};

    arrange(rig);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct other other = {.rig = rig,
                              .db = rig_connect(rig),
                              .who = rig_who(rig, ROLE_ADMIN, "admin", ""),
                              .line = lines[i]};
        pthread_t thread;

        rig_text(rig, "DELETE FROM inventory");
        PGconn *posting = PQconnectdb(rig->owner_dsn);
        PQclear(PQexec(posting,
                       "BEGIN; SELECT FROM store_ledger WHERE store_id = 2 FOR UPDATE; INSERT INTO inventory "
                       "(store_id, product_id, quantity, updated_at) VALUES (2, 1, 1000, now())"));
        assert_int_equal(pthread_create(&thread, NULL, run_line, &other), 0);
        rig_wait(rig, someone_waits);
        PGresult *commit = PQexec(posting, "COMMIT");
        assert_int_equal(PQresultStatus(commit), PGRES_COMMAND_OK);
        PQclear(commit);
        PQfinish(posting);
        pthread_join(thread, NULL);
        assert_int_equal(other.err, ERR_IN_USE);
        identity_unref(other.who);
        db_free(other.db);
    }
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM products WHERE retired_at IS NOT NULL"), 0);
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM stores WHERE closed_at IS NOT NULL"), 0);
}

/* A posting that waited for the store meanwhile, and knew both from before, is refused. */
static void test_postings_see_what_they_waited_for(void **state)
{
    const struct rig *rig = *state;
    struct server server;
    struct ledger_source *source;
    struct movement *movement;

    server_start(&server, rig);
    move_free(server_post(&server, MOVEMENT_IN, "S1", "P1", 1, NULL));
    move_free(server_post(&server, MOVEMENT_SELL, "S1", "P1", 1, NULL));
    PGconn *changing = PQconnectdb(rig->owner_dsn);
    PQclear(PQexec(
        changing,
        "BEGIN; UPDATE catalogue_version SET version = version + 1; SELECT FROM store_ledger FOR UPDATE"));
    source = ledger_source_new(server.ledger, true, false);
    movement = move_new(MOVEMENT_IN, "S1", "P1", 1, NULL);
    server_submit(&server, source, movement);
    rig_wait(rig, someone_waits);
    PQclear(PQexec(changing, "UPDATE products SET retired_at = now() WHERE sku = 'P1'"));
    PGresult *commit = PQexec(changing, "COMMIT");
    assert_int_equal(PQresultStatus(commit), PGRES_COMMAND_OK);
    PQclear(commit);
    PQfinish(changing);
    server_settle(&server);
    assert_int_equal(movement->err, ERR_RETIRED_PRODUCT);
    move_free(movement);
    ledger_source_free(source);
    server_stop(&server);
    fixture_prove(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reorder, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_prices_of_stores, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_retire, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_units, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_close, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_currency, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_transfer_list, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_search, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_search_pages, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_putting_out_of_use_waits_for_postings, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_postings_see_what_they_waited_for, fixture_setup, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.stocking", tests, NULL, NULL);
}
