/* One session, as front knows it; shared by sessions.c, session_child.c, session_control.c and tui.c, and by
 * nobody else. Everything on front's only thread. */
#ifndef STOCKROOM_SERVER_FRONT_SESSION_INTERNAL_H
#define STOCKROOM_SERVER_FRONT_SESSION_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/wire.h"
#include "server/front/address.h"
#include "server/front/child.h"
#include "server/front/penalties.h"
#include "server/front/poller.h"
#include "server/front/tui.h"

struct front;
struct source;

struct session {
    struct front *front;
    uint64_t id;
    struct address address;
    struct source *source;
    struct child child;
    struct watch control;
    int terminal_fd; /* our end, until a TUI gets it; then -1 */

    bool is_authenticated;
    bool is_killed;
    enum offence offence; /* what it was killed for */
    unsigned refused;     /* wrong credentials */
    int64_t started_ms;
    uint64_t core_start; /* which core it has to do with */

    /* Pings. In one of two lists, each in the order of time. */
    bool is_asked;
    uint64_t cookie;
    int64_t turned_ms; /* when it was asked, or answered */

    /* The TUI: asked for once. */
    bool has_asked_tui;
    bool is_tui_wanted; /* asked for before core's word of the login was here */
    struct tui_size size;
    char term[WIRE_TERM_MAX + 1];
    struct tui *tui;

    /* What the control socket had no room for. */
    bool has_drain_to_send;
    bool has_tui_gone_to_send;
    uint32_t tui_status;

    int64_t second; /* the last second in which it said something, and how much */
    unsigned messages;

    struct session *hash_next;
    TAILQ_ENTRY(session) all_link;
    TAILQ_ENTRY(session) grace_link;
    TAILQ_ENTRY(session) ping_link;
};

/* sessions.c: end it now, for this reason (logged); its source has committed this offence. Its exit follows.
 */
void session_kill(struct session *session, enum offence offence, const char *reason);

/* sessions.c: it has answered the ping. */
void session_answered(struct session *session);

/* session_child.c: fork. Takes client_fd; fills session->child, control and terminal_fd, and gives core its
 * end. Returns 0, or -1 with errno: then only client_fd is still open. */
int session_fork(struct session *session, int client_fd);

/* session_control.c: read what it said; send what is due. */
void session_control_start(struct session *session);
void session_control_read(struct session *session);
void session_control_ping(struct session *session);
void session_control_drain(struct session *session);
void session_control_tui_gone(struct session *session, uint32_t status);

/* session_control.c: core's word of the login has come. */
void session_control_authenticated(struct session *session);

#endif
