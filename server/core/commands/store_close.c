/* store close: end a store whose stock is gone.
 * Prepared on the main loop; written on a worker's thread, one change of the catalogue at a time, while no
 * store posts. For admins. */
#include "common/cleanup.h"
#include "server/core/audit.h"
#include "server/core/commands/catalogue.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/stores.h"

enum { LEFT_MAX = 4 }; /* things that the refusal names, and one to know that there are more */

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    return values_check_store_code(request->args.words[0], ret_info);
}

static enum err refuse_what_is_left(struct request *request, struct db *db, int32_t store_id,
                                    struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    cleanup(buf_done) struct buf things = {0};
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, store_id);
    db_bind_i64(&params, LEFT_MAX);
    err = db_query(db, SQL_QUERY_STORE_LEFT, &params, &result, ret_info);
    if (err != ERR_OK || db_result_rows(result) == 0) {
        return err;
    }
    for (int i = 0; i < db_result_rows(result) && i < LEFT_MAX - 1; i++) {
        const char *transfer = db_result_text(result, i, 2);

        buf_append_text(&things, i > 0 ? ", " : "");
        values_append_quantity(&things, db_result_i64(result, i, 1));
        buf_printf(&things, " of %s%s%s", db_result_text(result, i, 0),
                   transfer != NULL ? " on the way as " : "", transfer != NULL ? transfer : "");
    }
    return err_set(ret_info, ERR_IN_USE, "%s still has %.*s%s", request->args.words[0], (int)things.len,
                   things.data, db_result_rows(result) == LEFT_MAX ? " and more" : "");
}

static enum err close_store(struct request *request, struct db *db, struct err_info *ret_info)
{
    struct stores_found store;
    struct db_params params;
    enum err err = stores_find(request, db, request->args.words[0], &store, ret_info);

    if (err == ERR_OK) {
        err = catalogue_stop_postings(db, ret_info); /* of all: any store may send to this one */
    }
    if (err == ERR_OK) {
        err = refuse_what_is_left(request, db, store.store_id, ret_info);
    }
    if (err == ERR_OK) {
        db_params_init(&params, &request->arena);
        db_bind_i32(&params, store.store_id);
        err = db_query(db, SQL_QUERY_STORE_CLOSE, &params, NULL, ret_info);
    }
    return err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    struct audit_change change;
    enum err err = catalogue_begin(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = audit_begin(db, &request->arena, AUDIT_STORE, request->args.words[0], &change, ret_info);
    if (err == ERR_OK) {
        err = close_store(request, db, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_end(db, &request->arena, request->who, request->command->name, &change, ret_info);
    }
    if (err == ERR_OK) {
        err = stores_show(request, db, request->args.words[0], ret_info);
    }
    return catalogue_end(db, err, ret_info);
}

const struct command command_store_close = {
    .name = "store close",
    .arguments = "CODE",
    .arguments_min = 1,
    .arguments_max = 1,
    .roles = ROLE_ADMIN,
    .cost = COST_WRITE,
    .summary = "close a store",
    .help = "Refused while it has stock, or transfers from or to it are under way. Nothing is posted to a "
            "closed\n"
            "store; all that was stays to be seen. `store set CODE --open` opens it again.\n"
            "  store close S004",
    .changes = true,
    .catalogue = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
