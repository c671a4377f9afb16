/* Changes of users: one transaction with the row in the audit trail and the announcement to all servers.
 * Called by the commands that change users, and by user-add of the command line, on a worker's thread.
 * Decides nothing but who the last admin is. */
#include "common/cleanup.h"
#include "server/core/access.h"
#include "server/core/commands/people.h"

static enum err hold(const struct people_change *change, bool holds_admins, const char *name,
                     struct audit_change *ret_audit, struct err_info *ret_info)
{
    enum err err = ERR_OK;

    if (holds_admins) {
        err = db_query(change->db, SQL_QUERY_USER_LOCK_ADMINS, NULL, NULL, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_begin(change->db, change->arena, AUDIT_USER, name, ret_audit, ret_info);
    }
    return err;
}

static enum err begin(struct people_change *change, bool holds_admins, const char *name,
                      struct err_info *ret_info)
{
    enum err err = db_begin_nested(change->db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = hold(change, holds_admins, name, &change->audit, ret_info);
    if (err != ERR_OK) {
        db_rollback_nested(change->db);
    }
    return err;
}

enum err people_change_begin(struct db *db, struct arena *arena, const struct identity *who,
                             const char *action, const char *name, struct people_change *ret_change,
                             struct err_info *ret_info)
{
    *ret_change = (struct people_change){.db = db, .arena = arena, .who = who, .action = action};
    return begin(ret_change, false, name, ret_info);
}

enum err people_change_begin_admins(struct db *db, struct arena *arena, const struct identity *who,
                                    const char *action, const char *name, struct people_change *ret_change,
                                    struct err_info *ret_info)
{
    *ret_change = (struct people_change){.db = db, .arena = arena, .who = who, .action = action};
    return begin(ret_change, true, name, ret_info);
}

enum err people_refuse_last_admin(const struct people_change *change, int32_t user_id,
                                  struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *admins = NULL;
    enum err err = db_query(change->db, SQL_QUERY_USER_LOCK_ADMINS, NULL, &admins, ret_info);

    if (err == ERR_OK && db_result_rows(admins) == 1 && db_result_i64(admins, 0, 0) == user_id) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "%s is the last enabled admin", change->audit.target);
    }
    return err;
}

enum err people_change_end(const struct people_change *change, enum err err, int32_t user_id,
                           const struct identity *origin, struct err_info *ret_info)
{
    if (err == ERR_OK) {
        err = audit_end(change->db, change->arena, change->who, change->action, &change->audit, ret_info);
    }
    if (err == ERR_OK) {
        err = access_announce(change->db, change->arena, user_id, origin, ret_info);
    }
    if (err == ERR_OK) {
        err = db_commit_nested(change->db, ret_info);
    }
    if (err != ERR_OK) {
        db_rollback_nested(change->db);
    }
    return err;
}
