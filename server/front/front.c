/* The loop of front: starting its rooms in order, signals, draining, reading the configuration again. Called
 * by main.c. Single-threaded; never blocks but in the loop's wait. */
#include "server/front/front.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/log.h"
#include "common/log_journal.h"
#include "server/front/child.h"
#include "server/front/container.h"
#include "server/front/core_process.h"
#include "server/front/door.h"
#include "server/front/listeners.h"
#include "server/front/notify.h"
#include "server/front/poller.h"
#include "server/front/program.h"
#include "server/front/proxied.h"
#include "server/front/sessions.h"
#include "server/front/tui.h"
#include "server/session/session.h"

enum {
    MS_PER_SECOND = 1000,
    KILLED_WAIT_MS = 5000, /* for the ends of what was killed: a process stuck in the kernel may never come */
    ASKED_TWICE_MS = 500,
    LAST_WORD_MS = 1000, /* from the goodbye to the end */
    TURN_MOST_MS = 3600 * 1000,
    LOG_MODE = 0640
};

enum drain_step {
    DRAIN_WAITS, /* for running commands */
    DRAIN_TOLD,
    DRAIN_KILLED
};

/* What only starting, signals and ending need. */
struct serving {
    struct front front;
    struct watch signals;
    sigset_t signal_set;
    bool is_over;
    int status;
    bool has_notified;
    enum drain_step drain_step;
    int64_t drain_began_ms;
    int64_t drain_ends_ms; /* of this step; FRONT_NEVER before there is any */
};

static struct serving *serving_of(struct front *front)
{
    return CONTAINER_OF(front, struct serving, front);
}

/* ------------------------------------------------------------------ the end */

static void end(struct serving *serving, int status)
{
    serving->is_over = true;
    serving->status = status;
}

/* Asked twice: no more waiting. Some senders signal the process and its group in one go, which is asking
 * once. */
static void hurry(struct serving *serving, int64_t now_ms)
{
    if (now_ms - serving->drain_began_ms >= ASKED_TWICE_MS && now_ms < serving->drain_ends_ms) {
        serving->drain_ends_ms = now_ms;
    }
}

static void drain(struct serving *serving, const char *reason)
{
    struct front *front = &serving->front;
    int64_t now_ms = poller_now_ms();
    if (front->is_draining) {
        hurry(serving, now_ms);
        return;
    }
    log_info("front.drain", "reason", reason);
    notify_stopping();
    front->is_draining = true;
    serving->drain_began_ms = now_ms;
    serving->drain_ends_ms = now_ms + (int64_t)front->config.server.drain_seconds * MS_PER_SECOND;
    listeners_pause(front->listeners);
    proxied_close(front->proxied);
    core_process_drain(front->core);
    sessions_drain(front->sessions, core_process_is_gone(front->core));
}

/* Running commands have had their time: first a word to those who are left, a moment later an end of it. */
static void end_drain(struct serving *serving, int64_t now_ms)
{
    struct front *front = &serving->front;
    switch (serving->drain_step) {
    case DRAIN_WAITS:
        log_warning("front.drain_expired");
        sessions_drain(front->sessions, true);
        serving->drain_ends_ms = now_ms + LAST_WORD_MS;
        serving->drain_step = DRAIN_TOLD;
        break;
    case DRAIN_TOLD:
        sessions_kill(front->sessions);
        core_process_kill(front->core);
        serving->drain_ends_ms = now_ms + KILLED_WAIT_MS;
        serving->drain_step = DRAIN_KILLED;
        break;
    case DRAIN_KILLED:
        log_error("front.gave_up");
        end(serving, 0);
        break;
    }
}

static void check_drained(struct serving *serving, int64_t now_ms)
{
    struct front *front = &serving->front;
    if (!front->is_draining) {
        return;
    }
    if (sessions_are_gone(front->sessions) && tuis_are_gone(front->tuis) &&
        core_process_is_gone(front->core)) {
        end(serving, 0);
    } else if (now_ms >= serving->drain_ends_ms) {
        end_drain(serving, now_ms);
    }
}

/* ------------------------------------------------------------------ core */

void front_core_ready(struct front *front)
{
    struct serving *serving = serving_of(front);
    stats_start(&front->stats);
    listeners_resume(front->listeners);
    if (!serving->has_notified) {
        serving->has_notified = true;
        notify_ready();
    }
}

void front_core_gone(struct front *front, int final_status)
{
    if (final_status >= 0) {
        end(serving_of(front), final_status);
    } else if (front->is_draining) {
        sessions_drain(front->sessions, true); /* those who have not heard it from core */
    }
}

/* ------------------------------------------------------------------ the configuration, again */

static bool is_journal(const struct config *config)
{
    return strcmp(config->server.log, "journal") == 0;
}

/* -1: cannot be opened. */
static int open_log(const struct config *config)
{
    if (is_journal(config)) {
        return log_journal_open(config->server.journal_socket);
    }
    if (strcmp(config->server.log, "-") == 0) {
        return STDERR_FILENO;
    }
    return open(config->server.log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, LOG_MODE);
}

static void use_log(struct front *front, int fd)
{
    int old_fd = front->log_fd;
    front->log_fd = fd;
    log_init("front", fd, front->config.server.log_level);
    log_set_journal(front->is_journal);
    if (old_fd > STDERR_FILENO && old_fd != fd) {
        close(old_fd);
    }
}

static void use_config(struct front *front, struct config *config)
{
    bool is_other = is_journal(config) != front->is_journal;
    int log_fd = is_other ? -1 : open_log(config);
    int error = errno;
    config_done(&front->config);
    front->config = *config;
    door_reload(front->door);
    if (log_fd < 0) {
        log_error("config.log", "path", config->server.log, "error",
                  is_other ? "to the journal, or away from it, takes a restart" : strerror(error));
        log_fd = front->log_fd;
    }
    use_log(front, log_fd);
    if (log_fd > STDERR_FILENO) {
        core_process_share_log(front->core, log_fd);
    }
}

/* The listening addresses and the user stay: those are for a new start. A bad file changes nothing. */
static void reload(struct front *front)
{
    char message[CONFIG_TEXT_MAX];
    struct config config;
    struct session_host *host = NULL;
    struct err_info error = {0};
    notify_reloading();
    if (config_load(front->config_path, &config, message, sizeof message) != ERR_OK) {
        log_error("config.rejected", "reason", message);
    } else {
        config_forget_secrets(&config);
        if (session_host_new(&config, &host, &error) != ERR_OK) {
            log_error("config.rejected", "reason", error.message);
            config_done(&config);
        } else {
            session_host_free(front->host);
            front->host = host;
            use_config(front, &config);
            log_info("config.read", "path", front->config_path);
        }
    }
    if (serving_of(front)->has_notified) {
        notify_ready();
    }
}

/* ------------------------------------------------------------------ signals */

static void take_signal(struct serving *serving, uint32_t number)
{
    switch (number) {
    case SIGCHLD:
        children_reap(serving->front.children);
        break;
    case SIGHUP:
        reload(&serving->front);
        break;
    default:
        drain(serving, number == SIGTERM ? "SIGTERM" : "SIGINT");
        break;
    }
}

static void signalled(struct watch *watch, uint32_t events)
{
    struct serving *serving = CONTAINER_OF(watch, struct serving, signals);
    struct signalfd_siginfo info;
    (void)events;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        take_signal(serving, info.ssi_signo);
    }
}

static int start_signals(struct serving *serving)
{
    sigset_t *set = &serving->signal_set;
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGCHLD);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigprocmask(SIG_BLOCK, set, NULL) != 0) {
        return -1;
    }
    serving->signals.fd = signalfd(-1, set, SFD_NONBLOCK | SFD_CLOEXEC);
    serving->signals.ready = signalled;
    return serving->signals.fd >= 0 ? poller_watch(serving->front.poller, &serving->signals, EPOLLIN) : -1;
}

/* ------------------------------------------------------------------ the start */

static int fail(const char *reason, int status)
{
    fprintf(stderr, "stockroomd: %s\n", reason);
    return status;
}

static int fail_errno(const char *what)
{
    fprintf(stderr, "stockroomd: %s: %s\n", what, strerror(errno));
    return EX_OSERR;
}

/* 0 to 2 are open from now on, whoever started us: nothing else must end up there. Nobody reads a terminal
 * here. */
static int start_descriptors(void)
{
    struct rlimit limit;
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO) {
        fd = open("/dev/null", O_RDWR);
    }
    if (fd < 0 || dup2(fd, STDIN_FILENO) < 0) {
        return -1;
    }
    close(fd);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return -1;
    }
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

static int start_config(struct front *front)
{
    char message[CONFIG_TEXT_MAX];
    if (config_load(front->config_path, &front->config, message, sizeof message) != ERR_OK) {
        return fail(message, EX_USAGE);
    }
    config_forget_secrets(&front->config);
    front->is_journal = is_journal(&front->config);
    int log_fd = open_log(&front->config);
    if (log_fd < 0) {
        return fail_errno(front->config.server.log);
    }
    use_log(front, log_fd);
    return 0;
}

static int start_programs(struct front *front)
{
    front->core_program_fd = program_open(PROGRAM_CORE);
    if (front->core_program_fd < 0) {
        return fail_errno(PROGRAM_CORE);
    }
    front->tui_program_fd = program_open(PROGRAM_TUI);
    return front->tui_program_fd < 0 ? fail_errno(PROGRAM_TUI) : 0;
}

/* What a wrong configuration or machine shows before anyone is served. Returns 0 or an exit status. */
static int start(struct serving *serving)
{
    struct front *front = &serving->front;
    struct err_info error = {0};
    int status = start_config(front);
    if (status == 0) {
        status = start_programs(front);
    }
    if (status != 0) {
        return status;
    }
    if (account_find(front->config.server.user, &front->account, &error) != ERR_OK ||
        session_host_new(&front->config, &front->host, &error) != ERR_OK) {
        return fail(error.message, EX_CONFIG);
    }
    front->poller = poller_new();
    if (front->poller == NULL || start_signals(serving) != 0) {
        return fail_errno("epoll or signalfd");
    }
    front->children = children_new(front->config.limits.sessions);
    front->door = door_new(front);
    front->proxied = proxied_new(front);
    front->sessions = sessions_new(front);
    front->tuis = tuis_new(front);
    front->core = core_process_new(front);
    if (listeners_new(front, &front->listeners, &error) != ERR_OK) {
        return fail(error.message, EX_OSERR);
    }
    return 0;
}

static void finish(struct serving *serving)
{
    struct front *front = &serving->front;
    core_process_free(front->core);
    listeners_free(front->listeners);
    proxied_free(front->proxied);
    sessions_free(front->sessions);
    door_free(front->door);
    tuis_free(front->tuis);
    children_free(front->children);
    if (serving->signals.fd >= 0) {
        close(serving->signals.fd);
    }
    poller_free(front->poller);
    session_host_free(front->host);
    if (front->core_program_fd >= 0) {
        close(front->core_program_fd);
    }
    if (front->tui_program_fd >= 0) {
        close(front->tui_program_fd);
    }
    config_done(&front->config);
}

/* ------------------------------------------------------------------ the loop */

static int64_t earlier(int64_t left_ms, int64_t right_ms)
{
    return left_ms < right_ms ? left_ms : right_ms;
}

static int wait_ms(const struct serving *serving)
{
    const struct front *front = &serving->front;
    int64_t next_ms = earlier(sessions_next_ms(front->sessions), tuis_next_ms(front->tuis));
    next_ms = earlier(next_ms, core_process_next_ms(front->core));
    next_ms = earlier(next_ms, listeners_next_ms(front->listeners));
    next_ms = earlier(next_ms, proxied_next_ms(front->proxied));
    next_ms = earlier(next_ms, door_next_ms(front->door));
    next_ms = earlier(next_ms, stats_next_ms(front));
    next_ms = earlier(next_ms, serving->drain_ends_ms);
    if (next_ms == FRONT_NEVER) {
        return -1;
    }
    int64_t left_ms = next_ms - poller_now_ms();
    return left_ms <= 0 ? 0 : (int)earlier(left_ms, TURN_MOST_MS);
}

static void run(struct serving *serving)
{
    struct front *front = &serving->front;
    core_process_start(front->core);
    while (!serving->is_over) {
        poller_turn(front->poller, wait_ms(serving));
        int64_t now_ms = poller_now_ms();
        sessions_tick(front->sessions, now_ms);
        tuis_tick(front->tuis, now_ms);
        core_process_tick(front->core, now_ms);
        listeners_tick(front->listeners, now_ms);
        proxied_tick(front->proxied, now_ms);
        door_tick(front->door, now_ms);
        stats_tick(front, now_ms);
        check_drained(serving, now_ms);
    }
}

int front_serve(const char *config_path)
{
    struct serving serving = {
        .front = {.config_path = config_path,
                  .log_fd = STDERR_FILENO,
                  .core_program_fd = -1,
                  .tui_program_fd = -1},
        .signals = {.fd = -1},
        .drain_ends_ms = FRONT_NEVER,
    };
    if (start_descriptors() != 0) {
        return fail_errno("descriptors");
    }
    notify_init();
    int status = start(&serving);
    if (status == 0) {
        log_info("front.started");
        run(&serving);
        status = serving.status;
        log_info("front.stopped");
    }
    finish(&serving);
    return status;
}
