/* store set: change a store.
 * Prepared on the main loop; written on a worker's thread, one change of the catalogue at a time.
 * For admins. */
#include "common/cleanup.h"
#include "server/core/audit.h"
#include "server/core/commands/catalogue.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/stores.h"

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct stores_options *options = arena_calloc(&request->arena, 1, sizeof *options);
    enum err err = stores_parse_options(request, options, ret_info);

    if (err == ERR_OK && options->name == NULL && options->timezone == NULL && options->owner == NULL) {
        return err_set(ret_info, ERR_USAGE, "nothing to change: give --name, --timezone or --owner");
    }
    request->data = options;
    return err;
}

static enum err update_store(struct request *request, struct db *db, int32_t *ret_store_id,
                             struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct stores_options *options = request->data;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, request->args.words[0]);
    db_bind_text(&params, options->name);
    db_bind_text(&params, options->timezone);
    err = db_query(db, SQL_QUERY_STORE_UPDATE, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", request->args.words[0]);
    }
    *ret_store_id = (int32_t)db_result_i64(result, 0, 0);
    return ERR_OK;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct stores_options *options = request->data;
    struct audit_change change;
    int32_t store_id = 0;
    enum err err = stores_check_timezone(request, db, options->timezone, ret_info);

    if (err == ERR_OK) {
        err = catalogue_begin(db, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    err = audit_begin(db, &request->arena, AUDIT_STORE, request->args.words[0], &change, ret_info);
    if (err == ERR_OK) {
        err = update_store(request, db, &store_id, ret_info);
    }
    if (err == ERR_OK) {
        err = stores_add_owner(request, db, store_id, options->owner, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_end(db, &request->arena, request->who, request->command->name, &change, ret_info);
    }
    if (err == ERR_OK) {
        err = stores_show(request, db, request->args.words[0], ret_info);
    }
    return catalogue_end(db, err, ret_info);
}

static const struct option_spec options[] = {
    {"name", "TEXT", "what people call it", false, false},
    {"timezone", "TZ", "where its days begin and end, as Europe/Berlin", false, false},
    {"owner", "NAME", "one more owner that it belongs to", false, false},
    OPTION_END,
};

const struct command command_store_set = {
    .name = "store set",
    .arguments = "CODE",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .roles = ROLE_ADMIN,
    .cost = COST_WRITE,
    .summary = "change a store",
    .help =
        "What is not given stays. A store keeps its currency, since its movements are in it. A new owner's "
        "sessions\n"
        "end: the next login has the store.",
    .changes = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
