/* Starting core, its messages, and starting it again. Called on front's only thread. Trusts core no further
 * than its messages check out; keeps what core is too busy to read, and lets no new sessions in meanwhile. */
#include "server/front/core_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/wire.h"
#include "server/front/child.h"
#include "server/front/container.h"
#include "server/front/front.h"
#include "server/front/listeners.h"
#include "server/front/poller.h"
#include "server/front/program.h"
#include "server/front/sessions.h"
#include "server/front/stats.h"

enum {
    PAUSE_FIRST_MS = 100,
    PAUSE_MOST_MS = 5000,
    STEADY_MS = 30000, /* up for so long, it was no failure to start */
    MESSAGES_A_TURN = 64,
    NUMBER_BYTES = 24
};

struct waiting {
    struct buf message;
    int fd;
    STAILQ_ENTRY(waiting) link;
};

struct core_process {
    struct front *front;
    struct child child; /* pid 0: there is none */
    struct watch watch;
    bool is_ready;
    bool was_ready; /* ever: what stops it now is not the configuration */
    bool is_draining;
    int64_t started_ms;
    int64_t restart_ms; /* FRONT_NEVER: not waiting for it */
    int64_t pause_ms;
    STAILQ_HEAD(, waiting) queue; /* what core has not room for */
};

/* ------------------------------------------------------------------ sending */

static void free_waiting(struct waiting *waiting)
{
    buf_done(&waiting->message);
    if (waiting->fd >= 0) {
        close(waiting->fd);
    }
    free(waiting);
}

static void drop_queue(struct core_process *core)
{
    while (!STAILQ_EMPTY(&core->queue)) {
        struct waiting *first = STAILQ_FIRST(&core->queue);
        STAILQ_REMOVE_HEAD(&core->queue, link);
        free_waiting(first);
    }
}

static void send_queue(struct core_process *core)
{
    while (!STAILQ_EMPTY(&core->queue)) {
        struct waiting *first = STAILQ_FIRST(&core->queue);
        if (wire_send_message(core->watch.fd, &first->message, first->fd) != 0) {
            if (errno == EAGAIN) {
                poller_watch(core->front->poller, &core->watch, EPOLLIN | EPOLLOUT);
                return;
            }
            log_error("core.send", "error", strerror(errno));
        }
        STAILQ_REMOVE_HEAD(&core->queue, link);
        free_waiting(first);
    }
    poller_watch(core->front->poller, &core->watch, EPOLLIN);
    if (!core->is_draining) {
        listeners_resume(core->front->listeners);
    }
}

void core_process_send(struct core_process *core, const struct buf *message, int fd)
{
    struct waiting *waiting = calloc(1, sizeof *waiting);
    if (waiting == NULL) {
        abort();
    }
    buf_append(&waiting->message, message->data, message->len);
    waiting->fd = fd;
    if (!core->is_ready) {
        free_waiting(waiting);
        return;
    }
    STAILQ_INSERT_TAIL(&core->queue, waiting, link);
    send_queue(core);
    if (!STAILQ_EMPTY(&core->queue)) {
        listeners_pause(core->front->listeners);
    }
}

/* ------------------------------------------------------------------ receiving */

static void disconnect(struct core_process *core)
{
    if (core->watch.fd >= 0) {
        poller_forget(core->front->poller, &core->watch);
        close(core->watch.fd);
        core->watch.fd = -1;
    }
    drop_queue(core);
    if (core->is_ready) {
        core->is_ready = false;
        listeners_pause(core->front->listeners);
    }
}

static void take_ready(struct core_process *core)
{
    if (!core->is_ready && !core->is_draining) {
        core->is_ready = true;
        core->was_ready = true;
        log_info("core.up");
        front_core_ready(core->front);
    }
}

/* False: this is no message of ours. */
static bool take_message(struct core_process *core, const char *data, size_t len)
{
    struct wire_reader reader;
    wire_reader_init(&reader, data, len);
    uint8_t type = wire_get_u8(&reader);
    uint64_t session = type == WIRE_FRONT_READY ? 0 : wire_get_u64(&reader);
    if (!wire_reader_end(&reader)) {
        return false;
    }
    switch (type) {
    case WIRE_FRONT_READY:
        take_ready(core);
        return true;
    case WIRE_FRONT_AUTHENTICATED:
        sessions_authenticated(core->front->sessions, session);
        return true;
    case WIRE_FRONT_REFUSED:
        sessions_refused(core->front->sessions, session);
        return true;
    default:
        return false;
    }
}

/* Returns false when nothing is left to read. */
static bool receive(struct core_process *core)
{
    char data[WIRE_MESSAGE_MAX];
    long len = core->watch.fd >= 0 ? wire_receive_message(core->watch.fd, data, sizeof data, NULL) : 0;
    if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (len <= 0) {
        disconnect(core); /* its exit follows */
        return false;
    }
    if (!take_message(core, data, (size_t)len)) {
        log_error("core.bad_message");
        core_process_kill(core);
        return false;
    }
    return true;
}

void core_process_catch_up(struct core_process *core)
{
    while (core->watch.fd >= 0 && receive(core)) {
    }
}

static void polled(struct watch *watch, uint32_t events)
{
    struct core_process *core = CONTAINER_OF(watch, struct core_process, watch);
    if (events & EPOLLOUT) {
        send_queue(core);
    }
    for (int i = 0; i < MESSAGES_A_TURN && receive(core); i++) {
    }
}

/* ------------------------------------------------------------------ its life */

static void log_end(const struct core_process *core, int status)
{
    char number[NUMBER_BYTES];
    bool by_signal = WIFSIGNALED(status);
    snprintf(number, sizeof number, "%d", by_signal ? WTERMSIG(status) : WEXITSTATUS(status));
    enum log_level level = core->is_draining && status == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR;
    log_event(level, "core.ended", by_signal ? "signal" : "status", number, (char *)0);
}

static void exited(struct child *child, int status)
{
    struct core_process *core = CONTAINER_OF(child, struct core_process, child);
    int64_t now_ms = poller_now_ms();
    core_process_catch_up(core); /* last words */
    log_end(core, status);
    child->pid = 0;
    disconnect(core);
    if (core->is_draining) {
        front_core_gone(core->front, -1);
        return;
    }
    if (!core->was_ready && WIFEXITED(status) &&
        (WEXITSTATUS(status) == EX_USAGE || WEXITSTATUS(status) == EX_CONFIG)) {
        front_core_gone(core->front, WEXITSTATUS(status));
        return;
    }
    if (now_ms - core->started_ms >= STEADY_MS) {
        core->pause_ms = PAUSE_FIRST_MS;
    }
    core->restart_ms = now_ms + core->pause_ms;
    core->pause_ms = core->pause_ms * 2 < PAUSE_MOST_MS ? core->pause_ms * 2 : PAUSE_MOST_MS;
    front_core_gone(core->front, -1);
}

/* In the child. Core reads its secrets as whoever we are, and gives up its rights itself. */
static _Noreturn void become_core(const struct front *front, int control_fd)
{
    enum { CONTROL_AT = CHILD_FIRST_FD, PROGRAM_AT };
    const int descriptors[] = {control_fd, front->core_program_fd};
    char *path = strdup(front->config_path);
    char name[] = PROGRAM_CORE, verb[] = "serve", config[] = "-c", control[] = "--control-fd", number[] = "3";
    char *const arguments[] = {name, verb, config, path, control, number, NULL};
    if (path == NULL || child_keep_descriptors(descriptors, 2) != 0 ||
        fcntl(PROGRAM_AT, F_SETFD, FD_CLOEXEC) != 0 || signal(SIGPIPE, SIG_DFL) == SIG_ERR) {
        child_fail("starting core");
    }
    program_run(PROGRAM_AT, arguments, environ);
    child_fail("running " PROGRAM_CORE);
}

static void retry_later(struct core_process *core, const char *what)
{
    log_error("core.start", "what", what, "error", strerror(errno));
    core->restart_ms = poller_now_ms() + PAUSE_MOST_MS;
}

void core_process_start(struct core_process *core)
{
    int sockets[2];
    pid_t parent = 0;
    core->restart_ms = FRONT_NEVER;
    core->started_ms = poller_now_ms();
    stats_count(&core->front->stats, WIRE_STAT_core_starts);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets) != 0) {
        retry_later(core, "socketpair");
        return;
    }
    pid_t pid = children_fork(core->front->children, &core->child, &parent);
    if (pid == 0) {
        become_core(core->front, sockets[1]);
    }
    close(sockets[1]);
    core->watch.fd = sockets[0];
    if (pid < 0) {
        retry_later(core, "fork");
        disconnect(core);
    } else if (poller_watch(core->front->poller, &core->watch, EPOLLIN) != 0) {
        log_error("core.start", "what", "epoll", "error", strerror(errno));
        core_process_kill(core);
    }
}

bool core_process_is_up(const struct core_process *core)
{
    return core->is_ready;
}

bool core_process_is_ready(const struct core_process *core)
{
    return core->is_ready && STAILQ_EMPTY(&core->queue);
}

bool core_process_is_gone(const struct core_process *core)
{
    return core->child.pid == 0;
}

void core_process_kill(struct core_process *core)
{
    if (core->child.pid > 0) {
        kill(core->child.pid, SIGKILL);
    }
    disconnect(core);
}

/* One that is not ready yet has promised nothing to anybody. */
void core_process_share_log(struct core_process *core, int fd)
{
    cleanup(buf_done) struct buf message = {0};
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (copy < 0) {
        log_error("config.log", "error", strerror(errno));
        return;
    }
    wire_put_u8(&message, WIRE_CORE_LOG);
    core_process_send(core, &message, copy);
}

void core_process_drain(struct core_process *core)
{
    cleanup(buf_done) struct buf message = {0};
    core->is_draining = true;
    core->restart_ms = FRONT_NEVER;
    if (!core->is_ready) {
        core_process_kill(core);
        return;
    }
    wire_put_u8(&message, WIRE_CORE_DRAIN);
    core_process_send(core, &message, -1);
}

int64_t core_process_next_ms(const struct core_process *core)
{
    return core->restart_ms;
}

void core_process_tick(struct core_process *core, int64_t now_ms)
{
    if (now_ms >= core->restart_ms) {
        log_info("core.restart");
        core_process_start(core);
    }
}

struct core_process *core_process_new(struct front *front)
{
    struct core_process *core = calloc(1, sizeof *core);
    if (core == NULL) {
        abort();
    }
    core->front = front;
    core->child.exited = exited;
    core->watch.fd = -1;
    core->watch.ready = polled;
    core->restart_ms = FRONT_NEVER;
    core->pause_ms = PAUSE_FIRST_MS;
    STAILQ_INIT(&core->queue);
    return core;
}

void core_process_free(struct core_process *core)
{
    if (core != NULL) {
        core->is_draining = true;
        core_process_kill(core);
        free(core);
    }
}
