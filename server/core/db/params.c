/* Parameters of statements: numbers and arrays in PostgreSQL's binary format, texts as they are.
 * Called by whoever runs queries; memory comes from the request's arena.
 * Checks nothing about the values: the SQL's casts say which types they must be. */
#include "server/core/db/db.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Types of elements in binary arrays; fixed numbers of PostgreSQL's catalogue. */
enum { OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25 };

enum { FORMAT_OF_TEXT = 0, FORMAT_OF_BINARY = 1, ARRAY_HEAD_BYTES = 20 };

void db_params_init(struct db_params *params, struct arena *arena)
{
    params->arena = arena;
    params->count = 0;
}

static void bind(struct db_params *params, const char *value, size_t len, int format)
{
    if (params->count >= DB_PARAMS_MAX || len > INT_MAX) {
        abort();
    }
    params->values[params->count] = value;
    params->lens[params->count] = (int)len;
    params->formats[params->count] = format;
    params->count++;
}

/* Big-endian, as the protocol wants it; returns what follows. */
static char *put_number(char *out, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (char)(unsigned char)(value >> (8 * (len - 1 - i)));
    }
    return out + len;
}

static void bind_number(struct db_params *params, uint64_t value, size_t len)
{
    char *bytes = arena_alloc(params->arena, len);

    put_number(bytes, value, len);
    bind(params, bytes, len, FORMAT_OF_BINARY);
}

void db_bind_text(struct db_params *params, const char *text)
{
    bind(params, text, 0, FORMAT_OF_TEXT);
}

void db_bind_i64(struct db_params *params, int64_t value)
{
    bind_number(params, (uint64_t)value, 8);
}

void db_bind_i32(struct db_params *params, int32_t value)
{
    bind_number(params, (uint64_t)(int64_t)value, 4);
}

void db_bind_bool(struct db_params *params, bool value)
{
    bind_number(params, value ? 1 : 0, 1);
}

void db_bind_null(struct db_params *params)
{
    bind(params, NULL, 0, FORMAT_OF_TEXT);
}

void db_bind_bytes(struct db_params *params, const void *data, size_t len)
{
    bind(params, data, len, FORMAT_OF_BINARY);
}

/* Space for an array: its head, and content_bytes for elements of 4 bytes of length and their data. */
static char *begin_array(struct db_params *params, size_t count, size_t content_bytes, bool has_null,
                         uint32_t oid, char **ret_content)
{
    char *bytes, *out;

    if (count > INT_MAX || content_bytes > INT_MAX - ARRAY_HEAD_BYTES) {
        abort();
    }
    bytes = arena_alloc(params->arena, ARRAY_HEAD_BYTES + content_bytes);
    out = put_number(bytes, count == 0 ? 0 : 1, 4); /* an empty array has no dimension */
    out = put_number(out, has_null ? 1 : 0, 4);
    out = put_number(out, oid, 4);
    if (count > 0) {
        out = put_number(out, count, 4);
        out = put_number(out, 1, 4);
    }
    *ret_content = out;
    return bytes;
}

static bool any_null(const bool *nulls, size_t count)
{
    return nulls != NULL && memchr(nulls, true, count * sizeof *nulls) != NULL;
}

static char *put_element(char *out, bool is_null, uint64_t value, size_t len)
{
    if (is_null) {
        return put_number(out, UINT32_MAX, 4);
    }
    out = put_number(out, len, 4);
    return put_number(out, value, len);
}

void db_bind_i64_array(struct db_params *params, const int64_t *values, const bool *nulls, size_t count)
{
    char *out, *bytes = begin_array(params, count, count * 12, any_null(nulls, count), OID_INT8, &out);

    for (size_t i = 0; i < count; i++) {
        out = put_element(out, nulls != NULL && nulls[i], (uint64_t)values[i], 8);
    }
    bind(params, bytes, (size_t)(out - bytes), FORMAT_OF_BINARY);
}

void db_bind_i32_array(struct db_params *params, const int32_t *values, const bool *nulls, size_t count)
{
    char *out, *bytes = begin_array(params, count, count * 8, any_null(nulls, count), OID_INT4, &out);

    for (size_t i = 0; i < count; i++) {
        out = put_element(out, nulls != NULL && nulls[i], (uint64_t)(int64_t)values[i], 4);
    }
    bind(params, bytes, (size_t)(out - bytes), FORMAT_OF_BINARY);
}

void db_bind_i16_array(struct db_params *params, const int16_t *values, const bool *nulls, size_t count)
{
    char *out, *bytes = begin_array(params, count, count * 6, any_null(nulls, count), OID_INT2, &out);

    for (size_t i = 0; i < count; i++) {
        out = put_element(out, nulls != NULL && nulls[i], (uint64_t)(int64_t)values[i], 2);
    }
    bind(params, bytes, (size_t)(out - bytes), FORMAT_OF_BINARY);
}

void db_bind_text_array(struct db_params *params, const char *const *texts, size_t count)
{
    size_t content_bytes = count * 4;
    bool has_null = false;
    char *out, *bytes;

    for (size_t i = 0; i < count; i++) {
        content_bytes += texts[i] != NULL ? strlen(texts[i]) : 0;
        has_null = has_null || texts[i] == NULL;
    }
    bytes = begin_array(params, count, content_bytes, has_null, OID_TEXT, &out);
    for (size_t i = 0; i < count; i++) {
        size_t len = texts[i] != NULL ? strlen(texts[i]) : 0;

        out = put_number(out, texts[i] != NULL ? len : UINT32_MAX, 4);
        if (len > 0) {
            memcpy(out, texts[i], len);
            out += len;
        }
    }
    bind(params, bytes, (size_t)(out - bytes), FORMAT_OF_BINARY);
}

void db_bind_bytes_array(struct db_params *params, const void *data, size_t each_len, size_t count)
{
    const char *next = data;
    char *out, *bytes = begin_array(params, count, count * (4 + each_len), false, OID_BYTEA, &out);

    for (size_t i = 0; i < count; i++, next += each_len) {
        out = put_number(out, each_len, 4);
        memcpy(out, next, each_len);
        out += each_len;
    }
    bind(params, bytes, (size_t)(out - bytes), FORMAT_OF_BINARY);
}
