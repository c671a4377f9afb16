/* Core, as front sees it: started, listened to, started again when it dies. Called by front.c, sessions.c and
 * tui.c. */
#ifndef STOCKROOM_SERVER_FRONT_CORE_PROCESS_H
#define STOCKROOM_SERVER_FRONT_CORE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

struct front;
struct core_process;

struct core_process *core_process_new(struct front *front);

/* The process has ended or does so with us. */
void core_process_free(struct core_process *core);

/* Start it now. front_core_ready follows, or front_core_gone. */
void core_process_start(struct core_process *core);

/* Send a message with a descriptor, which is taken. Kept while core does not read; dropped (the descriptor's
 * other end then sees its end) when there is no core. */
void core_process_send(struct core_process *core, const struct buf *message, int fd);

/* Core reads what it is sent: false means that no more should be begun. */
bool core_process_is_ready(const struct core_process *core);

/* There is a core that has taken sessions, and it has not gone. */
bool core_process_is_up(const struct core_process *core);

/* Read what core has said so far; before someone is judged for what core may have said already. */
void core_process_catch_up(struct core_process *core);

/* After SIGHUP: the log goes to this descriptor, which stays the caller's. */
void core_process_share_log(struct core_process *core, int fd);

/* It is to finish and exit; it is not started again. */
void core_process_drain(struct core_process *core);

/* End it at once. */
void core_process_kill(struct core_process *core);

/* There is no process. */
bool core_process_is_gone(const struct core_process *core);

int64_t core_process_next_ms(const struct core_process *core);
void core_process_tick(struct core_process *core, int64_t now_ms);

#endif
