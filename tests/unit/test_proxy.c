/* Tests of server/front/proxy_header: both versions of the PROXY protocol, whole, cut everywhere, and wrong.
 */
#include "server/front/proxy_header.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/unit/unit.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define TCP4      "\xC0\x00\x02\x07\xCB\x00\x71\x01\xD9\x03\x00\x16" /* 192.0.2.7:55555 to 203.0.113.1:22 */
#define TCP6                                                                                                 \
    "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x09\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01\x01\x02\x00\x16"

#define CHECKSUM "\x3D\x59\x80\x0C" /* computed by another program, which gives E3069283 for "123456789" */

/* A literal, NULs and all, without its last one. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static void check_from(const struct proxy_header *header, const char *address, unsigned port)
{
    char text[INET6_ADDRSTRLEN];
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    assert_true(header->has_from);
    if (header->from.ss_family == AF_INET) {
        memcpy(&ipv4, &header->from, sizeof ipv4);
        assert_non_null(inet_ntop(AF_INET, &ipv4.sin_addr, text, sizeof text));
        assert_int_equal(ntohs(ipv4.sin_port), port);
    } else {
        assert_int_equal(header->from.ss_family, AF_INET6);
        memcpy(&ipv6, &header->from, sizeof ipv6);
        assert_non_null(inet_ntop(AF_INET6, &ipv6.sin6_addr, text, sizeof text));
        assert_int_equal(ntohs(ipv6.sin6_port), port);
    }
    assert_string_equal(text, address);
}

/* It is a header, also with a banner behind it, and every shorter piece of it asks for more. address NULL:
 * none. */
static void check_done(const char *data, size_t len, const char *address, unsigned port)
{
    char more[PROXY_HEADER_MAX_BYTES + 16];
    struct proxy_header header;
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(proxy_header_parse(data, cut, &header), PROXY_PARSE_MORE);
    }
    memcpy(more, data, len);
    memcpy(more + len, "SSH-2.0-x\r\n", 11);
    for (size_t extra = 0; extra <= 11; extra += 11) {
        assert_int_equal(proxy_header_parse(more, len + extra, &header), PROXY_PARSE_DONE);
        assert_int_equal(header.used_bytes, len);
        if (address == NULL) {
            assert_false(header.has_from);
        } else {
            check_from(&header, address, port);
        }
    }
}

static void check_bad(const char *data, size_t len)
{
    struct proxy_header header = {.used_bytes = 4711};
    assert_int_equal(proxy_header_parse(data, len, &header), PROXY_PARSE_BAD);
    assert_int_equal(header.used_bytes, 4711);
}

static void version_1_is_a_line(void **state)
{
    (void)state;
    check_done(BYTES("PROXY TCP4 192.0.2.7 203.0.113.1 55555 22\r\n"), "192.0.2.7", 55555);
    check_done(BYTES("PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n"), "0.0.0.0", 0);
    check_done(BYTES("PROXY TCP6 2001:db8::9 2001:db8::1 258 22\r\n"), "2001:db8::9", 258);
    check_done(
        BYTES("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
              "65535 65535\r\n"),
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);
    check_done(BYTES("PROXY UNKNOWN\r\n"), NULL, 0);
    check_done(BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
               NULL, 0);
}

static void version_1_is_taken_as_it_must_be(void **state)
{
    (void)state;
    check_bad(BYTES("PROXY TCP4 192.0.2.7 203.0.113.1 55555\r\n"));
    check_bad(BYTES("PROXY TCP4 192.0.2.7 203.0.113.1 55555 22 1\r\n"));
    check_bad(BYTES("PROXY TCP4 192.0.2.7 203.0.113.1 55555 22 \r\n"));
    check_bad(BYTES("PROXY TCP4 192.0.2.7  203.0.113.1 55555 22\r\n"));
    check_bad(BYTES("PROXY  TCP4 192.0.2.7 203.0.113.1 55555 22\r\n"));
    check_bad(BYTES("PROXY TCP4 192.0.2.7 203.0.113.1 65536 22\r\n"));
    check_bad(BYTES("PROXY TCP4 192.0.2.7 203.0.113.1 55555 -1\r\n"));
    check_bad(BYTES("PROXY TCP4 192.0.2.7 203.0.113.1 055 22\r\n"));
    check_bad(BYTES("PROXY TCP4 192.0.2.7 203.0.113.1 +55 22\r\n"));
    check_bad(BYTES("PROXY TCP4 192.0.2.256 203.0.113.1 55555 22\r\n"));
    check_bad(BYTES("PROXY TCP4 192.0.2.7 localhost 55555 22\r\n"));
    check_bad(BYTES("PROXY TCP4 2001:db8::9 2001:db8::1 55555 22\r\n"));
    check_bad(BYTES("PROXY TCP6 192.0.2.7 203.0.113.1 55555 22\r\n"));
    check_bad(BYTES("PROXY TCP5 192.0.2.7 203.0.113.1 55555 22\r\n"));
    check_bad(BYTES("PROXY UNKNOWNS\r\n"));
    check_bad(BYTES("PROXY \r\n"));
    check_bad(BYTES("PROXY UNKNOWN\n"));
    check_bad(BYTES("PROXY UNKNOWN\rx"));
    check_bad(BYTES("PROXY UNKNOWN \0\r\n"));
    check_bad(BYTES("proxy UNKNOWN\r\n"));
    check_bad(BYTES("SSH-2.0-OpenSSH_9.2\r\n"));
    check_bad(BYTES("\x16\x03\x01"));
}

/* 107 bytes are the most, however long one waits for the end of the line. */
static void version_1_has_an_end(void **state)
{
    char line[200];
    struct proxy_header header;
    (void)state;
    memset(line, 'x', sizeof line);
    memcpy(line, "PROXY UNKNOWN ", 14);
    assert_int_equal(proxy_header_parse(line, 106, &header), PROXY_PARSE_MORE);
    check_bad(line, 107);
    check_bad(line, sizeof line);
    memcpy(line + 105, "\r\n", 2);
    assert_int_equal(proxy_header_parse(line, sizeof line, &header), PROXY_PARSE_DONE);
    assert_int_equal(header.used_bytes, 107);
    memcpy(line + 105, "x\r\n", 3);
    check_bad(line, sizeof line);
}

static void version_2_is_binary(void **state)
{
    (void)state;
    check_done(BYTES(SIGNATURE "\x21\x11\0\x0C" TCP4), "192.0.2.7", 55555);
    check_done(BYTES(SIGNATURE "\x21\x21\0\x24" TCP6), "2001:db8::9", 258);
    check_done(BYTES(SIGNATURE "\x20\0\0\0"), NULL, 0);
    check_done(BYTES(SIGNATURE "\x21\0\0\0"), NULL, 0);
    check_done(BYTES(SIGNATURE "\x20\x11\0\x0C" TCP4), NULL, 0);
    check_done(BYTES(SIGNATURE "\x20\x77\0\x03xyz"), NULL, 0);
}

static void version_2_is_taken_as_it_must_be(void **state)
{
    (void)state;
    check_bad(BYTES(SIGNATURE "\x11\x11\0\x0C" TCP4));
    check_bad(BYTES(SIGNATURE "\x31\x11\0\x0C" TCP4));
    check_bad(BYTES(SIGNATURE "\x22\x11\0\x0C" TCP4));
    check_bad(BYTES(SIGNATURE "\x2F"));
    check_bad(BYTES(SIGNATURE "\x21\x12\0\x0C" TCP4));
    check_bad(BYTES(SIGNATURE "\x21\x22\0\x24" TCP6));
    check_bad(BYTES(SIGNATURE "\x21\x41\0\x0C" TCP4));
    check_bad(BYTES(SIGNATURE "\x21\x11\0\x0B" TCP4));
    check_bad(BYTES(SIGNATURE "\x21\x21\0\x0C" TCP4));
    check_bad(BYTES(SIGNATURE "\x21\x31\0\x0C" TCP4));
    check_bad(BYTES("\r\n\r\n\0\r\nQUIX"));
}

static void additions_are_skipped(void **state)
{
    (void)state;
    check_done(BYTES(SIGNATURE "\x21\x11\0\x19" TCP4 "\x04\0\x02xx"
                               "\x02\0\x05shops"),
               "192.0.2.7", 55555);
    check_done(BYTES(SIGNATURE "\x21\x11\0\x0F" TCP4 "\x04\0\0"), "192.0.2.7", 55555);
    check_bad(BYTES(SIGNATURE "\x21\x11\0\x0D" TCP4 "\x04"));
    check_bad(BYTES(SIGNATURE "\x21\x11\0\x0E" TCP4 "\x04\0"));
    check_bad(BYTES(SIGNATURE "\x21\x11\0\x10" TCP4 "\x04\0\x02x"));
    check_bad(BYTES(SIGNATURE "\x21\x11\0\x10" TCP4 "\x04\xFF\xFFx"));
}

static void a_checksum_must_be_right(void **state)
{
    static const char right[] = SIGNATURE "\x21\x11\0\x13" TCP4 "\x03\0\x04" CHECKSUM;
    char wrong[sizeof right];
    (void)state;
    check_done(BYTES(right), "192.0.2.7", 55555);
    for (size_t at = 16; at < sizeof right - 1; at++) {
        if (at >= 28 && at < 31) {
            continue; /* the addition's own head */
        }
        memcpy(wrong, right, sizeof right);
        wrong[at] ^= 0x10;
        check_bad(wrong, sizeof right - 1);
    }
    check_bad(BYTES(SIGNATURE "\x21\x11\0\x12" TCP4 "\x03\0\x03\0\0\0"));
    check_bad(BYTES(SIGNATURE "\x21\x11\0\x1A" TCP4 "\x03\0\x04\0\0\0\0\x03\0\x04\0\0\0\0"));
}

static void version_2_has_an_end(void **state)
{
    static char data[PROXY_HEADER_MAX_BYTES + 1] = SIGNATURE "\x20\0\x08\0";
    struct proxy_header header;
    (void)state;
    assert_int_equal(proxy_header_parse(data, 16, &header), PROXY_PARSE_MORE);
    assert_int_equal(proxy_header_parse(data, PROXY_HEADER_MAX_BYTES - 1, &header), PROXY_PARSE_MORE);
    assert_int_equal(proxy_header_parse(data, sizeof data, &header), PROXY_PARSE_DONE);
    assert_int_equal(header.used_bytes, PROXY_HEADER_MAX_BYTES);
    data[15] = 1;
    check_bad(data, 16);
    memcpy(data + 14, "\xFF\xFF", 2);
    check_bad(data, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_1_is_a_line),
        cmocka_unit_test(version_1_is_taken_as_it_must_be),
        cmocka_unit_test(version_1_has_an_end),
        cmocka_unit_test(version_2_is_binary),
        cmocka_unit_test(version_2_is_taken_as_it_must_be),
        cmocka_unit_test(additions_are_skipped),
        cmocka_unit_test(a_checksum_must_be_right),
        cmocka_unit_test(version_2_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
