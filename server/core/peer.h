/* A peer: the socket to a session process (framed) or to a TUI (raw: the language itself). Made by control.c;
 * owns the identity, the open channel and all bytes to and fro. On the main loop only. A session process may
 * have been taken over by its client: what it sends is checked, and anything out of order ends the peer. */
#ifndef STOCKROOM_SERVER_CORE_PEER_H
#define STOCKROOM_SERVER_CORE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "server/core/identity.h"

struct core;
struct peer;
struct peers;

/* All peers. limit: how many sessions there may be (sizes the table). Aborts without memory: called at the
 * start. */
struct peers *peers_new(unsigned limit);
void peers_free(struct peers *peers);
unsigned peers_count(const struct peers *peers);

/* Take a session's socket. Closes fd when it cannot be had (session number taken, descriptor unusable). */
void peer_new_session(struct core *core, uint64_t session, const char *source, uint16_t port, int fd);

/* Take a TUI's socket; refused (closed) unless that session has logged in and has no TUI yet. */
void peer_new_tui(struct core *core, uint64_t session, int fd);

/* Tell every peer of this user (0: every peer) why it must go, and close it once that has been sent. What
 * runs for it is finished first when finish is set. */
void peers_dismiss(struct core *core, int32_t user_id, const char *reason, bool finish);

/* A client that is told goodbye while it takes its exit status loses that: it is given one to two calls of
 * this function to leave by itself. Called now and then while core drains. */
void peers_hurry(struct core *core);

/* For the peer's channel. */
struct core *peer_core(const struct peer *peer);
struct identity *peer_identity(const struct peer *peer);

/* Where output goes: frames or raw bytes are appended, then peer_touch says so. Written at the end of the
 * turn. */
struct buf *peer_output(struct peer *peer);
void peer_touch(struct peer *peer);

/* Bytes that wait to be written. */
size_t peer_pending(const struct peer *peer);

/* The channel's wish to read may have changed. */
void peer_update_reading(struct peer *peer);

/* The channel has put its exit status into the output and ends at the end of this turn. */
void peer_end_channel(struct peer *peer);

#endif
