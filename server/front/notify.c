/* The readiness protocol of systemd, of which a datagram is all we need. Called by front.c.
 * Touches the socket that NOTIFY_SOCKET names; failing is no reason not to serve. */
#include "server/front/notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"

static struct {
    struct sockaddr_un address;
    socklen_t len; /* 0: nobody listens */
} state;

void notify_init(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path != NULL ? strlen(path) : 0;
    if (len > 1 && len < sizeof state.address.sun_path && (path[0] == '/' || path[0] == '@')) {
        state.address.sun_family = AF_UNIX;
        memcpy(state.address.sun_path, path, len);
        if (path[0] == '@') {
            state.address.sun_path[0] = '\0'; /* an abstract name */
        }
        state.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    }
    unsetenv("NOTIFY_SOCKET");
}

static void tell(const char *text)
{
    if (state.len == 0) {
        return;
    }
    cleanup(cleanup_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        (void)sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                     (const struct sockaddr *)&state.address, state.len);
    }
}

void notify_ready(void)
{
    tell("READY=1\nSTATUS=Serving");
}

void notify_reloading(void)
{
    char text[64];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now_us);
    tell(text);
}

void notify_stopping(void)
{
    tell("STOPPING=1\nSTATUS=Stopping");
}
