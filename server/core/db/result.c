/* Results of queries, in PostgreSQL's text format.
 * Called by whoever ran the query; a result outlives its connection.
 * Reads only what libpq holds; touches no network. */
#include "server/core/db/db_internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/values.h"

struct db_result *db_result_new(PGresult *rows)
{
    struct db_result *result = malloc(sizeof *result);

    if (result == NULL) {
        abort();
    }
    result->rows = rows;
    return result;
}

void db_result_free(struct db_result *result)
{
    if (result == NULL) {
        return;
    }
    PQclear(result->rows);
    free(result);
}

int db_result_rows(const struct db_result *result)
{
    return PQntuples(result->rows);
}

int db_result_columns(const struct db_result *result)
{
    return PQnfields(result->rows);
}

const char *db_result_text(const struct db_result *result, int row, int column)
{
    return PQgetisnull(result->rows, row, column) ? NULL : PQgetvalue(result->rows, row, column);
}

int64_t db_result_i64(const struct db_result *result, int row, int column)
{
    const char *text = db_result_text(result, row, column);
    int64_t value = 0;

    return text != NULL && values_parse_i64(text, &value) ? value : 0;
}

bool db_result_bool(const struct db_result *result, int row, int column)
{
    const char *text = db_result_text(result, row, column);

    return text != NULL && text[0] == 't';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

long db_result_bytes(const struct db_result *result, int row, int column, void *ret_data, size_t size)
{
    const char *text = db_result_text(result, row, column);
    unsigned char *out = ret_data;
    size_t len;

    if (text == NULL || text[0] != '\\' || text[1] != 'x') {
        return -1;
    }
    text += 2;
    len = strlen(text) / 2;
    if (len > size || strlen(text) % 2 != 0) {
        return -1;
    }
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            return -1;
        }
        out[i] = (unsigned char)(high << 4 | low);
    }
    return (long)len;
}

long db_result_affected(const struct db_result *result)
{
    int64_t count = 0;

    return values_parse_i64(PQcmdTuples(result->rows), &count) ? (long)count : 0;
}
