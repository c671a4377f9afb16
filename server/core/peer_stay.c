/* Who is logged in, and may stay: a peer's identity, the sessions of a user, their review when the user
 * changed. Part of peer.c's room; on the main loop only. What a user may is access_reason's to say. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "server/core/access.h"
#include "server/core/peer_internal.h"
#include "server/core/stats.h"

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void peer_set_identity(struct peer *peer, struct identity *identity)
{
    memcpy(identity->source, peer->source, sizeof peer->source);
    identity->server = peer->core->server_id;
    identity->session = peer->session;
    peer->who = identity;
    peer->throttle =
        throttle_enter(peer->core->throttle, identity->user_id, identity->role,
                       directory_find_id(access_directory(peer->core->access), identity->user_id));
    peer->who_ns = uv_hrtime();
    peer->login_us = now_us();
    peer->login_ms = uv_now(peer->core->loop);
    peer->active_ms = peer->login_ms;
    peers_add_user(peer->core->peers, peer);
    peer_clock_add(peers_clock(peer->core->peers), peer);
}

bool peer_is_busy(const struct peer *peer)
{
    const struct peer *tui = peer->tui;
    return (peer->channel && !peer->channel_ended && channel_is_busy(peer->channel)) ||
           (tui && tui->channel && !tui->channel_ended && channel_is_busy(tui->channel));
}

void peer_note_input(struct peer *peer)
{
    struct peer *session = peer->is_raw && peer->tui ? peer->tui : peer;
    session->active_ms = uv_now(peer->core->loop);
}

void peer_count_command(struct peer *peer)
{
    struct peer *session = peer->is_raw && peer->tui ? peer->tui : peer;
    session->commands++;
}

/* ------------------------------------------------------------------ the user changed */

/* It has changed its own password and knows the new one: it goes on with what is so now. */
static void refresh(struct peer *peer, int64_t password_epoch)
{
    struct identity facts = *peer->who;
    facts.password_epoch = password_epoch;
    facts.has_password = true;
    facts.must_change_password = false;
    struct identity *identity = identity_new(&facts);
    identity_unref(peer->who);
    peer->who = identity;
    peer->who_ns = uv_hrtime();
    if (peer->tui) {
        identity_unref(peer->tui->who);
        peer->tui->who = identity_ref(peer->who);
    }
}

void peers_password_changed(struct core *core, const struct identity *who, int64_t password_epoch)
{
    struct peer *peer = peers_find(core->peers, who->session);
    if (peer && peer->who && peer->who->user_id == who->user_id &&
        peer->who->password_epoch + 1 == password_epoch) {
        refresh(peer, password_epoch);
    }
}

/* Is the change this session's own, and the last one? */
static bool is_origin(const struct peer *peer, const struct peers_change *change)
{
    return change->session == peer->session && change->server == peer->core->server_id &&
           change->password_epoch == change->user->password_epoch &&
           peer->who->password_epoch + 1 == change->user->password_epoch;
}

static bool review(struct peer *peer, const struct peers_change *change)
{
    if (peer->dismissal) {
        return true;
    }
    if (change->user && is_origin(peer, change)) {
        refresh(peer, change->user->password_epoch);
    }
    const char *reason = change->user ? access_reason(peer->who, change->user) : "Your account was disabled";
    if (reason && peer->who_ns > change->asked_ns) {
        return false;
    }
    if (reason) {
        log_info("session.revoked", "session", peer->number, "user", peer->who->user, "reason", reason);
        stats_add(STATS_sessions_revoked, 1);
        peer_dismiss(peer, reason, false);
    }
    return true;
}

bool peers_review(struct core *core, int32_t user_id, const struct peers_change *change)
{
    bool is_sure = true;
    for (struct peer *peer = peers_of_user(core->peers, user_id); peer; peer = peer->user_next) {
        if (peer->who->user_id == user_id) {
            is_sure = review(peer, change) && is_sure;
        }
    }
    return is_sure;
}

unsigned peers_count_user(const struct peers *peers, int32_t user_id)
{
    unsigned count = 0;
    for (const struct peer *peer = peers_of_user(peers, user_id); peer; peer = peer->user_next) {
        count += peer->who->user_id == user_id && !peer->dismissal;
    }
    return count;
}

static int compare_ids(const void *a, const void *b)
{
    int32_t first = *(const int32_t *)a;
    int32_t second = *(const int32_t *)b;
    return (first > second) - (first < second);
}

int32_t *peers_user_ids(const struct peers *peers, unsigned *ret_count)
{
    int32_t *ids = calloc(peers_count(peers) + 1, sizeof *ids);
    unsigned found = 0;
    unsigned kept = 0;
    if (!ids) {
        abort();
    }
    for (const struct peer *peer = peers_first(peers); peer; peer = peer->next) {
        if (peer->who && peer->who->user_id != 0 && !peer->is_raw && !peer->dismissal) {
            ids[found++] = peer->who->user_id;
        }
    }
    qsort(ids, found, sizeof *ids, compare_ids);
    for (unsigned i = 0; i < found; i++) {
        if (i == 0 || ids[i] != ids[i - 1]) {
            ids[kept++] = ids[i];
        }
    }
    *ret_count = kept;
    return ids;
}

/* ------------------------------------------------------------------ telling of them */

static void describe(const struct peer *peer, struct peer_facts *ret_facts)
{
    *ret_facts = (struct peer_facts){.session = peer->session,
                                     .who = peer->who,
                                     .started_us = peer->login_us,
                                     .idle_ms = uv_now(peer->core->loop) - peer->active_ms,
                                     .commands = peer->commands,
                                     .has_screen = peer->tui != NULL};
}

bool peers_describe(const struct peers *peers, uint64_t session, struct peer_facts *ret_facts)
{
    const struct peer *peer = peers_find(peers, session);
    if (!peer || !peer->who || peer->dismissal) {
        return false;
    }
    describe(peer, ret_facts);
    return true;
}

void peers_each(const struct peers *peers, bool (*take)(void *argument, const struct peer_facts *facts),
                void *argument)
{
    for (const struct peer *peer = peers_first(peers); peer; peer = peer->next) {
        if (peer->who && !peer->is_raw && !peer->dismissal) {
            struct peer_facts facts;
            describe(peer, &facts);
            if (!take(argument, &facts)) {
                return;
            }
        }
    }
}

bool peers_end(struct core *core, uint64_t session, const char *reason, bool finish)
{
    struct peer *peer = peers_find(core->peers, session);
    if (!peer || !peer->who || peer->dismissal) {
        return false;
    }
    log_info("session.ended", "session", peer->number, "user", peer->who->user, "reason", reason);
    peer_dismiss(peer, reason, finish);
    return true;
}
