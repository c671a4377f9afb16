/* Tests of common/wire: fields, frames cut anywhere, and packets with descriptors. */
#include "common/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void fields_come_back(void **state)
{
    struct buf buf = {0};
    struct wire_reader reader;
    size_t len = 99;
    const char *text;
    char copy[8];

    (void)state;
    wire_put_u8(&buf, 0xFE);
    wire_put_u16(&buf, 0xFEDC);
    wire_put_u32(&buf, 0xFEDCBA98);
    wire_put_u64(&buf, UINT64_C(0xFEDCBA9876543210));
    wire_put_str(&buf, "a\0b", 3);
    wire_put_str(&buf, "", 0);
    wire_put_str(&buf, "text", 4);
    wire_reader_init(&reader, buf.data, buf.len);
    assert_int_equal(wire_get_u8(&reader), 0xFE);
    assert_int_equal(wire_get_u16(&reader), 0xFEDC);
    assert_int_equal(wire_get_u32(&reader), 0xFEDCBA98);
    assert_true(wire_get_u64(&reader) == UINT64_C(0xFEDCBA9876543210));
    text = wire_get_str(&reader, 3, &len);
    assert_int_equal(len, 3);
    assert_memory_equal(text, "a\0b", 3);
    wire_get_str(&reader, 0, &len);
    assert_int_equal(len, 0);
    wire_get_text(&reader, copy, sizeof copy);
    assert_string_equal(copy, "text");
    assert_true(wire_reader_end(&reader));
    buf_done(&buf);
}

static void numbers_are_little_endian(void **state)
{
    struct buf buf = {0};

    (void)state;
    wire_put_u32(&buf, 0x01020304);
    assert_memory_equal(buf.data, "\x04\x03\x02\x01", 4);
    buf_done(&buf);
}

static void leftovers_are_not_the_end(void **state)
{
    struct wire_reader reader;

    (void)state;
    wire_reader_init(&reader, "ab", 2);
    wire_get_u8(&reader);
    assert_false(wire_reader_end(&reader));
    wire_get_u8(&reader);
    assert_true(wire_reader_end(&reader));
    wire_reader_init(&reader, NULL, 0);
    assert_true(wire_reader_end(&reader));
}

static void failure_lasts(void **state)
{
    struct wire_reader reader;
    size_t len = 7;
    char copy[4];

    (void)state;
    wire_reader_init(&reader, "\x01\x02\x03", 3);
    assert_int_equal(wire_get_u32(&reader), 0);
    assert_int_equal(wire_get_u8(&reader), 0);
    assert_string_equal(wire_get_str(&reader, 10, &len), "");
    assert_int_equal(len, 0);
    wire_get_text(&reader, copy, sizeof copy);
    assert_string_equal(copy, "");
    assert_false(wire_reader_end(&reader));
}

static void strings_are_bounded(void **state)
{
    struct buf buf = {0};
    struct wire_reader reader;
    size_t len;
    char copy[5];

    (void)state;
    wire_put_str(&buf, "hello", 5);
    wire_reader_init(&reader, buf.data, buf.len);
    wire_get_str(&reader, 4, &len);
    assert_true(reader.failed);
    wire_reader_init(&reader, buf.data, buf.len);
    wire_get_text(&reader, copy, sizeof copy);
    assert_true(reader.failed);
    assert_string_equal(copy, "");
    /* A length that promises more than there is. */
    wire_reader_init(&reader,
                     "\xff\xff\xff\xff"
                     "abc",
                     7);
    wire_get_str(&reader, SIZE_MAX, &len);
    assert_true(reader.failed);
    buf_reset(&buf);
    wire_put_str(&buf, "a\0b", 3);
    wire_reader_init(&reader, buf.data, buf.len);
    wire_get_text(&reader, copy, sizeof copy);
    assert_true(reader.failed);
    assert_string_equal(copy, "");
    buf_done(&buf);
}

static void frame_is_whole_or_waited_for(void **state)
{
    struct buf buf = {0};
    struct wire_frame frame;
    size_t used = 0;
    size_t start;

    (void)state;
    start = wire_frame_begin(&buf, WIRE_OPEN, 7);
    wire_put_u8(&buf, WIRE_OPEN_EXEC);
    wire_put_str(&buf, "sell A-1 3", 10);
    wire_frame_end(&buf, start);
    wire_put_data(&buf, WIRE_INPUT, 0xFFFFFFFF, "xyz", 3);
    for (size_t len = 0; len < WIRE_HEAD_BYTES + 15; len++) {
        assert_int_equal(wire_parse_frame(buf.data, len, &frame, &used), WIRE_PARSE_MORE);
        assert_int_equal(used, 0);
    }
    for (size_t len = WIRE_HEAD_BYTES + 15; len <= buf.len; len++) {
        assert_int_equal(wire_parse_frame(buf.data, len, &frame, &used), WIRE_PARSE_FRAME);
        assert_int_equal(used, WIRE_HEAD_BYTES + 15);
        assert_int_equal(frame.type, WIRE_OPEN);
        assert_int_equal(frame.channel, 7);
        assert_int_equal(frame.len, 15);
        assert_memory_equal(frame.payload + 5, "sell A-1 3", 10);
    }
    assert_int_equal(wire_parse_frame(buf.data + used, buf.len - used, &frame, &used), WIRE_PARSE_FRAME);
    assert_int_equal(frame.type, WIRE_INPUT);
    assert_true(frame.channel == 0xFFFFFFFF);
    assert_memory_equal(frame.payload, "xyz", 3);
    buf_done(&buf);
}

static void empty_frame_is_one(void **state)
{
    struct buf buf = {0};
    struct wire_frame frame;
    size_t used = 0;

    (void)state;
    wire_put_data(&buf, WIRE_INPUT_END, 1, NULL, 0);
    assert_int_equal(buf.len, WIRE_HEAD_BYTES);
    assert_int_equal(wire_parse_frame(buf.data, buf.len, &frame, &used), WIRE_PARSE_FRAME);
    assert_int_equal(frame.len, 0);
    assert_int_equal(used, WIRE_HEAD_BYTES);
    buf_done(&buf);
}

static void frame_over_the_limit_is_bad_at_once(void **state)
{
    struct buf buf = {0};
    struct wire_frame frame;
    size_t used = 0;

    (void)state;
    wire_put_u32(&buf, WIRE_PAYLOAD_MAX + 1);
    assert_int_equal(wire_parse_frame(buf.data, 4, &frame, &used), WIRE_PARSE_BAD);
    buf_reset(&buf);
    wire_put_u32(&buf, UINT32_MAX);
    assert_int_equal(wire_parse_frame(buf.data, 4, &frame, &used), WIRE_PARSE_BAD);
    buf_reset(&buf);
    wire_put_u32(&buf, WIRE_PAYLOAD_MAX);
    assert_int_equal(wire_parse_frame(buf.data, 4, &frame, &used), WIRE_PARSE_MORE);
    buf_done(&buf);
}

/* A pair of packet sockets; returns nothing, fails the test when there is none. */
static void make_pair(int pair[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

static void close_pair(int pair[2])
{
    close(pair[0]);
    close(pair[1]);
}

static void message_and_descriptor_arrive(void **state)
{
    struct buf buf = {0};
    char data[WIRE_MESSAGE_MAX];
    int pipe_fds[2];
    int pair[2];
    int fd = -2;

    (void)state;
    make_pair(pair);
    assert_int_equal(pipe(pipe_fds), 0);
    wire_put_u8(&buf, WIRE_PING);
    wire_put_u64(&buf, 42);
    assert_int_equal(wire_send_message(pair[0], &buf, pipe_fds[1]), 0);
    assert_int_equal(wire_send_message(pair[0], &buf, -1), 0);
    assert_int_equal(wire_receive_message(pair[1], data, sizeof data, &fd), 9);
    assert_memory_equal(data, buf.data, 9);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(write(fd, "!", 1), 1);
    assert_int_equal(read(pipe_fds[0], data, sizeof data), 1);
    close(fd);
    assert_int_equal(wire_receive_message(pair[1], data, sizeof data, &fd), 9);
    assert_int_equal(fd, -1);
    errno = 0;
    assert_int_equal(wire_receive_message(pair[1], data, sizeof data, &fd), -1);
    assert_int_equal(errno, EAGAIN);
    close(pair[0]);
    assert_int_equal(wire_receive_message(pair[1], data, sizeof data, &fd), 0);
    close(pair[1]);
    close_pair(pipe_fds);
    buf_done(&buf);
}

/* The lowest free descriptor: the same before and after when none leaked. */
static int next_free_fd(void)
{
    int fd = dup(STDERR_FILENO);

    close(fd);
    return fd;
}

static void send_many_descriptors(int socket_fd, const int *fds, size_t count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(8 * sizeof(int))];
    } control = {0};
    char byte = 'x';
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr head = {.msg_iov = &data,
                          .msg_iovlen = 1,
                          .msg_control = control.bytes,
                          .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&head);

    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
    assert_int_equal(sendmsg(socket_fd, &head, 0), 1);
}

static void unwanted_descriptors_are_closed(void **state)
{
    const int fds[8] = {0, 1, 2, 0, 1, 2, 0, 1};
    char data[WIRE_MESSAGE_MAX];
    int pair[2];
    int fd = -1;
    int before;

    (void)state;
    make_pair(pair);
    before = next_free_fd();
    for (size_t count = 1; count <= COUNT_OF(fds); count++) {
        send_many_descriptors(pair[0], fds, count);
        assert_int_equal(wire_receive_message(pair[1], data, sizeof data, NULL), 1);
        assert_int_equal(next_free_fd(), before);
        send_many_descriptors(pair[0], fds, count);
        assert_int_equal(wire_receive_message(pair[1], data, sizeof data, &fd), 1);
        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(next_free_fd(), before);
    }
    close_pair(pair);
}

static void cut_message_is_refused_whole(void **state)
{
    struct buf buf = {0};
    char data[8];
    int pair[2];
    int fd = 5;
    int before;

    (void)state;
    make_pair(pair);
    buf_append_text(&buf, "ten bytes!");
    before = next_free_fd();
    assert_int_equal(wire_send_message(pair[0], &buf, STDERR_FILENO), 0);
    assert_int_equal(wire_receive_message(pair[1], data, sizeof data, &fd), -1);
    assert_int_equal(errno, EMSGSIZE);
    assert_int_equal(fd, -1);
    assert_int_equal(next_free_fd(), before);
    close_pair(pair);
    buf_done(&buf);
}

static void sending_is_bounded_and_never_blocks(void **state)
{
    struct buf buf = {0};
    int pair[2];
    int sent = 0;

    (void)state;
    make_pair(pair);
    assert_int_equal(wire_send_message(pair[0], &buf, -1), -1);
    assert_int_equal(errno, EINVAL);
    memset(buf_reserve(&buf, WIRE_MESSAGE_MAX + 1), 'x', WIRE_MESSAGE_MAX + 1);
    buf.len = WIRE_MESSAGE_MAX + 1;
    assert_int_equal(wire_send_message(pair[0], &buf, -1), -1);
    assert_int_equal(errno, EMSGSIZE);
    buf.len = WIRE_MESSAGE_MAX;
    while (wire_send_message(pair[0], &buf, -1) == 0) {
        sent++;
    }
    assert_int_equal(errno, EAGAIN);
    assert_true(sent > 0);
    close(pair[1]);
    assert_int_equal(wire_send_message(pair[0], &buf, -1), -1);
    assert_true(errno == EPIPE || errno == ECONNRESET);
    close(pair[0]);
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_come_back),
        cmocka_unit_test(numbers_are_little_endian),
        cmocka_unit_test(leftovers_are_not_the_end),
        cmocka_unit_test(failure_lasts),
        cmocka_unit_test(strings_are_bounded),
        cmocka_unit_test(frame_is_whole_or_waited_for),
        cmocka_unit_test(empty_frame_is_one),
        cmocka_unit_test(frame_over_the_limit_is_bad_at_once),
        cmocka_unit_test(message_and_descriptor_arrive),
        cmocka_unit_test(unwanted_descriptors_are_closed),
        cmocka_unit_test(cut_message_is_refused_whole),
        cmocka_unit_test(sending_is_bounded_and_never_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
