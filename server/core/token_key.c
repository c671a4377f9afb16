/* The key that signs access tokens: a PEM file, read or made. Called by tokens.c, once, as core starts.
 * Touches that file and the directory it is in. */
#include "server/core/token_key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

enum { FILE_MAX = 8 * 1024, GROUP_NAME_MAX = 32 };

static void cleanup_bio(BIO **bio)
{
    BIO_free(*bio);
}

static void cleanup_pkey(EVP_PKEY **pkey)
{
    EVP_PKEY_free(*pkey);
}

static enum err refuse(struct err_info *ret_info, const char *path, const char *reason)
{
    ERR_clear_error();
    return err_set(ret_info, ERR_USAGE, "[tokens] key: %.120s: %s", path, reason);
}

/* ------------------------------------------------------------------ making it */

static BIO *write_private(EVP_PKEY *pkey)
{
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when it is freed */

    if (bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) != 1) {
        BIO_free(bio);
        bio = NULL;
    }
    return bio;
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, data, len);

        if (written < 0 && errno != EINTR) {
            return false;
        }
        data += written > 0 ? written : 0;
        len -= written > 0 ? (size_t)written : 0;
    }
    return fsync(fd) == 0;
}

/* The name must last, too. */
static bool sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    cleanup(cleanup_free) char *directory =
        slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    cleanup(cleanup_close) int fd =
        directory != NULL ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    return fd >= 0 && fsync(fd) == 0;
}

/* The whole file gets its name in one step, and never takes the name of one that is there already. */
static bool place_file(const char *path, const char *data, size_t len)
{
    cleanup(cleanup_free) char *draft = NULL;

    if (asprintf(&draft, "%s.XXXXXX", path) < 0) {
        draft = NULL;
        return false;
    }
    cleanup(cleanup_close) int fd = mkostemp(draft, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        return false;
    }
    bool is_placed = write_all(fd, data, len) && (link(draft, path) == 0 || errno == EEXIST);
    int error = errno;
    unlink(draft);
    errno = error;
    return is_placed && sync_directory(path);
}

static enum err make_file(const char *path, struct err_info *ret_info)
{
    cleanup(cleanup_pkey) EVP_PKEY *pkey = EVP_EC_gen("P-256");
    cleanup(cleanup_bio) BIO *bio = pkey != NULL ? write_private(pkey) : NULL;
    char *data = NULL;
    long len = bio != NULL ? BIO_get_mem_data(bio, &data) : 0;

    if (len <= 0) {
        return refuse(ret_info, path, "a key could not be made");
    }
    return place_file(path, data, (size_t)len) ? ERR_OK : refuse(ret_info, path, strerror(errno));
}

/* ------------------------------------------------------------------ reading it */

/* A key with a passphrase is refused, rather than asked about on whatever terminal there is. */
static int give_no_passphrase(char *ret_text, int size, int is_writing, void *argument)
{
    (void)ret_text;
    (void)size;
    (void)is_writing;
    (void)argument;
    return -1;
}

static char *text_of(BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);

    return len > 0 ? strndup(data, (size_t)len) : NULL;
}

static bool is_p256(const EVP_PKEY *pkey)
{
    char group[GROUP_NAME_MAX];
    size_t len;

    return EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof group, &len) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static enum err parse(const char *path, const char *data, size_t len, struct token_key *ret_key,
                      struct err_info *ret_info)
{
    cleanup(cleanup_bio) BIO *in = BIO_new_mem_buf(data, (int)len);
    cleanup(cleanup_pkey) EVP_PKEY *pkey =
        in != NULL ? PEM_read_bio_PrivateKey(in, NULL, give_no_passphrase, NULL) : NULL;

    if (pkey == NULL) {
        return refuse(ret_info, path, "holds no private key in PEM without a passphrase");
    }
    if (!is_p256(pkey)) {
        return refuse(ret_info, path,
                      "is no P-256 key; make one: openssl genpkey -algorithm EC -pkeyopt "
                      "ec_paramgen_curve:P-256");
    }
    cleanup(cleanup_bio) BIO *private_bio = write_private(pkey);
    cleanup(cleanup_bio) BIO *public_bio = BIO_new(BIO_s_mem());
    if (private_bio == NULL || public_bio == NULL || PEM_write_bio_PUBKEY(public_bio, pkey) != 1) {
        return refuse(ret_info, path, "could not be used");
    }
    ret_key->private_pem = text_of(private_bio);
    ret_key->public_pem = text_of(public_bio);
    if (ret_key->private_pem == NULL || ret_key->public_pem == NULL) {
        abort();
    }
    return ERR_OK;
}

static enum err read_file(const char *path, int fd, struct token_key *ret_key, struct err_info *ret_info)
{
    char data[FILE_MAX];
    struct stat status;
    size_t len = 0;
    ssize_t got = 1;

    if (fstat(fd, &status) != 0) {
        return refuse(ret_info, path, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return refuse(ret_info, path, "is not a file");
    }
    if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
        return refuse(ret_info, path, "is open to others than its owner (chmod 600 FILE)");
    }
    while (len < sizeof data && got != 0) {
        got = read(fd, data + len, sizeof data - len);
        if (got < 0 && errno != EINTR) {
            return refuse(ret_info, path, strerror(errno));
        }
        len += got > 0 ? (size_t)got : 0;
    }
    enum err err = len < sizeof data ? parse(path, data, len, ret_key, ret_info)
                                     : refuse(ret_info, path, "is too long for a key");
    explicit_bzero(data, sizeof data);
    return err;
}

enum err token_key_load(const char *path, struct token_key *ret_key, struct err_info *ret_info)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    cleanup(cleanup_close) int fd = open(path, flags);

    if (fd < 0 && errno == ENOENT) {
        enum err err = make_file(path, ret_info);
        if (err != ERR_OK) {
            return err;
        }
        fd = open(path, flags);
    }
    return fd < 0 ? refuse(ret_info, path, strerror(errno)) : read_file(path, fd, ret_key, ret_info);
}

static void wipe(char *text)
{
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
        free(text);
    }
}

void token_key_done(struct token_key *key)
{
    wipe(key->private_pem);
    wipe(key->public_pem);
    *key = (struct token_key){0};
}
