/* Noticing that a session has gone while its bytes are not read. Part of peer.c's room; on the main loop. A
 * socket that is not read tells of its end only to who asks for nothing else. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/core/peer_internal.h"

struct peer_leaving {
    uv_poll_t poll; /* first: handles lead back here */
    struct peer *peer;
    int fd; /* the peer's socket under another number: the loop has one handle for each */
};

static void has_left(uv_poll_t *poll, int status, int events)
{
    struct peer_leaving *leaving = (struct peer_leaving *)poll;
    if (status < 0 || (events & UV_DISCONNECT)) {
        peer_close(leaving->peer);
    }
}

static void leaving_closed(uv_handle_t *handle)
{
    struct peer_leaving *leaving = (struct peer_leaving *)handle;
    close(leaving->fd);
    free(leaving);
}

void peer_watch_leaving(struct peer *peer)
{
    uv_os_fd_t socket;
    if (peer->leaving || peer->is_closing || uv_fileno((uv_handle_t *)&peer->pipe, &socket) != 0) {
        return;
    }
    int fd = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    struct peer_leaving *leaving = fd >= 0 ? calloc(1, sizeof *leaving) : NULL;
    if (!leaving || uv_poll_init(peer->core->loop, &leaving->poll, fd) != 0) {
        if (fd >= 0) {
            close(fd);
        }
        free(leaving);
        return; /* noticed later then, when it is read again */
    }
    leaving->peer = peer;
    leaving->fd = fd;
    peer->leaving = leaving;
    uv_poll_start(&leaving->poll, UV_DISCONNECT, has_left);
}

void peer_unwatch_leaving(struct peer *peer)
{
    if (peer->leaving) {
        uv_close((uv_handle_t *)&peer->leaving->poll, leaving_closed);
        peer->leaving = NULL;
    }
}
