/* The frames to and from core. Whatever core sends is passed on no faster than the client takes it. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "server/session/session_internal.h"

void core_link_send(struct session *session)
{
    while (session->core_out.len > 0 && !session->core_gone) {
        ssize_t sent = send(session->settings->core_fd, session->core_out.data, session->core_out.len,
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) {
            session->core_gone = errno != EAGAIN && errno != EINTR;
            return;
        }
        buf_consume(&session->core_out, (size_t)sent);
    }
    if (session->core_out.len == 0 && session->core_out.cap > 2 * SESSION_PENDING_MAX) {
        buf_done(&session->core_out); /* ten thousand sessions: none keeps what one burst needed */
    }
}

void core_link_receive(struct session *session)
{
    char *room = buf_reserve(&session->core_in, WIRE_DATA_MAX);
    ssize_t len = recv(session->settings->core_fd, room, WIRE_DATA_MAX, MSG_DONTWAIT);

    if (len > 0) {
        session->core_in.len += (size_t)len;
    } else if (len == 0 || (errno != EAGAIN && errno != EINTR)) {
        session->core_gone = true;
    }
}

static void core_link_take_auth(struct session *session, const struct wire_frame *frame)
{
    struct wire_reader reader;
    size_t len;

    wire_reader_init(&reader, frame->payload, frame->len);
    bool is_accepted = wire_get_u8(&reader) == 1;
    const char *text = wire_get_str(&reader, WIRE_MESSAGE_MAX, &len);
    session->auth_answered = true;
    session->auth_accepted = is_accepted && wire_reader_end(&reader);
    if (wire_reader_end(&reader) && len > 0) {
        ssh_string banner = ssh_string_new(len + 2);
        if (banner != NULL) {
            memcpy(ssh_string_data(banner), text, len);
            memcpy((char *)ssh_string_data(banner) + len, "\r\n", 2);
            ssh_send_issue_banner(session->ssh, banner);
            ssh_string_free(banner);
        }
    }
}

/* Output of the channel that is open: true when the whole frame has gone out. */
static bool core_link_pass_output(struct session *session, const struct wire_frame *frame)
{
    if (session->use != CHANNEL_COMMAND || frame->channel != session->channel_id || session->client_closed) {
        session->frame_sent = 0;
        return true; /* nobody waits for it any more */
    }
    while (session->frame_sent < frame->len && client_can_write(session)) {
        size_t sent = client_write(session, frame->payload + session->frame_sent,
                                   frame->len - session->frame_sent, frame->type == WIRE_ERROR_OUTPUT);
        if (sent == 0) {
            break; /* there is no room, or another channel is open now */
        }
        session->frame_sent += sent;
    }
    if (session->frame_sent < frame->len) {
        return false;
    }
    session->frame_sent = 0;
    return true;
}

static void core_link_take_exit(struct session *session, const struct wire_frame *frame)
{
    struct wire_reader reader;

    wire_reader_init(&reader, frame->payload, frame->len);
    uint32_t status = wire_get_u32(&reader);
    if (session->use == CHANNEL_COMMAND && frame->channel == session->channel_id && !session->client_closed) {
        client_finish(session, status);
    }
}

/* Core's own words, kept until the process ends. */
static void core_link_take_goodbye(struct session *session, const struct wire_frame *frame)
{
    static char reason[256];
    struct wire_reader reader;
    size_t len;

    wire_reader_init(&reader, frame->payload, frame->len);
    const char *text = wire_get_str(&reader, sizeof(reason) - 1, &len);
    if (wire_reader_end(&reader)) {
        memcpy(reason, text, len);
        reason[len] = '\0';
    }
    session_end_softly(session, reason[0] == '\0' ? "The server ended this session" : reason);
}

/* True when the frame is done with. */
static bool core_link_take(struct session *session, const struct wire_frame *frame)
{
    switch (frame->type) {
    case WIRE_AUTH_ANSWER:
        core_link_take_auth(session, frame);
        return true;
    case WIRE_OUTPUT:
    case WIRE_ERROR_OUTPUT:
        return core_link_pass_output(session, frame);
    case WIRE_EXIT:
        core_link_take_exit(session, frame);
        return true;
    case WIRE_GOODBYE:
        core_link_take_goodbye(session, frame);
        return true;
    default:
        session->core_gone = true;
        return true;
    }
}

void core_link_pump(struct session *session)
{
    size_t used = 0;

    while (used < session->core_in.len) {
        struct wire_frame frame;
        size_t len;
        enum wire_parse parse =
            wire_parse_frame(session->core_in.data + used, session->core_in.len - used, &frame, &len);
        if (parse == WIRE_PARSE_BAD) {
            session->core_gone = true;
        }
        if (parse != WIRE_PARSE_FRAME || !core_link_take(session, &frame)) {
            break;
        }
        used += len;
    }
    buf_consume(&session->core_in, used);
}

bool core_link_has_frame(const struct session *session)
{
    struct wire_frame frame;
    size_t len;

    return wire_parse_frame(session->core_in.data, session->core_in.len, &frame, &len) == WIRE_PARSE_FRAME;
}

bool core_link_wait_auth(struct session *session)
{
    session->auth_answered = false;
    session->auth_accepted = false;
    while (!session->auth_answered && !session->core_gone && session->end_reason == NULL) {
        uint64_t now_ms = session_now_ms();
        if (now_ms >= session->grace_ends_ms) {
            session_end(session, "Login grace time is over");
            break;
        }
        core_link_send(session);
        struct pollfd polls[] = {
            {.fd = session->settings->core_fd,
             .events = (short)(POLLIN | (session->core_out.len > 0 ? POLLOUT : 0))},
            {.fd = session->settings->control_fd, .events = POLLIN},
        };
        if (poll(polls, 2, (int)(session->grace_ends_ms - now_ms)) < 0 && errno != EINTR) {
            break;
        }
        if (polls[1].revents != 0 && !control_read(session)) {
            session_end(session, "The server is stopping, please connect again");
        }
        if (polls[0].revents != 0) {
            core_link_receive(session);
            core_link_pump(session);
        }
    }
    if (session->core_out.len == 0 && session->core_out.cap > 0) {
        explicit_bzero(session->core_out.data, session->core_out.cap); /* a password stood there */
    }
    return session->auth_answered && session->auth_accepted;
}
