/* The secrets that stockroom.ini keeps in files of their own. Called by core and the migration runner, once,
 * as they start. Touches the files that the configuration names; what it read is wiped from its own memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "config/config.h"

struct secret {
    char text[CONFIG_TEXT_MAX + 3]; /* a line end, and a byte to see that there is more */
    size_t len;
};

static void cleanup_secret(struct secret *secret)
{
    explicit_bzero(secret, sizeof *secret);
}

static void cleanup_buf(struct buf *buf)
{
    if (buf->data != NULL) {
        explicit_bzero(buf->data, buf->cap);
    }
    buf_done(buf);
}

struct complaint {
    const char *key;
    const char *path;
    char *message;
    unsigned size;
};

static enum err refuse(const struct complaint *complaint, const char *reason)
{
    snprintf(complaint->message, complaint->size, "%s: %s: %s", complaint->key, complaint->path, reason);
    return ERR_USAGE;
}

/* Read until the end or until there is more than fits. Returns an errno. */
static int read_all(int fd, struct secret *ret_secret)
{
    while (ret_secret->len < sizeof ret_secret->text) {
        ssize_t len = read(fd, ret_secret->text + ret_secret->len, sizeof ret_secret->text - ret_secret->len);

        if (len == 0) {
            break;
        }
        if (len > 0) {
            ret_secret->len += (size_t)len;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* One line of printable text, from a file that not everyone may read. */
static enum err read_secret(const struct complaint *complaint, struct secret *ret_secret)
{
    cleanup(cleanup_close) int fd = open(complaint->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;
    int failed;

    ret_secret->len = 0;
    if (fd < 0 || fstat(fd, &status) != 0) {
        return refuse(complaint, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return refuse(complaint, "is not a file");
    }
    if ((status.st_mode & S_IRWXO) != 0) {
        return refuse(complaint,
                      "is open to everyone; it must be to its owner and group only (chmod o= FILE)");
    }
    failed = read_all(fd, ret_secret);
    if (failed != 0) {
        return refuse(complaint, strerror(failed));
    }
    if (ret_secret->len > 0 && ret_secret->text[ret_secret->len - 1] == '\n') {
        ret_secret->len--;
    }
    if (ret_secret->len > 0 && ret_secret->text[ret_secret->len - 1] == '\r') {
        ret_secret->len--;
    }
    if (ret_secret->len == 0) {
        return refuse(complaint, "is empty");
    }
    if (ret_secret->len > CONFIG_TEXT_MAX) {
        return refuse(complaint, "is too long");
    }
    if (!text_is_printable(ret_secret->text, ret_secret->len)) {
        return refuse(complaint, "is not one line of UTF-8 text");
    }
    ret_secret->text[ret_secret->len] = '\0';
    return ERR_OK;
}

static void replace(char **field, const char *text, size_t len)
{
    char *copy = strndup(text, len);

    if (copy == NULL) {
        abort();
    }
    if (*field != NULL) {
        explicit_bzero(*field, strlen(*field));
        free(*field);
    }
    *field = copy;
}

/* libpq takes two forms of connection string, each with its own way to quote. */
static bool is_uri(const char *dsn)
{
    return strncmp(dsn, "postgresql://", 13) == 0 || strncmp(dsn, "postgres://", 11) == 0;
}

static void append_percent(struct buf *buf, const struct secret *password)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < password->len; i++) {
        unsigned char byte = (unsigned char)password->text[i];

        if (strchr(plain, password->text[i]) != NULL) {
            buf_append_char(buf, password->text[i]);
        } else {
            buf_append_char(buf, '%');
            buf_append_char(buf, hex[byte >> 4]);
            buf_append_char(buf, hex[byte & 15]);
        }
    }
}

static void append_quoted(struct buf *buf, const struct secret *password)
{
    buf_append_char(buf, '\'');
    for (size_t i = 0; i < password->len; i++) {
        if (password->text[i] == '\'' || password->text[i] == '\\') {
            buf_append_char(buf, '\\');
        }
        buf_append_char(buf, password->text[i]);
    }
    buf_append_char(buf, '\'');
}

static void add_password(char **dsn, const struct secret *password)
{
    cleanup(cleanup_buf) struct buf buf = {0};
    const char *old = *dsn != NULL ? *dsn : "";

    /* Room for the worst case at once: a buffer that grows leaves its past behind, unwiped. */
    buf_reserve(&buf, strlen(old) + 3 * password->len + sizeof " password=''");
    buf_append_text(&buf, old);
    if (is_uri(old)) {
        buf_append_text(&buf, strchr(old, '?') != NULL ? "&password=" : "?password=");
        append_percent(&buf, password);
    } else {
        buf_append_text(&buf, buf.len > 0 ? " password=" : "password=");
        append_quoted(&buf, password);
    }
    replace(dsn, buf.data, buf.len);
}

static enum err load_line(const char *key, const char *path, char **field, char *ret_message, unsigned size)
{
    struct complaint complaint = {.key = key, .path = path, .message = ret_message, .size = size};
    cleanup(cleanup_secret) struct secret secret;
    enum err err;

    if (path == NULL) {
        return ERR_OK;
    }
    err = read_secret(&complaint, &secret);
    if (err == ERR_OK) {
        replace(field, secret.text, secret.len);
    }
    return err;
}

static enum err load_password(struct config *config, char *ret_message, unsigned size)
{
    struct complaint complaint = {.key = "[database] password_file",
                                  .path = config->database.password_file,
                                  .message = ret_message,
                                  .size = size};
    cleanup(cleanup_secret) struct secret secret;
    enum err err;

    if (complaint.path == NULL) {
        return ERR_OK;
    }
    err = read_secret(&complaint, &secret);
    if (err == ERR_OK) {
        add_password(&config->database.dsn, &secret);
    }
    return err;
}

enum err config_load_secrets(struct config *config, char *ret_message, unsigned size)
{
    enum err err;

    err =
        load_line("[database] dsn_file", config->database.dsn_file, &config->database.dsn, ret_message, size);
    if (err != ERR_OK) {
        return err;
    }
    err = load_line("[database] owner_dsn_file", config->database.owner_dsn_file, &config->database.owner_dsn,
                    ret_message, size);
    if (err != ERR_OK) {
        return err;
    }
    err = load_line("[signup] invite_code_file", config->signup.invite_code_file, &config->signup.invite_code,
                    ret_message, size);
    if (err != ERR_OK) {
        return err;
    }
    if (config->database.dsn == NULL) {
        snprintf(ret_message, size, "[database] dsn: neither dsn nor dsn_file is given");
        return ERR_USAGE;
    }
    err = load_password(config, ret_message, size);
    if (err == ERR_OK && config->database.owner_dsn == NULL) {
        replace(&config->database.owner_dsn, config->database.dsn, strlen(config->database.dsn));
    }
    return err;
}
