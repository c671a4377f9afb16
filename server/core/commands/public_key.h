/* Public keys as users bring them: a line of authorized_keys, read strictly.
 * Called by `key add` (and by tests and fuzzing).
 * Pure: whether a key belongs to anybody is the database's to say. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_PUBLIC_KEY_H
#define STOCKROOM_SERVER_CORE_COMMANDS_PUBLIC_KEY_H

#include <stddef.h>

#include "common/arena.h"
#include "common/err.h"

enum { PUBLIC_KEY_COMMENT_MAX = 200, PUBLIC_KEY_FINGERPRINT_SIZE = 7 + 43 + 1 };

struct public_key {
    const char *type;          /* "ssh-ed25519", "ecdsa-sha2-nistp256"…, "ssh-rsa"; static */
    const unsigned char *blob; /* as SSH sends it */
    size_t blob_len;
    const char *comment;                           /* "" for none */
    char fingerprint[PUBLIC_KEY_FINGERPRINT_SIZE]; /* SHA256:… */
};

/* Read "TYPE BASE64 [COMMENT]". Ed25519, ECDSA on the NIST curves and RSA of 2,048 to 16,384 bits; the blob
 * must be exactly such a key, with nothing before, inside or after it. Options, certificates and hardware
 * keys are refused with a reason. Memory comes from the arena. ERR_BAD_VALUE. */
enum err public_key_parse(struct arena *arena, const char *line, struct public_key *ret_key,
                          struct err_info *ret_info);

/* The same for the blob alone. */
enum err public_key_check_blob(const char *type, const unsigned char *blob, size_t len,
                               struct err_info *ret_info);

#endif
