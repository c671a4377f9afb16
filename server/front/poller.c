/* Waiting for descriptors, one event a turn. Called by every room of front, on its only thread.
 * Touches the epoll descriptor and nothing else; what an event means is for its watch to know. */
#include "server/front/poller.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

struct poller {
    int epoll_fd;
};

struct poller *poller_new(void)
{
    struct poller *poller = calloc(1, sizeof *poller);
    if (poller == NULL) {
        abort();
    }
    poller->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (poller->epoll_fd < 0) {
        free(poller);
        return NULL;
    }
    return poller;
}

void poller_free(struct poller *poller)
{
    if (poller != NULL) {
        close(poller->epoll_fd);
        free(poller);
    }
}

int poller_watch(struct poller *poller, struct watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (watch->is_watched && watch->events == events) {
        return 0;
    }
    if (epoll_ctl(poller->epoll_fd, watch->is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch->fd, &event) !=
        0) {
        return -1;
    }
    watch->is_watched = true;
    watch->events = events;
    return 0;
}

void poller_forget(struct poller *poller, struct watch *watch)
{
    if (watch->is_watched) {
        epoll_ctl(poller->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
        watch->is_watched = false;
    }
}

void poller_turn(struct poller *poller, int timeout_ms)
{
    struct epoll_event event;
    if (epoll_wait(poller->epoll_fd, &event, 1, timeout_ms) == 1) {
        struct watch *watch = event.data.ptr;
        watch->ready(watch, event.events);
    }
}

int64_t poller_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
