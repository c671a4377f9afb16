/* The core: what the rooms of the main loop share, and its life from start to drain. Made by main.c; peers,
 * channels, logins and watches read it. Everything here belongs to the main loop's thread; workers see the
 * configuration only. */
#ifndef STOCKROOM_SERVER_CORE_CORE_H
#define STOCKROOM_SERVER_CORE_CORE_H

#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "server/core/ledger/ledger.h"
#include "server/core/turn.h"
#include "server/core/work.h"

struct access;
struct accounts;
struct audit;
struct cache;
struct commits;
struct control;
struct logins;
struct peers;
struct signups;
struct throttle;
struct tokens;
struct watches;

enum { CORE_READ_BYTES = 64 * 1024 };

struct core {
    const struct config *config;
    uv_loop_t *loop;
    struct turn *turn;
    struct work_pool *queries;
    struct work_pool *passwords;
    struct ledger *ledger;
    struct control *control;
    struct peers *peers;
    struct watches *watches;
    struct cache *cache;     /* answers kept in memory */
    struct commits *commits; /* what servers tell one another of commits */
    struct signups *signups;
    struct access *access;
    struct audit *audit;
    struct throttle *throttle;
    struct accounts *accounts; /* penalties for wrong passwords at logins, and */
    struct accounts *unlocks;  /* at locked screens, which nobody from outside can run up */
    struct logins *logins;
    struct tokens *tokens; /* NULL: none are configured */
    uint64_t server_id;    /* random: by which this server knows its own announcements */
    uint64_t started_ms;   /* on the loop's clock */
    uint64_t output_total; /* bytes that wait to be written to all peers */
    unsigned streams;      /* batches that have lines with the ledger writer: they share its queue */
    unsigned verifies;     /* verifications that run */
    unsigned imports;      /* imports of products that run */
    const struct db_settings *database; /* of query workers */
    bool draining;                      /* take nothing new */
    char dummy_hash[crypto_pwhash_STRBYTES];
    char read_buffer[CORE_READ_BYTES]; /* one for all: what is read is used or copied before the next read */
};

/* Run the server until it is drained. config: with its secrets; control_fd: the socket from front, taken.
 * Returns the exit status: 0, 64 or 78 for a configuration that cannot work, 70 for a machine that cannot. */
int core_run(struct config *config, int control_fd);

/* Begin to stop: nothing new is taken, what runs is answered, peers are told, then core_run returns. */
void core_drain(struct core *core, const char *reason);

/* Tell core that its last peer has gone (it may be waiting for that). */
void core_peers_gone(struct core *core);

/* Something finished: those who waited for room in a queue may try again. */
void core_release_waiting(struct core *core);

#endif
