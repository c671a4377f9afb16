/* A channel: one command line or one batch of a peer. Made and fed by the peer; what runs in it is a mode (a
 * single command or a batch). It frames output, holds what commands remember, and outlives nothing: requests
 * still running when it goes are abandoned. On the main loop only. */
#ifndef STOCKROOM_SERVER_CORE_CHANNEL_H
#define STOCKROOM_SERVER_CORE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/wire.h"
#include "server/core/identity.h"
#include "server/core/ledger/ledger.h"
#include "server/core/table.h"

struct channel;
struct core;
struct peer;
struct request;
struct throttle_user;

/* What runs in a channel. state is the mode's own. */
struct channel_mode {
    void (*input)(void *state, const char *data, size_t len);
    void (*input_end)(void *state);
    bool (*wants_input)(const void *state);
    void (*drained)(void *state); /* output has gone out: there is room again */
    void (*request_done)(void *state, struct request *request);
    void (*stop)(void *state);          /* the session is to end: finish what runs, take no more */
    bool (*is_busy)(const void *state); /* does something run that the client waits for? */
    void (*free)(void *state);
};

/* For the peer. */

/* A channel of a session, for an exec'd command line or a shell. */
struct channel *channel_new(struct peer *peer, uint32_t id, enum wire_open kind, const char *command,
                            size_t len);
/* The channel of a TUI: a batch in json, interactive, without a summary. */
struct channel *channel_new_raw(struct peer *peer);
void channel_free(struct channel *channel);
void channel_input(struct channel *channel, const char *data, size_t len);
void channel_input_end(struct channel *channel);
bool channel_wants_input(const struct channel *channel);
void channel_drained(struct channel *channel);
void channel_stop(struct channel *channel);
/* Does something run or stream for the client? A screen is not busy with watching. */
bool channel_is_busy(const struct channel *channel);
/* Put what was written to it into the peer's output. */
void channel_flush(struct channel *channel);

/* For the modes, requests and watches. */
struct core *channel_core(const struct channel *channel);
struct identity *channel_identity(const struct channel *channel);
struct throttle_user *channel_throttle(const struct channel *channel);
bool channel_is_raw(const struct channel *channel);
/* A command is taken on. */
void channel_count_command(struct channel *channel);

/* Buffers to append to: stdout and stderr. Valid until the other one is asked for. Raw channels have no
 * stderr: what is written there is dropped. */
struct buf *channel_out(struct channel *channel);
struct buf *channel_error_out(struct channel *channel);
/* The same for what may be large: split into frames at once. */
void channel_write(struct channel *channel, const char *data, size_t len);

/* Bytes that wait, and whether they are as many as a channel may have. */
size_t channel_pending(const struct channel *channel);
bool channel_is_full(const struct channel *channel);

/* The stream of movements to the ledger writer, made when first asked for. */
struct ledger_source *channel_source(struct channel *channel, bool interactive, bool stop_on_error);

/* Follow a store (see watch.h); replaces what was followed before. */
void channel_watch(struct channel *channel, const struct request *request);

/* A request came back from where it was lent. */
void channel_request_done(struct channel *channel, struct request *request);

/* The last word: output goes out, then the exit status. Nothing may be written after it; the channel is freed
 * at the end of the turn. */
void channel_exit(struct channel *channel, int status);

void channel_update_reading(struct channel *channel);

/* The mode waits long without reading: end it as soon as the client's session goes. */
void channel_watch_leaving(struct channel *channel);

#endif
