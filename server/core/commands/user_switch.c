/* Disabling and enabling users: what `user disable` and `user enable` share.
 * Called by their query steps, on a worker's thread.
 * Keeps one admin enabled, whoever disables whom at the same moment. */
#include "server/core/commands/user_switch.h"

#include "common/cleanup.h"
#include "server/core/access.h"
#include "server/core/commands/people.h"

static enum err refuse_last_admin(struct db *db, int32_t user_id, const char *name, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *admins = NULL;
    enum err err = db_query(db, SQL_QUERY_USER_LOCK_ADMINS, NULL, &admins, ret_info);

    if (err == ERR_OK && db_result_rows(admins) == 1 && db_result_i64(admins, 0, 0) == user_id) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "%s is the last enabled admin", name);
    }
    return err;
}

static enum err write_switch(struct request *request, struct db *db, const struct people_user *user,
                             bool disable, struct err_info *ret_info)
{
    struct db_params params;
    enum err err = ERR_OK;

    if (disable && user->role == ROLE_ADMIN) {
        err = refuse_last_admin(db, user->user_id, request->args.words[0], ret_info);
    }
    if (err == ERR_OK) {
        db_params_init(&params, &request->arena);
        db_bind_i32(&params, user->user_id);
        db_bind_bool(&params, disable);
        err = db_query(db, SQL_QUERY_USER_SET_DISABLED, &params, NULL, ret_info);
    }
    if (err == ERR_OK) {
        err = access_announce(db, &request->arena, user->user_id, request->who, ret_info);
    }
    if (err == ERR_OK) {
        err = people_show(request, db, request->args.words[0], NULL, ret_info);
    }
    return err;
}

enum err user_switch(struct request *request, struct db *db, bool disable, struct err_info *ret_info)
{
    struct people_user user;
    enum err err = people_find(request, db, request->args.words[0], &user, ret_info);

    if (err == ERR_OK && request->who->role != ROLE_ADMIN && user.role != ROLE_STAFF) {
        err =
            err_set(ret_info, ERR_NOT_PERMITTED, "an owner %s staff only", disable ? "disables" : "enables");
    }
    if (err == ERR_OK) {
        err = db_begin_nested(db, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    err = write_switch(request, db, &user, disable, ret_info);
    if (err == ERR_OK) {
        err = db_commit_nested(db, ret_info);
    }
    if (err != ERR_OK) {
        db_rollback_nested(db);
    }
    return err;
}
