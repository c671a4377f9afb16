/* What commands do without the database: finding them, the store that is meant, movements to be posted, help.
 * The rig's database is there, since prepare functions are run as the dispatcher runs them.
 * The ledger's own work is in test_ledger.c. */
#include "tests/database/rig.h"

#include <string.h>
#include <time.h>

#include "server/core/command.h"

static const struct command *find(const char *first, const char *second, unsigned *ret_used)
{
    const char *words[] = {first, second};

    *ret_used = 0;
    return command_find(words, second != NULL ? 2 : 1, ret_used);
}

static void test_find(void **state)
{
    unsigned used;

    (void)state;
    assert_string_equal(find("sell", "A", &used)->name, "sell");
    assert_int_equal(used, 1);
    assert_string_equal(find("product", "add", &used)->name, "product add");
    assert_int_equal(used, 2);
    assert_string_equal(find("stock-movements", NULL, &used)->name, "movements");
    assert_null(find("product", NULL, &used));
    assert_null(find("product", "addx", &used));
    assert_null(find("prod", "add", &used));
    assert_null(find("product add", NULL, &used));
    assert_null(find("", NULL, &used));
    assert_null(command_find(NULL, 0, &used));
}

static void test_table_is_whole(void **state)
{
    (void)state;
    for (const struct command *const *entry = command_table; *entry != NULL; entry++) {
        const struct command *command = *entry;

        assert_non_null(command->summary);
        assert_non_null(command->arguments);
        assert_true(command->roles != 0 && (command->roles & ~(unsigned)(ROLE_ANY | ROLE_SIGNUP)) == 0);
        assert_true(command->arguments_min <= command->arguments_max);
        assert_true(command->prepare != NULL || command->steps[0].run != NULL);
        for (const struct option_spec *option = command->options; option != NULL && option->name != NULL;
             option++) {
            assert_non_null(option->help);
            /* Every command has that; `stats` knows one more than the others. */
            assert_true(strcmp(option->name, "format") != 0 || strcmp(command->name, "stats") == 0);
        }
    }
}

static void test_which_store(void **state)
{
    const struct rig *rig = *state;
    struct identity *one = rig_who(rig, ROLE_STAFF, "a", "S1"), *two = rig_who(rig, ROLE_OWNER, "b", "S1 S2");
    struct identity *none = rig_who(rig, ROLE_OWNER, "c", ""), *admin = rig_who(rig, ROLE_ADMIN, "d", "");
    struct outcome *outcome = rig_run_on(rig, rig->db, one, FORMAT_JSON, "sell A 1", NULL);

    assert_string_equal(outcome->request.movement->store, "S1");
    outcome_done(outcome);
    outcome = rig_run_on(rig, rig->db, two, FORMAT_JSON, "sell A 1 --store S2", NULL);
    assert_string_equal(outcome->request.movement->store, "S2");
    outcome_done(outcome);
    rig_refuse(rig, two, "sell A 1", ERR_USAGE, "--store");
    rig_refuse(rig, admin, "sell A 1", ERR_USAGE, "--store");
    rig_refuse(rig, none, "sell A 1", ERR_USAGE, "no store");
    rig_refuse(rig, one, "sell A 1 --store S2", ERR_UNKNOWN_STORE, "no store S2");
    rig_refuse(rig, one, "sell A 1 --store s1", ERR_UNKNOWN_STORE, "no store s1");
    rig_refuse(rig, one, "sell A 1 --store 'S 1'", ERR_BAD_VALUE, "S 1");
    rig_refuse(rig, two, "inventory --store S1 --all-stores", ERR_USAGE, "exclude");
    rig_refuse(rig, one, "use S1", ERR_USAGE, "batch");
    identity_unref(one);
    identity_unref(two);
    identity_unref(none);
    identity_unref(admin);
}

static void test_movements_to_post(void **state)
{
    const struct rig *rig = *state;
    struct identity *who = identity_new(&(struct identity){.user_id = 7,
                                                           .key_id = 9,
                                                           .role = ROLE_STAFF,
                                                           .method = LOGIN_KEY,
                                                           .user = "ann",
                                                           .store_codes = (const char *[]){"S1"},
                                                           .store_count = 1});
    struct outcome *outcome =
        rig_run_on(rig, rig->db, who, FORMAT_JSON,
                   "sell 4006381333931 2.5 --price 1.99 --note 'by the door' --ref till-1:77 --at -3h", NULL);
    const struct movement *movement = outcome->request.movement;

    assert_int_equal(outcome->err, ERR_OK);
    assert_int_equal(movement->type, MOVEMENT_SELL);
    assert_true(movement->quantity_milli == 2500 && movement->price_milli == 1990 &&
                movement->cost_milli == -1);
    assert_string_equal(movement->product, "4006381333931");
    assert_string_equal(movement->note, "by the door");
    assert_string_equal(movement->ref, "till-1:77");
    assert_true(movement->has_at && movement->at_is_relative &&
                movement->at_micros == INT64_C(-3) * 3600 * 1000000);
    assert_int_equal(movement->user_id, 7);
    assert_int_equal(movement->key_id, 9);
    outcome_done(outcome);
    outcome = rig_run_on(rig, rig->db, who, FORMAT_JSON, "remove A 1 --reason lost", NULL);
    assert_int_equal(outcome->request.movement->reason, REASON_LOST);
    assert_null(outcome->request.movement->note);
    assert_false(outcome->request.movement->has_at);
    outcome_done(outcome);
    outcome = rig_run_on(rig, rig->db, who, FORMAT_JSON,
                         "stock-in A 10 --cost 0.005 --at 2026-03-01T09:30:00Z", NULL);
    assert_true(outcome->request.movement->cost_milli == 5 && !outcome->request.movement->at_is_relative);
    outcome_done(outcome);
    identity_unref(who);
}

static void test_movements_refused(void **state)
{
    const struct rig *rig = *state;
    struct identity *who = rig_who(rig, ROLE_STAFF, "ann", "S1");
    static char note[600];

    rig_refuse(rig, who, "sell A", ERR_USAGE, "");
    rig_refuse(rig, who, "sell A 1 2", ERR_USAGE, "");
    rig_refuse(rig, who, "sell A 0", ERR_BAD_VALUE, "0");
    rig_refuse(rig, who, "sell A -1", ERR_BAD_VALUE, "-1");
    rig_refuse(rig, who, "sell A 1.2345", ERR_BAD_VALUE, "1.2345");
    rig_refuse(rig, who, "sell A 99999999999999999999999", ERR_BAD_VALUE, "99999999999999999999999");
    rig_refuse(rig, who, "sell A 1e3", ERR_BAD_VALUE, "1e3");
    rig_refuse(rig, who, "sell A 1 --price -1", ERR_BAD_VALUE, "-1");
    rig_refuse(rig, who, "sell A 1 --cost 1", ERR_USAGE, "--cost");
    rig_refuse(rig, who, "sell A 1 --ref ''", ERR_BAD_VALUE, "");
    rig_refuse(rig, who, "sell A 1 --ref 'a b'", ERR_BAD_VALUE, "a b");
    rig_refuse(rig, who, "sell A 1 --at today", ERR_BAD_VALUE, "whole day");
    rig_refuse(rig, who, "sell A 1 --at yesterday", ERR_BAD_VALUE, "whole day");
    rig_refuse(rig, who, "sell A 1 --at 9999-01-01T00:00:00Z", ERR_BAD_VALUE, "future");
    rig_refuse(rig, who, "sell A 1 --at 2026-02-30T00:00:00Z", ERR_BAD_VALUE, "2026-02-30");
    rig_refuse(rig, who, "sell A 1 --note 'a\xe2\x80\xae'", ERR_BAD_VALUE, "printable");
    rig_refuse(rig, who, "remove A 1", ERR_USAGE, "--reason");
    rig_refuse(rig, who, "remove A 1 --reason bored", ERR_BAD_VALUE, "bored");
    memset(note, 'x', sizeof note - 1);
    memcpy(note, "sell A 1 --note ", 16);
    rig_refuse(rig, who, note, ERR_BAD_VALUE, "500");
    identity_unref(who);
}

static void test_help(void **state)
{
    const struct rig *rig = *state;
    struct identity *admin = rig_who(rig, ROLE_ADMIN, "a", ""), *staff = rig_who(rig, ROLE_STAFF, "b", "S1");
    struct outcome *outcome;

    rig_contains(rig, staff, "help",
                 "{\"command\":\"sell\",\"alias\":null,\"arguments\":\"SKU QTY\",\"summary\":\"sell some of "
                 "a product\","
                 "\"roles\":[\"admin\",\"owner\",\"staff\"],\"options\":[\"--price=MONEY\",");
    rig_contains(rig, admin, "help", "\"command\":\"product add\"");
    rig_lacks(rig, staff, "help", "\"command\":\"product add\"");
    rig_contains(rig, staff, "help product", "\"command\":\"product add\"");
    rig_lacks(rig, staff, "help product", "\"command\":\"sell\"");
    rig_contains(rig, staff, "help stock-movements", "\"command\":\"movements\"");
    rig_refuse(rig, staff, "help nonsense", ERR_UNKNOWN_COMMAND, "nonsense");
    rig_refuse(rig, staff, "help product nonsense", ERR_UNKNOWN_COMMAND, "product nonsense");
    outcome = rig_run_on(rig, rig->db, staff, FORMAT_TEXT, "help remove", NULL);
    assert_non_null(strstr(outcome->output, "remove SKU QTY\n  write off some of a product\n"));
    assert_non_null(strstr(outcome->output, "--reason damaged|expired|lost|theft|sample|other"));
    assert_non_null(strstr(outcome->output, "(required)"));
    outcome_done(outcome);
    outcome = rig_run_on(rig, rig->db, staff, FORMAT_TEXT, "help", NULL);
    assert_non_null(strstr(outcome->output, "inventory"));
    assert_non_null(strstr(outcome->output, "--atomic"));
    outcome_done(outcome);
    for (const struct command *const *entry = command_table; *entry != NULL; entry++) {
        char line[64];

        snprintf(line, sizeof line, "help %s", (*entry)->name);
        outcome = rig_run_on(rig, rig->db, admin, FORMAT_TEXT, line, NULL);
        assert_int_equal(outcome->err, ERR_OK);
        assert_non_null(strstr(outcome->output, (*entry)->summary));
        outcome_done(outcome);
    }
    identity_unref(admin);
    identity_unref(staff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_table_is_whole),
        cmocka_unit_test(test_which_store),
        cmocka_unit_test(test_movements_to_post),
        cmocka_unit_test(test_movements_refused),
        cmocka_unit_test(test_help),
    };

    return cmocka_run_group_tests_name("database.commands", tests, rig_setup, rig_teardown);
}
