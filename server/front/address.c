/* Socket addresses into text and into the key that limits count by. Called for each connection.
 * Touches nothing but its arguments. */
#include "server/front/address.h"

#include <arpa/inet.h>
#include <string.h>

enum { IPV4_AT = 12, NETWORK_BYTES = 8 };

/* IPv4 in its mapped form, so that both families share one table. */
static void read_ipv4(const void *four_bytes, struct address *address)
{
    address->key[10] = 0xFF;
    address->key[11] = 0xFF;
    memcpy(address->key + IPV4_AT, four_bytes, sizeof(struct in_addr));
    memcpy(address->whole, address->key, sizeof address->whole);
    inet_ntop(AF_INET, four_bytes, address->text, sizeof address->text);
}

bool address_read(const struct sockaddr_storage *from, struct address *ret_address)
{
    struct address address = {0};
    if (from->ss_family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, from, sizeof ipv4);
        read_ipv4(&ipv4.sin_addr, &address);
        address.port = ntohs(ipv4.sin_port);
    } else if (from->ss_family == AF_INET6) {
        struct sockaddr_in6 ipv6;
        memcpy(&ipv6, from, sizeof ipv6);
        if (IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) {
            read_ipv4(ipv6.sin6_addr.s6_addr + IPV4_AT, &address);
        } else {
            memcpy(address.key, &ipv6.sin6_addr, NETWORK_BYTES);
            memcpy(address.whole, &ipv6.sin6_addr, sizeof address.whole);
            inet_ntop(AF_INET6, &ipv6.sin6_addr, address.text, sizeof address.text);
        }
        address.port = ntohs(ipv6.sin6_port);
    } else {
        return false;
    }
    *ret_address = address;
    return true;
}

/* Multiply and fold each half. */
uint64_t address_hash(const unsigned char *key, const uint64_t seeds[2])
{
    uint64_t hash = 0;
    for (size_t i = 0; i < 2; i++) {
        uint64_t half;
        memcpy(&half, key + i * sizeof half, sizeof half);
        hash = (hash ^ half ^ seeds[i]) * (seeds[1 - i] | 1);
        hash ^= hash >> 32;
    }
    return hash;
}

bool address_is_in(const struct address *address, const struct config_networks *networks)
{
    for (unsigned i = 0; i < networks->count; i++) {
        if (network_has(&networks->items[i], address->whole)) {
            return true;
        }
    }
    return false;
}
