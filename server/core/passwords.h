/* Passwords: argon2id by libsodium, at the configured cost. Called on the password pool's threads (and by the
 * command line tools); slow on purpose, so never on the main loop. Touches neither the database nor the log.
 */
#ifndef STOCKROOM_SERVER_CORE_PASSWORDS_H
#define STOCKROOM_SERVER_CORE_PASSWORDS_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "config/config.h"

/* Hash a password. ret_hash takes crypto_pwhash_STRBYTES bytes (NUL-terminated text).
 * ERR_INTERNAL: no memory for it. Any thread but the main loop's. */
enum err passwords_hash(const struct config *config, const char *password, char *ret_hash,
                        struct err_info *ret_info);

/* A hash that no password opens, at the configured cost: what a login is checked against when there is no
 * user, no password or no right to log in, so that it takes as long as any other. */
enum err passwords_make_dummy(const struct config *config, char *ret_hash, struct err_info *ret_info);

/* Exactly one verification. The password need not be NUL-terminated. Any thread but the main loop's. */
bool passwords_verify(const char *hash, const char *password, size_t len);

/* Was the hash made at another cost than the configured one? */
bool passwords_is_outdated(const struct config *config, const char *hash);

#endif
