/* The header of the PROXY protocol, version 1 and 2, by which a balancer says where a connection really comes
 * from. Called by proxied.c with what has come so far. Pure. */
#ifndef STOCKROOM_SERVER_FRONT_PROXY_HEADER_H
#define STOCKROOM_SERVER_FRONT_PROXY_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* The longest header that is taken: version 1 has at most 107 bytes, version 2 says its length. */
enum { PROXY_HEADER_MAX_BYTES = 16 + 2048 };

enum proxy_parse {
    PROXY_PARSE_MORE, /* right so far, but not whole */
    PROXY_PARSE_DONE, /* ret_header is set */
    PROXY_PARSE_BAD   /* no header, however much more comes */
};

struct proxy_header {
    size_t used_bytes; /* what follows is the client's */
    bool has_from;     /* false: the balancer speaks for itself, or does not know (LOCAL, UNKNOWN) */
    struct sockaddr_storage from;
};

/* data: borrowed; it may hold more than the header. MORE is never said of PROXY_HEADER_MAX_BYTES or more.
 * Addresses that version 2 adds to (TLVs) are skipped, but for a checksum (CRC32C), which must be right. */
enum proxy_parse proxy_header_parse(const void *data, size_t len, struct proxy_header *ret_header);

#endif
