/* What the files of a peer share: its struct and the calls between them. Included by peer*.c only. */
#ifndef STOCKROOM_SERVER_CORE_PEER_INTERNAL_H
#define STOCKROOM_SERVER_CORE_PEER_INTERNAL_H

#include <uv.h>

#include "common/buf.h"
#include "server/core/channel.h"
#include "server/core/core.h"
#include "server/core/login.h"
#include "server/core/peer.h"
#include "server/core/throttle.h"

enum { PEER_REASON_MAX = 128 };

struct peer {
    uv_pipe_t pipe; /* first: handles lead back here */
    struct core *core;
    uint64_t session;
    char number[24]; /* the session, as the log shows it */
    bool is_raw;
    bool is_reading;
    bool is_closing;
    bool is_ended;                  /* its goodbye is among the output: close once that is written */
    bool finish;                    /* dismissed, but what runs is finished first */
    char *dismissal;                /* why it must go; NULL: it may stay */
    unsigned leave_ticks;           /* time for the client to leave by itself: ticks so far + 1; 0: none */
    struct identity *who;           /* NULL: not logged in */
    struct throttle_user *throttle; /* since the login */
    struct peer_leaving *leaving;   /* NULL: not watched */
    uint64_t who_ns;                /* since when it is this */
    int64_t login_us;               /* when it logged in, since 1970, and */
    uint64_t login_ms;              /* on the loop's clock */
    uint64_t active_ms;             /* when its client was last heard, or something was done for it */
    uint64_t commands;
    char source[IDENTITY_SOURCE_MAX];
    char port[8];

    struct login *login; /* the credential being checked */
    bool login_is_pending;
    bool login_is_question; /* WIRE_AUTH_KEY without a proof: only asks */
    unsigned login_tries;
    unsigned login_questions;

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
    struct peer *user_next; /* sessions by user */
    struct peer *tui;       /* of a session: its TUI; of a TUI: its session */

    bool has_clock; /* peer_clock.c: sessions that are logged in */
    size_t clock_place;
    uint64_t deadline_ms;
    uint64_t leave_ms; /* dismissed: when it is closed, whether it has gone or not; 0: not yet */
};

/* When which session ends by itself. Zero-initialised is empty. */
struct peer_clock {
    uv_timer_t timer;
    uint64_t rings_ms; /* UINT64_MAX: never */
    struct peer **heap;
    size_t count;
    size_t size;
};

/* peer.c */
void peer_close(struct peer *peer);
/* Tell it why it must go; finish: after what runs. Its TUI goes with it. */
void peer_dismiss(struct peer *peer, const char *reason, bool finish);
/* End the channel that said its last word, and the peer that was dismissed; before output is written. */
void peer_conclude(struct peer *peer);

/* Told to go, it closes its socket when its client has got what is on its way; its screen goes first. */
bool peer_takes_leave(const struct peer *peer);

/* peer_frames.c: use what was read. False: the peer broke the rules. Frames for a channel that is full are
 * kept. */
bool peer_take_bytes(struct peer *peer, char *data, size_t len);
bool peer_take_kept(struct peer *peer);

/* peer_stay.c: it has logged in; takes the identity. Then its input, and whether something runs for it. */
void peer_set_identity(struct peer *peer, struct identity *identity);
void peer_note_input(struct peer *peer);
bool peer_is_busy(const struct peer *peer);

/* peer_clock.c. leave: its socket is closed in a while, whatever it does. */
void peer_clock_init(struct peer_clock *clock, uv_loop_t *loop);
void peer_clock_add(struct peer_clock *clock, struct peer *peer);
void peer_clock_remove(struct peer_clock *clock, struct peer *peer);
void peer_clock_leave(struct peer_clock *clock, struct peer *peer);

/* peer_leave.c */
void peer_unwatch_leaving(struct peer *peer);

/* peer_output.c */
void peer_flush(struct turn_item *item);
void peer_discard_output(struct peer *peer);

/* peers.c */
void peers_add(struct peers *peers, struct peer *peer);
void peers_remove(struct peers *peers, struct peer *peer);
struct peer *peers_find(const struct peers *peers, uint64_t session);
struct peer *peers_first(const struct peers *peers);
struct peer_clock *peers_clock(struct peers *peers);
/* By user: those of a bucket, which other users may share. */
void peers_add_user(struct peers *peers, struct peer *peer);
struct peer *peers_of_user(const struct peers *peers, int32_t user_id);

#endif
