/* Fuzzes the cursors that clients send back: whatever is taken apart is put together again as it was. */
#include <string.h>

#include "server/core/commands/cursor.h"
#include "tests/fuzz/fuzz.h"

static void parse(struct arena *arena, const char *text, char kind, unsigned count)
{
    const char *parts[CURSOR_PARTS_MAX];
    const char *again[CURSOR_PARTS_MAX];
    struct err_info info;

    if (cursor_parse(arena, kind, text, count, parts, &info) != ERR_OK) {
        return;
    }
    const char *made = cursor_make(arena, kind, parts, count);
    FUZZ_PROMISE(cursor_parse(arena, kind, made, count, again, &info) == ERR_OK);
    for (unsigned i = 0; i < count; i++) {
        FUZZ_PROMISE(strcmp(parts[i], again[i]) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const char *text = arena_strndup(&arena, (const char *)data, strnlen((const char *)data, size));

    for (unsigned count = 1; count <= CURSOR_PARTS_MAX; count++) {
        parse(&arena, text, 'a', count);
        parse(&arena, text, 'm', count);
    }
    arena_done(&arena);
    return 0;
}
