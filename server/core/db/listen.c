/* Hearing what other connections announce: LISTEN, and waiting for notifications or for a wake-up.
 * Called by the listener's thread on a connection of its own.
 * What is announced may come from anybody who may connect: it is handed over as text, cut to a bound. */
#include "server/core/db/db_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum err db_listen(struct db *db, const char *channel, struct err_info *ret_info)
{
    char statement[2 * DB_CHANNEL_MAX + 16];
    char *name = db->connection != NULL ? PQescapeIdentifier(db->connection, channel, strlen(channel)) : NULL;

    if (name == NULL) {
        return db_lose(db, "listen", ret_info);
    }
    snprintf(statement, sizeof statement, "LISTEN %s", name);
    PQfreemem(name);
    return db_execute(db, statement, NULL, ret_info);
}

bool db_next_notification(struct db *db, struct db_notification *ret_notification)
{
    PGnotify *notify = db->connection != NULL ? PQnotifies(db->connection) : NULL;

    if (notify == NULL) {
        return false;
    }
    snprintf(ret_notification->channel, sizeof ret_notification->channel, "%s", notify->relname);
    snprintf(ret_notification->payload, sizeof ret_notification->payload, "%s", notify->extra);
    ret_notification->is_cut = strlen(notify->extra) >= sizeof ret_notification->payload;
    PQfreemem(notify);
    return true;
}

enum err db_wait_notification(struct db *db, int wake_fd, int timeout_ms, enum db_wait *ret_wait,
                              struct err_info *ret_info)
{
    struct pollfd wait[2] = {{.fd = db->connection != NULL ? PQsocket(db->connection) : -1, .events = POLLIN},
                             {.fd = wake_fd, .events = POLLIN}};
    int ready;

    if (wait[0].fd < 0) {
        return db_lose(db, "wait", ret_info);
    }
    ready = poll(wait, 2, timeout_ms);
    if (ready < 0 && errno != EINTR) {
        return db_lose(db, "wait", ret_info);
    }
    if (ready > 0 && wait[0].revents != 0 && PQconsumeInput(db->connection) == 0) {
        return db_lose(db, "wait", ret_info);
    }
    if (ready > 0 && wait[1].revents != 0) {
        *ret_wait = DB_WAIT_WOKEN;
    } else if (ready == 0) {
        *ret_wait = DB_WAIT_TIMEOUT;
    } else {
        *ret_wait = DB_WAIT_HEARD;
    }
    return ERR_OK;
}
