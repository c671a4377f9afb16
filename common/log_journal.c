/* Log lines for systemd's journal.
 * Called by common/log and by the programs that open its socket.
 * A value is one line, so that nothing in it can be taken for another field. */
#include "common/log_journal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/text.h"

enum {
    KEY_MAX = 48,            /* the journal takes names of 64 bytes */
    SEND_BYTES = 1024 * 1024 /* what may be on its way; the kernel allows less, perhaps */
};

int log_journal_open(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    int fd, size = SEND_BYTES;

    if (len >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, len + 1);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static char priority_of(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_DEBUG:
        return '7';
    case LOG_LEVEL_INFO:
        return '6';
    case LOG_LEVEL_WARNING:
        return '4';
    case LOG_LEVEL_ERROR:
        break;
    }
    return '3';
}

void log_journal_begin(struct buf *datagram, enum log_level level)
{
    buf_append_text(datagram, "SYSLOG_IDENTIFIER=stockroomd\nPRIORITY=");
    buf_append_char(datagram, priority_of(level));
    buf_append_text(datagram, "\nMESSAGE=");
}

static void append_key(struct buf *fields, const char *key)
{
    for (size_t i = 0; key[i] != '\0' && i < KEY_MAX; i++) {
        char c = key[i];

        if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        } else if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')) {
            c = '_';
        }
        buf_append_char(fields, c);
    }
}

static void append_clean(struct buf *fields, const char *value, size_t len)
{
    while (len > 0) {
        uint32_t point = 0;
        size_t bytes = text_decode(value, len, &point);

        if (bytes > 0 && text_point_is_printable(point)) {
            buf_append(fields, value, bytes);
        } else {
            buf_append_char(fields, '?');
        }
        value += bytes > 0 ? bytes : 1;
        len -= bytes > 0 ? bytes : 1;
    }
}

void log_journal_add(struct buf *fields, const char *key, const char *value, size_t len)
{
    buf_append_text(fields, "\nSTOCKROOM_");
    append_key(fields, key);
    buf_append_char(fields, '=');
    append_clean(fields, value, len);
}
