/* The heads of ledgers, for verify: printed to be kept elsewhere, and read back to be checked. Called by
 * verify.c. What is returned lives in the request's arena. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_VERIFY_HEADS_H
#define STOCKROOM_SERVER_CORE_COMMANDS_VERIFY_HEADS_H

#include "server/core/commands/filters.h"
#include "server/core/ledger/verify.h"

/* The --head options, each STORE:SEQ:HASH. ERR_BAD_VALUE; ERR_UNKNOWN_STORE for a store that is not the
 * caller's, or, with a database (NULL: none), not there. Main loop without a database, else a query step. */
enum err verify_heads_parse(struct request *request, struct verify_scope *scope, struct err_info *ret_info);
enum err verify_heads_find(struct request *request, struct db *db, const struct verify_scope *scope,
                           struct err_info *ret_info);

/* The rows of --heads. Query step. */
enum err verify_heads_list(struct request *request, struct db *db, const struct filters_page *page,
                           struct err_info *ret_info);

#endif
