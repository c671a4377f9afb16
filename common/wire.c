/* The encoding of what processes say to each other: fields, frames and packets. Called by front,
 * session, core and the TUI. Touches only the bytes and the sockets it is given; trusts no peer. */
#include "common/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Descriptors that one message may carry before the kernel cuts the list: one is taken, the rest closed. */
enum { FDS_MAX = 4 };

void wire_reader_init(struct wire_reader *reader, const void *data, size_t len)
{
    *reader = (struct wire_reader){.next = data, .left = len, .failed = false};
}

/* The next len bytes, or NULL once anything failed. */
static const unsigned char *take(struct wire_reader *reader, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)reader->next;

    if (reader->failed || reader->left < len) {
        reader->failed = true;
        return NULL;
    }
    if (len > 0) {
        reader->next += len;
    }
    reader->left -= len;
    return bytes;
}

static uint64_t get_unsigned(struct wire_reader *reader, size_t len)
{
    const unsigned char *bytes = take(reader, len);
    uint64_t value = 0;

    if (bytes == NULL) {
        return 0;
    }
    for (size_t i = len; i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    return value;
}

uint8_t wire_get_u8(struct wire_reader *reader)
{
    return (uint8_t)get_unsigned(reader, 1);
}

uint16_t wire_get_u16(struct wire_reader *reader)
{
    return (uint16_t)get_unsigned(reader, 2);
}

uint32_t wire_get_u32(struct wire_reader *reader)
{
    return (uint32_t)get_unsigned(reader, 4);
}

uint64_t wire_get_u64(struct wire_reader *reader)
{
    return get_unsigned(reader, 8);
}

const char *wire_get_str(struct wire_reader *reader, size_t max_len, size_t *ret_len)
{
    uint32_t len = wire_get_u32(reader);
    const unsigned char *bytes;

    if (len > max_len) {
        reader->failed = true;
    }
    bytes = take(reader, len);
    if (bytes == NULL) {
        *ret_len = 0;
        return "";
    }
    *ret_len = len;
    return (const char *)bytes;
}

void wire_get_text(struct wire_reader *reader, char *ret_text, size_t size)
{
    size_t len = 0;
    const char *text = wire_get_str(reader, size - 1, &len);

    if (len > 0 && memchr(text, '\0', len) != NULL) {
        reader->failed = true;
        len = 0;
    }
    if (len > 0) {
        memcpy(ret_text, text, len);
    }
    ret_text[len] = '\0';
}

bool wire_reader_end(const struct wire_reader *reader)
{
    return !reader->failed && reader->left == 0;
}

static void store_unsigned(char *bytes, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)(unsigned char)(value & 0xFF);
        value >>= 8;
    }
}

static void put_unsigned(struct buf *buf, uint64_t value, size_t len)
{
    store_unsigned(buf_reserve(buf, len), value, len);
    buf->len += len;
}

void wire_put_u8(struct buf *buf, uint8_t value)
{
    put_unsigned(buf, value, 1);
}

void wire_put_u16(struct buf *buf, uint16_t value)
{
    put_unsigned(buf, value, 2);
}

void wire_put_u32(struct buf *buf, uint32_t value)
{
    put_unsigned(buf, value, 4);
}

void wire_put_u64(struct buf *buf, uint64_t value)
{
    put_unsigned(buf, value, 8);
}

void wire_put_str(struct buf *buf, const char *text, size_t len)
{
    wire_put_u32(buf, (uint32_t)len);
    buf_append(buf, text, len);
}

size_t wire_frame_begin(struct buf *buf, uint8_t type, uint32_t channel)
{
    size_t frame = buf->len;

    wire_put_u32(buf, 0);
    wire_put_u8(buf, type);
    wire_put_u32(buf, channel);
    return frame;
}

void wire_frame_end(struct buf *buf, size_t frame)
{
    store_unsigned(buf->data + frame, buf->len - frame - WIRE_HEAD_BYTES, 4);
}

void wire_put_data(struct buf *buf, uint8_t type, uint32_t channel, const void *data, size_t len)
{
    size_t frame;

    buf_reserve(buf, WIRE_HEAD_BYTES + len);
    frame = wire_frame_begin(buf, type, channel);
    buf_append(buf, data, len);
    wire_frame_end(buf, frame);
}

enum wire_parse wire_parse_frame(const char *data, size_t len, struct wire_frame *ret_frame, size_t *ret_used)
{
    struct wire_reader reader;
    struct wire_frame frame;

    wire_reader_init(&reader, data, len);
    if (len < 4) {
        return WIRE_PARSE_MORE;
    }
    frame.len = wire_get_u32(&reader);
    if (frame.len > WIRE_PAYLOAD_MAX) {
        return WIRE_PARSE_BAD;
    }
    if (len < WIRE_HEAD_BYTES || len - WIRE_HEAD_BYTES < frame.len) {
        return WIRE_PARSE_MORE;
    }
    frame.type = wire_get_u8(&reader);
    frame.channel = wire_get_u32(&reader);
    frame.payload = data + WIRE_HEAD_BYTES;
    *ret_frame = frame;
    *ret_used = WIRE_HEAD_BYTES + frame.len;
    return WIRE_PARSE_FRAME;
}

int wire_send_message(int socket_fd, const struct buf *message, int fd)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec data = {.iov_base = message->data, .iov_len = message->len};
    struct msghdr head = {.msg_iov = &data, .msg_iovlen = 1};
    ssize_t sent;

    /* An empty packet would read as the end. */
    if (message->len == 0 || message->len > WIRE_MESSAGE_MAX) {
        errno = message->len == 0 ? EINVAL : EMSGSIZE;
        return -1;
    }
    if (fd >= 0) {
        struct cmsghdr *rights;

        head.msg_control = control.bytes;
        head.msg_controllen = sizeof control.bytes;
        rights = CMSG_FIRSTHDR(&head);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    }
    do {
        sent = sendmsg(socket_fd, &head, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

/* The first descriptor of a message's rights, -1 when there is none; all others are closed. */
static int take_descriptor(struct msghdr *head)
{
    int taken = -1;

    for (struct cmsghdr *part = CMSG_FIRSTHDR(head); part != NULL; part = CMSG_NXTHDR(head, part)) {
        size_t count;

        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            if (taken < 0) {
                taken = fd;
            } else {
                close(fd);
            }
        }
    }
    return taken;
}

long wire_receive_message(int socket_fd, void *data, size_t size, int *ret_fd)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } control = {0};
    struct iovec room = {.iov_base = data, .iov_len = size};
    struct msghdr head = {.msg_iov = &room,
                          .msg_iovlen = 1,
                          .msg_control = control.bytes,
                          .msg_controllen = sizeof control.bytes};
    ssize_t len;
    int fd;

    if (ret_fd != NULL) {
        *ret_fd = -1;
    }
    do {
        len = recvmsg(socket_fd, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (len < 0 && errno == EINTR);
    if (len < 0) {
        return -1;
    }
    fd = take_descriptor(&head);
    if (fd >= 0 && (ret_fd == NULL || (head.msg_flags & MSG_TRUNC) != 0)) {
        close(fd);
        fd = -1;
    }
    if ((head.msg_flags & MSG_TRUNC) != 0) {
        errno = EMSGSIZE;
        return -1;
    }
    if (ret_fd != NULL) {
        *ret_fd = fd;
    }
    return (long)len;
}
