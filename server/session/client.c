/* The client's channel: one at a time, for a command, a batch or the TUI. What else SSH can ask for is
 * refused. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>

#include "common/cleanup.h"
#include "server/session/session_internal.h"

enum {
    CHANNEL_WRITE_MAX =
        32 * 1024, /* goes into libssh's buffer at once; it is written out before more is put there */
    FIRST_WRITE_SECONDS = 1, /* of processor time, thousands of times what it needs */
    TUI_DIED = 128           /* by the signal that is added to it */
};

/* 0 is a terminal that does not know (RFC 4254, 6.2): it gets the usual size. */
static uint16_t client_clamp(int size, int usual, int max)
{
    return (uint16_t)(size < 1 ? usual : size > max ? max : size);
}

static void client_set_size(struct session *session, int columns, int rows)
{
    session->columns = client_clamp(columns, 80, WIRE_SIZE_MAX);
    session->rows = client_clamp(rows, 24, 200);
}

static int client_on_pty(ssh_session ssh, ssh_channel channel, const char *term, int columns, int rows,
                         int pixel_width, int pixel_height, void *userdata)
{
    struct session *session = userdata;

    (void)ssh;
    (void)pixel_width;
    (void)pixel_height;
    if (channel != session->channel || session->use != CHANNEL_IDLE || session->has_pty) {
        return -1;
    }
    session->has_pty = true;
    snprintf(session->term, sizeof(session->term), "%s", strlen(term) <= WIRE_TERM_MAX ? term : "unknown");
    client_set_size(session, columns, rows);
    return 0;
}

static int client_on_resize(ssh_session ssh, ssh_channel channel, int columns, int rows, int pixel_width,
                            int pixel_height, void *userdata)
{
    struct session *session = userdata;

    (void)ssh;
    (void)pixel_width;
    (void)pixel_height;
    if (channel != session->channel || !session->has_pty) {
        return -1;
    }
    client_set_size(session, columns, rows);
    session->resize_pending = session->use == CHANNEL_TERMINAL;
    return 0;
}

static int client_on_env(ssh_session ssh, ssh_channel channel, const char *name, const char *value,
                         void *userdata)
{
    (void)ssh;
    (void)channel;
    (void)value;
    (void)userdata;
    bool is_usual = strcmp(name, "LANG") == 0 || strncmp(name, "LC_", 3) == 0 ||
                    strcmp(name, "NO_COLOR") == 0 || strcmp(name, "ACCESSIBLE") == 0;
    return is_usual ? 0 : -1; /* accepted as every client sends them; none has an effect yet */
}

static int client_start_terminal(struct session *session)
{
    cleanup(buf_done) struct buf message = {0};

    if (session->had_tui) {
        return -1;
    }
    wire_put_u8(&message, WIRE_START_TUI);
    wire_put_u16(&message, session->columns);
    wire_put_u16(&message, session->rows);
    wire_put_str(&message, session->term, strlen(session->term));
    control_send(session, &message);
    session->had_tui = true;
    session->use = CHANNEL_TERMINAL;
    return 0;
}

static int client_start_command(struct session *session, enum wire_open kind, const char *command)
{
    size_t len = strlen(command);

    /* Longer than a line may be: core refuses it by its code, so let it see that it is too long. */
    len = len > WIRE_PAYLOAD_MAX - 64 ? WIRE_PAYLOAD_MAX - 64 : len;
    size_t frame = wire_frame_begin(&session->core_out, WIRE_OPEN, session->channel_id);
    wire_put_u8(&session->core_out, (uint8_t)kind);
    wire_put_str(&session->core_out, command, len);
    wire_frame_end(&session->core_out, frame);
    session->use = CHANNEL_COMMAND;
    return 0;
}

static int client_on_shell(ssh_session ssh, ssh_channel channel, void *userdata)
{
    struct session *session = userdata;

    (void)ssh;
    if (channel != session->channel || session->use != CHANNEL_IDLE) {
        return 1;
    }
    return session->has_pty ? client_start_terminal(session)
                            : client_start_command(session, WIRE_OPEN_SHELL, "");
}

static int client_on_exec(ssh_session ssh, ssh_channel channel, const char *command, void *userdata)
{
    struct session *session = userdata;

    (void)ssh;
    if (channel != session->channel || session->use != CHANNEL_IDLE) {
        return 1;
    }
    return client_start_command(session, session->has_pty ? WIRE_OPEN_EXEC_TERMINAL : WIRE_OPEN_EXEC,
                                command);
}

static int client_on_subsystem(ssh_session ssh, ssh_channel channel, const char *subsystem, void *userdata)
{
    (void)ssh;
    (void)channel;
    (void)subsystem;
    (void)userdata;
    return 1;
}

static void client_on_close(ssh_session ssh, ssh_channel channel, void *userdata)
{
    struct session *session = userdata;

    (void)ssh;
    if (channel == session->channel) {
        session->client_closed = true;
    }
}

/* Data stays in libssh's buffer until there is room for it; what a client sends as stderr means nothing here.
 * len is all that waits there, also while nobody has asked for it yet: libssh does not insist on its window,
 * so we do. */
static int client_on_data(ssh_session ssh, ssh_channel channel, void *data, uint32_t len, int is_stderr,
                          void *userdata)
{
    (void)ssh;
    (void)channel;
    (void)data;
    if (is_stderr == 0 && len > SESSION_UNREAD_MAX) {
        session_end(userdata, "Protocol error: the window was exceeded");
    }
    return is_stderr != 0 ? (int)len : 0;
}

void client_init(struct session *session)
{
    session->channel_callbacks = (struct ssh_channel_callbacks_struct){
        .userdata = session,
        .channel_data_function = client_on_data,
        .channel_close_function = client_on_close,
        .channel_pty_request_function = client_on_pty,
        .channel_shell_request_function = client_on_shell,
        .channel_pty_window_change_function = client_on_resize,
        .channel_exec_request_function = client_on_exec,
        .channel_env_request_function = client_on_env,
        .channel_subsystem_request_function = client_on_subsystem,
    };
    ssh_callbacks_init(&session->channel_callbacks);
}

/* libssh reads while it writes, sends an end or frees: meanwhile the client may close the channel that libssh
 * works on, and open another. The one that is held stays until it is let go. */
static ssh_channel client_hold(struct session *session)
{
    session->held = session->channel;
    return session->held;
}

/* False: the channel has been closed and given up in the meantime. */
static bool client_let_go(struct session *session)
{
    ssh_channel channel = session->held;

    session->held = NULL;
    if (channel == session->channel) {
        return true;
    }
    ssh_channel_free(channel);
    return false;
}

ssh_channel client_open_channel(ssh_session ssh, void *userdata)
{
    struct session *session = userdata;

    client_reap(session); /* its close may have come in the same packet of the network */
    if (!session->is_authenticated || session->channel != NULL || session->last_word != NULL) {
        return NULL;
    }
    session->channel = ssh_channel_new(ssh);
    if (session->channel == NULL) {
        return NULL;
    }
    ssh_set_channel_callbacks(session->channel, &session->channel_callbacks);
    session->use = CHANNEL_IDLE;
    session->channel_id++;
    session->client_closed = false;
    session->has_written = false;
    session->input_ended = false;
    session->has_pty = false;
    return session->channel;
}

/* Where the client's data goes: NULL when nobody wants it. */
static struct buf *client_destination(struct session *session)
{
    switch (session->use) {
    case CHANNEL_COMMAND:
        return &session->core_out;
    case CHANNEL_TERMINAL:
        return &session->terminal_out;
    case CHANNEL_NONE:
    case CHANNEL_IDLE:
    case CHANNEL_OVER:
        break;
    }
    return NULL;
}

static void client_take(struct session *session, const char *data, size_t len)
{
    if (session->use == CHANNEL_COMMAND) {
        wire_put_data(&session->core_out, WIRE_INPUT, session->channel_id, data, len);
    } else if (session->use == CHANNEL_TERMINAL) {
        buf_append(&session->terminal_out, data, len);
    }
}

static void client_end_input(struct session *session)
{
    session->input_ended = true;
    if (session->use == CHANNEL_COMMAND) {
        wire_frame_end(&session->core_out,
                       wire_frame_begin(&session->core_out, WIRE_INPUT_END, session->channel_id));
    } else if (session->use == CHANNEL_TERMINAL) {
        shutdown(session->settings->terminal_fd, SHUT_WR);
    }
}

/* Everything that libssh holds, in one read: it grants the whole window again at each read, however much it
 * still holds, so reading less would let a client send without end. Returns false when there is nothing
 * (more). */
static bool client_read(struct session *session)
{
    ssh_channel channel = client_hold(session);
    int available = ssh_channel_poll(channel, 0);

    if (available > SESSION_UNREAD_MAX) {
        session_end(session, "Protocol error: the window was exceeded");
    }
    cleanup(buf_done) struct buf data = {0};
    int len = available <= 0 || available > SESSION_UNREAD_MAX
                  ? 0
                  : ssh_channel_read_nonblocking(channel, buf_reserve(&data, (size_t)available),
                                                 (uint32_t)available, 0);
    if (!client_let_go(session)) {
        return false;
    }
    for (int taken = 0; taken < len;) {
        int part = len - taken > WIRE_DATA_MAX ? WIRE_DATA_MAX : len - taken;
        client_take(session, data.data + taken, (size_t)part);
        taken += part;
    }
    return len > 0;
}

void client_pump_input(struct session *session)
{
    session->input_waits = false;
    if (session->channel == NULL || session->use == CHANNEL_IDLE) {
        return;
    }
    do {
        const struct buf *destination = client_destination(session);
        if (destination != NULL && destination->len >= SESSION_PENDING_MAX) {
            session->input_waits = true;
            return;
        }
    } while (client_read(session));
    if (session->channel != NULL && !session->input_ended && ssh_channel_is_eof(session->channel)) {
        client_end_input(session);
    }
}

bool client_has_more_input(struct session *session)
{
    const struct buf *destination = client_destination(session);
    return session->input_waits && (destination == NULL || destination->len < SESSION_PENDING_MAX);
}

bool client_can_write(struct session *session)
{
    return session->channel != NULL && !session->client_closed &&
           (ssh_get_poll_flags(session->ssh) & SSH_WRITE_PENDING) == 0 &&
           ssh_channel_window_size(session->channel) > 0;
}

/* A client that takes packets of 10 bytes sends libssh's writer into an endless loop (it is the room that
 * libssh keeps for their head): SIGPROF ends the process then. What came back once does so always, since that
 * size never changes. */
static void client_set_alarm(int seconds)
{
    const struct itimerval timer = {.it_value.tv_sec = seconds};
    setitimer(ITIMER_PROF, &timer, NULL);
}

size_t client_write(struct session *session, const char *data, size_t len, bool is_error_output)
{
    ssh_channel channel = client_hold(session);
    uint32_t window = ssh_channel_window_size(channel);
    uint32_t part = len > CHANNEL_WRITE_MAX ? CHANNEL_WRITE_MAX : (uint32_t)len;

    part = part > window ? window : part;
    if (!session->has_written) {
        client_set_alarm(FIRST_WRITE_SECONDS);
    }
    int written = is_error_output ? ssh_channel_write_stderr(channel, data, part)
                                  : ssh_channel_write(channel, data, part);
    if (!session->has_written) {
        client_set_alarm(0);
    }
    if (!client_let_go(session) || written <= 0) {
        return 0;
    }
    session->has_written = true;
    return (size_t)written;
}

void client_finish(struct session *session, uint32_t status)
{
    ssh_channel channel = client_hold(session);

    session->use = CHANNEL_OVER;
    ssh_channel_request_send_exit_status(channel, (int)status);
    ssh_channel_send_eof(channel);
    ssh_channel_close(channel);
    client_let_go(session);
}

bool client_apologise(struct session *session, const char *reason)
{
    char text[512];

    if (!client_can_write(session)) {
        return false;
    }
    int len = snprintf(text, sizeof(text), "stockroom: %s\r\n", reason);
    client_write(session, text, len < (int)sizeof(text) ? (size_t)len : sizeof(text) - 1, true);
    client_finish(session, EX_TEMPFAIL);
    return true;
}

void client_reap(struct session *session)
{
    if (session->channel == NULL || !session->client_closed) {
        return;
    }
    if (session->use == CHANNEL_COMMAND) {
        wire_frame_end(&session->core_out,
                       wire_frame_begin(&session->core_out, WIRE_CLOSE, session->channel_id));
    } else if (session->use == CHANNEL_TERMINAL) {
        shutdown(session->settings->terminal_fd, SHUT_RDWR);
    }
    ssh_channel channel = session->channel;
    session->channel = NULL;
    session->use = CHANNEL_NONE;
    session->frame_sent = 0;
    ssh_remove_channel_callbacks(channel, &session->channel_callbacks);
    if (channel != session->held) {
        ssh_channel_free(channel);
    }
}

/* Why the TUI ended, when core has not said why the session does; NULL when the user knows. */
static const char *client_explain_status(uint32_t status)
{
    if (status == EX_UNAVAILABLE) { /* core has gone: the screens may notice before this process does */
        return SESSION_RESTARTING;
    }
    if (status == EX_SOFTWARE) {
        return "This terminal cannot show the screens: commands work without one";
    }
    if (status >= TUI_DIED) {
        return "The screens ended unexpectedly, please connect again";
    }
    return status >= EX__BASE ? "The screens could not be started, please try again later" : NULL;
}

/* The last that the terminal of the TUI shows: why it ended. Should it have died without giving the terminal
 * back, what most terminals understand for that comes first. */
static void client_add_farewell(struct session *session)
{
    static const char restore[] = "\033[?1049l\033[?25h\033[?2004l\033[?1l\033>\033[0m";

    if (!session->terminal_ended || !session->tui_gone || session->has_farewell) {
        return;
    }
    session->has_farewell = true;
    if (session->tui_status >= TUI_DIED) {
        buf_append_text(&session->terminal_in, restore);
    }
    const char *reason =
        session->last_word != NULL ? session->last_word : client_explain_status(session->tui_status);
    if (reason != NULL) {
        buf_printf(&session->terminal_in, "\r\nstockroom: %s\r\n", reason);
    }
}

/* All that the terminal shows has gone out: then the TUI's status, or that of a command which the server
 * ended. */
static void client_end_terminal(struct session *session)
{
    if (session->has_farewell && session->terminal_in.len == 0) {
        bool may_retry = session->last_word != NULL || session->tui_status == EX_UNAVAILABLE;
        client_finish(session, may_retry ? EX_TEMPFAIL : session->tui_status);
    }
}

void client_pump_terminal(struct session *session)
{
    if (session->use != CHANNEL_TERMINAL) {
        buf_reset(&session->terminal_in);
        return;
    }
    client_add_farewell(session);
    while (session->terminal_in.len > 0 && client_can_write(session)) {
        size_t sent = client_write(session, session->terminal_in.data, session->terminal_in.len, false);
        if (sent == 0) {
            break;
        }
        buf_consume(&session->terminal_in, sent);
    }
    client_end_terminal(session);
}
