/* The table of sessions: beginnings, the time to log in, pings, ends. Called by front.c, door and
 * core_process on front's only thread. Every look-up and every time is O(1): a hash by number, and lists
 * in the order of their times. */
#include "server/front/sessions.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/log.h"
#include "server/front/container.h"
#include "server/front/core_process.h"
#include "server/front/door.h"
#include "server/front/front.h"
#include "server/front/session_internal.h"
#include "server/front/stats.h"

enum {
    BUCKETS_LEAST = 64,
    NUMBER_BYTES = 24,
    MS_PER_SECOND = 1000,
    GRACE_SPARE_MS = 2000 /* for a session to tell its client that the time to log in is over */
};

TAILQ_HEAD(session_list, session);

struct sessions {
    struct front *front;
    uint64_t last_id;
    unsigned count;
    unsigned unauthenticated;
    size_t mask;
    struct session **buckets; /* by id */
    struct session_list all;
    struct session_list grace; /* not logged in, by started_ms */
    struct session_list idle;  /* by turned_ms: to be asked ping_seconds later */
    struct session_list asked; /* by turned_ms: to have answered ping_timeout_seconds later */
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

void session_kill(struct session *session, enum offence offence, const char *reason)
{
    char id[NUMBER_BYTES];
    if (session->is_killed) {
        return;
    }
    log_warning("session.killed", "session", id_text(session, id, sizeof id), "source", session->address.text,
                "reason", reason);
    leave_lists(session->front->sessions, session);
    session->is_killed = true;
    session->offence = offence;
    poller_forget(session->front->poller, &session->control);
    kill(session->child.pid, SIGKILL);
}

static void show_counts(struct sessions *sessions)
{
    struct stats *stats = &sessions->front->stats;
    stats_set(stats, WIRE_STAT_processes, sessions->count);
    stats_set(stats, WIRE_STAT_processes_unauthenticated, sessions->unauthenticated);
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
    show_counts(sessions);
    door_left(sessions->front->door, session->source, session->is_authenticated);
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

/* Statuses by which it says that it could not even begin are the server's own trouble. */
static bool is_crash(const struct session *session, int status)
{
    if (WIFSIGNALED(status)) {
        return !session->is_killed;
    }
    int code = WEXITSTATUS(status);
    return code != 0 && code != EX_SOFTWARE && code != EX_OSERR && code != EX_UNAVAILABLE;
}

/* While core is away nobody can log in, and sessions end for that. */
static bool was_served(const struct session *session)
{
    const struct front *front = session->front;
    return !front->is_draining && core_process_is_up(front->core) &&
           session->core_start == front->stats.values[WIRE_STAT_core_starts];
}

/* Being killed is for what it was killed for; who leaves early after wrong credentials has been told off for
 * them. */
static enum offence offence_of(const struct session *session, int status)
{
    int64_t grace_ms = (int64_t)session->front->config.limits.login_grace_seconds * MS_PER_SECOND;
    if (is_crash(session, status) || session->offence == OFFENCE_CRASH) {
        return OFFENCE_CRASH;
    }
    if (!was_served(session)) {
        return OFFENCE_NONE;
    }
    if (session->is_killed || session->is_authenticated) {
        return session->offence;
    }
    if (poller_now_ms() - session->started_ms >= grace_ms) {
        return OFFENCE_GRACE;
    }
    return session->refused == 0 && !door_knows(session->source) ? OFFENCE_NO_LOGIN : OFFENCE_NONE;
}

/* What its end says about its source. */
static void judge_end(struct session *session, int status)
{
    struct front *front = session->front;
    enum offence offence;
    core_process_catch_up(front->core); /* core may have said already that it has logged in, or failed to */
    offence = offence_of(session, status);
    if (offence == OFFENCE_CRASH) {
        stats_count(&front->stats, WIRE_STAT_sessions_crashed);
    } else if (offence == OFFENCE_GRACE) {
        stats_count(&front->stats, WIRE_STAT_sessions_late);
    }
    if (offence != OFFENCE_NONE) {
        door_penalise(front->door, &session->address, offence);
    }
}

static void exited(struct child *child, int status)
{
    struct session *session = CONTAINER_OF(child, struct session, child);
    char id[NUMBER_BYTES], number[NUMBER_BYTES], refused[NUMBER_BYTES];
    bool by_signal = WIFSIGNALED(status);
    judge_end(session, status);
    snprintf(number, sizeof number, "%d", by_signal ? WTERMSIG(status) : WEXITSTATUS(status));
    snprintf(refused, sizeof refused, "%u", session->refused);
    bool is_abnormal = is_crash(session, status);
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
    free(sessions->buckets);
    free(sessions);
}

/* ------------------------------------------------------------------ beginnings */

static void add(struct sessions *sessions, struct session *session)
{
    struct session **bucket = &sessions->buckets[session->id & sessions->mask];
    session->hash_next = *bucket;
    *bucket = session;
    sessions->count++;
    sessions->unauthenticated++;
    show_counts(sessions);
    TAILQ_INSERT_TAIL(&sessions->all, session, all_link);
    TAILQ_INSERT_TAIL(&sessions->grace, session, grace_link);
    TAILQ_INSERT_TAIL(&sessions->idle, session, ping_link);
}

void sessions_start(struct sessions *sessions, int client_fd, const struct address *address,
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
    session->core_start = sessions->front->stats.values[WIRE_STAT_core_starts];
    session->started_ms = session->turned_ms = poller_now_ms();
    if (session_fork(session, client_fd) != 0) {
        log_error("session.start", "error", strerror(errno));
        door_refuse(sessions->front->door, client_fd, address, WIRE_STAT_connections_refused,
                    "The server is out of resources, try again later");
        door_left(sessions->front->door, source, false);
        free(session);
        return;
    }
    add(sessions, session);
    log_info("session.open", "session", id_text(session, id, sizeof id), "source", address->text);
    session_control_start(session);
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
    show_counts(sessions);
    door_logged_in(session->source);
    TAILQ_REMOVE(&sessions->grace, session, grace_link);
    session_control_authenticated(session);
}

void sessions_refused(struct sessions *sessions, uint64_t id)
{
    struct session *session = find(sessions, id);
    if (session != NULL) {
        session->refused++;
        door_penalise(sessions->front->door, &session->address, OFFENCE_LOGIN_FAILURE);
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
    return session->started_ms + (int64_t)sessions->front->config.limits.login_grace_seconds * MS_PER_SECOND +
           GRACE_SPARE_MS;
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
            session_kill(session, OFFENCE_CRASH, "it does not answer");
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
        session_kill(session, OFFENCE_GRACE, "no login in time");
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
        session_kill(session, OFFENCE_NONE, "the server stops");
    }
}

unsigned sessions_count(const struct sessions *sessions)
{
    return sessions->count;
}

unsigned sessions_count_unauthenticated(const struct sessions *sessions)
{
    return sessions->unauthenticated;
}

bool sessions_are_gone(const struct sessions *sessions)
{
    return sessions->count == 0;
}
