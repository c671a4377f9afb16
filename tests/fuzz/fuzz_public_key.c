/* Fuzzes the keys that users bring: what is accepted is a key of a type we take, and is accepted again. */
#include <stdlib.h>
#include <string.h>

#include "server/core/commands/public_key.h"
#include "tests/fuzz/fuzz.h"

/* The line as one that `key add` was given: text without a NUL. */
static void parse_line(struct arena *arena, const uint8_t *data, size_t size)
{
    const char *line = arena_strndup(arena, (const char *)data, strnlen((const char *)data, size));
    struct public_key key;
    struct err_info info;

    if (public_key_parse(arena, line, &key, &info) != ERR_OK) {
        return;
    }
    FUZZ_PROMISE(strncmp(key.type, "ssh-ed25519", 11) == 0 || strncmp(key.type, "ssh-rsa", 7) == 0 ||
                 strncmp(key.type, "ecdsa-sha2-nistp", 16) == 0);
    FUZZ_PROMISE(strstr(key.type, "cert") == NULL);
    FUZZ_PROMISE(strlen(key.fingerprint) == PUBLIC_KEY_FINGERPRINT_SIZE - 1);
    FUZZ_PROMISE(strlen(key.comment) <= PUBLIC_KEY_COMMENT_MAX);
    FUZZ_PROMISE(public_key_check_blob(key.type, key.blob, key.blob_len, &info) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"};
    struct arena arena = {0};
    struct err_info info;

    parse_line(&arena, data, size);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        (void)public_key_check_blob(types[i], data, size, &info);
    }
    arena_done(&arena);
    return 0;
}
