/* The listening sockets. Called by front.c; hands accepted connections to door.c. */
#ifndef STOCKROOM_SERVER_FRONT_LISTENERS_H
#define STOCKROOM_SERVER_FRONT_LISTENERS_H

#include <stdint.h>

#include "common/err.h"

struct front;
struct listeners;

/* Take the sockets that systemd has opened (LISTEN_FDS), else bind those of [server] listen. Nothing is
 * accepted yet. ERR_INTERNAL with a message when not one can be had, or one is another's. */
enum err listeners_new(struct front *front, struct listeners **ret_listeners, struct err_info *ret_info);

/* Stop listening; later connections are refused by the kernel (or wait in systemd's socket). */
void listeners_free(struct listeners *listeners);

/* Accept, or leave connections waiting in the kernel. */
void listeners_resume(struct listeners *listeners);
void listeners_pause(struct listeners *listeners);

/* Rest for a moment: descriptors or memory are out, and asking again at once would only burn. */
int64_t listeners_next_ms(const struct listeners *listeners);
void listeners_tick(struct listeners *listeners, int64_t now_ms);

#endif
