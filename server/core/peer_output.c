/* A peer's output: gathered during a turn, written at its end, in slices so that progress is noticed. Part of
 * peer.c's room; on the main loop only. Counts what waits, so that channels and core can stop asking for
 * more. */
#include <stddef.h>

#include "server/core/peer_internal.h"

enum {
    SLICE_BYTES = 128 * 1024,
    KEEP_BYTES = 16 * 1024 /* a buffer larger than this is given back when it is empty: most peers are idle */
};

struct buf *peer_output(struct peer *peer)
{
    return &peer->out;
}

size_t peer_pending(const struct peer *peer)
{
    size_t pending = peer->out.len + peer->sending.len - peer->sent;
    if (peer->is_writing) {
        /* Of the slice that is on its way, only what the kernel has not taken yet. */
        pending -= peer->slice - uv_stream_get_write_queue_size((const uv_stream_t *)&peer->pipe);
    }
    return pending;
}

static void count_output(struct peer *peer)
{
    size_t pending = peer->is_closing ? 0 : peer_pending(peer);
    peer->core->output_total += pending;
    peer->core->output_total -= peer->counted;
    peer->counted = pending;
}

void peer_touch(struct peer *peer)
{
    if (!peer->is_closing) {
        turn_flush(peer->core->turn, &peer->flush_item);
    }
}

static void shrink(struct buf *buf)
{
    if (buf->cap > KEEP_BYTES) {
        buf_done(buf);
    } else {
        buf_reset(buf);
    }
}

/* A client that takes what it is sent is there; a screen is sent news whether anybody looks at it or not. */
static void note_output(struct peer *peer)
{
    if (!peer->is_raw) {
        peer_note_input(peer);
    }
}

static void write_done(uv_write_t *write, int status);

/* Hand the next slice of `sending` to libuv; false when the peer had to be closed. */
static bool write_slice(struct peer *peer)
{
    peer->slice = peer->sending.len - peer->sent;
    if (peer->slice > SLICE_BYTES) {
        peer->slice = SLICE_BYTES;
    }
    uv_buf_t slice = uv_buf_init(peer->sending.data + peer->sent, (unsigned)peer->slice);
    if (uv_write(&peer->write, (uv_stream_t *)&peer->pipe, &slice, 1, write_done) != 0) {
        peer_close(peer);
        return false;
    }
    peer->is_writing = true;
    return true;
}

static void write_done(uv_write_t *write, int status)
{
    struct peer *peer = write->data;
    peer->is_writing = false;
    if (peer->is_closing) {
        return;
    }
    if (status < 0) {
        peer_close(peer);
        return;
    }
    note_output(peer);
    peer->sent += peer->slice;
    if (peer->sent < peer->sending.len) {
        if (!write_slice(peer)) {
            return;
        }
    } else {
        peer->sent = 0;
        shrink(&peer->sending);
    }
    count_output(peer);
    peer_touch(peer); /* more may have been gathered, or all has gone out */
}

/* Most answers are small and the socket has room: then one call writes them and nothing is kept. */
static bool write_at_once(struct peer *peer)
{
    size_t len = peer->out.len < SLICE_BYTES ? peer->out.len : SLICE_BYTES;
    uv_buf_t data = uv_buf_init(peer->out.data, (unsigned)len);
    int written = uv_try_write((uv_stream_t *)&peer->pipe, &data, 1);
    if (written < 0 && written != UV_EAGAIN) {
        peer_close(peer);
        return false;
    }
    note_output(peer);
    if (written > 0 && (size_t)written == peer->out.len) {
        shrink(&peer->out);
        return true;
    }
    struct buf empty = peer->sending;
    peer->sending = peer->out;
    peer->out = empty;
    peer->sent = written > 0 ? (size_t)written : 0;
    return write_slice(peer);
}

void peer_flush(struct turn_item *item)
{
    struct peer *peer = (struct peer *)((char *)item - offsetof(struct peer, flush_item));
    if (peer->channel) {
        channel_flush(peer->channel);
    }
    peer_conclude(peer);
    if (!peer->is_writing && peer->out.len > 0 && !write_at_once(peer)) {
        return;
    }
    count_output(peer);
    if (peer->is_ended && peer_pending(peer) == 0 && !peer_takes_leave(peer)) {
        peer_close(peer);
        return;
    }
    if (peer->channel) {
        channel_drained(peer->channel);
    }
}

/* libuv may still hold the slice: the memory goes with the peer. */
void peer_discard_output(struct peer *peer)
{
    peer->core->output_total -= peer->counted;
    peer->counted = 0;
}
