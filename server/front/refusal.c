/* A line of text (RFC 4253, 4.2), an identification, and a disconnect message in a packet that is not
 * encrypted yet (RFC 4253, 6 and 11.1). Called by door.c. Only writes: what the client says is not looked at.
 */
#include "server/front/refusal.h"

#include <stdint.h>
#include <string.h>

enum {
    MESSAGE_DISCONNECT = 1,
    REASON_TOO_MANY_CONNECTIONS = 12,
    BLOCK_BYTES = 8,
    PADDING_LEAST = 4,
    LENGTH_BYTES = 4,
    BYTE_BITS = 8
};

/* Big-endian, as SSH has it. */
static void append_u32(struct buf *buf, uint32_t value)
{
    for (int shift = 3 * BYTE_BITS; shift >= 0; shift -= BYTE_BITS) {
        buf_append_char(buf, (char)(value >> shift & 0xFF));
    }
}

static void append_disconnect(struct buf *buf, const char *words)
{
    static const char padding[PADDING_LEAST + BLOCK_BYTES] = {0};
    size_t words_len = strlen(words);
    size_t payload_len = 1 + LENGTH_BYTES + LENGTH_BYTES + words_len + LENGTH_BYTES;
    size_t unpadded_len = LENGTH_BYTES + 1 + payload_len + PADDING_LEAST;
    size_t padding_len = PADDING_LEAST + (BLOCK_BYTES - unpadded_len % BLOCK_BYTES) % BLOCK_BYTES;
    append_u32(buf, (uint32_t)(1 + payload_len + padding_len));
    buf_append_char(buf, (char)padding_len);
    buf_append_char(buf, MESSAGE_DISCONNECT);
    append_u32(buf, REASON_TOO_MANY_CONNECTIONS);
    append_u32(buf, (uint32_t)words_len);
    buf_append(buf, words, words_len);
    append_u32(buf, 0); /* in no language in particular */
    buf_append(buf, padding, padding_len);
}

void refusal_append(struct buf *buf, const char *words)
{
    buf_append_text(buf, words);
    buf_append_text(buf, "\r\nSSH-2.0-stockroom\r\n");
    append_disconnect(buf, words);
}
