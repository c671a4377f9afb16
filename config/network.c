/* Networks of IP addresses, parsed and compared. Called by keys.c and by front. Touches nothing. */
#include "config/network.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/values.h"

enum { V4_BYTES = 4, V4_BITS = 32, V6_BITS = 128, MAPPED_BITS = V6_BITS - V4_BITS, BYTE_BITS = 8 };

static const unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* The address part; its number of bits, 0: it is none. */
static unsigned parse_address(const char *text, unsigned char *ret_address)
{
    if (inet_pton(AF_INET, text, ret_address + sizeof mapped) == 1) {
        memcpy(ret_address, mapped, sizeof mapped);
        return V4_BITS;
    }
    return inet_pton(AF_INET6, text, ret_address) == 1 ? V6_BITS : 0;
}

static bool has_bits_behind(const struct network *network)
{
    for (unsigned bit = network->prefix; bit < V6_BITS; bit++) {
        if (network->address[bit / BYTE_BITS] & (0x80u >> bit % BYTE_BITS)) {
            return true;
        }
    }
    return false;
}

bool network_parse(const char *text, struct network *ret_network)
{
    char address[NETWORK_TEXT_MAX + 1];
    struct network network;
    size_t len = strcspn(text, "/");

    if (len >= sizeof address) {
        return false;
    }
    memcpy(address, text, len);
    address[len] = '\0';
    unsigned bits = parse_address(address, network.address);
    int64_t prefix = bits;
    if (bits == 0 ||
        (text[len] == '/' && values_parse_integer(text + len + 1, 0, bits, &prefix, NULL) != ERR_OK)) {
        return false;
    }
    network.prefix = (unsigned)prefix + (bits == V4_BITS ? MAPPED_BITS : 0);
    if (has_bits_behind(&network)) {
        return false;
    }
    *ret_network = network;
    return true;
}

bool network_has(const struct network *network, const unsigned char *address)
{
    unsigned bytes = network->prefix / BYTE_BITS;
    unsigned bits = network->prefix % BYTE_BITS;

    if (memcmp(network->address, address, bytes) != 0) {
        return false;
    }
    return bits == 0 || ((network->address[bytes] ^ address[bytes]) >> (BYTE_BITS - bits)) == 0;
}
