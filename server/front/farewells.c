/* A ring of connections that wait for their clients to leave. Called on front's only thread; never blocks. */
#include "server/front/farewells.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/front/container.h"
#include "server/front/poller.h"

enum {
    MOST = 64,
    WAIT_MS = 1000,
    READ_BYTES = 4096, /* OpenSSH's first words are less than half of it */
    READS_MOST = 8
};

struct farewell {
    struct farewells *all;
    struct watch watch;
    int64_t since_ms;
    unsigned reads;
    TAILQ_ENTRY(farewell) link;
};

struct farewells {
    struct poller *poller;
    unsigned count;
    TAILQ_HEAD(farewell_list, farewell) list; /* by since_ms */
};

struct farewells *farewells_new(struct poller *poller)
{
    struct farewells *farewells = calloc(1, sizeof *farewells);
    if (farewells == NULL) {
        abort();
    }
    farewells->poller = poller;
    TAILQ_INIT(&farewells->list);
    return farewells;
}

void farewells_free(struct farewells *farewells)
{
    if (farewells != NULL) {
        farewells_close(farewells);
        free(farewells);
    }
}

static void end(struct farewell *farewell)
{
    struct farewells *farewells = farewell->all;
    poller_forget(farewells->poller, &farewell->watch);
    close(farewell->watch.fd);
    TAILQ_REMOVE(&farewells->list, farewell, link);
    farewells->count--;
    free(farewell);
}

static void polled(struct watch *watch, uint32_t events)
{
    struct farewell *farewell = CONTAINER_OF(watch, struct farewell, watch);
    char unread[READ_BYTES];
    ssize_t len = recv(watch->fd, unread, sizeof unread, MSG_DONTWAIT);
    (void)events;
    if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (len <= 0 || ++farewell->reads == READS_MOST) {
        end(farewell);
    }
}

void farewells_add(struct farewells *farewells, int client_fd)
{
    struct farewell *farewell = calloc(1, sizeof *farewell);
    if (farewell == NULL) {
        abort();
    }
    if (farewells->count == MOST) {
        end(TAILQ_FIRST(&farewells->list));
    }
    shutdown(client_fd, SHUT_WR);
    farewell->all = farewells;
    farewell->since_ms = poller_now_ms();
    farewell->watch.fd = client_fd;
    farewell->watch.ready = polled;
    TAILQ_INSERT_TAIL(&farewells->list, farewell, link);
    farewells->count++;
    if (poller_watch(farewells->poller, &farewell->watch, EPOLLIN) != 0) {
        end(farewell);
    }
}

void farewells_close(struct farewells *farewells)
{
    while (!TAILQ_EMPTY(&farewells->list)) {
        end(TAILQ_FIRST(&farewells->list));
    }
}

int64_t farewells_next_ms(const struct farewells *farewells)
{
    const struct farewell *first = TAILQ_FIRST(&farewells->list);
    return first != NULL ? first->since_ms + WAIT_MS : INT64_MAX;
}

void farewells_tick(struct farewells *farewells, int64_t now_ms)
{
    while (now_ms >= farewells_next_ms(farewells)) {
        end(TAILQ_FIRST(&farewells->list));
    }
}
