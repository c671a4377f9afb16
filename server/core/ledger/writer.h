/* The writer's work on one take: post it, and when something fails find out what happened and try again, or
 * answer plainly. On the writer's thread; owns the connection. */
#ifndef STOCKROOM_SERVER_CORE_LEDGER_WRITER_H
#define STOCKROOM_SERVER_CORE_LEDGER_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "server/core/ledger/movement.h"
#include "server/core/ledger/news.h"

struct writer;

/* Told after a commit, for each store that got movements; news is the callee's to free. Writer's thread. */
typedef void (*writer_posted_fn)(void *argument, struct news *news);

/* config is borrowed. */
struct writer *writer_new(const struct config *config, writer_posted_fn posted, void *posted_argument);
void writer_free(struct writer *writer);

/* Post movements in order; each has its outcome on return. Blocks: for as long as the database works, and
 * when an answer to COMMIT was lost up to ledger.resolve_seconds to find out. */
void writer_post(struct writer *writer, struct movement *const *movements, size_t count);

#endif
