/* Fuzzes text and the escapes: what comes out of JSON and messages is fit for a terminal, widths agree. */
#include <string.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"

static void check_walk(const char *text, size_t size)
{
    bool utf8 = true;
    bool printable = true;

    for (size_t at = 0; at < size;) {
        uint32_t point = 0;
        size_t bytes = text_decode(text + at, size - at, &point);

        FUZZ_PROMISE(bytes <= 4 && bytes <= size - at);
        utf8 = utf8 && bytes > 0;
        printable = printable && bytes > 0 && text_point_is_printable(point);
        at += bytes > 0 ? bytes : 1;
    }
    FUZZ_PROMISE(text_is_utf8(text, size) == utf8);
    FUZZ_PROMISE(text_is_printable(text, size) == printable);
    FUZZ_PROMISE(!text_is_name(text, size, size) || (printable && size > 0));
}

static void check_columns(const char *text, size_t size)
{
    size_t width = text_width(text, size);
    size_t columns = 0;

    FUZZ_PROMISE(width <= 2 * size);
    FUZZ_PROMISE(text_fit(text, size, width, &columns) == size && columns == width);
    for (size_t room = 0; room < width && room < 100; room++) {
        size_t bytes = text_fit(text, size, room, &columns);

        FUZZ_PROMISE(bytes < size && columns <= room && columns + 2 > room);
        FUZZ_PROMISE(text_width(text, bytes) == columns);
    }
}

static void check_csv(const char *text, size_t size)
{
    struct buf csv = {0};
    struct buf back = {0};

    buf_append_csv(&csv, text, size);
    if (csv.len > 0 && csv.data[0] == '"') {
        FUZZ_PROMISE(csv.len >= 2 && csv.data[csv.len - 1] == '"');
        for (size_t i = 1; i < csv.len - 1; i++) {
            i += csv.data[i] == '"' ? 1 : 0;
            buf_append_char(&back, csv.data[i]);
        }
    } else {
        buf_append(&back, csv.data, csv.len);
    }
    FUZZ_PROMISE(back.len == size && (size == 0 || memcmp(back.data, text, size) == 0));
    buf_done(&csv);
    buf_done(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct buf json = {0};
    struct err_info info;

    check_walk(text, size);
    check_columns(text, size);
    check_csv(text, size);
    buf_append_json(&json, text, size);
    FUZZ_PROMISE(json.len >= size / 4 + 2 && text_is_printable(json.data, json.len));
    err_set(&info, ERR_BAD_VALUE, "%.*s", (int)(size < 100000 ? size : 100000), text);
    FUZZ_PROMISE(text_is_printable(info.message, strlen(info.message)));
    buf_done(&json);
    return 0;
}
