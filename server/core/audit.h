/* The audit trail: who changed what, with which key, from where, what it was before and is now. Changes are
 * written by the commands in their own transactions, on a worker's thread; refusals are gathered on the main
 * loop and written by a job. Rows are never changed: the server's role may only insert and select. */
#ifndef STOCKROOM_SERVER_CORE_AUDIT_H
#define STOCKROOM_SERVER_CORE_AUDIT_H

#include "common/arena.h"
#include "common/err.h"
#include "server/core/db/db.h"
#include "server/core/identity.h"

struct audit;
struct core;
struct request;

enum audit_kind { AUDIT_NONE, AUDIT_USER, AUDIT_STORE, AUDIT_PRODUCT, AUDIT_SESSION };

struct audit_change {
    enum audit_kind kind;
    const char *target; /* user name, store code, SKU, session number; borrowed */
    const char
        *store; /* a product's: what this store has chosen for it; borrowed; NULL: the product itself */
    const char *before; /* JSON, in the arena; NULL: there was nothing */
};

/* "user", "store", "product", "session", or "". */
const char *audit_kind_text(enum audit_kind kind);

/* Before the change, inside its transaction: hold the target's row and remember what it is (a user's without
 * the hash, with role, state, stores, limits and the fingerprints of the keys). The target need not exist.
 * Whoever holds several users' rows (user_lock_admins) does so before, or two that cross lock each other out.
 */
enum err audit_begin(struct db *db, struct arena *arena, enum audit_kind kind, const char *target,
                     struct audit_change *ret_change, struct err_info *ret_info);

/* The same before a store changes what it has chosen for a product (its price, its reorder point). The caller
 * holds the store's ledger. */
enum err audit_begin_stocking(struct db *db, struct arena *arena, const char *store, const char *sku,
                              struct audit_change *ret_change, struct err_info *ret_info);

/* After the change, inside its transaction: write the row. who: NULL on the command line of the server's
 * machine. action: the command's name ("user set"). A change
 * that changed nothing that the trail shows (a password) is written all the same, with what its action says.
 */
enum err audit_end(struct db *db, struct arena *arena, const struct identity *who, const char *action,
                   const struct audit_change *change, struct err_info *ret_info);

/* For a change of many things at once, which has one row: what was done, in the change's transaction. after:
 * JSON that says how much. */
enum err audit_write(struct db *db, struct arena *arena, const struct identity *who, const char *action,
                     const char *after, struct err_info *ret_info);

/* The queue of refusals. For core; main loop only. */
struct audit *audit_new(struct core *core);

/* Write what waits, then call closed; the database may keep it waiting for ever. Nothing is refused any more.
 */
void audit_close(struct audit *audit, void (*closed)(void *argument), void *argument);

/* Rows that wait or are being written. */
unsigned audit_waiting(const struct audit *audit);

/* Say in the log what will never be written: core cannot wait any longer. */
void audit_abandon(struct audit *audit);

void audit_free(struct audit *audit); /* closed, or never used */

/* The request was refused for want of a right (ERR_NOT_PERMITTED, or request->is_refusal). Main loop; never
 * blocks: bounded by [limits] audit_queue, equal refusals of one session that wait together become one row
 * with their number. */
void audit_refuse(struct audit *audit, const struct request *request);

#endif
