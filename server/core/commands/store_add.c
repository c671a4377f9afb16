/* store add: a new store with an empty ledger.
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

    if (err == ERR_OK && options->name == NULL) {
        return err_set(ret_info, ERR_USAGE, "a new store needs --name TEXT");
    }
    request->data = options;
    return err;
}

static enum err insert_store(struct request *request, struct db *db, int32_t *ret_store_id,
                             struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct stores_options *options = request->data;
    const char *code = request->args.words[0];
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, code);
    db_bind_text(&params, options->name);
    db_bind_text(&params, options->timezone != NULL ? options->timezone : "UTC");
    db_bind_text(&params, options->currency != NULL ? options->currency : "EUR");
    err = db_query(db, SQL_QUERY_STORE_INSERT, &params, &result, ret_info);
    if (err == ERR_ALREADY_EXISTS) {
        return err_set(ret_info, err, "there is already a store %s", code);
    }
    if (err != ERR_OK) {
        return err;
    }
    *ret_store_id = (int32_t)db_result_i64(result, 0, 0);
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, *ret_store_id);
    return db_query(db, SQL_QUERY_STORE_OPEN_LEDGER, &params, NULL, ret_info);
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
        err = insert_store(request, db, &store_id, ret_info);
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
    {"name", "TEXT", "what people call it", false, true},
    {"timezone", "TZ", "where its days begin and end, as Europe/Berlin; UTC unless told", false, false},
    {"currency", "CUR", "three letters; EUR unless told", false, false},
    {"owner", "NAME", "the owner that it belongs to", false, false},
    OPTION_END,
};

const struct command command_store_add = {
    .name = "store add",
    .arguments = "CODE",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .roles = ROLE_ADMIN,
    .cost = COST_WRITE,
    .summary = "open a store",
    .help = "The owner's sessions end: the next login has the new store.\n"
            "  store add S004 --name Harbour --timezone Europe/Lisbon --currency EUR",
    .changes = true,
    .catalogue = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
