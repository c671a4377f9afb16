/* The socket to front: sockets of new sessions and TUIs come in, announcements go out. Made by core.c; calls
 * peers. On the main loop only. Front is trusted, but each message is checked all the same. */
#ifndef STOCKROOM_SERVER_CORE_CONTROL_H
#define STOCKROOM_SERVER_CORE_CONTROL_H

#include <stdint.h>

#include "common/wire.h"

struct control;
struct core;

/* Listen to front on fd, which is taken. NULL with errno when the descriptor cannot be polled. */
struct control *control_new(struct core *core, int fd);

/* Send a message; session is left out of WIRE_FRONT_READY. Kept while front does not read. */
void control_send(struct control *control, enum wire_core_to_front type, uint64_t session);

/* Close the socket; freed by the loop. */
void control_close(struct control *control);

#endif
