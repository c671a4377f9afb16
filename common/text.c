/* Text of hostile origin: strict UTF-8, and which of it may be stored and shown. Called everywhere,
 * often: ASCII goes eight bytes at a time. Pure; touches nothing but its arguments. */
#include "common/text.h"

#include <string.h>

struct range {
    uint32_t first;
    uint32_t last;
};

/* What is not printable, sorted: controls, bidi, zero-width and invisible format characters, separators,
 * surrogates, private use and non-characters (those at the end of each plane are computed). */
static const struct range unprintable[] = {
    {0x0000, 0x001F},      /* C0 */
    {0x007F, 0x009F},      /* DEL, C1 */
    {0x00AD, 0x00AD},      /* soft hyphen */
    {0x061C, 0x061C},      /* Arabic letter mark */
    {0x115F, 0x1160},      /* Hangul fillers: blank, yet no blank */
    {0x17B4, 0x17B5},      /* Khmer inherent vowels, invisible */
    {0x180B, 0x180F},      /* Mongolian selectors and vowel separator */
    {0x200B, 0x200F},      /* zero width, joiners, left-to-right and right-to-left marks */
    {0x2028, 0x202E},      /* line and paragraph separators, bidi embeddings and overrides */
    {0x2060, 0x206F},      /* word joiner, invisible operators, bidi isolates, deprecated controls */
    {0x3164, 0x3164},      /* Hangul filler */
    {0xD800, 0xF8FF},      /* surrogates, private use */
    {0xFDD0, 0xFDEF},      /* non-characters */
    {0xFEFF, 0xFEFF},      /* byte order mark */
    {0xFFA0, 0xFFA0},      /* halfwidth Hangul filler */
    {0xFFF0, 0xFFFB},      /* unassigned specials, interlinear marks */
    {0x1BCA0, 0x1BCA3},    /* shorthand format controls */
    {0x1D173, 0x1D17A},    /* musical format controls */
    {0xE0000, 0xE00FF},    /* tags */
    {0xE01F0, 0xE0FFF},    /* reserved for more invisible characters */
    {0xF0000, 0xFFFFFFFF}, /* private use planes, and beyond Unicode */
};

bool text_point_is_printable(uint32_t point)
{
    size_t low = 0;
    size_t high = sizeof unprintable / sizeof unprintable[0];

    if (point - 0x20 < 0x7F - 0x20) {
        return true;
    }
    if ((point & 0xFFFE) == 0xFFFE) {
        return false;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (point < unprintable[middle].first) {
            high = middle;
        } else if (point > unprintable[middle].last) {
            low = middle + 1;
        } else {
            return false;
        }
    }
    return true;
}

/* A byte that continues a sequence: 10xxxxxx. */
static bool continues(const unsigned char *bytes, size_t index)
{
    return (bytes[index] & 0xC0) == 0x80;
}

static size_t decode_two(const unsigned char *bytes, size_t len, uint32_t *ret_point)
{
    if (len < 2 || !continues(bytes, 1)) {
        return 0;
    }
    *ret_point = (bytes[0] & 0x1FU) << 6 | (bytes[1] & 0x3FU);
    return 2;
}

static size_t decode_three(const unsigned char *bytes, size_t len, uint32_t *ret_point)
{
    uint32_t point;

    if (len < 3 || !continues(bytes, 1) || !continues(bytes, 2)) {
        return 0;
    }
    point = (bytes[0] & 0x0FU) << 12 | (bytes[1] & 0x3FU) << 6 | (bytes[2] & 0x3FU);
    if (point < 0x800 || (point >= 0xD800 && point <= 0xDFFF)) {
        return 0;
    }
    *ret_point = point;
    return 3;
}

static size_t decode_four(const unsigned char *bytes, size_t len, uint32_t *ret_point)
{
    uint32_t point;

    if (len < 4 || !continues(bytes, 1) || !continues(bytes, 2) || !continues(bytes, 3)) {
        return 0;
    }
    point =
        (bytes[0] & 0x07U) << 18 | (bytes[1] & 0x3FU) << 12 | (bytes[2] & 0x3FU) << 6 | (bytes[3] & 0x3FU);
    if (point < 0x10000 || point > 0x10FFFF) {
        return 0;
    }
    *ret_point = point;
    return 4;
}

size_t text_decode(const char *text, size_t len, uint32_t *ret_point)
{
    const unsigned char *bytes = (const unsigned char *)text;

    if (len == 0) {
        return 0;
    }
    if (bytes[0] < 0x80) {
        *ret_point = bytes[0];
        return 1;
    }
    if (bytes[0] >= 0xC2 && bytes[0] <= 0xDF) {
        return decode_two(bytes, len, ret_point);
    }
    if (bytes[0] >= 0xE0 && bytes[0] <= 0xEF) {
        return decode_three(bytes, len, ret_point);
    }
    if (bytes[0] >= 0xF0 && bytes[0] <= 0xF4) {
        return decode_four(bytes, len, ret_point);
    }
    return 0;
}

/* The length of the prefix, in whole words of eight bytes, that is ASCII. */
static size_t skip_ascii(const char *text, size_t len)
{
    size_t at = 0;

    while (len - at >= sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, text + at, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
        at += sizeof word;
    }
    return at;
}

bool text_is_utf8(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        uint32_t point;
        size_t bytes;

        at += skip_ascii(text + at, len - at);
        if (at == len) {
            break;
        }
        bytes = text_decode(text + at, len - at, &point);
        if (bytes == 0) {
            return false;
        }
        at += bytes;
    }
    return true;
}

bool text_is_printable(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        uint32_t point = 0;
        size_t bytes = text_decode(text + at, len - at, &point);

        if (bytes == 0 || !text_point_is_printable(point)) {
            return false;
        }
        at += bytes;
    }
    return true;
}

/* Blanks of every script: a name that begins or ends with one looks like another name. */
static bool is_blank(uint32_t point)
{
    return point == 0x20 || point == 0xA0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200A) ||
           point == 0x202F || point == 0x205F || point == 0x3000;
}

bool text_is_name(const char *text, size_t len, size_t max_bytes)
{
    uint32_t point = 0;
    size_t at = 0;

    if (len == 0 || len > max_bytes) {
        return false;
    }
    while (at < len) {
        size_t bytes = text_decode(text + at, len - at, &point);

        if (bytes == 0 || !text_point_is_printable(point) || (at == 0 && is_blank(point))) {
            return false;
        }
        at += bytes;
    }
    return !is_blank(point);
}
