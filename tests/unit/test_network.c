/* Tests of config/network: what is a network, and what is in one. And of server/front/address, which asks. */
#include "config/network.h"

#include <arpa/inet.h>

#include "server/front/address.h"
#include "tests/unit/unit.h"

/* The address of a connection from there, as front reads it from the kernel. */
static struct address connection_from(const char *text)
{
    struct sockaddr_storage from = {0};
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(4711)};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(4711)};
    struct address address;
    if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1) {
        memcpy(&from, &ipv4, sizeof ipv4);
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &ipv6.sin6_addr), 1);
        memcpy(&from, &ipv6, sizeof ipv6);
    }
    assert_true(address_read(&from, &address));
    assert_int_equal(address.port, 4711);
    return address;
}

static bool is_in(const char *address_text, const char *network_text)
{
    struct config_networks networks = {.count = 2};
    struct address address = connection_from(address_text);
    assert_true(network_parse("203.0.113.200", &networks.items[0]));
    assert_true(network_parse(network_text, &networks.items[1]));
    assert_int_equal(network_has(&networks.items[1], address.whole), address_is_in(&address, &networks));
    networks.count = 0;
    assert_false(address_is_in(&address, &networks));
    return network_has(&networks.items[1], address.whole);
}

static void ipv4_is_in_its_networks(void **state)
{
    (void)state;
    assert_true(is_in("192.0.2.7", "192.0.2.7"));
    assert_false(is_in("192.0.2.8", "192.0.2.7"));
    assert_true(is_in("192.0.2.7", "192.0.2.7/32"));
    assert_true(is_in("192.0.2.7", "192.0.2.6/31"));
    assert_false(is_in("192.0.2.8", "192.0.2.6/31"));
    assert_true(is_in("192.0.2.255", "192.0.2.0/24"));
    assert_false(is_in("192.0.3.0", "192.0.2.0/24"));
    assert_true(is_in("192.0.2.127", "192.0.2.0/25"));
    assert_false(is_in("192.0.2.128", "192.0.2.0/25"));
    assert_true(is_in("255.255.255.255", "0.0.0.0/0"));
    assert_false(is_in("2001:db8::1", "0.0.0.0/0"));
}

static void ipv6_is_in_its_networks(void **state)
{
    (void)state;
    assert_true(is_in("2001:db8::1", "2001:db8::1"));
    assert_false(is_in("2001:db8::2", "2001:db8::1"));
    assert_true(is_in("2001:db8:0:1:ffff::1", "2001:db8:0:1::/64"));
    assert_false(is_in("2001:db8:0:2::1", "2001:db8:0:1::/64"));
    assert_true(is_in("2001:db8:7fff::1", "2001:db8::/33"));
    assert_false(is_in("2001:db8:8000::1", "2001:db8::/33"));
    assert_true(is_in("2001:db8::1", "::/0"));
}

/* An IPv4 client on an IPv6 socket is the same client. */
static void mapped_addresses_are_ipv4(void **state)
{
    struct address mapped = connection_from("::ffff:192.0.2.7");
    struct address plain = connection_from("192.0.2.7");
    (void)state;
    assert_string_equal(mapped.text, "192.0.2.7");
    assert_memory_equal(mapped.key, plain.key, sizeof plain.key);
    assert_true(is_in("::ffff:192.0.2.7", "192.0.2.0/24"));
    assert_true(is_in("192.0.2.7", "::ffff:192.0.2.0/120"));
}

/* An IPv6 customer has a /64, and is counted by it; networks may be smaller. */
static void ipv6_is_counted_by_its_network(void **state)
{
    static const uint64_t seeds[2] = {0x0123456789abcdef, 0xfedcba9876543210};
    struct address one = connection_from("2001:db8:0:1::1");
    struct address other = connection_from("2001:db8:0:1:ffff:ffff:ffff:ffff");
    struct address stranger = connection_from("2001:db8:0:2::1");
    (void)state;
    assert_memory_equal(one.key, other.key, sizeof one.key);
    assert_int_equal(address_hash(one.key, seeds), address_hash(other.key, seeds));
    assert_memory_not_equal(one.key, stranger.key, sizeof one.key);
    assert_int_not_equal(address_hash(one.key, seeds), address_hash(stranger.key, seeds));
    assert_memory_not_equal(one.whole, other.whole, sizeof one.whole);
}

static void what_is_no_network_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "/",
        "/24",
        "192.0.2",
        "192.0.2.7/",
        "192.0.2.7/33",
        "192.0.2.7/-1",
        "192.0.2.7/",
        "192.0.2.7/x",
        "192.0.2.7/8",
        "192.0.2.1/24",
        "2001:db8::/129",
        "2001:db8::1/64",
        "localhost",
        "::1/127",
        "1.2.3.4/8 ",
        " 1.2.3.4",
        "2001:db8::/32/",
        "0.0.0.1/0",
        "[::1]",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee"};
    struct network network;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_false(network_parse(wrong[i], &network));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_is_in_its_networks),       cmocka_unit_test(ipv6_is_in_its_networks),
        cmocka_unit_test(mapped_addresses_are_ipv4),     cmocka_unit_test(ipv6_is_counted_by_its_network),
        cmocka_unit_test(what_is_no_network_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
