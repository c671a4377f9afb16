/* All peers: a list of every one, and hashes of the sessions by number and by user. Called by peer.c and
 * core.c on the main loop. */
#include <stdlib.h>

#include "server/core/peer_internal.h"

struct peers {
    struct peer *all;
    unsigned count;
    size_t mask;
    struct peer **buckets; /* sessions by number */
    struct peer **users;   /* sessions by user */
    struct peer_clock clock;
};

struct peers *peers_new(uv_loop_t *loop, unsigned limit)
{
    struct peers *peers = calloc(1, sizeof *peers);
    size_t size = 64;
    while (size < limit) {
        size *= 2;
    }
    struct peer **buckets = calloc(size, sizeof *buckets);
    struct peer **users = calloc(size, sizeof *users);
    if (!peers || !buckets || !users) {
        abort();
    }
    peer_clock_init(&peers->clock, loop);
    peers->mask = size - 1;
    peers->buckets = buckets;
    peers->users = users;
    return peers;
}

void peers_close(struct peers *peers)
{
    uv_close((uv_handle_t *)&peers->clock.timer, NULL);
}

void peers_free(struct peers *peers)
{
    free(peers->clock.heap);
    free(peers->users);
    free(peers->buckets);
    free(peers);
}

unsigned peers_count(const struct peers *peers)
{
    return peers->count;
}

/* Front counts its sessions up, so that the number itself spreads well. */
static struct peer **bucket_of(const struct peers *peers, uint64_t session)
{
    return &peers->buckets[session & peers->mask];
}

void peers_add(struct peers *peers, struct peer *peer)
{
    peer->next = peers->all;
    if (peers->all) {
        peers->all->previous = peer;
    }
    peers->all = peer;
    peers->count++;
    if (!peer->is_raw) {
        struct peer **bucket = bucket_of(peers, peer->session);
        peer->hash_next = *bucket;
        *bucket = peer;
    }
}

/* The database counts its ids up, so that the id itself spreads well. */
static struct peer **bucket_of_user(const struct peers *peers, int32_t user_id)
{
    return &peers->users[(size_t)user_id & peers->mask];
}

void peers_add_user(struct peers *peers, struct peer *peer)
{
    struct peer **bucket = bucket_of_user(peers, peer->who->user_id);
    peer->user_next = *bucket;
    *bucket = peer;
}

struct peer *peers_of_user(const struct peers *peers, int32_t user_id)
{
    return *bucket_of_user(peers, user_id);
}

struct peer_clock *peers_clock(struct peers *peers)
{
    return &peers->clock;
}

static void remove_user(struct peers *peers, struct peer *peer)
{
    struct peer **place = bucket_of_user(peers, peer->who->user_id);
    while (*place != peer) {
        place = &(*place)->user_next;
    }
    *place = peer->user_next;
}

void peers_remove(struct peers *peers, struct peer *peer)
{
    if (peer->previous) {
        peer->previous->next = peer->next;
    } else {
        peers->all = peer->next;
    }
    if (peer->next) {
        peer->next->previous = peer->previous;
    }
    peers->count--;
    if (!peer->is_raw) {
        struct peer **place = bucket_of(peers, peer->session);
        while (*place != peer) {
            place = &(*place)->hash_next;
        }
        *place = peer->hash_next;
        if (peer->who) {
            remove_user(peers, peer);
            peer_clock_remove(&peers->clock, peer);
        }
    }
}

struct peer *peers_find(const struct peers *peers, uint64_t session)
{
    struct peer *peer = *bucket_of(peers, session);
    while (peer && peer->session != session) {
        peer = peer->hash_next;
    }
    return peer;
}

struct peer *peers_first(const struct peers *peers)
{
    return peers->all;
}
