/* Rows of movements: from the movements queries to the columns that clients know.
 * Called by `movements` and by what pushes movements to those who watch, on a worker's thread.
 * Whether the caller may see a store is decided before. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_MOVEMENT_ROWS_H
#define STOCKROOM_SERVER_CORE_COMMANDS_MOVEMENT_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "server/core/db/db.h"
#include "server/core/table.h"

/* The columns of the movements queries that make the key of a page: store and seq. */
enum { MOVEMENT_ROWS_STORE = 0, MOVEMENT_ROWS_SEQ = 2 };

/* An empty table of movements. */
void movement_rows_init(struct table *table, struct arena *arena);

/* Add a row of a movements query (all have the same columns). Without show_cost the cost stays empty. */
void movement_rows_add(struct table *table, const struct db_result *result, int row, bool show_cost);

/* The movements of a store after one, oldest first, at most limit of them, into a new table. *ret_last_seq:
 * the last one's seq, or after_seq when there are none. Everything lives in arena. Errors as db_query. */
enum err movements_read_after(struct db *db, struct arena *arena, const char *store_code, int64_t after_seq,
                              int64_t limit, bool show_cost, struct table *ret_table, int64_t *ret_last_seq,
                              struct err_info *ret_info);

#endif
