/* Fuzzes frames and fields: nothing is read past the bytes that came, and a frame written again is the same.
 */
#include <string.h>

#include "common/wire.h"
#include "tests/fuzz/fuzz.h"

/* Read fields of every kind, in an order that the payload itself chooses. */
static void read_fields(const char *payload, size_t len)
{
    struct wire_reader reader;
    char text[WIRE_USER_MAX + 1];
    size_t str_len;
    const char *str;

    wire_reader_init(&reader, payload, len);
    while (!reader.failed && reader.left > 0) {
        switch (wire_get_u8(&reader) % 5) {
        case 0:
            wire_get_u16(&reader);
            break;
        case 1:
            wire_get_u32(&reader);
            break;
        case 2:
            wire_get_u64(&reader);
            break;
        case 3:
            str = wire_get_str(&reader, WIRE_KEY_BLOB_MAX, &str_len);
            FUZZ_PROMISE(str_len <= WIRE_KEY_BLOB_MAX && str_len <= len);
            FUZZ_PROMISE(str_len == 0 || (str >= payload && str + str_len <= payload + len));
            break;
        default:
            wire_get_text(&reader, text, sizeof text);
            FUZZ_PROMISE(memchr(text, '\0', sizeof text) != NULL);
            break;
        }
    }
    FUZZ_PROMISE(wire_reader_end(&reader) == !reader.failed);
}

static void write_again(const struct wire_frame *frame, const char *data, size_t used)
{
    struct buf buf = {0};
    size_t start = wire_frame_begin(&buf, frame->type, frame->channel);

    buf_append(&buf, frame->payload, frame->len);
    wire_frame_end(&buf, start);
    FUZZ_PROMISE(buf.len == used && memcmp(buf.data, data, used) == 0);
    buf_done(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *next = (const char *)data;
    size_t left = size;
    struct wire_frame frame;
    size_t used = 0;

    while (wire_parse_frame(next, left, &frame, &used) == WIRE_PARSE_FRAME) {
        FUZZ_PROMISE(used >= WIRE_HEAD_BYTES && used <= left && frame.len <= WIRE_PAYLOAD_MAX);
        read_fields(frame.payload, frame.len);
        write_again(&frame, next, used);
        next += used;
        left -= used;
    }
    read_fields((const char *)data, size);
    return 0;
}
