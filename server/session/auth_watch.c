/* libssh gives no answer to a request to log in whose key it cannot read or whose signature is wrong: nobody
 * is called, and the client waits, or tries again without being counted. Only its log tells, so that is what
 * is listened to here: a request after which nothing was sent was dropped. */
#include <string.h>

#include "server/session/session_internal.h"

static void auth_watch_judge(struct session *session)
{
    if (session->auth_waits && session->packet_count.out_packets == session->auth_out_packets) {
        session->auth_was_dropped = true;
    }
    session->auth_waits = false;
}

/* The text has a client's words in it: it goes nowhere. */
static void auth_watch_on_log(int priority, const char *function, const char *text, void *userdata)
{
    struct session *session = userdata;

    (void)priority;
    if (strcmp(function, "ssh_packet_userauth_request") == 0 && strstr(text, "Auth request for ") != NULL) {
        auth_watch_judge(session); /* the one before came in the same packet of the network */
        session->auth_waits = true;
        session->auth_out_packets = session->packet_count.out_packets;
    }
}

void auth_watch_start(struct session *session)
{
    ssh_set_log_userdata(session);
    ssh_set_log_callback(auth_watch_on_log);
    ssh_set_log_level(SSH_LOG_PACKET);
}

void auth_watch_stop(void)
{
    ssh_set_log_level(SSH_LOG_NOLOG);
}

bool auth_watch_was_dropped(struct session *session)
{
    auth_watch_judge(session);
    return session->auth_was_dropped;
}
