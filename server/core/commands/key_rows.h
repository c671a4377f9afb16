/* Rows of public keys, for the commands on keys.
 * Called by their query steps, on a worker's thread.
 * Whose keys they are is decided before. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_KEY_ROWS_H
#define STOCKROOM_SERVER_CORE_COMMANDS_KEY_ROWS_H

#include "server/core/db/db.h"
#include "server/core/request.h"

/* Fill request->table with all rows of key_list.sql or key_remove.sql. */
void key_rows_fill(struct request *request, const struct db_result *result);

/* Answer with the keys of a user, or with one of them (key_id 0: all). */
enum err key_rows_show(struct request *request, struct db *db, int32_t user_id, int32_t key_id,
                       struct err_info *ret_info);

#endif
