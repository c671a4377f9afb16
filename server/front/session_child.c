/* The fork of a session: three sockets, a child that gives up everything else, and core's end to core. Called
 * by sessions.c on front's only thread. In the child it ends in session_run, which never returns. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "server/front/core_process.h"
#include "server/front/front.h"
#include "server/front/session_internal.h"
#include "server/session/session.h"

/* Our end (core's, for the first) and the session's. */
struct sockets {
    int core[2];
    int control[2];
    int terminal[2];
};

static void close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) {
            close(pair[i]);
            pair[i] = -1;
        }
    }
}

static void close_sockets(struct sockets *sockets)
{
    int error = errno;
    close_pair(sockets->core);
    close_pair(sockets->control);
    close_pair(sockets->terminal);
    errno = error;
}

static int open_sockets(struct sockets *ret_sockets)
{
    enum { FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC };
    struct sockets sockets = {{-1, -1}, {-1, -1}, {-1, -1}};
    if (socketpair(AF_UNIX, SOCK_STREAM | FLAGS, 0, sockets.core) != 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | FLAGS, 0, sockets.control) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | FLAGS, 0, sockets.terminal) != 0) {
        close_sockets(&sockets);
        return -1;
    }
    *ret_sockets = sockets;
    return 0;
}

static _Noreturn void become_session(const struct session *session, const struct sockets *sockets,
                                     int client_fd, pid_t parent)
{
    enum { CLIENT_AT = CHILD_FIRST_FD, CORE_AT, CONTROL_AT, TERMINAL_AT, LOG_AT, COUNT_WITHOUT_LOG = 4 };
    const struct front *front = session->front;
    bool has_log = front->log_fd > STDERR_FILENO;
    const int descriptors[] = {client_fd, sockets->core[1], sockets->control[1], sockets->terminal[1],
                               front->log_fd};
    const struct session_settings settings = {
        .host = front->host,
        .config = &front->config,
        .id = session->id,
        .client_fd = CLIENT_AT,
        .core_fd = CORE_AT,
        .control_fd = CONTROL_AT,
        .terminal_fd = TERMINAL_AT,
    };
    if (child_keep_descriptors(descriptors, COUNT_WITHOUT_LOG + (has_log ? 1 : 0)) != 0) {
        child_fail("descriptors of a session");
    }
    log_init("session", has_log ? LOG_AT : STDERR_FILENO, front->config.server.log_level);
    if (account_become(&front->account) != 0) {
        child_fail("rights of a session");
    }
    child_end_with_parent(parent);
    session_run(&settings);
}

/* Core gets its end, with the address that it counts failures by. */
static void announce(const struct session *session, int core_fd)
{
    cleanup(buf_done) struct buf message = {0};
    wire_put_u8(&message, WIRE_CORE_SESSION);
    wire_put_u64(&message, session->id);
    wire_put_str(&message, session->address.text, strlen(session->address.text));
    wire_put_u16(&message, session->address.port);
    core_process_send(session->front->core, &message, core_fd);
}

int session_fork(struct session *session, int client_fd)
{
    struct sockets sockets;
    pid_t parent = 0;
    if (open_sockets(&sockets) != 0) {
        return -1;
    }
    pid_t pid = children_fork(session->front->children, &session->child, &parent);
    if (pid == 0) {
        become_session(session, &sockets, client_fd, parent);
    }
    if (pid < 0) {
        close_sockets(&sockets);
        return -1;
    }
    close(client_fd);
    close(sockets.core[1]);
    close(sockets.control[1]);
    close(sockets.terminal[1]);
    session->control.fd = sockets.control[0];
    session->terminal_fd = sockets.terminal[0];
    announce(session, sockets.core[0]);
    return 0;
}
