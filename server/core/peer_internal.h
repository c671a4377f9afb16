/* What the files of a peer share: its struct and the calls between them. Included by peer*.c only. */
#ifndef STOCKROOM_SERVER_CORE_PEER_INTERNAL_H
#define STOCKROOM_SERVER_CORE_PEER_INTERNAL_H

#include <uv.h>

#include "common/buf.h"
#include "server/core/channel.h"
#include "server/core/core.h"
#include "server/core/login.h"
#include "server/core/peer.h"

enum { PEER_SOURCE_MAX = 64 };

struct peer {
    uv_pipe_t pipe; /* first: handles lead back here */
    struct core *core;
    uint64_t session;
    char number[24]; /* the session, as the log shows it */
    bool is_raw;
    bool is_reading;
    bool is_closing;
    bool is_ended;         /* its goodbye is among the output: close once that is written */
    bool finish;           /* dismissed, but what runs is finished first */
    const char *dismissal; /* static text; NULL: it may stay */
    unsigned leave_ticks;  /* time for the client to leave by itself: ticks so far + 1; 0: none */
    struct identity *who;  /* NULL: not logged in */
    char source[PEER_SOURCE_MAX];
    char port[8];

    struct login *login; /* the credential being checked */
    bool login_is_pending;
    bool login_is_question; /* WIRE_AUTH_KEY without a proof: only asks */
    const char *login_method;

    struct channel *channel;
    uint32_t last_channel;
    bool channel_ended;
    bool has_kept; /* frames in `in` wait until the channel takes input again */
    struct turn_item parse_item;

    struct buf in; /* what was read and is not yet used */

    struct buf out;
    struct buf sending; /* lent to the write that runs, from sent on */
    size_t sent;
    size_t slice;
    bool is_writing;
    uv_write_t write;
    size_t counted; /* of core->output_total */
    struct turn_item flush_item;

    struct peer *next; /* of all peers */
    struct peer *previous;
    struct peer *hash_next; /* sessions by number */
    struct peer *tui;       /* of a session: its TUI; of a TUI: its session */
};

/* peer.c */
void peer_close(struct peer *peer);
/* End the channel that said its last word, and the peer that was dismissed; before output is written. */
void peer_conclude(struct peer *peer);

/* peer_frames.c: use what was read. False: the peer broke the rules. Frames for a channel that is full are
 * kept. */
bool peer_take_bytes(struct peer *peer, char *data, size_t len);
bool peer_take_kept(struct peer *peer);

/* peer_output.c */
void peer_flush(struct turn_item *item);
void peer_discard_output(struct peer *peer);

/* peers.c */
void peers_add(struct peers *peers, struct peer *peer);
void peers_remove(struct peers *peers, struct peer *peer);
struct peer *peers_find(const struct peers *peers, uint64_t session);
struct peer *peers_first(const struct peers *peers);

#endif
