/* Waiting for PROXY headers. Called on front's only thread; never blocks. Bytes are looked at where they lie
 * in the kernel, and of them exactly the header is taken: what follows is the client's, and for its session
 * alone. */
#include "server/front/proxied.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/front/container.h"
#include "server/front/door.h"
#include "server/front/front.h"
#include "server/front/poller.h"
#include "server/front/proxy_header.h"

enum { MS_PER_SECOND = 1000 };

struct waiter {
    struct proxied *all;
    struct watch watch;
    struct address balancer;
    int64_t since_ms;
    TAILQ_ENTRY(waiter) link;
};

struct proxied {
    struct front *front;
    unsigned count;
    TAILQ_HEAD(waiters, waiter) waiters; /* by since_ms */
};

struct proxied *proxied_new(struct front *front)
{
    struct proxied *proxied = calloc(1, sizeof *proxied);
    if (proxied == NULL) {
        abort();
    }
    proxied->front = front;
    TAILQ_INIT(&proxied->waiters);
    return proxied;
}

void proxied_free(struct proxied *proxied)
{
    if (proxied != NULL) {
        proxied_close(proxied);
        free(proxied);
    }
}

/* Waits no more; its descriptor is the caller's again. */
static int release(struct waiter *waiter)
{
    int fd = waiter->watch.fd;
    poller_forget(waiter->all->front->poller, &waiter->watch);
    TAILQ_REMOVE(&waiter->all->waiters, waiter, link);
    waiter->all->count--;
    free(waiter);
    return fd;
}

/* Not a byte of what came is told to anyone. */
static void refuse(struct waiter *waiter)
{
    struct door *door = waiter->all->front->door;
    struct address balancer = waiter->balancer;
    door_refuse(door, release(waiter), &balancer, WIRE_STAT_connections_refused_proxy,
                "The balancer has sent no right PROXY header");
}

/* The header has been seen: what it says, and an end of it. */
static void take(struct waiter *waiter, const struct proxy_header *header)
{
    char data[PROXY_HEADER_MAX_BYTES];
    struct door *door = waiter->all->front->door;
    struct address address = waiter->balancer;
    bool is_known = !header->has_from || address_read(&header->from, &address);
    if (!is_known || recv(waiter->watch.fd, data, header->used_bytes, 0) != (ssize_t)header->used_bytes) {
        refuse(waiter);
        return;
    }
    door_admit(door, release(waiter), &address);
}

/* Edge-triggered: what was looked at and is not whole yet does not wake us again before there is more. */
static void polled(struct watch *watch, uint32_t events)
{
    struct waiter *waiter = CONTAINER_OF(watch, struct waiter, watch);
    char data[PROXY_HEADER_MAX_BYTES];
    struct proxy_header header;
    ssize_t len = recv(watch->fd, data, sizeof data, MSG_PEEK);
    if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    switch (len > 0 ? proxy_header_parse(data, (size_t)len, &header) : PROXY_PARSE_BAD) {
    case PROXY_PARSE_DONE:
        take(waiter, &header);
        break;
    case PROXY_PARSE_MORE:
        if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
            refuse(waiter);
        }
        break;
    case PROXY_PARSE_BAD:
        refuse(waiter);
        break;
    }
}

void proxied_add(struct proxied *proxied, int client_fd, const struct address *balancer)
{
    struct waiter *waiter = calloc(1, sizeof *waiter);
    if (waiter == NULL) {
        abort();
    }
    if (proxied->count >= proxied->front->config.limits.unauthenticated) {
        refuse(TAILQ_FIRST(&proxied->waiters));
    }
    waiter->all = proxied;
    waiter->balancer = *balancer;
    waiter->since_ms = poller_now_ms();
    waiter->watch.fd = client_fd;
    waiter->watch.ready = polled;
    TAILQ_INSERT_TAIL(&proxied->waiters, waiter, link);
    proxied->count++;
    if (poller_watch(proxied->front->poller, &waiter->watch, EPOLLIN | EPOLLRDHUP | (uint32_t)EPOLLET) != 0) {
        refuse(waiter);
    }
}

void proxied_close(struct proxied *proxied)
{
    while (!TAILQ_EMPTY(&proxied->waiters)) {
        close(release(TAILQ_FIRST(&proxied->waiters)));
    }
}

static int64_t due_ms(const struct proxied *proxied, const struct waiter *waiter)
{
    return waiter->since_ms + (int64_t)proxied->front->config.server.proxy_seconds * MS_PER_SECOND;
}

int64_t proxied_next_ms(const struct proxied *proxied)
{
    const struct waiter *first = TAILQ_FIRST(&proxied->waiters);
    return first != NULL ? due_ms(proxied, first) : FRONT_NEVER;
}

void proxied_tick(struct proxied *proxied, int64_t now_ms)
{
    for (struct waiter *first = TAILQ_FIRST(&proxied->waiters);
         first != NULL && now_ms >= due_ms(proxied, first); first = TAILQ_FIRST(&proxied->waiters)) {
        refuse(first);
    }
}
