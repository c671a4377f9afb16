/* What every unit test includes: cmocka with what its header needs, and a few helpers for bytes.
 * Called by the tests only. */
#ifndef STOCKROOM_TESTS_UNIT_UNIT_H
#define STOCKROOM_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"

/* The number of elements of an array. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The buffer's content as a string; it stays in the buffer. */
static inline const char *unit_text(struct buf *buf)
{
    *buf_reserve(buf, 1) = '\0';
    return buf->data;
}

/* The UTF-8 form of a code point, also of those that have none; returns its length. */
static inline size_t unit_encode(uint32_t point, char *ret_text)
{
    if (point < 0x80) {
        ret_text[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        ret_text[0] = (char)(0xC0 | point >> 6);
        ret_text[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        ret_text[0] = (char)(0xE0 | point >> 12);
        ret_text[1] = (char)(0x80 | (point >> 6 & 0x3F));
        ret_text[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    ret_text[0] = (char)(0xF0 | point >> 18);
    ret_text[1] = (char)(0x80 | (point >> 12 & 0x3F));
    ret_text[2] = (char)(0x80 | (point >> 6 & 0x3F));
    ret_text[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

#endif
