/* When sessions end by themselves: idle for too long, too old, their token over, or told goodbye and still
 * there. Part of peer.c's room; on the main loop only. One timer for all, set to the earliest deadline of a
 * heap: input only notes when it came, and a deadline is reckoned anew when the one that was reckoned last
 * has come. */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "server/core/peer_internal.h"
#include "server/core/stats.h"

enum {
    LEAVE_MS =
        8000 /* what a session has for taking its leave (it takes 7 s at most), before its socket is closed */
};

static void swap(struct peer_clock *clock, size_t a, size_t b)
{
    struct peer *peer = clock->heap[a];
    clock->heap[a] = clock->heap[b];
    clock->heap[b] = peer;
    clock->heap[a]->clock_place = a;
    clock->heap[b]->clock_place = b;
}

/* Put the peer at `place` where its deadline belongs. */
static void settle(struct peer_clock *clock, size_t place)
{
    while (place > 0 && clock->heap[place]->deadline_ms < clock->heap[(place - 1) / 2]->deadline_ms) {
        swap(clock, place, (place - 1) / 2);
        place = (place - 1) / 2;
    }
    for (;;) {
        size_t least = place;
        for (size_t child = 2 * place + 1; child <= 2 * place + 2 && child < clock->count; child++) {
            if (clock->heap[child]->deadline_ms < clock->heap[least]->deadline_ms) {
                least = child;
            }
        }
        if (least == place) {
            return;
        }
        swap(clock, place, least);
        place = least;
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t idle_deadline(const struct peer *peer)
{
    uint64_t idle_ms = (uint64_t)peer->core->config->limits.idle_seconds * 1000;
    return idle_ms > 0 ? peer->active_ms + idle_ms : UINT64_MAX;
}

static uint64_t age_deadline(const struct peer *peer)
{
    uint64_t age_ms = (uint64_t)peer->core->config->limits.session_seconds * 1000;
    return age_ms > 0 ? peer->login_ms + age_ms : UINT64_MAX;
}

static uint64_t token_deadline(const struct peer *peer)
{
    int64_t left_us = peer->who->expires_us - peer->login_us;
    if (peer->who->expires_us == 0) {
        return UINT64_MAX;
    }
    return peer->login_ms + (left_us > 0 ? (uint64_t)left_us / 1000 : 0);
}

static uint64_t next_deadline(const struct peer *peer)
{
    if (peer->leave_ms > 0) {
        return peer->leave_ms;
    }
    if (peer->dismissal) {
        return UINT64_MAX; /* the drain's to end */
    }
    return earlier(idle_deadline(peer), earlier(age_deadline(peer), token_deadline(peer)));
}

static void expire(struct peer *peer, uint64_t now_ms)
{
    const struct config *config = peer->core->config;
    char reason[PEER_REASON_MAX];
    if (peer->leave_ms > 0 && peer->finish) {
        peer->finish = false;
        peer->leave_ticks = 0;
        peer_clock_leave(peers_clock(peer->core->peers), peer);
        peer_touch(peer);
    } else if (peer->leave_ms > 0) {
        log_info("session.cut", "session", peer->number, "reason", peer->dismissal);
        peer_close(peer);
    } else if (token_deadline(peer) <= now_ms) {
        stats_add(STATS_sessions_expired, 1);
        peer_dismiss(peer,
                     peer->who->role == ROLE_SIGNUP ? "The time to sign up is over"
                                                    : "The token that opened this session has expired",
                     false);
    } else if (age_deadline(peer) <= now_ms) {
        snprintf(reason, sizeof reason, "This session has lasted %u seconds, the most that is allowed",
                 config->limits.session_seconds);
        stats_add(STATS_sessions_expired, 1);
        peer_dismiss(peer, reason, false);
    } else if (peer_is_busy(peer)) {
        peer->active_ms = now_ms;
    } else {
        snprintf(reason, sizeof reason, "No input for %u seconds", config->limits.idle_seconds);
        stats_add(STATS_sessions_idle, 1);
        peer_dismiss(peer, reason, false);
    }
}

static void clock_rings(uv_timer_t *timer);

static void set_timer(struct peer_clock *clock)
{
    uint64_t first_ms = clock->count > 0 ? clock->heap[0]->deadline_ms : UINT64_MAX;
    if (first_ms >= clock->rings_ms || uv_is_closing((const uv_handle_t *)&clock->timer)) {
        return; /* it rings too early at worst */
    }
    uint64_t now_ms = uv_now(clock->timer.loop);
    clock->rings_ms = first_ms;
    uv_timer_start(&clock->timer, clock_rings, first_ms > now_ms ? first_ms - now_ms : 0, 0);
}

static void clock_rings(uv_timer_t *timer)
{
    struct peer_clock *clock = timer->data;
    uint64_t now_ms = uv_now(timer->loop);
    while (clock->count > 0 && clock->heap[0]->deadline_ms <= now_ms) {
        struct peer *peer = clock->heap[0];
        peer->deadline_ms = next_deadline(peer);
        if (peer->deadline_ms <= now_ms) {
            expire(peer, now_ms);
            if (peer->is_closing) {
                continue;
            }
            peer->deadline_ms = next_deadline(peer);
        }
        settle(clock, peer->clock_place);
    }
    clock->rings_ms = UINT64_MAX;
    set_timer(clock);
}

void peer_clock_init(struct peer_clock *clock, uv_loop_t *loop)
{
    uv_timer_init(loop, &clock->timer);
    clock->timer.data = clock;
    clock->rings_ms = UINT64_MAX;
}

void peer_clock_add(struct peer_clock *clock, struct peer *peer)
{
    if (clock->count == clock->size) {
        clock->size = clock->size == 0 ? 64 : clock->size * 2;
        clock->heap = realloc(clock->heap, clock->size * sizeof *clock->heap);
        if (!clock->heap) {
            abort();
        }
    }
    peer->deadline_ms = next_deadline(peer);
    peer->clock_place = clock->count;
    clock->heap[clock->count++] = peer;
    peer->has_clock = true;
    settle(clock, peer->clock_place);
    set_timer(clock);
}

void peer_clock_remove(struct peer_clock *clock, struct peer *peer)
{
    size_t place = peer->clock_place;
    if (!peer->has_clock) {
        return;
    }
    peer->has_clock = false;
    clock->count--;
    if (place < clock->count) {
        clock->heap[place] = clock->heap[clock->count];
        clock->heap[place]->clock_place = place;
        settle(clock, place);
    }
}

void peer_clock_leave(struct peer_clock *clock, struct peer *peer)
{
    if (!peer->has_clock) {
        return;
    }
    peer->leave_ms = uv_now(peer->core->loop) + LEAVE_MS;
    peer->deadline_ms = peer->leave_ms;
    settle(clock, peer->clock_place);
    set_timer(clock);
}
