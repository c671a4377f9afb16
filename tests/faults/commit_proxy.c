#include "tests/faults/commit_proxy.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINKS_MAX = 8, CHUNK = 64 * 1024 };

/* A client's connection and ours to the server for it. */
struct link {
    int client;
    int server;
    bool cuts_after; /* the next words of the server are lost, and the connection with them */
};

struct commit_proxy {
    struct sockaddr_un listen_address;
    struct sockaddr_un server_address;
    int listener;
    int stop[2]; /* a pipe: closing its writing end stops the thread */
    unsigned every;
    unsigned commits;
    atomic_uint before;
    atomic_uint after;
    struct link links[LINKS_MAX];
    unsigned link_count;
    pthread_t thread;
    char chunk[CHUNK];
};

static void proxy_close(struct commit_proxy *proxy, unsigned i)
{
    close(proxy->links[i].client);
    close(proxy->links[i].server);
    proxy->links[i] = proxy->links[--proxy->link_count];
}

static void proxy_accept(struct commit_proxy *proxy)
{
    struct link link = {.client = accept(proxy->listener, NULL, NULL)};

    if (link.client < 0) {
        return;
    }
    link.server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (proxy->link_count == LINKS_MAX ||
        connect(link.server, (struct sockaddr *)&proxy->server_address, sizeof(proxy->server_address)) != 0) {
        close(link.client);
        close(link.server);
        return;
    }
    proxy->links[proxy->link_count++] = link;
}

static bool proxy_send(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        data += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* From the client: false when the connection is to be closed. */
static bool proxy_pass_request(struct commit_proxy *proxy, struct link *link)
{
    ssize_t len = recv(link->client, proxy->chunk, CHUNK, 0);

    if (len <= 0) {
        return false;
    }
    if (memmem(proxy->chunk, (size_t)len, "COMMIT", 6) != NULL && ++proxy->commits % proxy->every == 0) {
        if (proxy->commits / proxy->every % 2 == 0) {
            atomic_fetch_add(&proxy->before, 1);
            return false;
        }
        link->cuts_after = true;
    }
    return proxy_send(link->server, proxy->chunk, (size_t)len);
}

static bool proxy_pass_answer(struct commit_proxy *proxy, struct link *link)
{
    ssize_t len = recv(link->server, proxy->chunk, CHUNK, 0);

    if (len <= 0) {
        return false;
    }
    if (link->cuts_after) {
        atomic_fetch_add(&proxy->after, 1);
        return false;
    }
    return proxy_send(link->client, proxy->chunk, (size_t)len);
}

static void proxy_serve(struct commit_proxy *proxy, struct pollfd *polls, unsigned count)
{
    for (unsigned i = count; i-- > 0;) {
        struct link *link = &proxy->links[i];
        bool is_open = true;
        if (polls[2 + 2 * i].revents != 0) {
            is_open = proxy_pass_request(proxy, link);
        }
        if (is_open && polls[3 + 2 * i].revents != 0) {
            is_open = proxy_pass_answer(proxy, link);
        }
        if (!is_open) {
            proxy_close(proxy, i);
        }
    }
}

static void *proxy_thread(void *argument)
{
    struct commit_proxy *proxy = argument;

    for (;;) {
        struct pollfd polls[2 + 2 * LINKS_MAX];
        unsigned count = proxy->link_count;
        polls[0] = (struct pollfd){.fd = proxy->stop[0], .events = POLLIN};
        polls[1] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
        for (unsigned i = 0; i < count; i++) {
            polls[2 + 2 * i] = (struct pollfd){.fd = proxy->links[i].client, .events = POLLIN};
            polls[3 + 2 * i] = (struct pollfd){.fd = proxy->links[i].server, .events = POLLIN};
        }
        if (poll(polls, 2 + 2 * (nfds_t)count, -1) < 0 || polls[0].revents != 0) {
            return NULL;
        }
        proxy_serve(proxy, polls, count);
        if (polls[1].revents != 0) {
            proxy_accept(proxy);
        }
    }
}

static struct sockaddr_un proxy_address(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return address;
}

struct commit_proxy *commit_proxy_new(const char *directory, const char *port, const char *server_path,
                                      unsigned every)
{
    struct commit_proxy *proxy = calloc(1, sizeof(*proxy));
    char path[sizeof(proxy->listen_address.sun_path)];

    if (proxy == NULL) {
        abort();
    }
    snprintf(path, sizeof(path), "%s/.s.PGSQL.%s", directory, port);
    proxy->every = every;
    proxy->listen_address = proxy_address(path);
    proxy->server_address = proxy_address(server_path);
    proxy->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(proxy->listener, (struct sockaddr *)&proxy->listen_address, sizeof(proxy->listen_address)) !=
            0 ||
        listen(proxy->listener, LINKS_MAX) != 0 || pipe(proxy->stop) != 0 ||
        pthread_create(&proxy->thread, NULL, proxy_thread, proxy) != 0) {
        perror(path);
        abort();
    }
    return proxy;
}

void commit_proxy_count(const struct commit_proxy *proxy, unsigned *ret_before, unsigned *ret_after)
{
    *ret_before = atomic_load(&proxy->before);
    *ret_after = atomic_load(&proxy->after);
}

void commit_proxy_free(struct commit_proxy *proxy)
{
    close(proxy->stop[1]);
    pthread_join(proxy->thread, NULL);
    while (proxy->link_count > 0) {
        proxy_close(proxy, 0);
    }
    close(proxy->stop[0]);
    close(proxy->listener);
    unlink(proxy->listen_address.sun_path);
    free(proxy);
}
