/* Networks of IP addresses: 192.0.2.0/24, 2001:db8::/32, or one address. Read from the configuration, asked
 * by front. Pure. IPv4 is kept as an IPv4-mapped IPv6 address, so that both compare alike. */
#ifndef STOCKROOM_CONFIG_NETWORK_H
#define STOCKROOM_CONFIG_NETWORK_H

#include <netinet/in.h>
#include <stdbool.h>

enum { NETWORK_ADDRESS_BYTES = 16, NETWORK_TEXT_MAX = INET6_ADDRSTRLEN + 4 };

struct network {
    unsigned char address[NETWORK_ADDRESS_BYTES];
    unsigned prefix; /* bits, of the mapped form */
};

/* False: it is none, or has bits set behind its prefix. */
bool network_parse(const char *text, struct network *ret_network);

/* address: NETWORK_ADDRESS_BYTES, IPv4 as ::ffff:a.b.c.d. */
bool network_has(const struct network *network, const unsigned char *address);

#endif
