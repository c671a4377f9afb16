/* The table of sessions: limits at the door, the time to log in, pings, ends. Called by front.c, listeners
 * and core_process on front's only thread. Every look-up and every time is O(1): a hash by number, and lists
 * in the order of their times. */
#include "server/front/sessions.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "server/front/container.h"
#include "server/front/core_process.h"
#include "server/front/front.h"
#include "server/front/session_internal.h"
#include "server/front/sources.h"

enum {
    BUCKETS_LEAST = 64,
    NUMBER_BYTES = 24,
    MS_PER_SECOND = 1000,
    REFUSALS_LOG_MS = 1000, /* refusals are logged once in this time, with their number */
    EARLY_DROP_PARTS = 4 /* random early drop begins when the last of so many parts of the limit is reached */
};

TAILQ_HEAD(session_list, session);

struct sessions {
    struct front *front;
    struct sources *sources;
    uint64_t last_id;
    unsigned count;
    unsigned unauthenticated;
    size_t mask;
    struct session **buckets; /* by id */
    struct session_list all;
    struct session_list grace; /* not logged in, by started_ms */
    struct session_list idle;  /* by turned_ms: to be asked ping_seconds later */
    struct session_list asked; /* by turned_ms: to have answered ping_timeout_seconds later */
    unsigned refusals;         /* not logged yet */
    int64_t refusals_logged_ms;
};

struct sessions *sessions_new(struct front *front)
{
    struct sessions *sessions = calloc(1, sizeof *sessions);
    size_t size = BUCKETS_LEAST;
    while (size < front->config.limits.sessions) {
        size *= 2;
    }
    struct session **buckets = calloc(size, sizeof(struct session *));
    if (sessions == NULL || buckets == NULL) {
        abort();
    }
    sessions->front = front;
    sessions->sources = sources_new(front->config.limits.sessions);
    sessions->mask = size - 1;
    sessions->buckets = buckets;
    TAILQ_INIT(&sessions->all);
    TAILQ_INIT(&sessions->grace);
    TAILQ_INIT(&sessions->idle);
    TAILQ_INIT(&sessions->asked);
    return sessions;
}

static struct session_list *ping_list(struct sessions *sessions, const struct session *session)
{
    return session->is_asked ? &sessions->asked : &sessions->idle;
}

static struct session *find(const struct sessions *sessions, uint64_t id)
{
    struct session *session = sessions->buckets[id & sessions->mask];
    while (session != NULL && session->id != id) {
        session = session->hash_next;
    }
    return session;
}

static const char *id_text(const struct session *session, char *text, size_t size)
{
    snprintf(text, size, "%" PRIu64, session->id);
    return text;
}

/* ------------------------------------------------------------------ ends */

/* Out of all that waits for something of it. */
static void leave_lists(struct sessions *sessions, struct session *session)
{
    if (!session->is_killed) {
        TAILQ_REMOVE(ping_list(sessions, session), session, ping_link);
        if (!session->is_authenticated) {
            TAILQ_REMOVE(&sessions->grace, session, grace_link);
        }
    }
}

void session_kill(struct session *session, const char *reason)
{
    char id[NUMBER_BYTES];
    if (session->is_killed) {
        return;
    }
    log_warning("session.killed", "session", id_text(session, id, sizeof id), "source", session->address.text,
                "reason", reason);
    leave_lists(session->front->sessions, session);
    session->is_killed = true;
    poller_forget(session->front->poller, &session->control);
    kill(session->child.pid, SIGKILL);
}

static void free_session(struct sessions *sessions, struct session *session)
{
    struct session **place = &sessions->buckets[session->id & sessions->mask];
    leave_lists(sessions, session);
    TAILQ_REMOVE(&sessions->all, session, all_link);
    while (*place != session) {
        place = &(*place)->hash_next;
    }
    *place = session->hash_next;
    sessions->count--;
    sessions->unauthenticated -= session->is_authenticated ? 0 : 1;
    sources_leave(sessions->sources, session->source);
    if (session->tui != NULL) {
        tui_hang_up(session->tui);
    }
    poller_forget(sessions->front->poller, &session->control);
    close(session->control.fd);
    if (session->terminal_fd >= 0) {
        close(session->terminal_fd);
    }
    free(session);
}

static void exited(struct child *child, int status)
{
    struct session *session = CONTAINER_OF(child, struct session, child);
    char id[NUMBER_BYTES], number[NUMBER_BYTES], refused[NUMBER_BYTES];
    bool by_signal = WIFSIGNALED(status);
    snprintf(number, sizeof number, "%d", by_signal ? WTERMSIG(status) : WEXITSTATUS(status));
    snprintf(refused, sizeof refused, "%u", session->refused);
    bool is_abnormal = by_signal && !session->is_killed;
    log_event(is_abnormal ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
              is_abnormal ? "session.crashed" : "session.ended", "session", id_text(session, id, sizeof id),
              "source", session->address.text, by_signal ? "signal" : "status", number, "refused", refused,
              (char *)0);
    free_session(session->front->sessions, session);
}

void sessions_free(struct sessions *sessions)
{
    if (sessions == NULL) {
        return;
    }
    while (!TAILQ_EMPTY(&sessions->all)) {
        struct session *session = TAILQ_FIRST(&sessions->all);
        kill(session->child.pid, SIGKILL);
        free_session(sessions, session);
    }
    sources_free(sessions->sources);
    free(sessions->buckets);
    free(sessions);
}

/* ------------------------------------------------------------------ the door */

/* A plain line before SSH begins, which clients show (RFC 4253, 4.2). What the client has said already is
 * read, lest the kernel answers it with a reset that overtakes our line. */
static void refuse(struct sessions *sessions, int client_fd, const struct address *address, const char *line)
{
    char unread[256];
    int64_t now_ms = poller_now_ms();
    (void)send(client_fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(client_fd, SHUT_WR);
    (void)recv(client_fd, unread, sizeof unread, MSG_DONTWAIT);
    close(client_fd);
    sessions->refusals++;
    if (now_ms - sessions->refusals_logged_ms >= REFUSALS_LOG_MS) {
        char number[NUMBER_BYTES];
        snprintf(number, sizeof number, "%u", sessions->refusals);
        log_warning("connection.refused", "source", address->text, "answer", line, "refusals", number);
        sessions->refusals = 0;
        sessions->refusals_logged_ms = now_ms;
    }
}

/* Below three quarters of the limit never, at it always, between them ever more likely: a flood cannot keep
 * everyone else out by holding every place. */
static bool is_dropped_early(const struct sessions *sessions)
{
    unsigned limit = sessions->front->config.limits.unauthenticated;
    unsigned begin = limit - limit / EARLY_DROP_PARTS;
    uint32_t random = 0;
    if (sessions->unauthenticated >= limit) {
        return true;
    }
    if (sessions->unauthenticated < begin ||
        getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) {
        return false;
    }
    return random % (limit - begin + 1) < sessions->unauthenticated - begin;
}

static void add(struct sessions *sessions, struct session *session)
{
    struct session **bucket = &sessions->buckets[session->id & sessions->mask];
    session->hash_next = *bucket;
    *bucket = session;
    sessions->count++;
    sessions->unauthenticated++;
    TAILQ_INSERT_TAIL(&sessions->all, session, all_link);
    TAILQ_INSERT_TAIL(&sessions->grace, session, grace_link);
    TAILQ_INSERT_TAIL(&sessions->idle, session, ping_link);
}

static void start(struct sessions *sessions, int client_fd, const struct address *address,
                  struct source *source)
{
    char id[NUMBER_BYTES];
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        abort();
    }
    session->front = sessions->front;
    session->id = ++sessions->last_id;
    session->address = *address;
    session->source = source;
    session->child.exited = exited;
    session->started_ms = session->turned_ms = poller_now_ms();
    if (session_fork(session, client_fd) != 0) {
        log_error("session.start", "error", strerror(errno));
        refuse(sessions, client_fd, address, "The server is out of resources, try again later\r\n");
        sources_leave(sessions->sources, source);
        free(session);
        return;
    }
    add(sessions, session);
    log_info("session.open", "session", id_text(session, id, sizeof id), "source", address->text);
    session_control_start(session);
}

void sessions_admit(struct sessions *sessions, int client_fd, const struct sockaddr_storage *from)
{
    const struct config *config = &sessions->front->config;
    struct address address;
    if (!address_read(from, &address)) {
        close(client_fd);
        return;
    }
    if (sessions->count >= config->limits.sessions || is_dropped_early(sessions)) {
        refuse(sessions, client_fd, &address, "Too many connections, try again later\r\n");
        return;
    }
    struct source *source = sources_enter(sessions->sources, &address, config->limits.sessions_per_source);
    if (source == NULL) {
        refuse(sessions, client_fd, &address, "Too many connections from your address, try again later\r\n");
        return;
    }
    start(sessions, client_fd, &address, source);
}

/* ------------------------------------------------------------------ from core */

void sessions_authenticated(struct sessions *sessions, uint64_t id)
{
    struct session *session = find(sessions, id);
    if (session == NULL || session->is_authenticated || session->is_killed) {
        return;
    }
    session->is_authenticated = true;
    sessions->unauthenticated--;
    TAILQ_REMOVE(&sessions->grace, session, grace_link);
    session_control_authenticated(session);
}

void sessions_refused(struct sessions *sessions, uint64_t id)
{
    struct session *session = find(sessions, id);
    if (session != NULL) {
        session->refused++;
    }
}

/* ------------------------------------------------------------------ times */

static int64_t ping_due_ms(const struct sessions *sessions, const struct session *session)
{
    const struct config *config = &sessions->front->config;
    unsigned seconds = session->is_asked ? config->limits.ping_timeout_seconds : config->limits.ping_seconds;
    return session->turned_ms + (int64_t)seconds * MS_PER_SECOND;
}

static int64_t grace_due_ms(const struct sessions *sessions, const struct session *session)
{
    return session->started_ms + (int64_t)sessions->front->config.limits.login_grace_seconds * MS_PER_SECOND;
}

static void turn(struct sessions *sessions, struct session *session, bool is_asked)
{
    TAILQ_REMOVE(ping_list(sessions, session), session, ping_link);
    session->is_asked = is_asked;
    session->turned_ms = poller_now_ms();
    TAILQ_INSERT_TAIL(ping_list(sessions, session), session, ping_link);
}

void session_answered(struct session *session)
{
    turn(session->front->sessions, session, false);
}

static int64_t earlier(int64_t left_ms, int64_t right_ms)
{
    return left_ms < right_ms ? left_ms : right_ms;
}

int64_t sessions_next_ms(const struct sessions *sessions)
{
    const struct session *grace = TAILQ_FIRST(&sessions->grace);
    const struct session *idle = TAILQ_FIRST(&sessions->idle);
    const struct session *asked = TAILQ_FIRST(&sessions->asked);
    int64_t next_ms = grace != NULL ? grace_due_ms(sessions, grace) : FRONT_NEVER;
    next_ms = earlier(next_ms, idle != NULL ? ping_due_ms(sessions, idle) : FRONT_NEVER);
    return earlier(next_ms, asked != NULL ? ping_due_ms(sessions, asked) : FRONT_NEVER);
}

/* Whoever seems late may have answered already: front itself may have been held up. */
static void judge_asked(struct sessions *sessions, int64_t now_ms)
{
    for (;;) {
        struct session *session = TAILQ_FIRST(&sessions->asked);
        if (session == NULL || now_ms < ping_due_ms(sessions, session)) {
            return;
        }
        session_control_read(session);
        if (session == TAILQ_FIRST(&sessions->asked)) {
            session_kill(session, "it does not answer");
        }
    }
}

static void judge_grace(struct sessions *sessions, int64_t now_ms)
{
    struct session *session = TAILQ_FIRST(&sessions->grace);
    if (session == NULL || now_ms < grace_due_ms(sessions, session)) {
        return;
    }
    core_process_catch_up(sessions->front->core);
    for (session = TAILQ_FIRST(&sessions->grace);
         session != NULL && now_ms >= grace_due_ms(sessions, session);
         session = TAILQ_FIRST(&sessions->grace)) {
        session_kill(session, "no login in time");
    }
}

void sessions_tick(struct sessions *sessions, int64_t now_ms)
{
    judge_asked(sessions, now_ms);
    judge_grace(sessions, now_ms);
    for (struct session *session = TAILQ_FIRST(&sessions->idle);
         session != NULL && now_ms >= ping_due_ms(sessions, session);
         session = TAILQ_FIRST(&sessions->idle)) {
        session_control_ping(session);
        turn(sessions, session, true);
    }
}

/* ------------------------------------------------------------------ all of them */

void sessions_drain(struct sessions *sessions, bool all)
{
    struct session *session;
    TAILQ_FOREACH(session, &sessions->all, all_link)
    {
        if (!session->is_killed && (all || !session->is_authenticated)) {
            session_control_drain(session);
        }
    }
}

void sessions_kill(struct sessions *sessions)
{
    struct session *session;
    TAILQ_FOREACH(session, &sessions->all, all_link)
    {
        session_kill(session, "the server stops");
    }
}

bool sessions_are_gone(const struct sessions *sessions)
{
    return sessions->count == 0;
}
