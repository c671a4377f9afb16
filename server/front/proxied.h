/* Connections from a balancer, which wait for the PROXY header that says where the client is. Called by
 * door.c, and by front.c, which has one. At most [limits] unauthenticated of them, each for [server]
 * proxy_seconds. */
#ifndef STOCKROOM_SERVER_FRONT_PROXIED_H
#define STOCKROOM_SERVER_FRONT_PROXIED_H

#include <stdint.h>

#include "server/front/address.h"

struct front;
struct proxied;

struct proxied *proxied_new(struct front *front);
void proxied_free(struct proxied *proxied);

/* Take a connection (ours now); balancer: where it comes from. door_admit follows, or its end. One too many,
 * and the one that has waited longest goes: a right header comes at once. */
void proxied_add(struct proxied *proxied, int client_fd, const struct address *balancer);

/* End them all. */
void proxied_close(struct proxied *proxied);

int64_t proxied_next_ms(const struct proxied *proxied);
void proxied_tick(struct proxied *proxied, int64_t now_ms);

#endif
