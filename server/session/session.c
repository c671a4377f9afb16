/* The life of a session: key exchange, then one loop over the client, core, front and the TUI's terminal. */
#include "server/session/session.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "server/session/session_internal.h"

enum {
    SESSION_FAREWELL_MS = 2000,
    SESSION_LAST_WORD_MS = 5000,
    SESSION_TERMINAL_READ = 16 * 1024,
    SESSION_BACKLOG_MAX =
        512 * 1024,      /* answers that the client does not read, after which it is not heard either */
    PACKET_HEAD_MAX = 96 /* what a packet is longer than its payload: lengths, padding, MAC */
};

enum { POLL_CLIENT, POLL_CORE, POLL_CONTROL, POLL_TERMINAL, POLL_COUNT };

uint64_t session_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void session_end(struct session *session, const char *reason)
{
    if (session->end_reason == NULL) {
        session->end_reason = reason;
    }
}

void session_end_softly(struct session *session, const char *reason)
{
    if (session->last_word != NULL) {
        return;
    }
    session->last_word = reason;
    session->last_word_ends_ms = session_now_ms() + SESSION_LAST_WORD_MS;
    if (session->use == CHANNEL_TERMINAL) {
        shutdown(session->settings->terminal_fd,
                 SHUT_WR); /* the TUI hears the end of its terminal, and restores it */
    }
}

/* Before the sandbox: what needs a system call that it forbids. */
static bool session_init(struct session *session, const struct session_settings *settings)
{
    int yes = 1;

    session->settings = settings;
    session->grace_ends_ms = session_now_ms() + (uint64_t)settings->config->limits.login_grace_seconds * 1000;
    setsockopt(settings->client_fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    setsockopt(settings->client_fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
    session->ssh = ssh_new();
    session->event = ssh_event_new();
    if (session->ssh == NULL || session->event == NULL) {
        return false;
    }
    ssh_options_set(session->ssh, SSH_OPTIONS_COMPRESSION, "none"); /* "no" would still offer it */
    if (ssh_bind_accept_fd(settings->host->bind, session->ssh, settings->client_fd) != SSH_OK) {
        return false;
    }
    ssh_set_blocking(session->ssh, 0);
    ssh_set_counters(session->ssh, &session->socket_count, &session->packet_count);
    auth_init(session);
    client_init(session);
    return true;
}

/* Milliseconds until the login grace is over; -1 when it no longer matters. */
static int session_grace_left_ms(const struct session *session)
{
    uint64_t now_ms = session_now_ms();

    if (session->is_authenticated) {
        return -1;
    }
    return now_ms >= session->grace_ends_ms ? 0 : (int)(session->grace_ends_ms - now_ms);
}

/* Does the client ask without reading our answers? Each request it makes would cost memory. */
static bool session_is_flooded(struct session *session)
{
    uint64_t made = session->packet_count.out_bytes + PACKET_HEAD_MAX * session->packet_count.out_packets;

    if ((ssh_get_status(session->ssh) & SSH_WRITE_PENDING) == 0) {
        session->counts_apart = made - session->socket_count.out_bytes;
        return false;
    }
    return (int64_t)(made - session->counts_apart - session->socket_count.out_bytes) > SESSION_BACKLOG_MAX;
}

static short session_client_events(struct session *session)
{
    bool has_output = (ssh_get_poll_flags(session->ssh) & SSH_WRITE_PENDING) != 0;
    return (short)((session_is_flooded(session) ? 0 : POLLIN) | (has_output ? POLLOUT : 0));
}

/* After an error of the protocol libssh stays connected, deaf and hoarding what comes: that is an end, too.
 */
static bool session_is_alive(const struct session *session)
{
    return ssh_is_connected(session->ssh) &&
           (ssh_get_status(session->ssh) & (SSH_CLOSED | SSH_CLOSED_ERROR)) == 0;
}

/* Exchange keys without blocking, answering front meanwhile. */
static bool session_exchange_keys(struct session *session)
{
    for (;;) {
        int status = ssh_handle_key_exchange(session->ssh);
        if (status == SSH_OK) {
            auth_watch_start(session);
            return ssh_event_add_session(session->event, session->ssh) == SSH_OK;
        }
        if (status == SSH_ERROR || session->end_reason != NULL || session_grace_left_ms(session) == 0) {
            return false;
        }
        struct pollfd polls[] = {
            {.fd = session->settings->client_fd, .events = session_client_events(session)},
            {.fd = session->settings->control_fd, .events = POLLIN},
        };
        if (poll(polls, 2, session_grace_left_ms(session)) < 0 && errno != EINTR) {
            return false;
        }
        if (polls[1].revents != 0 && !control_read(session)) {
            return false;
        }
    }
}

/* The terminal's socket: keys to the TUI, its screen from it. */
static void session_serve_terminal(struct session *session, short ready)
{
    int fd = session->settings->terminal_fd;

    if ((ready & (POLLIN | POLLHUP | POLLERR)) != 0 && session->terminal_in.len < SESSION_PENDING_MAX) {
        ssize_t len = recv(fd, buf_reserve(&session->terminal_in, SESSION_TERMINAL_READ),
                           SESSION_TERMINAL_READ, MSG_DONTWAIT);
        if (len > 0) {
            session->terminal_in.len += (size_t)len;
        } else if (len == 0 || (errno != EAGAIN && errno != EINTR)) {
            session->terminal_ended = true;
        }
    }
    if (session->terminal_out.len > 0) {
        ssize_t sent =
            send(fd, session->terminal_out.data, session->terminal_out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            buf_consume(&session->terminal_out, (size_t)sent);
        } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            buf_reset(&session->terminal_out); /* the TUI no longer listens */
        }
    }
}

/* What to wait for. Core and the TUI are not read while the client has not taken what they sent before. */
static void session_fill_polls(struct session *session, struct pollfd polls[POLL_COUNT])
{
    bool takes_core = !session->core_gone && session->core_in.len < SESSION_PENDING_MAX;
    bool gives_core = !session->core_gone && session->core_out.len > 0;
    bool has_terminal = session->use == CHANNEL_TERMINAL;
    bool takes_terminal =
        has_terminal && !session->terminal_ended && session->terminal_in.len < SESSION_PENDING_MAX;

    polls[POLL_CLIENT] =
        (struct pollfd){.fd = session->settings->client_fd, .events = session_client_events(session)};
    polls[POLL_CORE] =
        (struct pollfd){.fd = takes_core || gives_core ? session->settings->core_fd : -1,
                        .events = (short)((takes_core ? POLLIN : 0) | (gives_core ? POLLOUT : 0))};
    polls[POLL_CONTROL] =
        (struct pollfd){.fd = session->settings->control_fd,
                        .events = (short)(POLLIN | (session->resize_pending ? POLLOUT : 0))};
    polls[POLL_TERMINAL] = (struct pollfd){
        .fd = takes_terminal || session->terminal_out.len > 0 ? session->settings->terminal_fd : -1,
        .events = (short)((takes_terminal ? POLLIN : 0) | (session->terminal_out.len > 0 ? POLLOUT : 0))};
}

/* Move everything that can be moved, after something happened. */
static void session_pump(struct session *session)
{
    client_pump_input(session);
    core_link_pump(session);
    client_pump_terminal(session);
    client_reap(session);
    core_link_send(session);
    if (session->resize_pending) {
        control_send_resize(session);
    }
}

/* The earlier of the two times, in milliseconds from now; -1 when there is none. */
static int session_wait_ms(struct session *session)
{
    int grace_ms = session_grace_left_ms(session);
    uint64_t now_ms = session_now_ms();

    if (client_has_more_input(session)) {
        return 0;
    }
    if (session->last_word == NULL) {
        return grace_ms;
    }
    int left_ms = now_ms >= session->last_word_ends_ms ? 0 : (int)(session->last_word_ends_ms - now_ms);
    return grace_ms >= 0 && grace_ms < left_ms ? grace_ms : left_ms;
}

/* End in order: the channel first, then the connection. A client that reads "disconnect" throws away the
 * output that it has not shown yet, and its exit status, so that it must have closed its channel before. */
static void session_check_last_word(struct session *session)
{
    if (session->last_word == NULL) {
        return;
    }
    if (session->use == CHANNEL_COMMAND && !core_link_has_frame(session)) {
        client_apologise(session, session->last_word);
    }
    bool waits =
        session->use == CHANNEL_TERMINAL || session->use == CHANNEL_COMMAND || session->use == CHANNEL_OVER;
    if (!waits || session_now_ms() >= session->last_word_ends_ms) {
        session_end(session, session->last_word);
    }
}

static void session_turn(struct session *session)
{
    struct pollfd polls[POLL_COUNT];

    session_fill_polls(session, polls);
    if (poll(polls, POLL_COUNT, session_wait_ms(session)) < 0 && errno != EINTR) {
        session_end(session, "Internal error");
        return;
    }
    if (session_grace_left_ms(session) == 0) {
        session_end(session, "Login grace time is over");
    }
    if (polls[POLL_CONTROL].revents != 0 && !control_read(session)) {
        session_end(session, "The server is stopping, please connect again");
    }
    if (polls[POLL_CORE].revents != 0) {
        core_link_receive(session);
    }
    if (polls[POLL_TERMINAL].revents != 0) {
        session_serve_terminal(session, polls[POLL_TERMINAL].revents);
    }
    if (polls[POLL_CLIENT].revents != 0) {
        ssh_event_dopoll(session->event, 0); /* when the client is gone, ssh_is_connected tells */
        if (auth_watch_was_dropped(session)) {
            auth_drop(session);
        }
    }
    session_pump(session);
    if (session->core_gone) {
        session_end_softly(session, SESSION_RESTARTING);
    }
    session_check_last_word(session);
}

/* Let what is written reach the client, for a moment at most. */
static void session_flush(struct session *session)
{
    uint64_t deadline_ms = session_now_ms() + SESSION_FAREWELL_MS;

    while ((ssh_get_poll_flags(session->ssh) & SSH_WRITE_PENDING) != 0 && session_is_alive(session)) {
        uint64_t now_ms = session_now_ms();
        struct pollfd client = {.fd = session->settings->client_fd, .events = POLLOUT};
        if (now_ms >= deadline_ms || poll(&client, 1, (int)(deadline_ms - now_ms)) <= 0 ||
            (client.revents & (POLLERR | POLLHUP)) != 0) {
            return;
        }
        ssh_event_dopoll(session->event, 0);
    }
}

static void session_serve(struct session *session)
{
    while (session->end_reason == NULL && session_is_alive(session)) {
        session_turn(session);
    }
    if (session->end_reason != NULL && session_is_alive(session)) {
        session_flush(session);
        ssh_session_set_disconnect_message(session->ssh, session->end_reason);
        ssh_disconnect(session->ssh);
    }
}

void session_run(const struct session_settings *settings)
{
    static struct session session;

    if (!session_init(&session, settings)) {
        log_error("session.start", "error", "libssh cannot take the connection");
        _exit(70);
    }
    sandbox_enter(settings);
    if (session_exchange_keys(&session)) {
        session_serve(&session);
    }
    _exit(0);
}
