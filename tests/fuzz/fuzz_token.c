/* Fuzzes tokens: bytes as a password are taken for a token or not, and none but a signed one is taken; and,
 * signed by us, any claims are checked without harm. */
#include <jwt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/core/token_key.h"
#include "server/core/tokens.h"
#include "tests/fuzz/fuzz.h"

#define NOW_US INT64_C(1772355600000000)

static struct tokens *tokens;
static struct token_key key;

static void set_up(void)
{
    static char directory[] = "/tmp/stockroom-fuzz-XXXXXX";
    char path[sizeof directory + 8];
    char name[] = "stockroom";
    struct config config = {.tokens = {.issuer = name, .audience = name, .ttl_most_seconds = 7200}};
    struct err_info info;

    FUZZ_PROMISE(sodium_init() >= 0 && mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/key", directory);
    config.tokens.key = path;
    FUZZ_PROMISE(tokens_new(&config, &tokens, &info) == ERR_OK);
    FUZZ_PROMISE(token_key_load(path, &key, &info) == ERR_OK);
    FUZZ_PROMISE(unlink(path) == 0 && rmdir(directory) == 0);
}

/* Whatever is taken holds what the checks promise. */
static void check(const char *text, size_t len)
{
    struct tokens_claims claims;

    if (tokens_check(tokens, text, len, NOW_US, &claims)) {
        FUZZ_PROMISE(tokens_is_token(text, len) && len <= TOKENS_TEXT_MAX);
        FUZZ_PROMISE(strlen(claims.user) > 0 && strlen(claims.user) < sizeof claims.user);
        FUZZ_PROMISE(claims.epoch >= 0 && claims.expires_us > NOW_US);
        FUZZ_PROMISE(claims.expires_us <= NOW_US + INT64_C(7260000000));
    }
}

static void check_signed(const char *claims)
{
    jwt_t *jwt = NULL;

    FUZZ_PROMISE(jwt_new(&jwt) == 0);
    if (jwt_add_grants_json(jwt, claims) == 0 &&
        jwt_set_alg(jwt, JWT_ALG_ES256, (const unsigned char *)key.private_pem,
                    (int)strlen(key.private_pem)) == 0) {
        char *text = jwt_encode_str(jwt);
        if (text != NULL) {
            check(text, strlen(text));
        }
        free(text);
    }
    jwt_free(jwt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tokens_claims claims;

    if (tokens == NULL) {
        set_up();
    }
    FUZZ_PROMISE(!tokens_check(tokens, (const char *)data, size, NOW_US, &claims)); /* nobody signed it */
    char *text = strndup((const char *)data, size);
    FUZZ_PROMISE(text != NULL);
    check_signed(text);
    free(text);
    return 0;
}
