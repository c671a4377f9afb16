/* A peer's life: made from a descriptor that front sent, read while its channel takes input, dismissed or
 * closed. Called by control.c, channels and core; on the main loop only. Touches nothing but its socket and
 * its own channel. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/wire.h"
#include "server/core/peer_internal.h"

static void peer_freed(uv_handle_t *handle)
{
    struct peer *peer = (struct peer *)handle;
    struct core *core = peer->core;
    identity_unref(peer->who);
    free(peer->dismissal);
    buf_done(&peer->in);
    buf_done(&peer->out);
    buf_done(&peer->sending);
    free(peer);
    if (peers_count(core->peers) == 0) {
        core_peers_gone(core);
    }
}

void peer_close(struct peer *peer)
{
    if (peer->is_closing) {
        return;
    }
    peer->is_closing = true;
    if (peer->login) {
        login_abandon(peer->login);
        peer->login = NULL;
    }
    if (peer->channel) {
        channel_free(peer->channel);
        peer->channel = NULL;
    }
    turn_cancel(&peer->parse_item);
    turn_cancel(&peer->flush_item);
    peer_discard_output(peer);
    peer_unwatch_leaving(peer);
    throttle_leave(peer->throttle, uv_now(peer->core->loop));
    peers_remove(peer->core->peers, peer);
    if (peer->who && !peer->is_raw) {
        log_info("session.close", "session", peer->number, "user", peer->who->user, "source", peer->source);
    }
    if (peer->tui) {
        peer->tui->tui = NULL;
        if (!peer->is_raw) {
            peer_close(peer->tui); /* its screen has gone */
        }
    }
    uv_close((uv_handle_t *)&peer->pipe, peer_freed);
}

static void reject(struct peer *peer)
{
    log_warning("peer.bad", "session", peer->number, "source", peer->source, "user",
                peer->who ? peer->who->user : NULL);
    peer_close(peer);
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    struct peer *peer = (struct peer *)handle;
    (void)suggested;
    *ret_buffer = uv_buf_init(peer->core->read_buffer, CORE_READ_BYTES);
}

static void bytes_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct peer *peer = (struct peer *)stream;
    if (len == 0 || peer->is_closing) {
        return;
    }
    if (len < 0) {
        peer_close(peer);
        return;
    }
    if (peer->is_ended) {
        return;
    }
    peer_note_input(peer);
    if (peer->is_raw) {
        if (peer->channel) {
            channel_input(peer->channel, buffer->base, (size_t)len);
        }
    } else if (!peer_take_bytes(peer, buffer->base, (size_t)len)) {
        reject(peer);
        return;
    }
    peer_update_reading(peer);
}

static void parse_kept(struct turn_item *item)
{
    struct peer *peer = (struct peer *)((char *)item - offsetof(struct peer, parse_item));
    if (!peer->is_ended && !peer_take_kept(peer)) {
        reject(peer);
        return;
    }
    peer_update_reading(peer);
}

void peer_update_reading(struct peer *peer)
{
    if (peer->is_closing) {
        return;
    }
    bool wants =
        peer->is_ended || !peer->channel || peer->channel_ended || channel_wants_input(peer->channel);
    if (wants && peer->has_kept && !peer->is_ended) {
        turn_work(peer->core->turn, &peer->parse_item);
        wants = false; /* first what is here */
    }
    if (wants && !peer->is_reading) {
        peer->is_reading = uv_read_start((uv_stream_t *)&peer->pipe, give_buffer, bytes_read) == 0;
        if (!peer->is_reading) {
            peer_close(peer);
        }
    } else if (!wants && peer->is_reading) {
        uv_read_stop((uv_stream_t *)&peer->pipe);
        peer->is_reading = false;
    }
}

static struct peer *peer_new(struct core *core, uint64_t session, int fd)
{
    struct peer *peer = calloc(1, sizeof *peer);
    if (!peer) {
        close(fd);
        return NULL;
    }
    peer->core = core;
    peer->session = session;
    snprintf(peer->number, sizeof peer->number, "%llu", (unsigned long long)session);
    peer->write.data = peer;
    peer->flush_item.run = peer_flush;
    peer->parse_item.run = parse_kept;
    uv_pipe_init(core->loop, &peer->pipe, 0);
    int error = uv_pipe_open(&peer->pipe, fd);
    if (error != 0) {
        log_error("peer.open", "session", peer->number, "reason", uv_strerror(error));
        close(fd);
        peers_add(core->peers, peer);
        peer_close(peer);
        return NULL;
    }
    return peer;
}

void peer_new_session(struct core *core, uint64_t session, const char *source, uint16_t port, int fd)
{
    if (core->draining || peers_find(core->peers, session)) {
        close(fd);
        return;
    }
    struct peer *peer = peer_new(core, session, fd);
    if (!peer) {
        return;
    }
    snprintf(peer->source, sizeof peer->source, "%s", source);
    snprintf(peer->port, sizeof peer->port, "%u", (unsigned)port);
    peers_add(core->peers, peer);
    peer_update_reading(peer);
}

void peer_new_tui(struct core *core, uint64_t session, int fd)
{
    struct peer *owner = peers_find(core->peers, session);
    if (core->draining || !owner || !owner->who || owner->tui || owner->dismissal) {
        log_warning("tui.refused", "session", owner ? owner->number : NULL);
        close(fd);
        return;
    }
    struct peer *peer = peer_new(core, session, fd);
    if (!peer) {
        return;
    }
    peer->is_raw = true;
    peer->who = identity_ref(owner->who);
    peer->throttle = throttle_join(owner->throttle);
    memcpy(peer->source, owner->source, sizeof peer->source);
    peer->tui = owner;
    owner->tui = peer;
    peers_add(core->peers, peer);
    peer->channel = channel_new_raw(peer);
    peer_update_reading(peer);
}

/* A screen that goes with its session is told by its terminal: its own socket ends after that. */
static bool waits_for_session(const struct peer *peer)
{
    return peer->is_raw && peer->tui && peer->dismissal && !peer->core->draining;
}

static void say_goodbye(struct peer *peer)
{
    if (waits_for_session(peer)) {
        return;
    }
    if (!peer->is_raw) {
        size_t frame = wire_frame_begin(&peer->out, WIRE_GOODBYE, 0);
        wire_put_str(&peer->out, peer->dismissal, strlen(peer->dismissal));
        wire_frame_end(&peer->out, frame);
    }
    peer->is_ended = true;
}

bool peer_takes_leave(const struct peer *peer)
{
    return !peer->is_raw && peer->leave_ms > 0 && !peer->core->draining;
}

void peer_conclude(struct peer *peer)
{
    if (peer->channel && (peer->channel_ended || (peer->dismissal && !peer->finish))) {
        channel_free(peer->channel);
        peer->channel = NULL;
        peer->channel_ended = false;
        peer->is_ended = peer->is_ended || (peer->is_raw && !waits_for_session(peer));
        peer->leave_ticks = peer->finish && !peer->is_raw;
    }
    if (peer->dismissal && !peer->channel && !peer->is_ended && peer->leave_ticks == 0) {
        say_goodbye(peer);
    }
    peer_update_reading(peer);
}

void peer_dismiss(struct peer *peer, const char *reason, bool finish)
{
    if (peer->is_ended || (peer->dismissal && finish)) {
        return;
    }
    free(peer->dismissal);
    peer->dismissal = strdup(reason);
    if (!peer->dismissal) {
        abort();
    }
    peer->finish = finish;
    if (peer->channel && finish) {
        channel_stop(peer->channel);
    }
    if (!peer->core->draining) {
        peer_clock_leave(peers_clock(peer->core->peers), peer);
    }
    peer_touch(peer);
    if (peer->tui && !peer->is_raw) {
        peer_dismiss(peer->tui, reason, finish);
    }
}

void peers_dismiss(struct core *core, const char *reason)
{
    for (struct peer *peer = peers_first(core->peers); peer; peer = peer->next) {
        peer_dismiss(peer, reason, true);
    }
}

void peers_hurry(struct core *core)
{
    for (struct peer *peer = peers_first(core->peers); peer; peer = peer->next) {
        if (peer->leave_ticks > 1) {
            peer->leave_ticks = 0;
            peer_touch(peer);
        } else if (peer->leave_ticks > 0) {
            peer->leave_ticks++;
        }
    }
}

struct core *peer_core(const struct peer *peer)
{
    return peer->core;
}

struct identity *peer_identity(const struct peer *peer)
{
    return peer->who;
}

struct throttle_user *peer_throttle(const struct peer *peer)
{
    return peer->throttle;
}

void peer_end_channel(struct peer *peer)
{
    peer->channel_ended = true;
    peer_touch(peer);
}
