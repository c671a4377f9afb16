/* Binding, taking over and accepting. Called by front.c on its only thread; each connection goes to
 * door_knock. Touches the listening sockets, and of the environment LISTEN_PID, LISTEN_FDS and
 * LISTEN_FDNAMES. */
#include "server/front/listeners.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/values.h"
#include "server/front/container.h"
#include "server/front/door.h"
#include "server/front/front.h"
#include "server/front/poller.h"

enum {
    SOCKETS_MAX = 32,
    FIRST_PASSED_FD = 3, /* as sd_listen_fds(3) has it */
    HOST_BYTES = 256,
    ACCEPTS_A_TURN = 16,
    REST_MS = 100,
    BACKLOG = 4096
};

struct listener {
    struct watch watch;
    struct listeners *all;
};

struct listeners {
    struct front *front;
    struct listener items[SOCKETS_MAX];
    unsigned count;
    bool is_resumed;
    int64_t rest_until_ms; /* 0: not resting */
};

static void accepted(struct watch *watch, uint32_t events);

static bool add(struct listeners *listeners, int fd)
{
    if (listeners->count == SOCKETS_MAX) {
        return false;
    }
    struct listener *item = &listeners->items[listeners->count++];
    item->all = listeners;
    item->watch.fd = fd;
    item->watch.ready = accepted;
    return true;
}

/* ------------------------------------------------------------------ sockets from systemd */

/* Accepted sockets inherit these, which costs nothing for each connection. */
static int set_options(int fd)
{
    static const int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0
               ? setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on)
               : -1;
}

static int option_of(int fd, int option)
{
    int value = -1;
    socklen_t len = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

static bool is_listening(int fd)
{
    int domain = option_of(fd, SO_DOMAIN);
    return option_of(fd, SO_TYPE) == SOCK_STREAM && option_of(fd, SO_ACCEPTCONN) == 1 &&
           (domain == AF_INET || domain == AF_INET6);
}

/* How many were passed to this very process; 0 without systemd. */
static int count_passed(void)
{
    const char *pid_text = getenv("LISTEN_PID");
    const char *count_text = getenv("LISTEN_FDS");
    int64_t pid = 0;
    int64_t count = 0;
    bool is_ours = pid_text != NULL && count_text != NULL &&
                   values_parse_integer(pid_text, 1, INT32_MAX, &pid, NULL) == ERR_OK && pid == getpid() &&
                   values_parse_integer(count_text, 0, SOCKETS_MAX, &count, NULL) == ERR_OK;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return is_ours ? (int)count : 0;
}

static enum err take_passed(struct listeners *listeners, int count, struct err_info *ret_info)
{
    for (int fd = FIRST_PASSED_FD; fd < FIRST_PASSED_FD + count; fd++) {
        if (!is_listening(fd)) {
            return err_set(ret_info, ERR_INTERNAL, "descriptor %d from LISTEN_FDS is no listening TCP socket",
                           fd);
        }
        if (set_options(fd) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
            fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 || !add(listeners, fd)) {
            return err_set(ret_info, ERR_INTERNAL, "descriptor %d from LISTEN_FDS: %s", fd, strerror(errno));
        }
    }
    return ERR_OK;
}

/* ------------------------------------------------------------------ sockets of our own */

static int open_socket(const struct addrinfo *address)
{
    static const int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) {
        return -1;
    }
    if (set_options(fd) == 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (address->ai_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* "HOST:PORT" or "[HOST]:PORT", which the configuration has checked. */
static bool split(const char *item, char *ret_host, size_t size, const char **ret_port)
{
    const char *colon = strrchr(item, ':');
    bool has_brackets = item[0] == '[';
    const char *host = has_brackets ? item + 1 : item;
    if (colon == NULL || colon - host < (has_brackets ? 1 : 0)) {
        return false;
    }
    size_t len = (size_t)(colon - host) - (has_brackets ? 1 : 0);
    if (len >= size) {
        return false;
    }
    memcpy(ret_host, host, len);
    ret_host[len] = '\0';
    *ret_port = colon + 1;
    return true;
}

/* A machine may have no IPv6 (or no IPv4) at all: that is no reason not to serve by the other. */
static bool is_missing_family(int error)
{
    return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

static enum err bind_item(struct listeners *listeners, const char *item, struct err_info *ret_info)
{
    char host[HOST_BYTES];
    const char *port;
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (!split(item, host, sizeof host, &port)) {
        return err_set(ret_info, ERR_INTERNAL, "[server] listen: '%s' is not HOST:PORT", item);
    }
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed != 0) {
        return err_set(ret_info, ERR_INTERNAL, "[server] listen: %s: %s", item, gai_strerror(failed));
    }
    enum err err = ERR_OK;
    for (struct addrinfo *address = found; address != NULL && err == ERR_OK; address = address->ai_next) {
        int fd = open_socket(address);
        if (fd < 0 && is_missing_family(errno)) {
            log_warning("listen.skipped", "address", item, "error", strerror(errno));
        } else if (fd < 0) {
            err = err_set(ret_info, ERR_INTERNAL, "[server] listen: %s: %s", item, strerror(errno));
        } else if (!add(listeners, fd)) {
            close(fd);
            err = err_set(ret_info, ERR_INTERNAL, "[server] listen: more than %d sockets", SOCKETS_MAX);
        }
    }
    freeaddrinfo(found);
    return err;
}

static enum err bind_all(struct listeners *listeners, struct err_info *ret_info)
{
    const struct config_list *items = &listeners->front->config.server.listen;
    for (unsigned i = 0; i < items->count; i++) {
        enum err err = bind_item(listeners, items->items[i], ret_info);
        if (err != ERR_OK) {
            return err;
        }
    }
    if (listeners->count == 0) {
        return err_set(ret_info, ERR_INTERNAL, "[server] listen: this machine has none of the addresses");
    }
    return ERR_OK;
}

/* ------------------------------------------------------------------ accepting */

static void rest(struct listeners *listeners, const char *error)
{
    log_warning("listen.resting", "error", error);
    listeners->rest_until_ms = poller_now_ms() + REST_MS;
    for (unsigned i = 0; i < listeners->count; i++) {
        poller_forget(listeners->front->poller, &listeners->items[i].watch);
    }
}

static void accepted(struct watch *watch, uint32_t events)
{
    struct listeners *listeners = CONTAINER_OF(watch, struct listener, watch)->all;
    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN && watch->is_watched; i++) {
        struct sockaddr_storage from;
        socklen_t len = sizeof from;
        int fd = accept4(watch->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            door_knock(listeners->front->door, fd, &from);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            rest(listeners, strerror(errno));
        } else if (errno == EAGAIN) {
            return;
        } /* else the client has gone meanwhile, or its network has: the next one */
    }
}

static void watch_all(struct listeners *listeners)
{
    for (unsigned i = 0; i < listeners->count; i++) {
        if (poller_watch(listeners->front->poller, &listeners->items[i].watch, EPOLLIN) != 0) {
            rest(listeners, strerror(errno));
            return;
        }
    }
}

void listeners_resume(struct listeners *listeners)
{
    if (!listeners->is_resumed) {
        listeners->is_resumed = true;
        listeners->rest_until_ms = 0;
        watch_all(listeners);
    }
}

void listeners_pause(struct listeners *listeners)
{
    listeners->is_resumed = false;
    listeners->rest_until_ms = 0;
    for (unsigned i = 0; i < listeners->count; i++) {
        poller_forget(listeners->front->poller, &listeners->items[i].watch);
    }
}

int64_t listeners_next_ms(const struct listeners *listeners)
{
    return listeners->rest_until_ms != 0 ? listeners->rest_until_ms : FRONT_NEVER;
}

void listeners_tick(struct listeners *listeners, int64_t now_ms)
{
    if (listeners->rest_until_ms != 0 && now_ms >= listeners->rest_until_ms) {
        listeners->rest_until_ms = 0;
        watch_all(listeners);
    }
}

enum err listeners_new(struct front *front, struct listeners **ret_listeners, struct err_info *ret_info)
{
    struct listeners *listeners = calloc(1, sizeof *listeners);
    if (listeners == NULL) {
        abort();
    }
    listeners->front = front;
    int passed = count_passed();
    enum err err = passed > 0 ? take_passed(listeners, passed, ret_info) : bind_all(listeners, ret_info);
    if (err != ERR_OK) {
        listeners_free(listeners);
        return err;
    }
    *ret_listeners = listeners;
    return ERR_OK;
}

void listeners_free(struct listeners *listeners)
{
    if (listeners == NULL) {
        return;
    }
    listeners_pause(listeners);
    for (unsigned i = 0; i < listeners->count; i++) {
        close(listeners->items[i].watch.fd);
    }
    free(listeners);
}
