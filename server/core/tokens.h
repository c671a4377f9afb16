/* Access tokens: JWTs signed with ES256 and nothing else, by libjwt. The key is read (or made) before core
 * gives up its rights; making and checking tokens is pure then, on any thread but slow (0.1 ms): not for the
 * main loop. */
#ifndef STOCKROOM_SERVER_CORE_TOKENS_H
#define STOCKROOM_SERVER_CORE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "config/config.h"

/* Longer ones do not pass OpenSSH's password prompt. */
enum { TOKENS_TEXT_MAX = 999 };

struct tokens;

struct tokens_claims {
    char user[64];
    int64_t epoch;      /* the user's token epoch when it was made */
    int64_t expires_us; /* microseconds since 1970 */
};

/* Read the key that the configuration names, or make it (mode 0600) when there is none. *ret_tokens is NULL
 * without an error when no key is configured. ERR_USAGE: it cannot be had, is no P-256 key, or is open to
 * others. */
enum err tokens_new(const struct config *config, struct tokens **ret_tokens, struct err_info *ret_info);
void tokens_free(struct tokens *tokens);

/* ret_text takes TOKENS_TEXT_MAX + 1 bytes. now_us, ttl_seconds: its life. */
enum err tokens_make(const struct tokens *tokens, const char *user, int64_t epoch, int64_t now_us,
                     unsigned ttl_seconds, char *ret_text, int64_t *ret_expires_us,
                     struct err_info *ret_info);

/* Does it look like a token? Such a password is never tried as anything else, and `passwd` takes none. */
bool tokens_is_token(const char *text, size_t len);

/* Signature, algorithm, issuer, audience and times. False: it is not ours, or not good any more; nothing else
 * is told. The epoch is the caller's to compare. */
bool tokens_check(const struct tokens *tokens, const char *text, size_t len, int64_t now_us,
                  struct tokens_claims *ret_claims);

#endif
