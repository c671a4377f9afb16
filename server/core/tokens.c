/* Access tokens: JWTs signed with ES256 and nothing else. Called by login.c and by the command login, on
 * workers' threads, and by core.c as it starts. The token says which algorithm it wants, and libjwt believes
 * it: so nothing reaches libjwt whose header is not the one of our own tokens, letter by letter. */
#include "server/core/tokens.h"

#include <jwt.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/values.h"
#include "server/core/token_key.h"

enum {
    PARTS = 3,
    SIGNATURE_BYTES = 64,
    SKEW_SECONDS = 60 /* what the clocks of two servers may differ by */
};

#define MICROSECONDS  INT64_C(1000000)
#define TOKEN_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

struct tokens {
    struct token_key key;
    char *issuer;
    char *audience;
    int64_t ttl_most_seconds;
};

/* A part of a token, borrowed from it. */
struct part {
    const char *text;
    size_t len;
};

static void cleanup_jwt(jwt_t **jwt)
{
    jwt_free(*jwt);
}

static void cleanup_encoded(char **text)
{
    if (*text != NULL) {
        sodium_memzero(*text, strlen(*text));
        free(*text); /* from malloc; jwt_free_str is not in every libjwt */
    }
}

/* ------------------------------------------------------------------ making */

static int add_grants(jwt_t *jwt, const struct tokens *tokens, const char *user, int64_t epoch,
                      int64_t now_seconds, int64_t end_seconds)
{
    int failed = jwt_add_grant(jwt, "iss", tokens->issuer);

    failed = failed != 0 ? failed : jwt_add_grant(jwt, "aud", tokens->audience);
    failed = failed != 0 ? failed : jwt_add_grant(jwt, "sub", user);
    failed = failed != 0 ? failed : jwt_add_grant_int(jwt, "iat", (long)now_seconds);
    failed = failed != 0 ? failed : jwt_add_grant_int(jwt, "exp", (long)end_seconds);
    return failed != 0 ? failed : jwt_add_grant_int(jwt, "epoch", (long)epoch);
}

enum err tokens_make(const struct tokens *tokens, const char *user, int64_t epoch, int64_t now_us,
                     unsigned ttl_seconds, char *ret_text, int64_t *ret_expires_us, struct err_info *ret_info)
{
    int64_t now_seconds = now_us / MICROSECONDS;
    int64_t end_seconds = now_seconds + (int64_t)ttl_seconds;
    cleanup(cleanup_jwt) jwt_t *jwt = NULL;
    cleanup(cleanup_encoded) char *text = NULL;

    if (jwt_new(&jwt) != 0 || add_grants(jwt, tokens, user, epoch, now_seconds, end_seconds) != 0 ||
        jwt_set_alg(jwt, JWT_ALG_ES256, (const unsigned char *)tokens->key.private_pem,
                    (int)strlen(tokens->key.private_pem)) != 0) {
        return err_set(ret_info, ERR_INTERNAL, "the token could not be made");
    }
    text = jwt_encode_str(jwt);
    if (text == NULL) {
        return err_set(ret_info, ERR_INTERNAL, "the token could not be signed");
    }
    size_t len = strlen(text);
    if (len > TOKENS_TEXT_MAX) {
        return err_set(ret_info, ERR_INTERNAL, "the token would be longer than %d bytes", TOKENS_TEXT_MAX);
    }
    memcpy(ret_text, text, len + 1);
    *ret_expires_us = end_seconds * MICROSECONDS;
    return ERR_OK;
}

/* ------------------------------------------------------------------ checking */

/* Three runs of base64url with dots between; the last may be empty, as unsigned tokens have it. */
static bool split(const char *text, size_t len, struct part ret_parts[PARTS])
{
    const char *end = text + len;

    for (unsigned i = 0; i < PARTS; i++) {
        const char *from = text;
        while (text < end && *text != '\0' && strchr(TOKEN_LETTERS, *text) != NULL) {
            text++;
        }
        ret_parts[i] = (struct part){from, (size_t)(text - from)};
        bool is_last = i + 1 == PARTS;
        if (is_last ? text != end : text == end || *text++ != '.') {
            return false;
        }
    }
    return true;
}

bool tokens_is_token(const char *text, size_t len)
{
    struct part parts[PARTS];

    return len > 3 && memcmp(text, "eyJ", 3) == 0 && split(text, len, parts); /* {" */
}

/* Strictly: of all the texts that stand for the same bytes only one is taken. False: not, or not of this
 * size. */
static bool decode(const struct part *part, unsigned char *ret_data, size_t size, size_t *ret_len)
{
    const char *end = NULL;

    return sodium_base642bin(ret_data, size, part->text, part->len, NULL, ret_len, &end,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           end == part->text + part->len;
}

/* The algorithm is pinned here, before any key is touched; nothing else may stand in the header either. */
static bool is_our_header(const struct part *part)
{
    static const char *const headers[] = {"{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
                                          "{\"typ\":\"JWT\",\"alg\":\"ES256\"}"};
    unsigned char data[64];
    size_t len;

    if (!decode(part, data, sizeof data, &len)) {
        return false;
    }
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (len == strlen(headers[i]) && memcmp(data, headers[i], len) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_well_formed(const char *text, size_t len)
{
    struct part parts[PARTS];
    unsigned char data[TOKENS_TEXT_MAX];
    size_t data_len;

    return len <= TOKENS_TEXT_MAX && tokens_is_token(text, len) && split(text, len, parts) &&
           is_our_header(&parts[0]) && decode(&parts[1], data, sizeof data, &data_len) &&
           decode(&parts[2], data, sizeof data, &data_len) && data_len == SIGNATURE_BYTES;
}

static bool has_text(jwt_t *jwt, const char *name, const char *expected)
{
    const char *text = jwt_get_grant(jwt, name);

    return text != NULL && strcmp(text, expected) == 0;
}

/* False: there is none, or it is no whole number. Asked for as JSON: jwt_get_grant_int takes a text for 0. */
static bool get_integer(jwt_t *jwt, const char *name, int64_t *ret_value)
{
    cleanup(cleanup_free) char *text = jwt_get_grants_json(jwt, name);

    return text != NULL && values_parse_i64(text, ret_value);
}

/* May be missing; whatever it is, it must not lie ahead. */
static bool is_past(jwt_t *jwt, const char *name, int64_t now_seconds)
{
    cleanup(cleanup_free) char *text = jwt_get_grants_json(jwt, name);
    int64_t value;

    return text == NULL || (values_parse_i64(text, &value) && value <= now_seconds + SKEW_SECONDS);
}

static bool check_times(const struct tokens *tokens, jwt_t *jwt, int64_t now_us,
                        struct tokens_claims *ret_claims)
{
    int64_t now_seconds = now_us / MICROSECONDS;
    int64_t made;
    int64_t end;

    if (!get_integer(jwt, "iat", &made) || !get_integer(jwt, "exp", &end) ||
        !is_past(jwt, "nbf", now_seconds)) {
        return false;
    }
    if (made < 0 || made > now_seconds + SKEW_SECONDS || end <= now_seconds || end < made ||
        end - made > tokens->ttl_most_seconds) {
        return false;
    }
    ret_claims->expires_us = end * MICROSECONDS;
    return true;
}

static bool check_claims(const struct tokens *tokens, jwt_t *jwt, int64_t now_us,
                         struct tokens_claims *ret_claims)
{
    const char *user = jwt_get_grant(jwt, "sub");

    if (jwt_get_alg(jwt) != JWT_ALG_ES256 || !has_text(jwt, "iss", tokens->issuer) ||
        !has_text(jwt, "aud", tokens->audience) || user == NULL ||
        values_check_user_name(user, NULL) != ERR_OK) {
        return false;
    }
    memcpy(ret_claims->user, user, strlen(user) + 1);
    return get_integer(jwt, "epoch", &ret_claims->epoch) && ret_claims->epoch >= 0 &&
           check_times(tokens, jwt, now_us, ret_claims);
}

_Static_assert(sizeof((struct tokens_claims *)0)->user > VALUES_USER_MAX, "a user's name fits");

bool tokens_check(const struct tokens *tokens, const char *text, size_t len, int64_t now_us,
                  struct tokens_claims *ret_claims)
{
    char copy[TOKENS_TEXT_MAX + 1];
    cleanup(cleanup_jwt) jwt_t *jwt = NULL;
    struct tokens_claims claims = {0};

    if (!is_well_formed(text, len)) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    bool is_good = jwt_decode(&jwt, copy, (const unsigned char *)tokens->key.public_pem,
                              (int)strlen(tokens->key.public_pem)) == 0 &&
                   check_claims(tokens, jwt, now_us, &claims);
    sodium_memzero(copy, sizeof copy);
    if (is_good) {
        *ret_claims = claims;
    }
    return is_good;
}

/* ------------------------------------------------------------------ the start */

static char *must_copy(const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL) {
        abort();
    }
    return copy;
}

/* The longest token that there will be must pass a password prompt, and be taken again. */
static enum err try_out(const struct tokens *tokens, struct err_info *ret_info)
{
    char user[VALUES_USER_MAX + 1];
    char text[TOKENS_TEXT_MAX + 1];
    struct tokens_claims claims;
    int64_t now_us = INT64_C(32503680000) * MICROSECONDS; /* the year 3000 */
    int64_t expires_us;

    memset(user, 'u', VALUES_USER_MAX);
    user[VALUES_USER_MAX] = '\0';
    if (tokens_make(tokens, user, INT64_MAX, now_us, (unsigned)tokens->ttl_most_seconds, text, &expires_us,
                    ret_info) != ERR_OK) {
        return err_set(ret_info, ERR_USAGE,
                       "[tokens]: no token of at most %d bytes can be made: are issuer and audience short?",
                       TOKENS_TEXT_MAX);
    }
    if (!tokens_check(tokens, text, strlen(text), now_us, &claims)) {
        return err_set(ret_info, ERR_USAGE, "[tokens]: what the key signs is not taken again");
    }
    return ERR_OK;
}

enum err tokens_new(const struct config *config, struct tokens **ret_tokens, struct err_info *ret_info)
{
    *ret_tokens = NULL;
    if (config->tokens.key == NULL) {
        return ERR_OK;
    }
    struct tokens *tokens = calloc(1, sizeof *tokens);
    if (tokens == NULL) {
        abort();
    }
    tokens->issuer = must_copy(config->tokens.issuer);
    tokens->audience = must_copy(config->tokens.audience);
    tokens->ttl_most_seconds = config->tokens.ttl_most_seconds;
    enum err err = token_key_load(config->tokens.key, &tokens->key, ret_info);
    if (err == ERR_OK) {
        err = try_out(tokens, ret_info);
    }
    if (err != ERR_OK) {
        tokens_free(tokens);
        return err;
    }
    *ret_tokens = tokens;
    return ERR_OK;
}

void tokens_free(struct tokens *tokens)
{
    if (tokens == NULL) {
        return;
    }
    token_key_done(&tokens->key);
    free(tokens->issuer);
    free(tokens->audience);
    free(tokens);
}
