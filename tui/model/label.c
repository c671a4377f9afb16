/* Cleaning and exact numbers: see label.h.
 * Called by the client and the views.
 * Touches nothing (the time zone was read before the sandbox closed). */
#include "tui/model/label.h"

#include <string.h>
#include <time.h>
#include <wctype.h>

#include "common/text.h"
#include "common/values.h"

void label_clean(char *ret_text, size_t size, const char *text, size_t len)
{
    size_t used = 0;
    while (len > 0) {
        uint32_t point;
        size_t bytes = text_decode(text, len, &point);
        bool shown = bytes > 0 && text_point_is_printable(point);
        size_t step = bytes > 0 ? bytes : 1;
        size_t wanted = shown ? bytes : 1;
        if (used + wanted >= size) {
            break;
        }
        memcpy(ret_text + used, shown ? text : "?", wanted);
        used += wanted;
        text += step;
        len -= step;
    }
    ret_text[used] = '\0';
}

static void append_point(struct buf *buf, uint32_t point)
{
    if (point < 0x80) {
        buf_append_char(buf, (char)point);
        return;
    }
    if (point < 0x800) {
        buf_append_char(buf, (char)(0xc0 | (point >> 6)));
    } else if (point < 0x10000) {
        buf_append_char(buf, (char)(0xe0 | (point >> 12)));
        buf_append_char(buf, (char)(0x80 | ((point >> 6) & 0x3f)));
    } else {
        buf_append_char(buf, (char)(0xf0 | ((point >> 18) & 0x07)));
        buf_append_char(buf, (char)(0x80 | ((point >> 12) & 0x3f)));
        buf_append_char(buf, (char)(0x80 | ((point >> 6) & 0x3f)));
    }
    buf_append_char(buf, (char)(0x80 | (point & 0x3f)));
}

void label_append_folded(struct buf *buf, const char *text)
{
    size_t len = strlen(text);
    while (len > 0) {
        uint32_t point;
        size_t bytes = text_decode(text, len, &point);
        append_point(buf, bytes > 0 ? (uint32_t)towlower((wint_t)point) : '?');
        bytes = bytes > 0 ? bytes : 1;
        text += bytes;
        len -= bytes;
    }
}

bool label_parse_decimal(const char *text, int64_t *ret_milli)
{
    bool negative = *text == '-';
    int64_t milli = 0;
    int places = -1; /* none before the point */
    size_t digits = 0;
    for (text += negative ? 1 : 0; *text != '\0'; text++) {
        if (*text == '.' && places < 0 && digits > 0) {
            places = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || places == 3 || milli > INT64_MAX / 10000) {
            return false;
        }
        milli = milli * 10 + (*text - '0');
        digits++;
        places += places >= 0 ? 1 : 0;
    }
    if (digits == 0 || places == 0) {
        return false;
    }
    for (int place = places < 0 ? 0 : places; place < 3; place++) {
        if (milli > INT64_MAX / 10) {
            return false;
        }
        milli *= 10;
    }
    *ret_milli = negative ? -milli : milli;
    return true;
}

/* The local time of day, or a day and time, of an RFC 3339 text. */
static bool read_local(const char *time, struct tm *ret_parts)
{
    struct time_value value;
    if (values_parse_time(time, &value, NULL) != ERR_OK || value.kind != TIME_ABSOLUTE) {
        return false;
    }
    time_t seconds = (time_t)(value.micros / 1000000);
    return localtime_r(&seconds, ret_parts) != NULL;
}

void label_format_clock(const char *time, char *ret_text, size_t size)
{
    struct tm parts;
    if (!read_local(time, &parts) || strftime(ret_text, size, "%H:%M", &parts) == 0) {
        ret_text[0] = '\0';
    }
}

void label_format_day(const char *time, char *ret_text, size_t size)
{
    struct tm parts;
    if (!read_local(time, &parts) || strftime(ret_text, size, "%Y-%m-%d %H:%M", &parts) == 0) {
        ret_text[0] = '\0';
    }
}
