/* Starting a TUI, telling it of sizes, and ending it with its session. Called on front's only thread. The TUI
 * gets no right and no descriptor that it does not need; what it is allowed beyond that, core decides. */
#include "server/front/tui.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "server/front/container.h"
#include "server/front/core_process.h"
#include "server/front/front.h"
#include "server/front/program.h"
#include "server/front/session_internal.h"

enum {
    HANG_UP_MS = 1000, /* what a TUI whose session has ended has to leave by itself */
    DESCRIPTORS = 32,  /* its libraries and tables are opened one after another */
    SIGNAL_STATUS = 128,
    NUMBER_BYTES = 24
};

struct tui {
    struct front *front;
    struct session *session; /* NULL: it has ended */
    struct child child;
    struct watch control;
    bool has_size_to_send;
    struct tui_size size;
    int64_t hung_up_ms;
    TAILQ_ENTRY(tui) link; /* of those without a session */
};

struct tuis {
    struct front *front;
    unsigned count;                   /* with and without a session */
    TAILQ_HEAD(orphans, tui) orphans; /* in the order of their sessions' ends */
};

/* ------------------------------------------------------------------ in the child */

static int set_limit(int resource, rlim_t value)
{
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    return setrlimit((__rlimit_resource_t)resource, &limit);
}

static int set_limits(const struct config *config)
{
#ifndef STOCKROOM_SANITIZED
    if (set_limit(RLIMIT_AS, (rlim_t)config->limits.session_memory_mib * 1024 * 1024) != 0) {
        return -1;
    }
#else
    (void)config;
#endif
    return set_limit(RLIMIT_NOFILE, DESCRIPTORS) == 0 && set_limit(RLIMIT_CORE, 0) == 0 ? 0 : -1;
}

static _Noreturn void become_tui(const struct session *session, int terminal_fd, int core_fd, int control_fd,
                                 pid_t parent)
{
    enum { CORE_AT = CHILD_FIRST_FD, CONTROL_AT, PROGRAM_AT, DESCRIPTOR_COUNT = 3 };
    const struct front *front = session->front;
    const int descriptors[DESCRIPTOR_COUNT] = {core_fd, control_fd, front->tui_program_fd};
    bool has_lock = front->config.limits.lock_seconds > 0;
    char columns[NUMBER_BYTES], rows[NUMBER_BYTES], term[sizeof "TERM=" + WIRE_TERM_MAX];
    char name[] = PROGRAM_TUI, core[] = "--core-fd", core_number[] = "3", control[] = "--control-fd",
         control_number[] = "4", columns_option[] = "--columns", rows_option[] = "--rows",
         lock_option[] = "--lock-seconds", lock_seconds[NUMBER_BYTES], lang[] = "LANG=C.UTF-8";
    char *const arguments[] = {name,           core,    core_number, control, control_number,
                               columns_option, columns, rows_option, rows,    has_lock ? lock_option : NULL,
                               lock_seconds,   NULL};
    char *const environment[] = {term, lang, NULL};
    snprintf(columns, sizeof columns, "%u", (unsigned)session->size.columns);
    snprintf(rows, sizeof rows, "%u", (unsigned)session->size.rows);
    snprintf(lock_seconds, sizeof lock_seconds, "%u", front->config.limits.lock_seconds);
    snprintf(term, sizeof term, "TERM=%s", session->term);
    if (dup2(terminal_fd, STDIN_FILENO) < 0 || dup2(terminal_fd, STDOUT_FILENO) < 0 ||
        child_keep_descriptors(descriptors, DESCRIPTOR_COUNT) != 0 ||
        fcntl(PROGRAM_AT, F_SETFD, FD_CLOEXEC) != 0 || signal(SIGPIPE, SIG_DFL) == SIG_ERR) {
        child_fail("descriptors of the TUI");
    }
    if (account_become(&front->account) != 0 || set_limits(&front->config) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        child_fail("rights of the TUI");
    }
    child_end_with_parent(parent);
    program_run(PROGRAM_AT, arguments, environment);
    child_fail("running " PROGRAM_TUI);
}

/* ------------------------------------------------------------------ in front */

static void free_tui(struct tui *tui)
{
    if (tui->control.fd >= 0) {
        poller_forget(tui->front->poller, &tui->control);
        close(tui->control.fd);
    }
    free(tui);
}

static void exited(struct child *child, int status)
{
    struct tui *tui = CONTAINER_OF(child, struct tui, child);
    struct tuis *tuis = tui->front->tuis;
    unsigned code = (unsigned)(WIFSIGNALED(status) ? SIGNAL_STATUS + WTERMSIG(status) : WEXITSTATUS(status));
    if (tui->session == NULL) {
        TAILQ_REMOVE(&tuis->orphans, tui, link);
    } else {
        if (WIFSIGNALED(status)) {
            char id[NUMBER_BYTES], number[NUMBER_BYTES];
            snprintf(id, sizeof id, "%llu", (unsigned long long)tui->session->id);
            snprintf(number, sizeof number, "%d", WTERMSIG(status));
            log_error("tui.crashed", "session", id, "signal", number);
        }
        tui->session->tui = NULL;
        session_control_tui_gone(tui->session, code);
    }
    tuis->count--;
    stats_set(&tuis->front->stats, WIRE_STAT_screens, tuis->count);
    free_tui(tui);
}

static void send_size(struct tui *tui)
{
    cleanup(buf_done) struct buf message = {0};
    wire_put_u8(&message, WIRE_RESIZE);
    wire_put_u16(&message, tui->size.columns);
    wire_put_u16(&message, tui->size.rows);
    if (wire_send_message(tui->control.fd, &message, -1) != 0 && errno == EAGAIN) {
        tui->has_size_to_send = poller_watch(tui->front->poller, &tui->control, EPOLLOUT) == 0;
        return;
    }
    tui->has_size_to_send = false;
    poller_forget(tui->front->poller, &tui->control);
}

static void writable(struct watch *watch, uint32_t events)
{
    (void)events;
    send_size(CONTAINER_OF(watch, struct tui, control));
}

void tui_resize(struct tui *tui, struct tui_size size)
{
    tui->size = size;
    if (!tui->has_size_to_send) {
        send_size(tui);
    }
}

void tui_hang_up(struct tui *tui)
{
    tui->session = NULL;
    tui->hung_up_ms = poller_now_ms();
    TAILQ_INSERT_TAIL(&tui->front->tuis->orphans, tui, link);
    kill(tui->child.pid, SIGHUP);
}

/* Core gets its end of the TUI's socket together with the session whose rights the TUI has. */
static void announce(const struct session *session, int core_fd)
{
    cleanup(buf_done) struct buf message = {0};
    wire_put_u8(&message, WIRE_CORE_TUI);
    wire_put_u64(&message, session->id);
    core_process_send(session->front->core, &message, core_fd);
}

static int open_pair(int type, int ret_sockets[2])
{
    return socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ret_sockets);
}

/* Fork, with the sockets that both sides need. */
static int start_process(struct tui *tui, const struct session *session, int terminal_fd)
{
    int core[2];
    int control[2];
    pid_t parent = 0;
    if (open_pair(SOCK_STREAM, core) != 0) {
        return -1;
    }
    if (open_pair(SOCK_SEQPACKET, control) != 0) {
        close(core[0]);
        close(core[1]);
        return -1;
    }
    pid_t pid = children_fork(tui->front->children, &tui->child, &parent);
    if (pid == 0) {
        become_tui(session, terminal_fd, core[1], control[1], parent);
    }
    int error = errno;
    close(core[1]);
    close(control[1]);
    tui->control.fd = control[0];
    if (pid < 0) {
        close(core[0]);
        errno = error;
        return -1;
    }
    announce(session, core[0]);
    return 0;
}

struct tui *tui_start(struct session *session, int terminal_fd)
{
    struct front *front = session->front;
    struct tui *tui = calloc(1, sizeof *tui);
    if (tui == NULL) {
        abort();
    }
    tui->front = front;
    tui->session = session;
    tui->child.exited = exited;
    tui->control.fd = -1;
    tui->control.ready = writable;
    tui->size = session->size;
    int failed = start_process(tui, session, terminal_fd);
    if (failed != 0) {
        log_error("tui.start", "error", strerror(errno));
        free_tui(tui);
        tui = NULL;
    } else {
        front->tuis->count++;
        stats_set(&front->stats, WIRE_STAT_screens, front->tuis->count);
    }
    close(terminal_fd);
    return tui;
}

/* ------------------------------------------------------------------ all of them */

struct tuis *tuis_new(struct front *front)
{
    struct tuis *tuis = calloc(1, sizeof *tuis);
    if (tuis == NULL) {
        abort();
    }
    tuis->front = front;
    TAILQ_INIT(&tuis->orphans);
    return tuis;
}

void tuis_free(struct tuis *tuis)
{
    free(tuis);
}

void tuis_kill(struct tuis *tuis)
{
    struct tui *tui;
    TAILQ_FOREACH(tui, &tuis->orphans, link)
    {
        kill(tui->child.pid, SIGKILL);
        tui->hung_up_ms = FRONT_NEVER;
    }
}

bool tuis_are_gone(const struct tuis *tuis)
{
    return tuis->count == 0;
}

/* Those already killed are at the list's head and have no time any more. */
static struct tui *first_alive(const struct tuis *tuis)
{
    struct tui *tui = TAILQ_FIRST(&tuis->orphans);
    while (tui != NULL && tui->hung_up_ms == FRONT_NEVER) {
        tui = TAILQ_NEXT(tui, link);
    }
    return tui;
}

int64_t tuis_next_ms(const struct tuis *tuis)
{
    const struct tui *tui = first_alive(tuis);
    return tui != NULL ? tui->hung_up_ms + HANG_UP_MS : FRONT_NEVER;
}

void tuis_tick(struct tuis *tuis, int64_t now_ms)
{
    for (struct tui *tui = first_alive(tuis); tui != NULL && now_ms >= tui->hung_up_ms + HANG_UP_MS;
         tui = first_alive(tuis)) {
        kill(tui->child.pid, SIGKILL);
        tui->hung_up_ms = FRONT_NEVER;
    }
}
