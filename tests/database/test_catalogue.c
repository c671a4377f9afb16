/* The commands on products: their rows, their refusals, codes that clash, pages, and two who add the same at
 * once. Each test has a database of its own. Run as the dispatcher runs them, with the server's rights. */
#include "tests/database/rig.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "server/core/command.h"

static void test_add_show_set(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    struct identity *staff = rig_who(rig, ROLE_STAFF, "ann", "S1");

    rig_contains(rig, admin,
                 "product add A-1 --name 'Oat milk 1L' --barcode 4006381333931 --barcode 77 --category Milk "
                 "--price 2.49",
                 "{\"sku\":\"A-1\",\"name\":\"Oat milk "
                 "1L\",\"category\":\"Milk\",\"unit\":\"each\",\"price\":\"2.49\","
                 "\"barcodes\":[\"4006381333931\",\"77\"],\"retired\":false,\"created_at\":\"20");
    rig_contains(rig, staff, "product show 77", "\"sku\":\"A-1\"");
    rig_contains(rig, staff, "product show A-1", "\"price\":\"2.49\"");
    rig_contains(rig, admin, "product set 77 --name Oat --price 2.495 --category ''",
                 "\"name\":\"Oat\",\"category\":null,\"unit\":\"each\",\"price\":\"2.495\",\"barcodes\":["
                 "\"4006381333931\"");
    rig_contains(rig, admin, "product set A-1 --barcode 88 --remove-barcode 77",
                 "\"barcodes\":[\"4006381333931\",\"88\"]");
    rig_contains(rig, admin, "product set A-1 --barcode 88", "\"barcodes\":[\"4006381333931\",\"88\"]");
    rig_contains(rig, admin, "product set A-1 --no-barcodes --barcode 99", "\"barcodes\":[\"99\"]");
    rig_contains(rig, admin, "product set A-1 --no-barcodes --price ''", "\"price\":null,\"barcodes\":[]");
    rig_contains(rig, admin, "product add B --name Kilo --unit kg --price 3",
                 "\"unit\":\"kg\",\"price\":\"3.00\"");
    assert_int_equal(rig_number(rig, "SELECT version FROM catalogue_version"), 8);
    identity_unref(admin);
    identity_unref(staff);
}

static void test_codes_clash(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "admin", "");

    rig_do(rig, admin, "product add A --name A --barcode 1");
    rig_do(rig, admin, "product add B --name B --barcode 2");
    rig_refuse(rig, admin, "product add A --name A", ERR_ALREADY_EXISTS, "there is already a product A");
    rig_refuse(rig, admin, "product add 1 --name X", ERR_ALREADY_EXISTS,
               "1 is already a barcode of product A");
    rig_refuse(rig, admin, "product add C --name C --barcode B", ERR_ALREADY_EXISTS, "already a product B");
    rig_refuse(rig, admin, "product add C --name C --barcode 2", ERR_ALREADY_EXISTS,
               "2 is already a barcode of product B");
    rig_refuse(rig, admin, "product set A --barcode 2", ERR_ALREADY_EXISTS,
               "2 is already a barcode of product B");
    rig_refuse(rig, admin, "product set A --barcode A", ERR_ALREADY_EXISTS, "already a product A");
    rig_refuse(rig, admin, "product add C --name C --barcode C", ERR_BAD_VALUE, "SKU itself");
    rig_refuse(rig, admin, "product add C --name C --barcode 9 --barcode 9", ERR_BAD_VALUE, "given twice");
    rig_do(rig, admin, "product set 1 --barcode 1 --barcode 3");
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM products"), 2);
    assert_int_equal(rig_number(rig, "SELECT version FROM catalogue_version"), 4);
    identity_unref(admin);
}

static void test_refusals(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    struct identity *owner = rig_who(rig, ROLE_OWNER, "olga", "S1");

    rig_refuse(rig, owner, "product add A --name A", ERR_NOT_PERMITTED, "");
    rig_refuse(rig, owner, "product set A --name A", ERR_NOT_PERMITTED, "");
    rig_refuse(rig, admin, "product add A", ERR_USAGE, "--name");
    rig_refuse(rig, admin, "product add A --name ''", ERR_BAD_VALUE, "name");
    rig_refuse(rig, admin, "product add A --name ' A'", ERR_BAD_VALUE, "name");
    rig_refuse(rig, admin,
               "product add A --name \"a\xe2\x80\xae"
               "b\"",
               ERR_BAD_VALUE, "name");
    rig_refuse(rig, admin, "product add A --name A --unit dozen", ERR_BAD_VALUE, "no unit");
    rig_refuse(rig, admin, "product add A --name A --price -1", ERR_BAD_VALUE, "-1");
    rig_refuse(rig, admin, "product add A --name A --price 1.2345", ERR_BAD_VALUE, "1.2345");
    rig_refuse(rig, admin, "product add ' A' --name A", ERR_BAD_VALUE, "blank");
    rig_refuse(rig, admin, "product set Z-9 --name A", ERR_UNKNOWN_PRODUCT, "no product Z-9");
    rig_refuse(rig, admin, "product set Z-9", ERR_USAGE, "nothing to change");
    rig_refuse(rig, admin, "product set Z-9 --remove-barcode 1 --no-barcodes", ERR_USAGE, "exclude");
    rig_refuse(rig, admin, "product set Z-9 --unit dozen", ERR_BAD_VALUE, "no unit");
    rig_refuse(rig, admin, "product show Z-9", ERR_UNKNOWN_PRODUCT, "no product Z-9");
    rig_refuse(rig, admin, "product show", ERR_USAGE, "");
    identity_unref(admin);
    identity_unref(owner);
}

static void test_list_search_and_pages(void **state)
{
    const struct rig *rig = *state;
    struct identity *staff = rig_who(rig, ROLE_STAFF, "ann", "S1");
    struct outcome *outcome;
    const char *after = NULL;
    char line[256], cursor[128];
    int pages = 0, rows = 0;

    rig_text(rig, "INSERT INTO products (sku, name, category) SELECT 'P-' || lpad(n::text, 3, '0'), "
                  "CASE WHEN n % 2 = 0 THEN 'Oat milk ' ELSE '100% juice_' END || n, "
                  "CASE WHEN n < 10 THEN 'Few' END FROM generate_series(0, 99) n");
    do {
        snprintf(line, sizeof line, "product list --limit 30%s%s", after != NULL ? " --after " : "",
                 after != NULL ? cursor : "");
        outcome = rig_run_on(rig, rig->db, staff, FORMAT_JSON, line, NULL);
        assert_int_equal(outcome->err, ERR_OK);
        rows += (int)outcome->request.table.row_count;
        after = outcome->request.table.after;
        snprintf(cursor, sizeof cursor, "%s", after != NULL ? after : "");
        pages++;
        outcome_done(outcome);
    } while (after != NULL);
    assert_int_equal(pages, 4);
    assert_int_equal(rows, 100);
    rig_contains(rig, staff, "product list --search 'MILK oat 42'", "\"sku\":\"P-042\"");
    rig_lacks(rig, staff, "product list --search 'MILK oat 42'", "P-044");
    rig_contains(rig, staff, "product list --search '100% JUICE_41'", "P-041");
    rig_expect(rig, staff, "product list --search '%_%'", "");
    rig_contains(rig, staff, "product list --category Few", "P-009");
    rig_lacks(rig, staff, "product list --category Few", "P-010");
    rig_refuse(rig, staff, "product list --limit 0", ERR_BAD_VALUE, "0");
    rig_refuse(rig, staff, "product list --limit 10001", ERR_BAD_VALUE, "10001");
    rig_refuse(rig, staff, "product list --after x", ERR_BAD_VALUE, "no cursor");
    identity_unref(staff);
}

struct racer {
    const struct rig *rig;
    struct db *db;
    struct identity *who;
    const char *line;
    enum err err;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    struct outcome *outcome = rig_run_on(racer->rig, racer->db, racer->who, FORMAT_JSON, racer->line, NULL);

    racer->err = outcome->err;
    outcome_done(outcome);
    return NULL;
}

/* One SKU and one barcode that is the same word, by many at once: exactly one gets it, none breaks. */
static void test_race(void **state)
{
    enum { RACERS = 8 };
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    int won = 0;

    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.rig = rig, .db = rig_connect(rig), .who = admin};
        racers[i].line =
            i % 2 == 0 ? "product add HOT --name Hot" : "product add OTHER --name Other --barcode HOT";
    }
    for (int i = 0; i < RACERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        won += racers[i].err == ERR_OK;
        assert_true(racers[i].err == ERR_OK || racers[i].err == ERR_ALREADY_EXISTS);
        assert_true(db_is_idle(racers[i].db));
        db_free(racers[i].db);
    }
    assert_int_equal(won, 1);
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM products"), 1);
    identity_unref(admin);
}

/* A dry run wraps the steps in a transaction of its own: nothing stays, and a failure inside does not break
 * it. */
static void test_inside_a_transaction(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "admin", "");
    struct err_info info;

    rig_do(rig, admin, "product add OLD --name Old");
    for (int i = 0; i < 2; i++) {
        struct request request = {.who = admin, .config = &rig->config};
        const char *words[] = {i == 0 ? "NEW" : "OLD"};
        struct args_option options[] = {{"name", "x"}};
        unsigned used;

        request.args = (struct args){.words = words, .word_count = 1, .options = options, .option_count = 1};
        request.command = command_find((const char *const[]){"product", "add"}, 2, &used);
        assert_int_equal(request.command->prepare(&request, &info), ERR_OK);
        assert_int_equal(db_begin(rig->db, &info), ERR_OK);
        assert_int_equal(request.command->steps[0].run(&request, rig->db, &info),
                         i == 0 ? ERR_OK : ERR_ALREADY_EXISTS);
        assert_true(db_in_transaction(rig->db));
        db_rollback(rig->db);
        assert_true(db_is_idle(rig->db));
        arena_done(&request.arena);
    }
    assert_int_equal(rig_number(rig, "SELECT count(*) FROM products"), 1);
    identity_unref(admin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_add_show_set, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_codes_clash, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_refusals, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_list_search_and_pages, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_race, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_inside_a_transaction, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests_name("database.catalogue", tests, NULL, NULL);
}
