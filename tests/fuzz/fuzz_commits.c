/* Fuzzes what servers announce of commits: what is understood, put together again, is understood alike, and
 * nothing is told of what is not understood. */
#include <inttypes.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/values.h"
#include "server/core/commits.h"
#include "tests/fuzz/fuzz.h"

static void append(void *argument, const char *store_code, int64_t seq)
{
    struct buf *text = argument;

    FUZZ_PROMISE(seq >= 0);
    if (store_code == NULL) {
        buf_append_text(text, " *");
        return;
    }
    FUZZ_PROMISE(strlen(store_code) <= VALUES_CODE_MAX);
    buf_printf(text, " %s:%" PRId64, store_code, seq);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct buf first = {0}, second = {0}, text = {0};
    const char *input = arena_strndup(&arena, (const char *)data, strnlen((const char *)data, size));
    uint64_t server = 0;
    uint64_t again = 0;

    if (commits_parse(input, &server, append, &first)) {
        buf_append_u64(&text, server);
        buf_append(&text, first.data, first.len);
        buf_append_char(&text, '\0');
        FUZZ_PROMISE(commits_parse(text.data, &again, append, &second));
        FUZZ_PROMISE(again == server && first.len == second.len);
        FUZZ_PROMISE(memcmp(first.data, second.data, first.len) == 0);
    } else {
        FUZZ_PROMISE(first.len == 0);
    }
    buf_done(&first);
    buf_done(&second);
    buf_done(&text);
    arena_done(&arena);
    return 0;
}
