/* Disabling and enabling users: what `user disable` and `user enable` share.
 * Called by their query steps, on a worker's thread.
 * Keeps one admin enabled, whoever disables whom at the same moment. */
#include "server/core/commands/user_switch.h"

#include "server/core/command.h"
#include "server/core/commands/people.h"

static enum err write_switch(struct request *request, struct db *db, const struct people_change *change,
                             bool disable, int32_t *ret_user_id, struct err_info *ret_info)
{
    const char *name = request->args.words[0];
    struct people_user user;
    struct db_params params;
    enum err err = people_find_to_change(request, db, name, &user, ret_info);

    if (err == ERR_OK && disable && user.role == ROLE_ADMIN) {
        err = people_refuse_last_admin(change, user.user_id, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, user.user_id);
    db_bind_bool(&params, disable);
    err = db_query(db, SQL_QUERY_USER_SET_DISABLED, &params, NULL, ret_info);
    if (err == ERR_OK) {
        err = people_show(request, db, name, NULL, ret_info);
        *ret_user_id = user.user_id;
    }
    return err;
}

enum err user_switch(struct request *request, struct db *db, bool disable, struct err_info *ret_info)
{
    struct people_change change;
    int32_t user_id = 0;
    enum err err = people_change_begin_admins(db, &request->arena, request->who, request->command->name,
                                              request->args.words[0], &change, ret_info);

    if (err == ERR_OK) {
        err = write_switch(request, db, &change, disable, &user_id, ret_info);
        err = people_change_end(&change, err, user_id, NULL, ret_info);
    }
    return err;
}
