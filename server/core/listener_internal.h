/* What the files of the listener share: its struct and the calls between them. Included by listener*.c only.
 */
#ifndef STOCKROOM_SERVER_CORE_LISTENER_INTERNAL_H
#define STOCKROOM_SERVER_CORE_LISTENER_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>

#include "server/core/listener.h"

enum {
    LISTENER_CHANGES_MAX = 1024, /* that wait to be read; of more, everybody is read anew */
    LISTENER_QUEUE_MAX = 4096    /* events on their way to the main loop; then the thread waits for it */
};

/* A user that changed. */
struct listener_change {
    int32_t user_id;
    bool is_mixed; /* several changes by different origins */
    int64_t password_epoch;
    uint64_t server;
    uint64_t session;
};

struct listener {
    struct db_settings settings;
    uv_async_t async;
    pthread_t thread;
    listener_fn take;
    void *argument;
    void (*closed)(void *argument);
    void *closed_argument;
    int wake_fd; /* readable once it shall end */

    /* The thread's. */
    struct db *db;
    bool needs_load;
    bool is_up;
    unsigned pause_ms;
    struct listener_change changes[LISTENER_CHANGES_MAX];
    unsigned change_count;
    uint64_t asked_ns; /* when the query began whose rows are handed over */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t room;
    struct listener_event *first;
    struct listener_event **last;
    unsigned count;
    bool is_stopping;
    bool has_ended;
};

/* listener.c: hand an event to the main loop; waits while it has many. False: the listener shall end. */
bool listener_post(struct listener *listener, struct listener_event event);
bool listener_is_stopping(struct listener *listener);

/* listener_read.c, on the thread: note what was heard; read those who changed, or everybody. */
void listener_note(struct listener *listener, const struct db_notification *notification);
enum err listener_read_changes(struct listener *listener, struct err_info *ret_info);
enum err listener_load(struct listener *listener, struct err_info *ret_info);

/* What user_announce.sql sends: four numbers. False: it is none of ours. Pure. */
bool listener_parse(const char *payload, struct listener_change *ret_change);

/* The nth channel to listen to; NULL: there are no more. */
const char *listener_channel(unsigned n);

#endif
