/* Text of hostile origin: what may be stored, what may be shown. Pure; used everywhere. */
#ifndef STOCKROOM_COMMON_TEXT_H
#define STOCKROOM_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decode one code point of strict UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
 * Returns its length in bytes, 0 when the bytes are not UTF-8 (or len is 0). */
size_t text_decode(const char *text, size_t len, uint32_t *ret_point);

bool text_is_utf8(const char *text, size_t len);

/* May this code point be stored in a name and shown on a terminal? False for C0, DEL, C1, bidi controls
 * (U+061C, 200E/F, 202A-E, 2066-9), zero-width and other invisible format characters (200B-D, 2060-4, FEFF, soft hyphen,
 * tags, interlinear marks), line and paragraph separators, non-characters, and private use. */
bool text_point_is_printable(uint32_t point);

/* Valid UTF-8, all of it printable, not empty, no blank at either end, at most max_bytes long. */
bool text_is_name(const char *text, size_t len, size_t max_bytes);

/* The same without the limits of a name: may be empty and have blanks at its ends. For notes. */
bool text_is_printable(const char *text, size_t len);

/* The columns that text takes on a terminal, by wcwidth-like rules that do not depend on the locale:
 * wide East Asian and emoji 2, combining marks 0, others 1; text that is not printable counts as '?'. */
size_t text_width(const char *text, size_t len);

/* The longest prefix of text, in bytes, that fits in `columns`; *ret_columns is what it takes. */
size_t text_fit(const char *text, size_t len, size_t columns, size_t *ret_columns);

#endif
