/* watch: movements of a store as they happen, until the client leaves.
 * Its query finds where the store's ledger stands; the channel then follows from there.
 * Posts and reads no movements itself. */
#include "common/cleanup.h"
#include "server/core/commands/commands.h"

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, request->store);
    err = db_query(db, SQL_QUERY_STORE_FIND, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", request->store);
    }
    request->watch = request->store;
    request->watch_seq = db_result_i64(result, 0, 4);
    return ERR_OK;
}

static const struct option_spec options[] = {OPTION_STORE, OPTION_END};

const struct command command_watch = {
    .name = "watch",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_READ,
    .summary = "show movements as they happen",
    .help =
        "Goes on until you leave. In a batch, movements arrive between the results of other lines, with the\n"
        "line and tag of the watch; a second watch takes the place of the first.\n"
        "  watch --store S001 --format json",
    .streams = true,
    .prepare = request_resolve_store,
    .steps = {{STEP_QUERY, run}},
};
