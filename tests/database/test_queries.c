/* Every query of sql/queries against the schema: it prepares, and its parameters and columns are those that
 * its header comment promises. One test for all, so that a new query is tested by being there. */
#include "tests/database/rig.h"

#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "sql/queries.h"

enum { NAMES_MAX = 40 };

struct header {
    const char *types[NAMES_MAX];
    int type_count;
    const char *columns[NAMES_MAX];
    int column_count;
    bool has_summary;
};

/* "-- $3 name type: meaning" */
static void read_parameter(struct arena *arena, const char *query, const char *line, struct header *header)
{
    int number = 0;
    char name[64], type[64];

    if (sscanf(line, "-- $%d %63s %63[^:\n]", &number, name, type) != 3 || number != header->type_count + 1) {
        fail_msg("%s: not '-- $N name type: meaning', or out of order: %.60s", query, line);
    }
    header->types[header->type_count++] = arena_strdup(arena, type);
}

static void read_columns(struct arena *arena, const char *line, struct header *header)
{
    while (*line != '\n' && *line != '\0') {
        size_t len;

        line += strspn(line, ", ");
        len = strcspn(line, ", \n");
        if (len > 0) {
            header->columns[header->column_count++] = arena_strndup(arena, line, len);
            line += len;
        }
    }
}

static void read_header(struct arena *arena, const char *query, const char *text, struct header *ret_header)
{
    static const char columns_word[] = "-- columns:", more[] = "--     ";
    bool in_columns = false;

    memset(ret_header, 0, sizeof *ret_header);
    for (const char *line = text; strncmp(line, "--", 2) == 0; line = strchr(line, '\n') + 1) {
        if (strncmp(line, "-- $", 4) == 0) {
            read_parameter(arena, query, line, ret_header);
        } else if (strncmp(line, columns_word, sizeof columns_word - 1) == 0) {
            read_columns(arena, line + sizeof columns_word - 1, ret_header);
            in_columns = true;
        } else if (in_columns && strncmp(line, more, sizeof more - 1) == 0) {
            read_columns(arena, line + sizeof more - 1, ret_header);
        } else {
            ret_header->has_summary = true;
        }
    }
}

static void check_types(const struct rig *rig, const char *query, const struct header *header,
                        const PGresult *shape)
{
    if (PQnparams(shape) != header->type_count) {
        fail_msg("%s: takes %d parameters, its header says %d", query, PQnparams(shape), header->type_count);
    }
    for (int i = 0; i < header->type_count; i++) {
        char sql[128];

        snprintf(sql, sizeof sql, "SELECT format_type(%u, NULL)", PQparamtype(shape, i));
        const char *type = rig_text(rig, sql);
        if (strcmp(type, "timestamp with time zone") == 0) {
            type = "timestamptz";
        }
        if (strcmp(type, header->types[i]) != 0) {
            fail_msg("%s: $%d is %s, its header says %s", query, i + 1, type, header->types[i]);
        }
    }
}

static void check_columns(const char *query, const struct header *header, const PGresult *shape)
{
    if (PQnfields(shape) != header->column_count) {
        fail_msg("%s: has %d columns, its header says %d", query, PQnfields(shape), header->column_count);
    }
    for (int i = 0; i < header->column_count; i++) {
        if (strcmp(PQfname(shape, i), header->columns[i]) != 0) {
            fail_msg("%s: column %d is %s, its header says %s", query, i, PQfname(shape, i),
                     header->columns[i]);
        }
    }
}

static void test_each_query_is_as_its_header_says(void **state)
{
    const struct rig *rig = *state;
    struct arena arena = {0};

    assert_true((int)SQL_QUERY_COUNT > 0);
    for (int i = 0; i < (int)SQL_QUERY_COUNT; i++) {
        const struct sql_text *query = &sql_queries[i];
        struct header header;
        PGresult *prepared = PQprepare(rig->sql, query->name, query->text, 0, NULL);

        if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
            fail_msg("%s: %s", query->name, PQerrorMessage(rig->sql));
        }
        PQclear(prepared);
        read_header(&arena, query->name, query->text, &header);
        if (!header.has_summary) {
            fail_msg("%s: its header does not say what it does", query->name);
        }
        PGresult *shape = PQdescribePrepared(rig->sql, query->name);
        assert_int_equal(PQresultStatus(shape), PGRES_COMMAND_OK);
        check_types(rig, query->name, &header, shape);
        check_columns(query->name, &header, shape);
        PQclear(shape);
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_query_is_as_its_header_says),
    };

    return cmocka_run_group_tests_name("database.queries", tests, rig_setup, rig_teardown);
}
