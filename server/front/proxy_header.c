/* PROXY headers into socket addresses, as the protocol's paper (HAProxy, proxy-protocol.txt) has them. Called
 * by proxied.c. Touches nothing but its arguments. */
#include "server/front/proxy_header.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "common/err.h"
#include "common/values.h"

enum {
    V1_MAX_BYTES = 107, /* with its CR LF */
    V1_FIELDS = 4,
    V2_HEAD_BYTES = 16,
    V2_VERSION = 2,
    V2_LOCAL = 0,
    V2_PROXY = 1,
    V2_UNSPECIFIED = 0x00,
    V2_TCP4 = 0x11,
    V2_TCP6 = 0x21,
    V2_UNIX_STREAM = 0x31,
    V2_TCP4_BYTES = 12,
    V2_TCP6_BYTES = 36,
    V2_UNIX_BYTES = 216,
    TLV_HEAD_BYTES = 3,
    TLV_CRC32C = 3,
    CRC_BYTES = 4,
    CRC_BITS = 32,
    BYTE_BITS = 8,
    PORT_MAX = 65535
};

#define CRC32C_POLYNOMIAL 0x82F63B78u

static const unsigned char v1_begin[] = {'P', 'R', 'O', 'X', 'Y', ' '};
static const unsigned char v2_begin[] = {'\r', '\n', '\r', '\n', '\0', '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

/* As much of `begin` as there is, is there. */
static bool begins(const unsigned char *data, size_t len, const unsigned char *begin, size_t begin_len)
{
    return memcmp(data, begin, len < begin_len ? len : begin_len) == 0;
}

/* ------------------------------------------------------------------ version 1: a line of text */

static bool parse_port(const char *text, in_port_t *ret_port)
{
    int64_t port;
    bool is_plain = text[0] == '0' ? text[1] == '\0' : text[0] > '0' && text[0] <= '9';
    if (!is_plain || values_parse_integer(text, 0, PORT_MAX, &port, NULL) != ERR_OK) {
        return false;
    }
    *ret_port = htons((uint16_t)port);
    return true;
}

/* Cut a line's rest at its blanks into fields, each with something in it; false: there are not that many, or
 * more. */
static bool split(char *text, char *ret_fields[V1_FIELDS])
{
    for (int i = 0; i < V1_FIELDS; i++) {
        char *blank = strchr(text, ' ');
        if ((blank == NULL) != (i == V1_FIELDS - 1) || text == blank || text[0] == '\0') {
            return false;
        }
        ret_fields[i] = text;
        if (blank != NULL) {
            *blank = '\0';
            text = blank + 1;
        }
    }
    return true;
}

/* "SOURCE DESTINATION PORT PORT": all four must be right, though only the source is used. */
static bool parse_v1_addresses(int family, char *text, struct sockaddr_storage *ret_from)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
    void *address = family == AF_INET ? (void *)&ipv4.sin_addr : (void *)&ipv6.sin6_addr;
    char *fields[V1_FIELDS];
    struct in6_addr destination;
    in_port_t port, destination_port;
    if (!split(text, fields) || inet_pton(family, fields[0], address) != 1 ||
        inet_pton(family, fields[1], &destination) != 1 || !parse_port(fields[2], &port) ||
        !parse_port(fields[3], &destination_port)) {
        return false;
    }
    memset(ret_from, 0, sizeof *ret_from);
    if (family == AF_INET) {
        ipv4.sin_port = port;
        memcpy(ret_from, &ipv4, sizeof ipv4);
    } else {
        ipv6.sin6_port = port;
        memcpy(ret_from, &ipv6, sizeof ipv6);
    }
    return true;
}

/* What follows "PROXY ", without the line's end. */
static enum proxy_parse parse_v1_line(char *line, struct proxy_header *header)
{
    static const char tcp4[] = "TCP4 ", tcp6[] = "TCP6 ", unknown[] = "UNKNOWN";
    size_t word = sizeof tcp4 - 1;
    if (strncmp(line, tcp4, word) == 0) {
        header->has_from = parse_v1_addresses(AF_INET, line + word, &header->from);
    } else if (strncmp(line, tcp6, word) == 0) {
        header->has_from = parse_v1_addresses(AF_INET6, line + word, &header->from);
    } else {
        word = sizeof unknown - 1;
        bool is_unknown = strncmp(line, unknown, word) == 0 && (line[word] == '\0' || line[word] == ' ');
        return is_unknown ? PROXY_PARSE_DONE : PROXY_PARSE_BAD;
    }
    return header->has_from ? PROXY_PARSE_DONE : PROXY_PARSE_BAD;
}

static enum proxy_parse parse_v1(const unsigned char *data, size_t len, struct proxy_header *header)
{
    char line[V1_MAX_BYTES + 1];
    size_t seen = len < V1_MAX_BYTES ? len : V1_MAX_BYTES;
    const unsigned char *end = memchr(data, '\r', seen);
    if (memchr(data, '\n', end != NULL ? (size_t)(end - data) : seen) != NULL) {
        return PROXY_PARSE_BAD; /* a line that ends in another way */
    }
    if (end == NULL || end + 1 == data + seen) {
        return seen < V1_MAX_BYTES ? PROXY_PARSE_MORE : PROXY_PARSE_BAD;
    }
    size_t line_len = (size_t)(end - data) - sizeof v1_begin;
    if (end[1] != '\n' || memchr(data, '\0', (size_t)(end - data)) != NULL) {
        return PROXY_PARSE_BAD;
    }
    memcpy(line, data + sizeof v1_begin, line_len);
    line[line_len] = '\0';
    header->used_bytes = (size_t)(end - data) + 2;
    return parse_v1_line(line, header);
}

/* ------------------------------------------------------------------ version 2: binary */

static size_t get_u16(const unsigned char *data)
{
    return (size_t)data[0] << BYTE_BITS | data[1];
}

/* One byte more; bit by bit, which is quick enough for a header. */
static uint32_t crc32c_add(uint32_t crc, unsigned char byte)
{
    crc ^= byte;
    for (int bit = 0; bit < BYTE_BITS; bit++) {
        crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLYNOMIAL : 0);
    }
    return crc;
}

/* The checksum is of the whole header, with zeros where it is itself. */
static bool is_checked(const unsigned char *data, size_t len, size_t crc_at)
{
    uint32_t crc = UINT32_MAX;
    uint32_t told = 0;
    for (size_t i = 0; i < len; i++) {
        bool is_own = i >= crc_at && i < crc_at + CRC_BYTES;
        crc = crc32c_add(crc, is_own ? 0 : data[i]);
        told = is_own ? told << BYTE_BITS | data[i] : told;
    }
    return ~crc == told;
}

/* The additions from `at` on fill the header exactly, and one that is a checksum is right. A second checksum
 * could not be right together with the first. */
static bool are_additions_right(const unsigned char *data, size_t len, size_t at)
{
    size_t crc_at = 0;
    while (at < len) {
        if (len - at < TLV_HEAD_BYTES || len - at - TLV_HEAD_BYTES < get_u16(data + at + 1)) {
            return false;
        }
        size_t value_len = get_u16(data + at + 1);
        if (data[at] == TLV_CRC32C) {
            if (value_len != CRC_BYTES || crc_at != 0) {
                return false;
            }
            crc_at = at + TLV_HEAD_BYTES;
        }
        at += TLV_HEAD_BYTES + value_len;
    }
    return crc_at == 0 || is_checked(data, len, crc_at);
}

static void take_tcp4(const unsigned char *addresses, struct proxy_header *header)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    memcpy(&from.sin_addr, addresses, sizeof from.sin_addr);
    memcpy(&from.sin_port, addresses + 2 * sizeof from.sin_addr, sizeof from.sin_port);
    memset(&header->from, 0, sizeof header->from);
    memcpy(&header->from, &from, sizeof from);
    header->has_from = true;
}

static void take_tcp6(const unsigned char *addresses, struct proxy_header *header)
{
    struct sockaddr_in6 from = {.sin6_family = AF_INET6};
    memcpy(&from.sin6_addr, addresses, sizeof from.sin6_addr);
    memcpy(&from.sin6_port, addresses + 2 * sizeof from.sin6_addr, sizeof from.sin6_port);
    memset(&header->from, 0, sizeof header->from);
    memcpy(&header->from, &from, sizeof from);
    header->has_from = true;
}

/* How long the addresses of a family are; false: a family that SSH does not come by. */
static bool find_address_bytes(unsigned char family, size_t *ret_bytes)
{
    switch (family) {
    case V2_UNSPECIFIED:
        *ret_bytes = 0;
        return true;
    case V2_TCP4:
        *ret_bytes = V2_TCP4_BYTES;
        return true;
    case V2_TCP6:
        *ret_bytes = V2_TCP6_BYTES;
        return true;
    case V2_UNIX_STREAM:
        *ret_bytes = V2_UNIX_BYTES;
        return true;
    default:
        return false;
    }
}

/* A whole header of the command PROXY. */
static enum proxy_parse parse_v2_proxy(const unsigned char *data, size_t len, struct proxy_header *header)
{
    unsigned char family = data[sizeof v2_begin + 1];
    size_t address_bytes;
    if (!find_address_bytes(family, &address_bytes) || len - V2_HEAD_BYTES < address_bytes) {
        return PROXY_PARSE_BAD;
    }
    if (family != V2_UNSPECIFIED && !are_additions_right(data, len, V2_HEAD_BYTES + address_bytes)) {
        return PROXY_PARSE_BAD;
    }
    if (family == V2_TCP4) {
        take_tcp4(data + V2_HEAD_BYTES, header);
    } else if (family == V2_TCP6) {
        take_tcp6(data + V2_HEAD_BYTES, header);
    }
    return PROXY_PARSE_DONE;
}

/* What LOCAL carries means nothing, as the paper has it. */
static enum proxy_parse parse_v2(const unsigned char *data, size_t len, struct proxy_header *header)
{
    unsigned version = len > sizeof v2_begin ? data[sizeof v2_begin] >> 4 : V2_VERSION;
    unsigned command = len > sizeof v2_begin ? data[sizeof v2_begin] & 0x0F : V2_LOCAL;
    if (version != V2_VERSION || (command != V2_LOCAL && command != V2_PROXY)) {
        return PROXY_PARSE_BAD;
    }
    if (len < V2_HEAD_BYTES) {
        return PROXY_PARSE_MORE;
    }
    header->used_bytes = V2_HEAD_BYTES + get_u16(data + V2_HEAD_BYTES - 2);
    if (header->used_bytes > PROXY_HEADER_MAX_BYTES) {
        return PROXY_PARSE_BAD;
    }
    if (len < header->used_bytes) {
        return PROXY_PARSE_MORE;
    }
    return command == V2_LOCAL ? PROXY_PARSE_DONE : parse_v2_proxy(data, header->used_bytes, header);
}

enum proxy_parse proxy_header_parse(const void *data, size_t len, struct proxy_header *ret_header)
{
    struct proxy_header header = {0};
    enum proxy_parse parse = PROXY_PARSE_BAD;
    if (len == 0) {
        return PROXY_PARSE_MORE;
    }
    if (begins(data, len, v1_begin, sizeof v1_begin)) {
        parse = parse_v1(data, len, &header);
    } else if (begins(data, len, v2_begin, sizeof v2_begin)) {
        parse = parse_v2(data, len, &header);
    }
    if (parse == PROXY_PARSE_DONE) {
        *ret_header = header;
    }
    return parse;
}
