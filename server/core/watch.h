/* Watching a store: movements as they are posted, pushed to a channel from a sequence number on. Made by a
 * channel when a `watch` has been answered; told of news by the ledger writer's announcements and other
 * servers'. On the main loop; rows are read and formatted by a query worker. Reads only while the channel's
 * output drains. */
#ifndef STOCKROOM_SERVER_CORE_WATCH_H
#define STOCKROOM_SERVER_CORE_WATCH_H

#include <stdint.h>

struct channel;
struct core;
struct request;
struct watch;
struct watches;

/* All watches, by store. */
struct watches *watches_new(void);
void watches_free(struct watches *watches);

/* A store got movements. Cheap for stores that nobody watches. */
void watches_tell(struct watches *watches, const char *store_code);
/* Perhaps every store did: nobody knows what was not heard. */
void watches_tell_all(struct watches *watches);

/* Follow request->watch after request->watch_seq, in the request's format, with its line and tag. Copies what
 * it needs. */
struct watch *watch_new(struct channel *channel, const struct request *request);
void watch_free(struct watch *watch);

/* The channel has room again. */
void watch_wake(struct watch *watch);

#endif
