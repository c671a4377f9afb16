/* Base64, the way libssh exports public keys. Pure; the session may not link a library for it. */
#include <string.h>

#include "server/session/session_internal.h"

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

long base64_decode(const char *text, unsigned char *ret_data, size_t size)
{
    uint32_t bits = 0;
    unsigned bit_count = 0;
    size_t len = 0;

    for (; *text != '\0' && *text != '='; text++) {
        int digit = base64_digit(*text);
        if (digit < 0) {
            return -1;
        }
        bits = (bits << 6 | (uint32_t)digit) & 0xffffff;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            if (len == size) {
                return -1;
            }
            ret_data[len++] = (unsigned char)(bits >> bit_count);
        }
    }
    return (long)len;
}
