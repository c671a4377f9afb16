/* Errors: names, exit statuses and messages fit to be shown. Called by everything.
 * Touches nothing but the err_info it is given; text.h says what may be shown. */
#include "common/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

/* Room for a message before it is cleaned: cleaning may shrink four bytes to one '?'. */
enum { RAW_MAX = 1024 };

struct entry {
    const char *text;
    int exit_status;
    bool retryable;
};

static const struct entry entries[] = {[ERR_OK] = {"ok", 0, false},
#define X(name, text, status, retryable) [ERR_##name] = {text, status, retryable},
                                       ERR_LIST(X)
#undef X
};

static const struct entry *entry_of(enum err code)
{
    size_t index = (size_t)code;

    return &entries[index < sizeof entries / sizeof entries[0] ? index : (size_t)ERR_INTERNAL];
}

const char *err_text(enum err code)
{
    return entry_of(code)->text;
}

int err_exit_status(enum err code)
{
    return entry_of(code)->exit_status;
}

bool err_retryable(enum err code)
{
    return entry_of(code)->retryable;
}

/* Copy raw, cleaned, into the fixed message; cut between code points. */
static void clean_message(char *message, size_t size, const char *raw, size_t len)
{
    size_t used = 0;

    while (len > 0) {
        uint32_t point = 0;
        size_t bytes = text_decode(raw, len, &point);
        bool shown = bytes > 0 && text_point_is_printable(point);
        size_t written = shown ? bytes : 1;

        if (used + written >= size) {
            break;
        }
        if (shown) {
            memcpy(message + used, raw, bytes);
        } else {
            message[used] = '?';
        }
        used += written;
        raw += bytes > 0 ? bytes : 1;
        len -= bytes > 0 ? bytes : 1;
    }
    message[used] = '\0';
}

enum err err_set(struct err_info *ret_info, enum err code, const char *format, ...)
{
    char raw[RAW_MAX];
    va_list args;
    int len;

    if (ret_info == NULL) {
        return code;
    }
    va_start(args, format);
    len = vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    if (len < 0) {
        len = 0;
    }
    ret_info->code = code;
    clean_message(ret_info->message, sizeof ret_info->message, raw,
                  (size_t)len < sizeof raw ? (size_t)len : sizeof raw - 1);
    return code;
}
