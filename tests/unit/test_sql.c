/* Tests of the embedded SQL: that every file is there, whole, in order. What the statements say is checked
 * against a database elsewhere. */
#include "sql/migrations.h"
#include "sql/queries.h"
#include "tests/unit/unit.h"

static void queries_are_there(void **state)
{
    (void)state;
    assert_true(SQL_QUERY_COUNT > 0);
    for (size_t i = 0; i < SQL_QUERY_COUNT; i++) {
        assert_non_null(sql_queries[i].name);
        assert_true(strlen(sql_queries[i].text) > 0);
        if (i > 0) {
            assert_true(strcmp(sql_queries[i - 1].name, sql_queries[i].name) != 0);
        }
    }
    assert_null(sql_queries[SQL_QUERY_COUNT].name);
}

static void migrations_count_up(void **state)
{
    (void)state;
    assert_true(sql_migrations_count > 0);
    for (int i = 0; i < sql_migrations_count; i++) {
        assert_non_null(sql_migrations[i].name);
        assert_true(strlen(sql_migrations[i].text) > 0);
        assert_int_equal(sql_migrations[i].number, i + 1);
    }
    assert_null(sql_migrations[sql_migrations_count].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_are_there),
        cmocka_unit_test(migrations_count_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
