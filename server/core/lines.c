/* A stream of bytes cut into numbered lines. Called by the batch on the main loop. A line that is too long is
 * noticed as soon as it is, and the rest of it is dropped as it comes: a line without an end costs no memory.
 */
#include "server/core/lines.h"

#include <string.h>

#include "common/lexer.h"

enum {
    LINE_AND_CR = LEXER_LINE_MAX + 1, /* the longest line may still have its \r */
    KEEP_BYTES = 4096
};

void lines_add(struct lines *lines, const char *data, size_t len)
{
    if (lines->is_skipping) {
        const char *end = memchr(data, '\n', len);
        if (!end) {
            return;
        }
        lines->is_skipping = false;
        len -= (size_t)(end + 1 - data);
        data = end + 1;
    }
    if (len > 0) {
        buf_append(&lines->buf, data, len);
    }
}

void lines_end(struct lines *lines)
{
    lines->is_ended = true;
}

/* Where the next line ends, or NULL. */
static const char *find_end(struct lines *lines)
{
    if (lines->scanned < lines->start) {
        lines->scanned = lines->start;
    }
    if (lines->scanned == lines->buf.len) {
        return NULL;
    }
    const char *end = memchr(lines->buf.data + lines->scanned, '\n', lines->buf.len - lines->scanned);
    lines->scanned = end ? (size_t)(end - lines->buf.data) : lines->buf.len;
    return end;
}

bool lines_has_next(struct lines *lines)
{
    size_t left = lines->buf.len - lines->start;
    return find_end(lines) || left > LINE_AND_CR || (lines->is_ended && left > 0);
}

enum lines_kind lines_next(struct lines *lines, const char **ret_line, size_t *ret_len)
{
    if (lines->start == lines->buf.len) {
        return LINES_NONE;
    }
    const char *end = find_end(lines);
    const char *line = lines->buf.data + lines->start;
    size_t len = end ? (size_t)(end - line) : lines->buf.len - lines->start;
    if (!end && len <= LINE_AND_CR && !(lines->is_ended && len > 0)) {
        return LINES_NONE;
    }
    lines->number++;
    lines->start += len + (end ? 1 : 0);
    if (!end && !lines->is_ended) {
        lines->is_skipping = true;
    }
    if (len > 0 && line[len - 1] == '\r') {
        len--;
    }
    if (len > LEXER_LINE_MAX) {
        return LINES_TOO_LONG;
    }
    *ret_line = line;
    *ret_len = len;
    return LINES_LINE;
}

void lines_compact(struct lines *lines)
{
    if (lines->start == 0) {
        return;
    }
    buf_consume(&lines->buf, lines->start);
    lines->scanned -= lines->scanned < lines->start ? lines->scanned : lines->start;
    lines->start = 0;
    if (lines->buf.len == 0 && lines->buf.cap > KEEP_BYTES) {
        buf_done(&lines->buf);
    }
}

void lines_done(struct lines *lines)
{
    buf_done(&lines->buf);
    lines->start = 0;
    lines->scanned = 0;
}
