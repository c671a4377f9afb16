/* A growing byte buffer, and the escapes of the two machine formats. Called by everything that writes
 * output or frames. Knows nothing of what it holds; aborts when memory is out. */
#include "common/buf.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

enum {
    CAP_FIRST = 256,
    DIGITS_MAX = 20 /* 2^64 - 1 */
};

void buf_done(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
}

static void grow(struct buf *buf, size_t len)
{
    size_t need;
    size_t cap = buf->cap < CAP_FIRST ? CAP_FIRST : buf->cap;
    char *data;

    if (__builtin_add_overflow(buf->len, len, &need) || need > SIZE_MAX / 4) {
        abort();
    }
    while (cap < need) {
        cap *= 2;
    }
    data = realloc(buf->data, cap);
    if (data == NULL) {
        abort();
    }
    buf->data = data;
    buf->cap = cap;
}

char *buf_reserve(struct buf *buf, size_t len)
{
    if (buf->data == NULL || buf->cap - buf->len < len) {
        grow(buf, len);
    }
    return buf->data + buf->len;
}

void buf_append(struct buf *buf, const void *data, size_t len)
{
    if (len > 0) {
        memcpy(buf_reserve(buf, len), data, len);
        buf->len += len;
    }
}

void buf_append_char(struct buf *buf, char c)
{
    *buf_reserve(buf, 1) = c;
    buf->len++;
}

void buf_append_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_append_u64(struct buf *buf, uint64_t value)
{
    char digits[DIGITS_MAX];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buf_append(buf, digits + at, sizeof digits - at);
}

void buf_append_i64(struct buf *buf, int64_t value)
{
    if (value < 0) {
        buf_append_char(buf, '-');
        buf_append_u64(buf, 0 - (uint64_t)value);
    } else {
        buf_append_u64(buf, (uint64_t)value);
    }
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    size_t room = buf->cap - buf->len;
    va_list args;
    va_list again;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(room > 0 ? buf->data + buf->len : NULL, room, format, args);
    va_end(args);
    if (len < 0) {
        abort();
    }
    if ((size_t)len >= room) {
        vsnprintf(buf_reserve(buf, (size_t)len + 1), (size_t)len + 1, format, again);
    }
    va_end(again);
    buf->len += (size_t)len;
}

void buf_consume(struct buf *buf, size_t len)
{
    if (len >= buf->len) {
        buf->len = 0;
    } else if (len > 0) {
        buf->len -= len;
        memmove(buf->data, buf->data + len, buf->len);
    }
}

static void append_escape(struct buf *buf, uint32_t unit)
{
    static const char hex[] = "0123456789abcdef";
    const char text[6] = {'\\',          'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15],
                          hex[unit & 15]};

    buf_append(buf, text, sizeof text);
}

/* One code point, escaped if it must be; returns the bytes it took. */
static size_t append_safe_point(struct buf *buf, const char *text, size_t len)
{
    uint32_t point = 0;
    size_t bytes = text_decode(text, len, &point);

    if (bytes == 0) {
        buf_append(buf, "\xEF\xBF\xBD", 3);
        return 1;
    }
    if (text_point_is_printable(point)) {
        buf_append(buf, text, bytes);
    } else if (point < 0x10000) {
        append_escape(buf, point);
    } else {
        append_escape(buf, 0xD800 + ((point - 0x10000) >> 10));
        append_escape(buf, 0xDC00 + ((point - 0x10000) & 0x3FF));
    }
    return bytes;
}

/* One code point beyond what is copied as it is; returns the bytes it took. */
static size_t append_json_point(struct buf *buf, const char *text, size_t len)
{
    if (*text == '"' || *text == '\\') {
        buf_append_char(buf, '\\');
        buf_append_char(buf, *text);
        return 1;
    }
    return append_safe_point(buf, text, len);
}

/* Printable ASCII that JSON takes as it is. */
static bool is_plain_json(char c)
{
    return c >= ' ' && c < 0x7F && c != '"' && c != '\\';
}

void buf_append_json(struct buf *buf, const char *text, size_t len)
{
    size_t at = 0;

    buf_reserve(buf, len + 2);
    buf_append_char(buf, '"');
    while (at < len) {
        size_t run = at;

        while (run < len && is_plain_json(text[run])) {
            run++;
        }
        buf_append(buf, text + at, run - at);
        at = run;
        if (at < len) {
            at += append_json_point(buf, text + at, len - at);
        }
    }
    buf_append_char(buf, '"');
}

void buf_append_json_value(struct buf *buf, const char *json, size_t len)
{
    for (size_t at = 0; at < len;) {
        at += append_safe_point(buf, json + at, len - at);
    }
}

static bool needs_quotes(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r') {
            return true;
        }
    }
    return false;
}

void buf_append_csv(struct buf *buf, const char *text, size_t len)
{
    if (!needs_quotes(text, len)) {
        buf_append(buf, text, len);
        return;
    }
    buf_append_char(buf, '"');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"') {
            buf_append_char(buf, '"');
        }
        buf_append_char(buf, text[i]);
    }
    buf_append_char(buf, '"');
}
