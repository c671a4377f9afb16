/* The socket to front: one message a packet. Called by core.c and peers; on the main loop only. When front
 * has gone, so has the reason for core to live: it drains. */
#include "server/core/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "server/core/core.h"
#include "server/core/peer.h"
#include "server/core/stats.h"

enum {
    MESSAGES_A_TURN = 64,
    KEPT_MAX = 65536, /* announcements that front has not read: far more than it may have sessions unread */
    SOURCE_MAX = 64
};

struct kept {
    struct kept *next;
    enum wire_core_to_front type;
    uint64_t session;
};

struct control {
    uv_poll_t poll;
    struct core *core;
    int fd;
    struct kept *first;
    struct kept **last;
    unsigned kept_count;
    bool is_closed;
};

static void poll_events(struct control *control);

static void take_session(struct control *control, struct wire_reader *reader, int fd)
{
    char source[SOURCE_MAX];
    uint64_t session = wire_get_u64(reader);
    wire_get_text(reader, source, sizeof source);
    uint16_t port = wire_get_u16(reader);
    if (!wire_reader_end(reader) || fd < 0) {
        log_error("control.bad", "message", "session");
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    peer_new_session(control->core, session, source, port, fd);
}

static void take_tui(struct control *control, struct wire_reader *reader, int fd)
{
    uint64_t session = wire_get_u64(reader);
    if (!wire_reader_end(reader) || fd < 0) {
        log_error("control.bad", "message", "tui");
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    peer_new_tui(control->core, session, fd);
}

/* What front has counted. */
static void take_stats(struct control *control, struct wire_reader *reader)
{
    uint64_t values[WIRE_STAT_COUNT];
    for (unsigned i = 0; i < WIRE_STAT_COUNT; i++) {
        values[i] = wire_get_u64(reader);
    }
    if (wire_reader_end(reader)) {
        stats_set_front(values, uv_now(control->core->loop));
    } else {
        log_error("control.bad", "message", "stats");
    }
}

/* The file was rotated: front, which may, has opened it anew. */
static void take_log(int fd)
{
    int error = fd < 0 ? EBADF : log_redirect(fd);

    if (error != 0) {
        log_error("log.redirect", "error", strerror(error));
    } else {
        log_info("log.redirected");
    }
}

static void take_message(struct control *control, const void *data, size_t len, int fd)
{
    struct wire_reader reader;
    wire_reader_init(&reader, data, len);
    switch (wire_get_u8(&reader)) {
    case WIRE_CORE_SESSION:
        take_session(control, &reader, fd);
        return;
    case WIRE_CORE_TUI:
        take_tui(control, &reader, fd);
        return;
    case WIRE_CORE_LOG:
        take_log(fd);
        break;
    case WIRE_CORE_STATS:
        take_stats(control, &reader);
        break;
    case WIRE_CORE_DRAIN:
        core_drain(control->core, "front asked");
        break;
    default:
        log_error("control.bad", "message", "unknown type");
        break;
    }
    if (fd >= 0) {
        close(fd);
    }
}

static void front_gone(struct control *control)
{
    log_warning("front.gone");
    uv_poll_stop(&control->poll);
    control->is_closed = true;
    core_drain(control->core, "front has gone");
}

static void read_messages(struct control *control)
{
    char message[WIRE_MESSAGE_MAX];
    for (unsigned i = 0; i < MESSAGES_A_TURN && !control->is_closed; i++) {
        int fd = -1;
        long len = wire_receive_message(control->fd, message, sizeof message, &fd);
        if (len > 0) {
            take_message(control, message, (size_t)len, fd);
        } else if (len == 0 || (errno != EAGAIN && errno != EINTR && errno != EMSGSIZE)) {
            front_gone(control);
            return;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

static int send_now(struct control *control, enum wire_core_to_front type, uint64_t session)
{
    cleanup(buf_done) struct buf message = {0};
    wire_put_u8(&message, (uint8_t)type);
    if (type != WIRE_FRONT_READY) {
        wire_put_u64(&message, session);
    }
    return wire_send_message(control->fd, &message, -1);
}

static void write_kept(struct control *control)
{
    while (control->first) {
        struct kept *kept = control->first;
        if (send_now(control, kept->type, kept->session) != 0 && errno == EAGAIN) {
            return;
        }
        control->first = kept->next;
        if (!control->first) {
            control->last = &control->first;
        }
        control->kept_count--;
        free(kept);
    }
    poll_events(control);
}

static void polled(uv_poll_t *poll, int status, int events)
{
    struct control *control = (struct control *)poll;
    if (status < 0) {
        front_gone(control);
        return;
    }
    if (events & UV_WRITABLE) {
        write_kept(control);
    }
    if (events & UV_READABLE) {
        read_messages(control);
    }
}

static void poll_events(struct control *control)
{
    if (!control->is_closed) {
        uv_poll_start(&control->poll, UV_READABLE | (control->first ? UV_WRITABLE : 0), polled);
    }
}

struct control *control_new(struct core *core, int fd)
{
    struct control *control = calloc(1, sizeof *control);
    if (!control) {
        abort();
    }
    control->core = core;
    control->fd = fd;
    control->last = &control->first;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    int error = uv_poll_init(core->loop, &control->poll, fd);
    if (error != 0) {
        free(control);
        errno = -error;
        return NULL;
    }
    poll_events(control);
    return control;
}

void control_send(struct control *control, enum wire_core_to_front type, uint64_t session)
{
    if (control->is_closed) {
        return;
    }
    if (!control->first && (send_now(control, type, session) == 0 || errno != EAGAIN)) {
        return;
    }
    struct kept *kept = control->kept_count < KEPT_MAX ? malloc(sizeof *kept) : NULL;
    if (!kept) {
        log_error("control.full");
        return;
    }
    *kept = (struct kept){.type = type, .session = session};
    *control->last = kept;
    control->last = &kept->next;
    control->kept_count++;
    poll_events(control);
}

static void control_freed(uv_handle_t *handle)
{
    struct control *control = (struct control *)handle;
    while (control->first) {
        struct kept *kept = control->first;
        control->first = kept->next;
        free(kept);
    }
    close(control->fd);
    free(control);
}

void control_close(struct control *control)
{
    control->is_closed = true;
    uv_close((uv_handle_t *)&control->poll, control_freed);
}
