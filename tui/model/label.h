/* Text and numbers as they come from the server, made safe and exact.
 * Called by the client when it reads answers, and by the views when they search.
 * Pure. */
#ifndef STOCKROOM_TUI_MODEL_LABEL_H
#define STOCKROOM_TUI_MODEL_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

/* Copy text into size bytes (with a NUL): what is not printable UTF-8 becomes '?', what is too long is cut at
 * a character. */
void label_clean(char *ret_text, size_t size, const char *text, size_t len);

/* Append text in one case, for comparing. */
void label_append_folded(struct buf *buf, const char *text);

/* A decimal ("-12.5") with at most three places into thousandths. False, and ret_milli untouched, when it is
 * none or too large. */
bool label_parse_decimal(const char *text, int64_t *ret_milli);

/* "10:31" (local) from an RFC 3339 time; "" when it is none. */
void label_format_clock(const char *time, char *ret_text, size_t size);

/* "2026-03-01 10:31" (local), or "" */
void label_format_day(const char *time, char *ret_text, size_t size);

#endif
