/* Where a connection comes from: what is shown, and what is counted. Pure. Used by the door,
 * sources, penalties and sessions. */
#ifndef STOCKROOM_SERVER_FRONT_ADDRESS_H
#define STOCKROOM_SERVER_FRONT_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "config/config.h"

enum { ADDRESS_KEY_BYTES = 16 };

struct address {
    char text[INET6_ADDRSTRLEN]; /* "192.0.2.7", also for an IPv4 client on an IPv6 socket */
    uint16_t port;
    unsigned char whole[NETWORK_ADDRESS_BYTES]; /* as network_has() takes it */
    unsigned char key[ADDRESS_KEY_BYTES];       /* IPv4 whole, IPv6 by /64: what one customer usually has */
};

/* False for anything but IPv4 and IPv6. */
bool address_read(const struct sockaddr_storage *from, struct address *ret_address);

/* A hash of a key, with two secrets: nobody outside can choose addresses that meet in one bucket. */
uint64_t address_hash(const unsigned char *key, const uint64_t seeds[2]);

/* Whether it is in one of them. */
bool address_is_in(const struct address *address, const struct config_networks *networks);

#endif
