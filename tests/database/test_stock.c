/* inventory, movements, watch and use: rows, filters, time zones, pages, and who sees which store and which
 * cost. Stock is put there by plain SQL: how it is posted is test_ledger.c's. One database for all tests;
 * they only read. */
#include "tests/database/rig.h"

#include <string.h>

#include "server/core/commands/movement_rows.h"

#define MOVE(store, product, seq, quantity, balance, at, rest)                                               \
    "INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, recorded_at, "  \
    "hash, user_id, "                                                                                        \
    "type_id, reason_id, price, cost, batch_id, batch_line, ref, note) VALUES (" #store ", " #product        \
    ", " #seq ", " #quantity ", " #balance ", '" at "', '" at "', decode(repeat('00', 32), 'hex'), " rest    \
    ");"

static int arrange(void **state)
{
    struct rig *rig;

    rig_setup(state);
    rig = *state;
    rig_text(rig,
             "INSERT INTO stores (code, name, timezone, currency) VALUES ('S1', 'One', 'Asia/Tokyo', 'JPY'), "
             "('S2', 'Two', 'UTC', 'EUR'), ('S3', 'Three', 'UTC', 'EUR');"
             "INSERT INTO store_ledger (store_id, last_seq) VALUES (1, 3), (2, 4), (3, 0);"
             "INSERT INTO products (sku, name, category, unit, price_milli) VALUES "
             "('A-1', 'Oat milk 1L', 'Milk', 'each', 2490), ('B-2', 'Rice 100%', NULL, 'kg', 300000), "
             "('C-3', 'Äpfel', 'Fruit', 'kg', NULL);"
             "INSERT INTO product_barcodes VALUES ('4006381333931', 1);"
             "INSERT INTO users (name, role) VALUES ('ann', 'staff'), ('bo', 'staff');"
             "INSERT INTO inventory VALUES (1, 1, 5000, 5000, '2026-03-01T09:30:00.5Z'), "
             "(1, 2, 12250, 1000, '2026-03-02T00:00:00Z'), (2, 1, 7000, NULL, '2026-03-01T09:30:00Z'), "
             "(2, 3, 0, 500, now());"
             "INSERT INTO ledger_batches VALUES (2, 'load:1', 1, 5)");
    rig_text(rig, MOVE(1, 1, 1, 8000, 8000, "2026-03-01T09:00:00Z",
                       "1, 1, NULL, NULL, 150, NULL, NULL, NULL, NULL"));
    rig_text(rig, MOVE(1, 1, 2, -3000, 5000, "2026-03-01T09:30:00Z",
                       "2, 2, NULL, 249, NULL, NULL, NULL, 'r-1', 'hi'"));
    rig_text(rig, MOVE(1, 2, 3, 12250, 12250, "2026-03-02T00:00:00Z",
                       "1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL"));
    rig_text(rig, MOVE(2, 1, 1, 9000, 9000, "2026-03-01T08:00:00Z", "1, 1, NULL, NULL, 1, 1, 1, NULL, NULL"));
    rig_text(rig,
             MOVE(2, 1, 2, -2000, 7000, "2026-03-01T09:30:00Z", "2, 2, NULL, 249, NULL, 1, 2, NULL, NULL"));
    rig_text(rig, MOVE(2, 3, 3, 500, 500, "2026-03-03T00:00:00Z",
                       "1, 1, NULL, NULL, NULL, NULL, NULL, 'load:1:x', NULL"));
    rig_text(rig, "INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, "
                  "recorded_at, hash, "
                  "user_id, type_id, reason_id) VALUES (2, 3, 4, -500, 0, now(), now(), decode(repeat('00', "
                  "32), 'hex'), 1, 3, 3)");
    return 0;
}

static void test_inventory_rows(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
    struct outcome *outcome;

    rig_expect(
        rig, ann, "inventory",
        "{\"store\":\"S1\",\"sku\":\"A-1\",\"name\":\"Oat milk 1L\",\"category\":\"Milk\",\"unit\":\"each\","
        "\"quantity\":5,\"reorder_point\":5,\"low\":true,\"price\":\"2.49\",\"updated_at\":\"2026-03-01T09:"
        "30:00.5Z\"}\n"
        "{\"store\":\"S1\",\"sku\":\"B-2\",\"name\":\"Rice 100%\",\"category\":null,\"unit\":\"kg\","
        "\"quantity\":12.25,\"reorder_point\":1,\"low\":false,\"price\":\"300\",\"updated_at\":\"2026-03-"
        "02T00:00:00Z\"}\n");
    outcome = rig_run_on(rig, rig->db, ann, FORMAT_TEXT, "inventory --product A-1", NULL);
    assert_non_null(strstr(outcome->output, "2026-03-01 18:30:00")); /* Tokyo */
    outcome_done(outcome);
    identity_unref(ann);
}

static void test_inventory_filters(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann = rig_who(rig, ROLE_STAFF, "ann", "S1"),
                    *olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2");

    rig_contains(rig, ann, "inventory --low", "A-1");
    rig_lacks(rig, ann, "inventory --low", "B-2");
    rig_contains(rig, ann, "inventory --product 4006381333931", "\"sku\":\"A-1\"");
    rig_expect(rig, ann, "inventory --product C-3",
               "{\"store\":\"S1\",\"sku\":\"C-3\",\"name\":\"Äpfel\",\"category\":\"Fruit\",\"unit\":\"kg\","
               "\"quantity\":0,\"reorder_point\":null,\"low\":false,\"price\":null,\"updated_at\":null}\n");
    rig_refuse(rig, ann, "inventory --product Z-9", ERR_UNKNOWN_PRODUCT, "no product Z-9");
    rig_contains(rig, ann, "inventory --search 'MILK oat'", "A-1");
    rig_lacks(rig, ann, "inventory --search 'MILK oat'", "B-2");
    rig_contains(rig, ann, "inventory --search 100%", "B-2");
    rig_lacks(rig, ann, "inventory --search 100%", "A-1");
    rig_expect(rig, ann, "inventory --search %", "");
    rig_contains(rig, olga, "inventory --store S2 --search äpf", "C-3");
    rig_lacks(rig, olga, "inventory --all-stores --category Milk", "C-3");
    rig_lacks(rig, ann, "inventory --updated-to 2026-03-02T00:00:00Z", "B-2");
    rig_contains(rig, ann, "inventory --updated-from 2026-03-02T00:00:00Z", "B-2");
    rig_lacks(rig, ann, "inventory --updated-from 2026-03-02T00:00:00Z", "A-1");
    rig_lacks(rig, olga, "inventory --store S2 --updated-from today", "A-1");
    rig_contains(rig, olga, "inventory --store S2 --updated-from -1h", "C-3");
    rig_contains(rig, ann, "inventory --updated-to today", "A-1");
    rig_refuse(rig, ann, "inventory --updated-to later", ERR_BAD_VALUE, "later");
    rig_refuse(rig, ann, "inventory --as-of today --updated-from -1h", ERR_USAGE, "exclude");
    rig_refuse(rig, ann, "inventory --as-of soon", ERR_BAD_VALUE, "soon");
    identity_unref(ann);
    identity_unref(olga);
}

static void test_whose_stores(void **state)
{
    const struct rig *rig = *state;
    struct identity *olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S3"),
                    *admin = rig_who(rig, ROLE_ADMIN, "admin", "");

    rig_lacks(rig, olga, "inventory --all-stores", "S2");
    rig_lacks(rig, olga, "movements --all-stores", "\"store\":\"S2\"");
    rig_refuse(rig, olga, "inventory --store S2", ERR_UNKNOWN_STORE, "no store S2");
    rig_refuse(rig, olga, "movements --store S2", ERR_UNKNOWN_STORE, "no store S2");
    rig_refuse(rig, olga, "watch --store S2", ERR_UNKNOWN_STORE, "no store S2");
    rig_expect(rig, olga, "inventory --store S3", "");
    rig_contains(rig, admin, "inventory --all-stores", "\"store\":\"S2\"");
    rig_contains(rig, admin, "inventory --store S2", "C-3");
    rig_refuse(rig, admin, "inventory --store S9", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, admin, "movements --store S9", ERR_UNKNOWN_STORE, "no store S9");
    rig_refuse(rig, admin, "watch --store S9", ERR_UNKNOWN_STORE, "no store S9");
    identity_unref(olga);
    identity_unref(admin);
}

static void test_movement_rows(void **state)
{
    const struct rig *rig = *state;
    struct identity *olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2"),
                    *ann = rig_who(rig, ROLE_STAFF, "ann", "S1");

    rig_expect(
        rig, olga, "movements --store S1 --product A-1",
        "{\"store\":\"S1\",\"seq\":2,\"sku\":\"A-1\",\"name\":\"Oat milk "
        "1L\",\"type\":\"SELL\",\"quantity\":-3,"
        "\"balance\":5,\"reason\":null,\"note\":\"hi\",\"ref\":\"r-1\",\"user\":\"bo\",\"price\":\"249\","
        "\"cost\":null,"
        "\"reverses\":null,\"occurred_at\":\"2026-03-01T09:30:00Z\",\"recorded_at\":\"2026-03-01T09:30:00Z\"}"
        "\n"
        "{\"store\":\"S1\",\"seq\":1,\"sku\":\"A-1\",\"name\":\"Oat milk 1L\",\"type\":\"IN\",\"quantity\":8,"
        "\"balance\":8,\"reason\":null,\"note\":null,\"ref\":null,\"user\":\"ann\",\"price\":null,\"cost\":"
        "\"150\","
        "\"reverses\":null,\"occurred_at\":\"2026-03-01T09:00:00Z\",\"recorded_at\":\"2026-03-01T09:00:00Z\"}"
        "\n");
    rig_lacks(rig, ann, "movements", "\"cost\":\"150\"");
    rig_contains(rig, ann, "stock-movements", "\"cost\":null");
    rig_contains(rig, olga, "movements --store S2", "\"price\":\"2.49\"");
    rig_contains(rig, olga, "movements --store S2", "\"ref\":\"load:1:2\"");
    rig_contains(rig, olga, "movements --store S2",
                 "\"type\":\"REMOVE\",\"quantity\":-0.5,\"balance\":0,\"reason\":\"lost\"");
    identity_unref(olga);
    identity_unref(ann);
}

static void count_rows(const struct rig *rig, struct identity *who, const char *line, size_t rows)
{
    struct outcome *outcome = rig_run_on(rig, rig->db, who, FORMAT_JSON, line, NULL);

    if (outcome->err != ERR_OK || outcome->request.table.row_count != rows) {
        fail_msg("%s: %zu rows, not %zu (%s)", line, outcome->request.table.row_count, rows,
                 outcome->err != ERR_OK ? outcome->request.error.message : outcome->output);
    }
    outcome_done(outcome);
}

static void test_movement_filters(void **state)
{
    const struct rig *rig = *state;
    struct identity *olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2");

    count_rows(rig, olga, "movements --all-stores", 7);
    count_rows(rig, olga, "movements --all-stores --type sell", 2);
    count_rows(rig, olga, "movements --all-stores --type IN --user ann", 4);
    count_rows(rig, olga, "movements --all-stores --user nobody", 0);
    count_rows(rig, olga, "movements --all-stores --product 4006381333931", 4);
    count_rows(rig, olga, "movements --all-stores --product A-1 --type SELL", 2);
    count_rows(rig, olga, "movements --all-stores --from 2026-03-01T09:30:00Z --to 2026-03-02T00:00:00Z", 2);
    count_rows(rig, olga, "movements --store S2 --from today", 1);
    count_rows(rig, olga, "movements --store S2 --from yesterday --to -1h", 0);
    count_rows(rig, olga, "movements --all-stores --to yesterday", 6);
    count_rows(rig, olga, "movements --all-stores --ref r-1", 1);
    count_rows(rig, olga, "movements --store S2 --ref r-1", 0);
    count_rows(rig, olga, "movements --all-stores --ref load:1:2", 1);
    count_rows(rig, olga, "movements --all-stores --ref load:1:3", 0);
    count_rows(rig, olga, "movements --all-stores --ref load:1:x", 1);
    count_rows(rig, olga, "movements --all-stores --ref load:1:2 --product B-2", 0);
    count_rows(rig, olga, "movements --all-stores --ref load:1:2 --product A-1", 1);
    rig_refuse(rig, olga, "movements --all-stores --type GIFT", ERR_BAD_VALUE, "GIFT");
    rig_refuse(rig, olga, "movements --all-stores --product Z-9", ERR_UNKNOWN_PRODUCT, "Z-9");
    rig_refuse(rig, olga, "movements --all-stores --user 'No One'", ERR_BAD_VALUE, "No One");
    identity_unref(olga);
}

/* All pages, one row each, give what one page gives. */
static void page_through(const struct rig *rig, struct identity *who, const char *line)
{
    struct outcome *whole = rig_run_on(rig, rig->db, who, FORMAT_JSON, line, NULL), *page;
    const char *expected = whole->output;
    char next[512];
    bool more;

    assert_int_equal(whole->err, ERR_OK);
    snprintf(next, sizeof next, "%s --limit 1", line);
    do {
        page = rig_run_on(rig, rig->db, who, FORMAT_JSON, next, NULL);
        assert_int_equal(page->err, ERR_OK);
        assert_int_equal(strncmp(expected, page->output, strlen(page->output)), 0);
        expected += strlen(page->output);
        more = page->request.table.after != NULL;
        snprintf(next, sizeof next, "%s --limit 1 --after %s", line, more ? page->request.table.after : "");
        outcome_done(page);
    } while (more);
    assert_string_equal(expected, "");
    outcome_done(whole);
}

static void test_pages(void **state)
{
    const struct rig *rig = *state;
    struct identity *olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2"),
                    *admin = rig_who(rig, ROLE_ADMIN, "admin", "");

    page_through(rig, olga, "movements --all-stores");
    page_through(rig, olga, "movements --store S2");
    page_through(rig, olga, "movements --all-stores --product A-1");
    page_through(rig, olga, "movements --all-stores --type IN");
    page_through(rig, olga, "inventory --all-stores");
    page_through(rig, admin, "inventory --all-stores --product A-1");
    page_through(rig, admin, "store list");
    page_through(rig, admin, "product list");
    page_through(rig, admin, "user list");
    identity_unref(olga);
    identity_unref(admin);
}

static void test_cursors_of_others(void **state)
{
    const struct rig *rig = *state;
    struct identity *olga = rig_who(rig, ROLE_OWNER, "olga", "S1 S2");
    struct outcome *outcome =
        rig_run_on(rig, rig->db, olga, FORMAT_JSON, "inventory --all-stores --limit 1", NULL);
    char line[256];

    snprintf(line, sizeof line, "movements --all-stores --after %s", outcome->request.table.after);
    rig_refuse(rig, olga, line, ERR_BAD_VALUE, "no cursor");
    outcome_done(outcome);
    rig_refuse(rig, olga, "inventory --all-stores --after ''", ERR_BAD_VALUE, "no cursor");
    rig_refuse(rig, olga, "inventory --all-stores --after aQ", ERR_BAD_VALUE, "no cursor");     /* i */
    rig_refuse(rig, olga, "inventory --all-stores --after aQpTMQ", ERR_BAD_VALUE, "no cursor"); /* i S1 */
    rig_refuse(rig, olga, "inventory --all-stores --after aQpTMQoKQQ", ERR_BAD_VALUE,
               "no cursor"); /* an empty part */
    rig_refuse(rig, olga, "inventory --all-stores --after aQpTMQpBCkI", ERR_BAD_VALUE,
               "no cursor"); /* three parts */
    rig_refuse(rig, olga, "inventory --all-stores --after aQpTMQpBAA", ERR_BAD_VALUE,
               "no cursor"); /* a NUL */
    rig_refuse(rig, olga, "inventory --all-stores --after a+pTMQpB", ERR_BAD_VALUE, "no cursor");
    rig_refuse(rig, olga, "movements --all-stores --after bQpTMQotMQ", ERR_BAD_VALUE,
               "no cursor");                                                                      /* seq -1 */
    rig_refuse(rig, olga, "movements --all-stores --after bQpTMQp4", ERR_BAD_VALUE, "no cursor"); /* seq x */
    identity_unref(olga);
}

static void test_watch(void **state)
{
    const struct rig *rig = *state;
    struct identity *ann = rig_who(rig, ROLE_STAFF, "ann", "S1");
    struct outcome *outcome = rig_run_on(rig, rig->db, ann, FORMAT_JSON, "watch", NULL);
    struct arena arena = {0};
    struct table table;
    struct err_info info;
    int64_t last_seq = 0;

    assert_int_equal(outcome->err, ERR_OK);
    assert_string_equal(outcome->request.watch, "S1");
    assert_true(outcome->request.watch_seq == 3);
    outcome_done(outcome);
    assert_int_equal(movements_read_after(rig->db, &arena, "S1", 0, 2, false, &table, &last_seq, &info),
                     ERR_OK);
    assert_int_equal(table.row_count, 2);
    assert_string_equal(table.cells[1].value, "1");
    assert_null(table.cells[12].value); /* cost */
    assert_true(last_seq == 2);
    assert_int_equal(movements_read_after(rig->db, &arena, "S1", 2, 10, true, &table, &last_seq, &info),
                     ERR_OK);
    assert_int_equal(table.row_count, 1);
    assert_true(last_seq == 3);
    assert_int_equal(movements_read_after(rig->db, &arena, "S1", 3, 10, true, &table, &last_seq, &info),
                     ERR_OK);
    assert_int_equal(table.row_count, 0);
    assert_true(last_seq == 3);
    arena_done(&arena);
    identity_unref(ann);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inventory_rows),    cmocka_unit_test(test_inventory_filters),
        cmocka_unit_test(test_whose_stores),      cmocka_unit_test(test_movement_rows),
        cmocka_unit_test(test_movement_filters),  cmocka_unit_test(test_pages),
        cmocka_unit_test(test_cursors_of_others), cmocka_unit_test(test_watch),
    };

    return cmocka_run_group_tests_name("database.stock", tests, arrange, rig_teardown);
}
