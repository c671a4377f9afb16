/* Passwords: the few calls of libsodium that the server makes for them, and the configured cost in its terms.
 * Called by login.c and by commands that set passwords, on the password pool. Knows no users. */
#include "server/core/passwords.h"

#include <string.h>

static size_t memory_bytes(const struct config *config)
{
    return (size_t)config->passwords.memory_kib * 1024;
}

enum err passwords_hash(const struct config *config, const char *password, char *ret_hash,
                        struct err_info *ret_info)
{
    char hash[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str_alg(hash, password, strlen(password), config->passwords.passes,
                              memory_bytes(config), crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return err_set(ret_info, ERR_INTERNAL, "the password could not be hashed: out of memory");
    }
    memcpy(ret_hash, hash, sizeof hash);
    return ERR_OK;
}

enum err passwords_make_dummy(const struct config *config, char *ret_hash, struct err_info *ret_info)
{
    unsigned char random[32];
    char password[sizeof random * 2 + 1];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(password, sizeof password, random, sizeof random);
    enum err err = passwords_hash(config, password, ret_hash, ret_info);
    sodium_memzero(random, sizeof random);
    sodium_memzero(password, sizeof password);
    return err;
}

bool passwords_verify(const char *hash, const char *password, size_t len)
{
    return crypto_pwhash_str_verify(hash, password, len) == 0;
}

bool passwords_is_outdated(const struct config *config, const char *hash)
{
    return crypto_pwhash_str_needs_rehash(hash, config->passwords.passes, memory_bytes(config)) != 0;
}
