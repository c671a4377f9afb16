/* Waiting for descriptors: a thin layer over epoll. Used by every room of front. Handles one event a turn, so
 * that no room ever sees an event of something that another has just freed; epoll itself takes the ready ones
 * in turns. */
#ifndef STOCKROOM_SERVER_FRONT_POLLER_H
#define STOCKROOM_SERVER_FRONT_POLLER_H

#include <stdbool.h>
#include <stdint.h>

struct poller;

/* Embedded in what waits. fd is borrowed; ready gets EPOLL* bits and may forget its own watch. */
struct watch {
    int fd;
    bool is_watched;
    uint32_t events;
    void (*ready)(struct watch *watch, uint32_t events);
};

/* NULL with errno when there is no epoll to be had. */
struct poller *poller_new(void);
void poller_free(struct poller *poller);

/* Begin to wait for events (level-triggered), or change what is waited for. Returns 0, or -1 with errno. */
int poller_watch(struct poller *poller, struct watch *watch, uint32_t events);

/* Stop; before the descriptor is closed: a child that was just forked may still hold a copy. Idempotent. */
void poller_forget(struct poller *poller, struct watch *watch);

/* Wait for one event, at most timeout_ms (-1: for ever), and handle it. */
void poller_turn(struct poller *poller, int timeout_ms);

/* Milliseconds that only go forward. */
int64_t poller_now_ms(void);

#endif
