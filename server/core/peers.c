/* All peers: a list of every one and a hash of the sessions by number. Called by peer.c and core.c on the
 * main loop. */
#include <stdlib.h>

#include "server/core/peer_internal.h"

struct peers {
    struct peer *all;
    unsigned count;
    size_t mask;
    struct peer **buckets;
};

struct peers *peers_new(unsigned limit)
{
    struct peers *peers = calloc(1, sizeof *peers);
    size_t size = 64;
    while (size < limit) {
        size *= 2;
    }
    struct peer **buckets = calloc(size, sizeof *buckets);
    if (!peers || !buckets) {
        abort();
    }
    peers->mask = size - 1;
    peers->buckets = buckets;
    return peers;
}

void peers_free(struct peers *peers)
{
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
