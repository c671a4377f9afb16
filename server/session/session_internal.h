/* What the files of the session role share: one struct session a process, and who does what with it.
 * Everything runs on the process's only thread. */
#ifndef STOCKROOM_SERVER_SESSION_SESSION_INTERNAL_H
#define STOCKROOM_SERVER_SESSION_SESSION_INTERNAL_H

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/wire.h"
#include "server/session/session.h"

enum {
    /* What may wait for core or for the TUI before the client's data is left with libssh. */
    SESSION_PENDING_MAX = 64 * 1024,
    /* libssh grants a window of 1.25 MiB and does not insist on it: past this a client is cut off. */
    SESSION_UNREAD_MAX = 4 * 1024 * 1024,
    SESSION_KEY_QUERIES_MAX = 20
};

#define SESSION_RESTARTING "The server is restarting, please connect again"

/* What the open channel is used for. */
enum channel_use {
    CHANNEL_NONE,     /* no channel is open */
    CHANNEL_IDLE,     /* opened, nothing asked yet */
    CHANNEL_COMMAND,  /* core runs a command or a batch */
    CHANNEL_TERMINAL, /* the TUI has it */
    CHANNEL_OVER      /* finished; waits for the client's close */
};

struct session_host {
    ssh_bind bind;
};

struct session {
    const struct session_settings *settings;
    ssh_session ssh;
    ssh_event event; /* once keys are exchanged */
    uint64_t grace_ends_ms;
    const char *end_reason;     /* set: the session is to end, telling the client this */
    const char *last_word;      /* set: it is to end with this, once what is on its way has come, or */
    uint64_t last_word_ends_ms; /* at this time */

    /* What libssh made and what the socket took: libssh does not say how much of it waits. */
    struct ssh_counter_struct socket_count;
    struct ssh_counter_struct packet_count;
    uint64_t counts_apart; /* when nothing waited */

    /* auth.c */
    struct ssh_server_callbacks_struct server_callbacks;
    bool is_authenticated;
    bool has_user;
    bool has_asked_none;
    char user[WIRE_USER_MAX + 1];
    unsigned tries;
    unsigned key_queries;
    unsigned other_methods;

    /* auth_watch.c */
    bool auth_waits;           /* a request to log in is being worked on, */
    uint64_t auth_out_packets; /* and so many packets had gone out when it came */
    bool auth_was_dropped;     /* libssh gave one no answer */

    /* client.c */
    struct ssh_channel_callbacks_struct channel_callbacks;
    ssh_channel channel;
    ssh_channel held; /* libssh is at work on it */
    enum channel_use use;
    uint32_t channel_id; /* of the channel, as core knows it */
    bool has_written;    /* libssh came back from writing to it */
    bool client_closed;
    bool input_ended;
    bool input_waits; /* the client's data was left with libssh for want of room */
    bool has_pty;
    char term[WIRE_TERM_MAX + 1];
    uint16_t columns;
    uint16_t rows;

    /* The terminal of the TUI: one for the life of the session. */
    bool had_tui;
    bool terminal_ended;
    bool tui_gone;
    uint32_t tui_status;
    bool has_farewell; /* nothing comes after what is in terminal_in */
    bool resize_pending;
    struct buf terminal_out; /* keys on their way to the TUI */
    struct buf terminal_in;  /* its screen, on the way to the client */

    /* core_link.c */
    struct buf core_out;
    struct buf core_in;
    size_t frame_sent; /* of the payload of the first frame in core_in, when it is output */
    bool core_gone;
    bool auth_answered;
    bool auth_accepted;
};

/* session.c */
uint64_t session_now_ms(void);
/* End after this turn; the first reason counts. reason: static. */
void session_end(struct session *session, const char *reason);
/* End when the client has got what is on its way: the TUI restores its terminal, core's last frames go out.
 * For a moment at most. reason: as above. */
void session_end_softly(struct session *session, const char *reason);

/* auth.c: offer the methods and answer them. */
void auth_init(struct session *session);
/* A request was dropped unanswered: as a wrong credential, and the end. */
void auth_drop(struct session *session);

/* auth_watch.c: notice requests that libssh drops. From the key exchange until the login. */
void auth_watch_start(struct session *session);
void auth_watch_stop(void);
/* Was one dropped, of those that have come? Not while libssh is at work. */
bool auth_watch_was_dropped(struct session *session);

/* client.c: channels and what is asked of them. */
void client_init(struct session *session);
ssh_channel client_open_channel(ssh_session ssh, void *userdata);
/* Move the client's data on to core or the TUI, as far as there is room; notice its end. */
void client_pump_input(struct session *session);
/* Was data left with libssh that there is room for now? No socket tells of it. */
bool client_has_more_input(struct session *session);
/* Move the TUI's screen on to the client. */
void client_pump_terminal(struct session *session);
/* Can something be written to the client now? */
bool client_can_write(struct session *session);
/* Write what the client's window has room for; returns how much. */
size_t client_write(struct session *session, const char *data, size_t len, bool is_error_output);
/* Tell a command's client why it ends without its own exit status. False: it takes nothing now. */
bool client_apologise(struct session *session, const char *reason);
/* Send the exit status and close. */
void client_finish(struct session *session, uint32_t status);
/* Release a channel that the client has closed. */
void client_reap(struct session *session);

/* control.c: front's messages. False when front has gone. */
bool control_read(struct session *session);
void control_send(struct session *session, const struct buf *message);
/* Tell front of a new size as soon as its socket has room. */
void control_send_resize(struct session *session);

/* core_link.c: frames to and from core. */
void core_link_send(struct session *session);
void core_link_receive(struct session *session);
/* Pass on what core_in holds, as far as the client takes it. */
void core_link_pump(struct session *session);
/* Does a whole frame wait for the client? */
bool core_link_has_frame(const struct session *session);
/* Wait for the answer to an AUTH frame that was just put into core_out; pings are answered meanwhile. */
bool core_link_wait_auth(struct session *session);

/* sandbox.c: give up everything that a session does not need. Exits when it cannot. */
void sandbox_enter(const struct session_settings *settings);

/* base64.c: decode; returns the length, or -1 when it is not base64 or longer than size. */
long base64_decode(const char *text, unsigned char *ret_data, size_t size);

#endif
