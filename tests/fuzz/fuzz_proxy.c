/* Fuzzes PROXY headers: what is taken lies within what came, is said no sooner than it is whole, and does not
 * depend on what follows. */
#include <string.h>

#include "server/front/proxy_header.h"
#include "tests/fuzz/fuzz.h"

enum { PIECES_MOST = 256 };

/* With a piece of the input it asks for more, or says already what it says of all. */
static void check_pieces(const uint8_t *data, size_t size, enum proxy_parse whole)
{
    struct proxy_header header;
    for (size_t len = 0; len < size; len += 1 + size / PIECES_MOST) {
        enum proxy_parse piece = proxy_header_parse(data, len, &header);
        FUZZ_PROMISE(piece == PROXY_PARSE_MORE || piece == whole);
        FUZZ_PROMISE(piece != PROXY_PARSE_MORE || len < PROXY_HEADER_MAX_BYTES);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy_header header, again;
    enum proxy_parse parse = proxy_header_parse(data, size, &header);

    check_pieces(data, size, parse);
    if (parse != PROXY_PARSE_DONE) {
        return 0;
    }
    FUZZ_PROMISE(header.used_bytes > 0 && header.used_bytes <= size);
    FUZZ_PROMISE(header.used_bytes <= PROXY_HEADER_MAX_BYTES);
    FUZZ_PROMISE(!header.has_from || header.from.ss_family == AF_INET || header.from.ss_family == AF_INET6);
    FUZZ_PROMISE(proxy_header_parse(data, header.used_bytes - 1, &again) == PROXY_PARSE_MORE);
    FUZZ_PROMISE(proxy_header_parse(data, header.used_bytes, &again) == PROXY_PARSE_DONE);
    FUZZ_PROMISE(again.used_bytes == header.used_bytes && again.has_from == header.has_from);
    FUZZ_PROMISE(memcmp(&again.from, &header.from, sizeof header.from) == 0);
    return 0;
}
