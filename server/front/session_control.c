/* What front and a session say to each other. Called by sessions.c and tui.c on front's only thread. A
 * session may have been taken over by its client: a message that is not right, or too many, ends it. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "server/front/container.h"
#include "server/front/core_process.h"
#include "server/front/front.h"
#include "server/front/session_internal.h"

enum {
    MESSAGES_A_TURN = 16,
    MESSAGES_A_SECOND = 2000, /* a window that is dragged about makes some hundred */
    MS_PER_SECOND = 1000
};

/* ------------------------------------------------------------------ sending */

/* True: sent, or there is nobody to read it. */
static bool send_message(struct session *session, uint8_t type, uint32_t value, bool has_value)
{
    cleanup(buf_done) struct buf message = {0};
    wire_put_u8(&message, type);
    if (has_value) {
        wire_put_u32(&message, value);
    }
    return wire_send_message(session->control.fd, &message, -1) == 0 || errno != EAGAIN;
}

/* What had no room stays, until there is some. */
static void send_kept(struct session *session)
{
    if (session->has_tui_gone_to_send) {
        session->has_tui_gone_to_send = !send_message(session, WIRE_TUI_GONE, session->tui_status, true);
    }
    if (session->has_drain_to_send) {
        session->has_drain_to_send = !send_message(session, WIRE_DRAIN, 0, false);
    }
    bool is_more = session->has_tui_gone_to_send || session->has_drain_to_send;
    if (session->control.is_watched) {
        poller_watch(session->front->poller, &session->control, is_more ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
}

/* One that is not sent will not be answered either, which is the right judgement of a session that does not
 * read. */
void session_control_ping(struct session *session)
{
    cleanup(buf_done) struct buf message = {0};
    session->cookie++;
    wire_put_u8(&message, WIRE_PING);
    wire_put_u64(&message, session->cookie);
    (void)wire_send_message(session->control.fd, &message, -1);
}

void session_control_drain(struct session *session)
{
    session->has_drain_to_send = true;
    send_kept(session);
}

void session_control_tui_gone(struct session *session, uint32_t status)
{
    session->tui_status = status;
    session->has_tui_gone_to_send = true;
    send_kept(session);
}

/* ------------------------------------------------------------------ the TUI */

static struct tui_size clamp(uint16_t columns, uint16_t rows)
{
    struct tui_size size = {
        .columns = columns < 1                 ? 1
                   : columns > TUI_COLUMNS_MAX ? TUI_COLUMNS_MAX
                                               : columns,
        .rows = rows < 1              ? 1
                : rows > TUI_ROWS_MAX ? TUI_ROWS_MAX
                                      : rows,
    };
    return size;
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The name ends up in a path of terminfo's. */
static bool is_term(const char *text, size_t len)
{
    if (len == 0 || len > WIRE_TERM_MAX || !is_alphanumeric(text[0])) {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if (!is_alphanumeric(text[i]) && strchr(".+-", text[i]) == NULL) {
            return false;
        }
    }
    return memchr(text, '\0', len) == NULL;
}

static void start_tui(struct session *session)
{
    int terminal_fd = session->terminal_fd;
    session->is_tui_wanted = false;
    session->terminal_fd = -1;
    session->tui = tui_start(session, terminal_fd);
    if (session->tui == NULL) {
        session_control_tui_gone(session, EX_OSERR);
    }
}

/* Once: a session has one terminal. The login may be known to the session a moment before it is to us. */
static bool take_start_tui(struct session *session, struct wire_reader *reader)
{
    static const char fallback[] = "vt100";
    uint16_t columns = wire_get_u16(reader);
    uint16_t rows = wire_get_u16(reader);
    size_t len = 0;
    const char *term = wire_get_str(reader, WIRE_MESSAGE_MAX, &len);
    if (!wire_reader_end(reader) || session->has_asked_tui) {
        return false;
    }
    session->has_asked_tui = true;
    session->size = clamp(columns, rows);
    memset(session->term, 0, sizeof session->term);
    if (is_term(term, len)) {
        memcpy(session->term, term, len);
    } else {
        memcpy(session->term, fallback, sizeof fallback);
    }
    if (session->is_authenticated) {
        start_tui(session);
    } else {
        session->is_tui_wanted = true;
    }
    return true;
}

static bool take_resize(struct session *session, struct wire_reader *reader)
{
    uint16_t columns = wire_get_u16(reader);
    uint16_t rows = wire_get_u16(reader);
    if (!wire_reader_end(reader)) {
        return false;
    }
    session->size = clamp(columns, rows);
    if (session->tui != NULL) {
        tui_resize(session->tui, session->size);
    }
    return true;
}

void session_control_authenticated(struct session *session)
{
    if (session->is_tui_wanted) {
        start_tui(session);
    }
}

/* ------------------------------------------------------------------ receiving */

static bool take_pong(struct session *session, struct wire_reader *reader)
{
    uint64_t cookie = wire_get_u64(reader);
    if (!wire_reader_end(reader) || !session->is_asked || cookie != session->cookie) {
        return false;
    }
    session_answered(session);
    return true;
}

static bool take_message(struct session *session, const char *data, size_t len)
{
    struct wire_reader reader;
    wire_reader_init(&reader, data, len);
    switch (wire_get_u8(&reader)) {
    case WIRE_PONG:
        return take_pong(session, &reader);
    case WIRE_START_TUI:
        return take_start_tui(session, &reader);
    case WIRE_RESIZE:
        return take_resize(session, &reader);
    default:
        return false;
    }
}

static bool is_too_much(struct session *session)
{
    int64_t second = poller_now_ms() / MS_PER_SECOND;
    if (second != session->second) {
        session->second = second;
        session->messages = 0;
    }
    return ++session->messages > MESSAGES_A_SECOND;
}

void session_control_read(struct session *session)
{
    for (int i = 0; i < MESSAGES_A_TURN && session->control.is_watched && !session->is_killed; i++) {
        char data[WIRE_MESSAGE_MAX];
        long len = wire_receive_message(session->control.fd, data, sizeof data, NULL);
        if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (len <= 0) {
            poller_forget(session->front->poller,
                          &session->control); /* its exit follows, or a ping finds out */
        } else if (is_too_much(session)) {
            session_kill(session, OFFENCE_CRASH, "it said too much");
        } else if (!take_message(session, data, (size_t)len)) {
            session_kill(session, OFFENCE_CRASH, "bad message");
        }
    }
}

static void polled(struct watch *watch, uint32_t events)
{
    struct session *session = CONTAINER_OF(watch, struct session, control);
    if (events & EPOLLOUT) {
        send_kept(session);
    }
    session_control_read(session);
}

void session_control_start(struct session *session)
{
    session->control.ready = polled;
    if (poller_watch(session->front->poller, &session->control, EPOLLIN) != 0) {
        session_kill(session, OFFENCE_NONE, "cannot be watched");
    }
}
