/* What the commands on stores share: checks of their options, owners, the row of a store.
 * Called by the store commands; parts that take a struct db on a worker's thread.
 * Which stores a caller may see is decided by the caller of these. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_STORES_H
#define STOCKROOM_SERVER_CORE_COMMANDS_STORES_H

#include "server/core/db/db.h"
#include "server/core/request.h"

struct stores_options {
    const char *name;     /* NULL: not given */
    const char *timezone; /* likewise */
    const char *currency;
    const char *owner;
};

/* A store as its ledger knows it. */
struct stores_found {
    int32_t store_id;
    const char *currency; /* in the arena */
    bool closed;
};

/* Check CODE (the first argument) and --name, --timezone, --currency and --owner, as far as they are given.
 */
enum err stores_parse_options(const struct request *request, struct stores_options *ret_options,
                              struct err_info *ret_info);

/* Can they be a time zone and a currency? NULL is fine. ERR_BAD_VALUE. */
enum err stores_check_values(const char *zone, const char *currency, struct err_info *ret_info);

/* Does the database know the time zone? ERR_BAD_VALUE when not; NULL is fine. */
enum err stores_check_timezone(struct request *request, struct db *db, const char *zone,
                               struct err_info *ret_info);

/* ERR_UNKNOWN_STORE; one that waits for approval is none yet. */
enum err stores_find(struct request *request, struct db *db, const char *code, struct stores_found *ret_found,
                     struct err_info *ret_info);

/* Give the store to an owner who can log in. ERR_UNKNOWN_USER, ERR_BAD_VALUE when the user is no owner. */
enum err stores_add_owner(struct request *request, struct db *db, int32_t store_id, const char *owner,
                          struct err_info *ret_info);

/* request->table, empty, for rows of store_list.sql. */
void stores_init_table(struct request *request);
void stores_add_row(struct request *request, const struct db_result *result, int row);

/* Answer with one store. ERR_UNKNOWN_STORE when there is none, or it is not for the caller to see. */
enum err stores_show(struct request *request, struct db *db, const char *code, struct err_info *ret_info);

#endif
