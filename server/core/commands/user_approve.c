/* user approve: somebody who signed up may come in, and the store that came along is opened.
 * Prepared on the main loop; written on a worker's thread, one change of the catalogue at a time.
 * For admins. */
#include "common/cleanup.h"
#include "server/core/access.h"
#include "server/core/commands/catalogue.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/people.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return values_check_user_name(request->args.words[0], ret_info);
}

static enum err open_store(struct request *request, struct db *db, const char *code,
                           struct err_info *ret_info)
{
    struct audit_change audit;
    struct db_params params;
    enum err err = audit_begin(db, &request->arena, AUDIT_STORE, code, &audit, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    db_params_init(&params, &request->arena);
    db_bind_text(&params, code);
    err = db_query(db, SQL_QUERY_STORE_APPROVE, &params, NULL, ret_info);
    if (err == ERR_OK) {
        err = audit_end(db, &request->arena, request->who, request->command->name, &audit, ret_info);
    }
    return err;
}

static enum err open_stores(struct request *request, struct db *db, int32_t user_id,
                            struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *stores = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, user_id);
    err = db_query(db, SQL_QUERY_USER_PENDING_STORES, &params, &stores, ret_info);
    for (int i = 0; err == ERR_OK && i < db_result_rows(stores); i++) {
        err = open_store(request, db, db_result_text(stores, i, 0), ret_info);
    }
    return err;
}

static enum err approve(struct request *request, struct db *db, const struct people_user *user,
                        struct err_info *ret_info)
{
    struct db_params params;
    enum err err;

    if (!user->is_pending) {
        return err_set(ret_info, ERR_BAD_VALUE, "%s waits for no approval", request->args.words[0]);
    }
    if (user->is_disabled) {
        return err_set(ret_info, ERR_BAD_VALUE, "%s was rejected: user enable %s first",
                       request->args.words[0], request->args.words[0]);
    }
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, user->user_id);
    err = db_query(db, SQL_QUERY_USER_APPROVE, &params, NULL, ret_info);
    if (err == ERR_OK) {
        err = open_stores(request, db, user->user_id, ret_info);
    }
    return err;
}

static enum err approve_in_transaction(struct request *request, struct db *db, struct err_info *ret_info)
{
    const char *name = request->args.words[0];
    struct audit_change audit;
    struct people_user user;
    enum err err = audit_begin(db, &request->arena, AUDIT_USER, name, &audit, ret_info);

    if (err == ERR_OK) {
        err = people_find(request, db, name, &user, ret_info);
    }
    if (err == ERR_OK) {
        err = approve(request, db, &user, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_end(db, &request->arena, request->who, request->command->name, &audit, ret_info);
    }
    if (err == ERR_OK) {
        err = access_announce(db, &request->arena, user.user_id, NULL, ret_info);
    }
    if (err == ERR_OK) {
        err = people_show(request, db, name, NULL, ret_info);
    }
    return err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    enum err err = catalogue_begin(db, ret_info);

    return err == ERR_OK ? catalogue_end(db, approve_in_transaction(request, db, ret_info), ret_info) : err;
}

const struct command command_user_approve = {
    .name = "user approve",
    .arguments = "NAME",
    .arguments_min = 1,
    .arguments_max = 1,
    .roles = ROLE_ADMIN,
    .cost = COST_WRITE,
    .summary = "let in an owner who has signed up",
    .help = "The store that came along is opened with it. `user list --pending` shows who waits; `user "
            "disable`\n"
            "rejects.\n"
            "  user approve nora",
    .changes = true,
    .catalogue = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
