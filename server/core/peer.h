/* A peer: the socket to a session process (framed) or to a TUI (raw: the language itself). Made by control.c;
 * owns the identity, the open channel and all bytes to and fro. On the main loop only. A session process may
 * have been taken over by its client: what it sends is checked, and anything out of order ends the peer. */
#ifndef STOCKROOM_SERVER_CORE_PEER_H
#define STOCKROOM_SERVER_CORE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "common/buf.h"
#include "server/core/identity.h"

struct core;
struct directory_user;
struct peer;
struct peers;
struct throttle_user;

/* All peers. limit: how many sessions there may be (sizes the table). Aborts without memory: called at the
 * start. */
struct peers *peers_new(uv_loop_t *loop, unsigned limit);
void peers_close(struct peers *peers); /* its timer, so that the loop can end */
void peers_free(struct peers *peers);
unsigned peers_count(const struct peers *peers);

/* Sessions that are logged in as this user, and may stay. */
unsigned peers_count_user(const struct peers *peers, int32_t user_id);

/* The users that are logged in, each once, by id: the caller's to free. */
int32_t *peers_user_ids(const struct peers *peers, unsigned *ret_count);

/* What became of a user. */
struct peers_change {
    const struct directory_user *user; /* NULL: there is no such user any more */
    uint64_t asked_ns;                 /* uv_hrtime, before the database was asked for it */
    int64_t password_epoch;            /* of the change that was heard, and */
    uint64_t server;                   /* the session that made it; 0: none */
    uint64_t session;
};

/* End those of the user's sessions that may not go on as they came, telling them why. False: one does not fit
 * that may have come in by what was written after the database was asked: ask again. */
bool peers_review(struct core *core, int32_t user_id, const struct peers_change *change);

/* The session `who` came by has changed its own password, whose epoch is this now: it goes on at once. */
void peers_password_changed(struct core *core, const struct identity *who, int64_t password_epoch);

/* A session that is logged in. who: borrowed. */
struct peer_facts {
    uint64_t session;
    const struct identity *who;
    int64_t started_us; /* since 1970 */
    uint64_t idle_ms;
    uint64_t commands;
    bool has_screen;
};

/* False: there is none of this number. */
bool peers_describe(const struct peers *peers, uint64_t session, struct peer_facts *ret_facts);
/* Every one, in no order, until take says false. */
void peers_each(const struct peers *peers, bool (*take)(void *argument, const struct peer_facts *facts),
                void *argument);

/* Tell this session why it must go, and close it; what runs for it is finished first when finish is set.
 * False: it has gone. */
bool peers_end(struct core *core, uint64_t session, const char *reason, bool finish);

/* Take a session's socket. Closes fd when it cannot be had (session number taken, descriptor unusable). */
void peer_new_session(struct core *core, uint64_t session, const char *source, uint16_t port, int fd);

/* Take a TUI's socket; refused (closed) unless that session has logged in and has no TUI yet. */
void peer_new_tui(struct core *core, uint64_t session, int fd);

/* Tell every peer why it must go, and close it once that has been sent; what runs for it is finished first.
 */
void peers_dismiss(struct core *core, const char *reason);

/* A client that is told goodbye while it takes its exit status loses that: it is given one to two calls of
 * this function to leave by itself. Called now and then while core drains. */
void peers_hurry(struct core *core);

/* For the peer's channel. */
struct core *peer_core(const struct peer *peer);
struct identity *peer_identity(const struct peer *peer);
struct throttle_user *peer_throttle(const struct peer *peer);

/* It runs a command, or a line of a batch. */
void peer_count_command(struct peer *peer);

/* Where output goes: frames or raw bytes are appended, then peer_touch says so. Written at the end of the
 * turn. */
struct buf *peer_output(struct peer *peer);
void peer_touch(struct peer *peer);

/* Bytes that wait to be written. */
size_t peer_pending(const struct peer *peer);

/* The channel's wish to read may have changed. */
void peer_update_reading(struct peer *peer);

/* From now on close the peer as soon as its session goes, though it is not read. For a channel that waits
 * long. */
void peer_watch_leaving(struct peer *peer);

/* The channel has put its exit status into the output and ends at the end of this turn. */
void peer_end_channel(struct peer *peer);

#endif
