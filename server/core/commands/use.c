/* use: the store that the following lines of a batch mean.
 * Its query makes sure that the store exists; the channel remembers it.
 * Says of a store that the caller may not see what it says of one that is not there. */
#include "common/cleanup.h"
#include "server/core/commands/commands.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    const char *code = request->args.words[0];
    enum err err;

    if (!request->in_batch) {
        return err_set(ret_info, ERR_USAGE, "use belongs into a batch; a single command takes --store %.32s",
                       code);
    }
    err = values_check_store_code(code, ret_info);
    if (err == ERR_OK && !identity_has_store(request->who, code)) {
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", code);
    }
    return err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, request->args.words[0]);
    err = db_query(db, SQL_QUERY_STORE_FIND, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", request->args.words[0]);
    }
    request->use = request->args.words[0];
    return ERR_OK;
}

const struct command command_use = {
    .name = "use",
    .arguments = "CODE",
    .arguments_min = 1,
    .arguments_max = 1,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "name the store for the lines that follow (in a batch)",
    .help = "  use S001",
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
