/* The key that signs access tokens: reading its file, or making it. Called by tokens.c as core starts, before
 * it gives up its rights. The one place that uses libcrypto itself (libjwt has it anyway). */
#ifndef STOCKROOM_SERVER_CORE_TOKEN_KEY_H
#define STOCKROOM_SERVER_CORE_TOKEN_KEY_H

#include "common/err.h"

/* Both as PEM text, made from what was read. */
struct token_key {
    char *private_pem;
    char *public_pem;
};

/* Read the private key (PEM, P-256, no passphrase); a missing file is made first, with mode 0600, whole or
 * not at all: of several servers that start at once one makes it and all read that one.
 * ERR_USAGE: it cannot be had, is no such key, or is open to others. */
enum err token_key_load(const char *path, struct token_key *ret_key, struct err_info *ret_info);

/* Wipes and frees. A zeroed one is fine. */
void token_key_done(struct token_key *key);

#endif
