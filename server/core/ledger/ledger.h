/* The ledger writer: one thread that gathers the movements of all sessions, posts them in one transaction and
 * answers after the commit. Called by channels on the main loop. Owns a connection of its own; no one else
 * posts. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_LEDGER_H
#define STOCKROOM_SERVER_CORE_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/err.h"
#include "config/config.h"
#include "server/core/ledger/movement.h"
#include "server/core/ledger/news.h"

struct ledger;
struct ledger_source;
struct db;

/* Told on the main loop, after a commit, for each store that got movements by this server, before any of
 * these movements is given back. news: borrowed. */
typedef void (*ledger_posted_fn)(void *argument, const struct news *news);
/* Told on the main loop, once for each movement submitted, in the order of submission within a source. */
typedef void (*ledger_done_fn)(struct movement *movement);

/* Start the writer. dsn in config->database must be loaded. Main loop. NULL with errno when there is no
 * thread. */
struct ledger *ledger_new(uv_loop_t *loop, const struct config *config, ledger_done_fn done,
                          ledger_posted_fn posted, void *posted_argument);

/* Stop: what is queued is posted or, when the database is away, answered with ERR_DATABASE_UNAVAILABLE; then
 * closed is called on the main loop and the ledger is freed. */
void ledger_close(struct ledger *ledger, void (*closed)(void *argument), void *argument);

/* A source is one channel's stream of movements: they post in its order, and sources take turns. */
struct ledger_source *ledger_source_new(struct ledger *ledger, bool interactive, bool stop_on_error);

/* The channel has gone. Movements still waiting are not posted but given back at once, through done, with
 * skipped set; those in the transaction that runs come back as usual, and then the source is freed. */
void ledger_source_free(struct ledger_source *source);

/* Queue a movement; it and its text stay untouched by the caller until done. ERR_BUSY when the writer's queue
 * is full. Lines of an atomic group must be submitted one after another, the first with group_lines set. Main
 * loop. */
enum err ledger_submit(struct ledger_source *source, struct movement *movement);

/* Lines that the whole queue may still take. Main loop. */
unsigned ledger_room(const struct ledger *ledger);

/* A dry run: decides lines as if those before them in the same dry run had posted, and posts nothing. */
struct ledger_rehearsal;
struct ledger_rehearsal *ledger_rehearsal_new(const struct config *config);
void ledger_rehearsal_free(struct ledger_rehearsal *rehearsal);
/* Fills the outcome of each line (seq 0). atomic is ignored: each line is judged for itself. On a query
 * worker's thread, one call at a time for each rehearsal. ERR_DATABASE_UNAVAILABLE and the like: no line was
 * decided. */
enum err ledger_rehearse(struct ledger_rehearsal *rehearsal, struct db *db, struct movement *const *movements,
                         unsigned count, struct err_info *ret_info);

#endif
