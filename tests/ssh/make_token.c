/* For tests/ssh/tokens.sh: a token of any claims, signed in any way: make_token KEY_FILE ALGORITHM CLAIMS.
 * ES256 signs with the key; HS256 with its public half as the secret, as the well-known forgery does; none
 * not at all. */
#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/token_key.h"

int main(int argc, char **argv)
{
    struct token_key key = {0};
    struct err_info info;
    jwt_t *jwt = NULL;

    if (argc != 4 || token_key_load(argv[1], &key, &info) != ERR_OK) {
        fprintf(stderr, "make_token: %s\n", argc == 4 ? info.message : "usage: KEY_FILE ALGORITHM CLAIMS");
        return 64;
    }
    jwt_alg_t algorithm = jwt_str_alg(argv[2]);
    const char *secret = algorithm == JWT_ALG_ES256 ? key.private_pem : key.public_pem;
    int len = algorithm == JWT_ALG_NONE ? 0 : (int)strlen(secret);
    if (jwt_new(&jwt) != 0 || jwt_add_grants_json(jwt, argv[3]) != 0 ||
        jwt_set_alg(jwt, algorithm, len > 0 ? (const unsigned char *)secret : NULL, len) != 0) {
        fputs("make_token: not such a token\n", stderr);
        return 65;
    }
    char *text = jwt_encode_str(jwt);
    if (text == NULL) {
        fputs("make_token: it cannot be signed\n", stderr);
        return 65;
    }
    puts(text);
    free(text);
    jwt_free(jwt);
    token_key_done(&key);
    return 0;
}
