/* user set: another role, other stores, other limits of a user.
 * Prepared on the main loop (user_set_options.c); written on a worker's thread.
 * Admins set anything but their own role, owners the stores, of their own, of staff who work there alone. */
#include "server/core/commands/user_set.h"

#include <string.h>

#include "common/cleanup.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/people.h"
#include "server/core/commands/people_new.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct user_set *set = arena_calloc(&request->arena, 1, sizeof *set);

    request->data = set;
    return user_set_parse(request, set, ret_info);
}

static enum err set_role(struct request *request, const struct people_change *change,
                         const struct user_set *set, const struct people_user *user,
                         struct err_info *ret_info)
{
    struct db_params params;
    enum err err = ERR_OK;

    if (!set->sets_role || set->role == user->role) {
        return ERR_OK;
    }
    if (user->user_id == request->who->user_id) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "nobody changes the own role: ask another admin");
    }
    if (user->role == ROLE_ADMIN) {
        err = people_refuse_last_admin(change, user->user_id, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    db_params_init(&params, change->arena);
    db_bind_i32(&params, user->user_id);
    db_bind_text(&params, identity_role_text(set->role));
    return db_query(change->db, SQL_QUERY_USER_SET_ROLE, &params, NULL, ret_info);
}

static enum err remove_stores(const struct people_change *change, int32_t user_id,
                              const struct user_set_codes *codes, bool others, struct err_info *ret_info)
{
    struct db_params params;

    db_params_init(&params, change->arena);
    db_bind_i32(&params, user_id);
    db_bind_text_array(&params, codes->items, codes->count);
    db_bind_bool(&params, others);
    return db_query(change->db, SQL_QUERY_USER_STORES_REMOVE, &params, NULL, ret_info);
}

/* Staff work somewhere, and an admin everywhere: whatever was asked for, it must come to that. */
static enum err check_stores(const struct people_change *change, int32_t user_id, enum role role,
                             struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    if (role != ROLE_STAFF) {
        return ERR_OK;
    }
    db_params_init(&params, change->arena);
    db_bind_i32(&params, user_id);
    err = db_query(change->db, SQL_QUERY_USER_STORES_COUNT, &params, &result, ret_info);
    if (err == ERR_OK && db_result_i64(result, 0, 0) == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "staff work in a store, at least in one: give --store CODE");
    }
    return err;
}

static enum err set_stores(const struct people_change *change, const struct user_set *set,
                           const struct people_user *user, struct err_info *ret_info)
{
    enum role role = set->sets_role ? set->role : user->role;
    bool replaces = set->only.count > 0 || role == ROLE_ADMIN;
    enum err err = ERR_OK;

    if (role == ROLE_ADMIN && set->only.count + set->more.count > 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "an admin has every store: leave --store out");
    }
    if (set->less.count > 0) {
        err = people_check_stores(change->db, change->arena, set->less.items, set->less.count, ret_info);
    }
    if (err == ERR_OK && (replaces || set->less.count > 0)) {
        err = remove_stores(change, user->user_id, replaces ? &set->only : &set->less, replaces, ret_info);
    }
    if (err == ERR_OK) {
        err = people_insert_stores(change->db, change->arena, user->user_id, set->only.items, set->only.count,
                                   ret_info);
    }
    if (err == ERR_OK) {
        err = people_insert_stores(change->db, change->arena, user->user_id, set->more.items, set->more.count,
                                   ret_info);
    }
    return err == ERR_OK ? check_stores(change, user->user_id, role, ret_info) : err;
}

static enum err set_limits(const struct people_change *change, const struct user_set *set, int32_t user_id,
                           struct err_info *ret_info)
{
    enum err err = ERR_OK;

    for (int i = 0; err == ERR_OK && i < THROTTLE_BUCKETS; i++) {
        const struct user_set_limit *limit = &set->limits[i];
        struct db_params params;

        if (limit->kind == USER_SET_KEEP) {
            continue;
        }
        db_params_init(&params, change->arena);
        db_bind_i32(&params, user_id);
        db_bind_text(&params, throttle_bucket_text((enum throttle_bucket)i));
        if (limit->kind == USER_SET_OWN) {
            db_bind_i32(&params, (int32_t)limit->rate.per_second);
            db_bind_i32(&params, (int32_t)limit->rate.burst);
        }
        err = db_query(change->db,
                       limit->kind == USER_SET_OWN ? SQL_QUERY_USER_SET_LIMIT : SQL_QUERY_USER_DROP_LIMIT,
                       &params, NULL, ret_info);
    }
    return err;
}

static enum err write_set(struct request *request, const struct people_change *change, int32_t *ret_user_id,
                          struct err_info *ret_info)
{
    const struct user_set *set = request->data;
    const char *name = request->args.words[0];
    struct people_user user;
    enum err err = people_find_to_change(request, change->db, name, &user, ret_info);

    if (err == ERR_OK && user.is_pending) {
        return err_set(ret_info, ERR_BAD_VALUE, "%s waits for approval: user approve %s first", name, name);
    }
    if (err == ERR_OK) {
        err = set_role(request, change, set, &user, ret_info);
    }
    if (err == ERR_OK) {
        err = set_stores(change, set, &user, ret_info);
    }
    if (err == ERR_OK) {
        err = set_limits(change, set, user.user_id, ret_info);
    }
    if (err == ERR_OK) {
        err = people_show(request, change->db, name, NULL, ret_info);
        *ret_user_id = user.user_id;
    }
    return err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    struct people_change change;
    int32_t user_id = 0;
    enum err err = people_change_begin_admins(db, &request->arena, request->who, request->command->name,
                                              request->args.words[0], &change, ret_info);

    if (err == ERR_OK) {
        err = write_set(request, &change, &user_id, ret_info);
        err = people_change_end(&change, err, user_id, NULL, ret_info);
    }
    return err;
}

static const struct option_spec options[] = {
    {"role", "admin|owner|staff", "what the user may do", false, false},
    {"store", "CODE", "the user's stores from now on; give it again for more", true, false},
    {"add-store", "CODE", "one store more", true, false},
    {"remove-store", "CODE", "one store less", true, false},
    {"limit", "CLASS=RATE/BURST", "what the user's sessions may do together, see below", true, false},
    OPTION_END,
};

const struct command command_user_set = {
    .name = "user set",
    .arguments = "NAME",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .roles = ROLE_ADMIN | ROLE_OWNER,
    .cost = COST_WRITE,
    .summary = "change a user's role, stores or limits",
    .help =
        "What is not given stays. A new role or other stores end the user's sessions: the next login has "
        "them.\n"
        "Staff keep at least one store; who becomes an admin loses them, as admins have all. Nobody changes "
        "the\n"
        "own role, and the last enabled admin stays one. --limit: CLASS is read, write, scan, login or batch "
        "(the\n"
        "stock lines of batches), RATE commands a second, BURST at once after a rest; CLASS=none takes the "
        "limit\n"
        "away, CLASS=default gives the role's again. Owners change the stores, among their own, of staff "
        "who work\n"
        "for their stores only.\n"
        "  user set ben --add-store S002\n"
        "  user set ben --limit write=5/10",
    .changes = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
