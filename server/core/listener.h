/* The listener: a thread with a connection of its own that hears which users changed, on whatever server, and
 * hands what the database then says of them to the main loop; what is announced of commits and the catalogue
 * it hands over as it is. Made by access.c. It loads everybody whenever its link comes up, since nobody knows
 * what was not heard. */
#ifndef STOCKROOM_SERVER_CORE_LISTENER_H
#define STOCKROOM_SERVER_CORE_LISTENER_H

#include <stdint.h>
#include <uv.h>

#include "server/core/db/db.h"
#include "server/core/directory.h"

struct listener;

enum listener_kind {
    LISTENER_LOST,     /* the link is down: what was told may be out of date from now on */
    LISTENER_LOADING,  /* everybody is told anew */
    LISTENER_USER,     /* what a user is now */
    LISTENER_GONE,     /* there is no such user */
    LISTENER_FRESH,    /* everybody has been told; changes follow as they come */
    LISTENER_COMMITS,  /* a server tells of commits: text */
    LISTENER_CATALOGUE /* products or stores changed */
};

struct listener_event {
    enum listener_kind kind;
    int32_t user_id;
    struct directory_user *user; /* LISTENER_USER: whoever takes it frees it */
    char *text;                  /* LISTENER_COMMITS: as it was announced, by whomever */
    uint64_t asked_ns;           /* uv_hrtime, before the database was asked */
    /* The change that was heard; of several different ones, or without one: 0. */
    int64_t password_epoch;
    uint64_t server;
    uint64_t session;
    struct listener_event *next;
};

/* Told on the main loop, in order. event: borrowed, but for its user. */
typedef void (*listener_fn)(void *argument, const struct listener_event *event);

/* Start the thread. database: copied, but for its texts. NULL with errno. Main loop. */
struct listener *listener_new(uv_loop_t *loop, const struct db_settings *database, listener_fn take,
                              void *argument);

/* End it; what was not taken yet is dropped. closed is called on the main loop; then it is freed. */
void listener_close(struct listener *listener, void (*closed)(void *argument), void *argument);

#endif
