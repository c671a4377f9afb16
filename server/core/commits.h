/* What servers tell one another of commits: gathers the stores that this server posts to and announces them
 * (NOTIFY stockroom_commits, 'SERVER STORE:SEQ STORE:SEQ …') over a connection of its own, outside every
 * posting; what others announce wakes watches and voids what the cache has of those stores. Made by core.c;
 * on the main loop. */
#ifndef STOCKROOM_SERVER_CORE_COMMITS_H
#define STOCKROOM_SERVER_CORE_COMMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "server/core/db/db.h"

struct commits;
struct core;

/* database: copied, but for its texts. NULL with errno: there is no thread for it. */
struct commits *commits_new(struct core *core, const struct db_settings *database);

/* What waits is announced, if the database is there; then closed is called and it is freed. */
void commits_close(struct commits *commits, void (*closed)(void *argument), void *argument);

/* This server has committed up to seq in a store: the others are told soon. */
void commits_posted(struct commits *commits, const char *store_code, int64_t seq);

/* What was announced, by whomever. This server's own announcements are known already. */
void commits_heard(struct commits *commits, const char *text);

/* ------------------------------------------------------------------ the announcement, pure */

/* Called for each store of an announcement; store_code NULL: any store may have got movements. */
typedef void (*commits_fn)(void *argument, const char *store_code, int64_t seq);

/* False: it is none, and fn was not called. *ret_server: who sent it. */
bool commits_parse(const char *text, uint64_t *ret_server, commits_fn fn, void *argument);

#endif
