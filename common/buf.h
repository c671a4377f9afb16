/* A growing byte buffer for output and frames. Used everywhere; knows nothing of what it holds.
 * Zero-initialised is empty and valid. Growth failure aborts: callers bound their sizes first. */
#ifndef STOCKROOM_COMMON_BUF_H
#define STOCKROOM_COMMON_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data; /* not NUL-terminated; NULL when nothing was ever appended */
    size_t len;
    size_t cap;
};

/* Free the memory and leave an empty, usable buffer. */
void buf_done(struct buf *buf);

/* Forget the content, keep the memory. */
void buf_reset(struct buf *buf);

/* Make room for len more bytes and return where they go; the caller adds to buf->len what it wrote. */
char *buf_reserve(struct buf *buf, size_t len);

void buf_append(struct buf *buf, const void *data, size_t len);
void buf_append_char(struct buf *buf, char c);
void buf_append_text(struct buf *buf, const char *text);
void buf_append_i64(struct buf *buf, int64_t value);
void buf_append_u64(struct buf *buf, uint64_t value);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drop the first len bytes (at most buf->len), moving the rest down. */
void buf_consume(struct buf *buf, size_t len);

/* Append text as a JSON string with its quotes. text is UTF-8; control, bidi and zero-width characters are
 * escaped as \uXXXX; a byte that is not UTF-8 becomes U+FFFD. */
void buf_append_json(struct buf *buf, const char *text, size_t len);

/* Append a JSON value that is one already, with what buf_append_json would escape in its strings escaped. */
void buf_append_json_value(struct buf *buf, const char *json, size_t len);

/* Append one RFC 4180 field, quoted only where it must be. */
void buf_append_csv(struct buf *buf, const char *text, size_t len);

#endif
