/* The modes of a channel: how each begins. Called by channel.c; the rest of a mode is its struct
 * channel_mode. */
#ifndef STOCKROOM_SERVER_CORE_MODES_H
#define STOCKROOM_SERVER_CORE_MODES_H

#include "server/core/channel.h"
#include "server/core/dispatch.h"

/* One command. task: its words, not parsed yet; taken. Answers at once when the words are wrong. */
void *single_start(struct channel *channel, struct task *task, const struct words *words);
extern const struct channel_mode single_mode;

/* A batch. words: `batch` and its options (borrowed); NULL: its defaults. */
void *batch_start(struct channel *channel, const struct words *words);
extern const struct channel_mode batch_mode;

/* A batch whose lines are records of csv: `import movements` and its options. */
void *batch_start_import(struct channel *channel, const struct words *words);

/* `import products`: rows into the catalogue, all or none. task: parsed, taken. */
void *import_products_start(struct channel *channel, struct task *task);
extern const struct channel_mode import_products_mode;

/* An import: which mode it is depends on its kind. task: taken. NULL: the channel has been told, and ends. */
void *import_start(struct channel *channel, struct task *task, const struct words *words,
                   const struct channel_mode **ret_mode);

/* An export: the pages of a query, one after another. task: its words, parsed by dispatch; taken. */
void *export_start(struct channel *channel, struct task *task, const struct words *words);
extern const struct channel_mode export_mode;

#endif
