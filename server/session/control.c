/* Front's side of a session: answering its pings, asking it for a TUI. */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "server/session/session_internal.h"

static void control_answer_ping(struct session *session, struct wire_reader *reader)
{
    cleanup(buf_done) struct buf message = {0};

    wire_put_u8(&message, WIRE_PONG);
    wire_put_u64(&message, wire_get_u64(reader));
    control_send(session, &message);
}

bool control_read(struct session *session)
{
    char data[WIRE_MESSAGE_MAX];

    for (;;) {
        long len = wire_receive_message(session->settings->control_fd, data, sizeof(data), NULL);
        if (len <= 0) {
            return len < 0 && (errno == EAGAIN || errno == EINTR);
        }
        struct wire_reader reader;
        wire_reader_init(&reader, data, (size_t)len);
        switch (wire_get_u8(&reader)) {
        case WIRE_PING:
            control_answer_ping(session, &reader);
            break;
        case WIRE_DRAIN:
            session_end_softly(session, "The server is stopping, please connect again");
            break;
        case WIRE_TUI_GONE:
            session->tui_status = wire_get_u32(&reader);
            session->tui_gone = true;
            break;
        default:
            break;
        }
    }
}

void control_send(struct session *session, const struct buf *message)
{
    /* A full queue means that front has stopped: it will end us, or we it. */
    (void)wire_send_message(session->settings->control_fd, message, -1);
}

void control_send_resize(struct session *session)
{
    cleanup(buf_done) struct buf message = {0};

    wire_put_u8(&message, WIRE_RESIZE);
    wire_put_u16(&message, session->columns);
    wire_put_u16(&message, session->rows);
    if (wire_send_message(session->settings->control_fd, &message, -1) == 0 || errno != EAGAIN) {
        session->resize_pending = false;
    }
}
