/* Public keys as users bring them: a line of authorized_keys, read strictly.
 * Called by `key add` (and by tests and fuzzing).
 * Trusts no length of the blob before it is compared with what is left of it. */
#include "server/core/commands/public_key.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/text.h"
#include "common/wire.h"

enum {
    ED25519_BYTES = 32,
    RSA_BITS_MIN = 2048,
    RSA_BITS_MAX = 16384,
    RSA_EXPONENT_BYTES_MAX = 8, /* nobody's real exponent is longer, and a huge one makes checking slow */
    BLANKS_LEN = 2
};

struct key_kind {
    const char *type;
    const char *curve; /* of ECDSA */
    size_t point_bytes;
};

static const struct key_kind kinds[] = {
    {"ssh-ed25519", NULL, 0},
    {"ecdsa-sha2-nistp256", "nistp256", 1 + 2 * 32},
    {"ecdsa-sha2-nistp384", "nistp384", 1 + 2 * 48},
    {"ecdsa-sha2-nistp521", "nistp521", 1 + 2 * 66},
    {"ssh-rsa", NULL, 0},
};

static const char blanks[BLANKS_LEN + 1] = " \t";

static const struct key_kind *find_kind(const char *type, size_t len)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strlen(kinds[i].type) == len && memcmp(kinds[i].type, type, len) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* ------------------------------------------------------------- the blob */

struct blob_reader {
    const unsigned char *next;
    size_t left;
};

/* A string: four bytes of length, big-endian, and as many bytes. */
static bool read_string(struct blob_reader *reader, const unsigned char **ret_data, size_t *ret_len)
{
    size_t len;

    if (reader->left < 4) {
        return false;
    }
    len = (size_t)reader->next[0] << 24 | (size_t)reader->next[1] << 16 | (size_t)reader->next[2] << 8 |
          (size_t)reader->next[3];
    if (len > reader->left - 4) {
        return false;
    }
    *ret_data = reader->next + 4;
    *ret_len = len;
    reader->next += 4 + len;
    reader->left -= 4 + len;
    return true;
}

static bool read_expected(struct blob_reader *reader, const char *expected)
{
    const unsigned char *data;
    size_t len;

    return read_string(reader, &data, &len) && len == strlen(expected) && memcmp(data, expected, len) == 0;
}

/* A positive number in its one canonical form; ret_data begins at its first byte that is not zero. */
static bool read_number(struct blob_reader *reader, const unsigned char **ret_data, size_t *ret_len)
{
    const unsigned char *data;
    size_t len;

    if (!read_string(reader, &data, &len) || len == 0 || (data[0] & 0x80) != 0) {
        return false;
    }
    if (data[0] == 0) {
        if (len < 2 || (data[1] & 0x80) == 0) {
            return false; /* zero, or a zero in front that nothing needs */
        }
        data++;
        len--;
    }
    *ret_data = data;
    *ret_len = len;
    return true;
}

static size_t count_bits(const unsigned char *number, size_t len)
{
    size_t bits = len * 8;

    for (unsigned char top = number[0]; (top & 0x80) == 0; top = (unsigned char)(top << 1)) {
        bits--;
    }
    return bits;
}

static enum err refuse_broken(const char *type, struct err_info *ret_info)
{
    return err_set(ret_info, ERR_BAD_VALUE, "the key is damaged: it is no whole %s key", type);
}

static enum err check_rsa(struct blob_reader *reader, struct err_info *ret_info)
{
    const unsigned char *exponent, *modulus;
    size_t exponent_len, modulus_len, bits;

    if (!read_number(reader, &exponent, &exponent_len) || !read_number(reader, &modulus, &modulus_len)) {
        return refuse_broken("ssh-rsa", ret_info);
    }
    bits = count_bits(modulus, modulus_len);
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
        return err_set(ret_info, ERR_BAD_VALUE, "an RSA key has %d to %d bits, this one %zu", RSA_BITS_MIN,
                       RSA_BITS_MAX, bits);
    }
    if (exponent_len > RSA_EXPONENT_BYTES_MAX || (exponent[exponent_len - 1] & 1) == 0 ||
        (exponent_len == 1 && exponent[0] == 1) || (modulus[modulus_len - 1] & 1) == 0) {
        return refuse_broken("ssh-rsa", ret_info);
    }
    return ERR_OK;
}

static enum err check_ecdsa(const struct key_kind *kind, struct blob_reader *reader,
                            struct err_info *ret_info)
{
    const unsigned char *point;
    size_t len;

    if (!read_expected(reader, kind->curve) || !read_string(reader, &point, &len) ||
        len != kind->point_bytes || point[0] != 4) {
        return refuse_broken(kind->type, ret_info);
    }
    return ERR_OK;
}

static enum err check_ed25519(struct blob_reader *reader, struct err_info *ret_info)
{
    const unsigned char *key;
    size_t len;

    if (!read_string(reader, &key, &len) || len != ED25519_BYTES) {
        return refuse_broken("ssh-ed25519", ret_info);
    }
    return ERR_OK;
}

enum err public_key_check_blob(const char *type, const unsigned char *blob, size_t len,
                               struct err_info *ret_info)
{
    const struct key_kind *kind = find_kind(type, strlen(type));
    struct blob_reader reader = {blob, len};
    enum err err;

    if (kind == NULL) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is no type of key that opens an account here", type);
    }
    if (!read_expected(&reader, kind->type)) {
        return err_set(ret_info, ERR_BAD_VALUE, "the key is damaged: its inside is not of type %s",
                       kind->type);
    }
    if (kind->curve != NULL) {
        err = check_ecdsa(kind, &reader, ret_info);
    } else if (strcmp(kind->type, "ssh-rsa") == 0) {
        err = check_rsa(&reader, ret_info);
    } else {
        err = check_ed25519(&reader, ret_info);
    }
    if (err == ERR_OK && reader.left != 0) {
        return refuse_broken(kind->type, ret_info);
    }
    return err;
}

/* ------------------------------------------------------------- the line */

static bool contains(const char *text, size_t len, const char *part)
{
    return memmem(text, len, part, strlen(part)) != NULL;
}

/* Say what it is that we do not take. */
static enum err refuse_type(const char *line, size_t type_len, struct err_info *ret_info)
{
    const char *rest = line + type_len;

    if (contains(line, type_len, "-cert-v0")) {
        return err_set(ret_info, ERR_BAD_VALUE, "certificates are not supported: give the plain public key");
    }
    if (type_len > 3 && memcmp(line, "sk-", 3) == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "hardware security keys (sk-…) are not supported");
    }
    if (contains(line, type_len, "PRIVATE") || (type_len >= 5 && memcmp(line, "-----", 5) == 0)) {
        return err_set(ret_info, ERR_BAD_VALUE, "give the public key, a line of a .pub file");
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strstr(rest, kinds[i].type) != NULL) {
            return err_set(ret_info, ERR_BAD_VALUE, "options before the key are not supported");
        }
    }
    return err_set(
        ret_info, ERR_BAD_VALUE,
        "'%.*s' is no type of key that opens an account here: ssh-ed25519, ecdsa-sha2-nistp256/384/521 or "
        "ssh-rsa",
        type_len > 40 ? 40 : (int)type_len, line);
}

static enum err read_comment(struct arena *arena, const char *text, const char **ret_comment,
                             struct err_info *ret_info)
{
    size_t len;

    text += strspn(text, blanks);
    len = strlen(text);
    while (len > 0 && strchr(blanks, text[len - 1]) != NULL) {
        len--;
    }
    if (len > PUBLIC_KEY_COMMENT_MAX || !text_is_printable(text, len)) {
        return err_set(ret_info, ERR_BAD_VALUE, "a key's comment is printable and has at most %d bytes",
                       PUBLIC_KEY_COMMENT_MAX);
    }
    *ret_comment = arena_strndup(arena, text, len);
    return ERR_OK;
}

static enum err read_blob(struct arena *arena, const char *text, size_t len, struct public_key *key,
                          struct err_info *ret_info)
{
    unsigned char *blob = arena_alloc(arena, WIRE_KEY_BLOB_MAX);

    if (len == 0 || sodium_base642bin(blob, WIRE_KEY_BLOB_MAX, text, len, NULL, &key->blob_len, NULL,
                                      sodium_base64_VARIANT_ORIGINAL) != 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "the key is damaged: what follows its type is no base64");
    }
    key->blob = blob;
    return public_key_check_blob(key->type, blob, key->blob_len, ret_info);
}

static void make_fingerprint(struct public_key *key)
{
    static const char prefix[] = "SHA256:";
    unsigned char hash[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(hash, key->blob, key->blob_len);
    memcpy(key->fingerprint, prefix, sizeof prefix);
    sodium_bin2base64(key->fingerprint + sizeof prefix - 1, sizeof key->fingerprint - sizeof prefix + 1, hash,
                      sizeof hash, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

enum err public_key_parse(struct arena *arena, const char *line, struct public_key *ret_key,
                          struct err_info *ret_info)
{
    struct public_key key = {0};
    const struct key_kind *kind;
    size_t len;
    enum err err;

    line += strspn(line, blanks);
    len = strcspn(line, blanks);
    if (len == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "a key is a line as in a .pub file: TYPE BASE64 COMMENT");
    }
    kind = find_kind(line, len);
    if (kind == NULL) {
        return refuse_type(line, len, ret_info);
    }
    key.type = kind->type;
    line += len;
    line += strspn(line, blanks);
    len = strcspn(line, blanks);
    err = read_blob(arena, line, len, &key, ret_info);
    if (err == ERR_OK) {
        err = read_comment(arena, line + len, &key.comment, ret_info);
    }
    if (err == ERR_OK) {
        make_fingerprint(&key);
        *ret_key = key;
    }
    return err;
}
