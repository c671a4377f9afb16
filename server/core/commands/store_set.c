/* store set: change a store.
 * Prepared on the main loop; written on a worker's thread, one change of the catalogue at a time.
 * For admins. */
#include <string.h>

#include "common/cleanup.h"
#include "server/core/audit.h"
#include "server/core/commands/catalogue.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/stores.h"

struct change {
    struct stores_options options;
    bool opens;
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct change *change = arena_calloc(&request->arena, 1, sizeof *change);
    const struct stores_options *options = &change->options;
    enum err err = stores_parse_options(request, &change->options, ret_info);

    change->opens = args_flag(&request->args, "open");
    if (err == ERR_OK && options->name == NULL && options->timezone == NULL && options->currency == NULL &&
        options->owner == NULL && !change->opens) {
        return err_set(ret_info, ERR_USAGE,
                       "nothing to change: give --name, --timezone, --currency, --owner or --open");
    }
    request->data = change;
    return err;
}

/* Amounts are in minor units of the currency: another one would change what was posted. Postings wait
 * meanwhile. */
static enum err check_currency(struct request *request, struct db *db, const struct stores_found *store,
                               struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, store->store_id);
    err = db_query(db, SQL_QUERY_LEDGER_LOCK_STORE, &params, NULL, ret_info);
    if (err == ERR_OK) {
        err = db_query(db, SQL_QUERY_STORE_MONEY, &params, &result, ret_info);
    }
    if (err == ERR_OK && db_result_bool(result, 0, 0)) {
        return err_set(ret_info, ERR_IN_USE, "%s has prices or costs in %s: its currency stays",
                       request->args.words[0], store->currency);
    }
    return err;
}

static enum err update_store(struct request *request, struct db *db, const struct stores_found *store,
                             struct err_info *ret_info)
{
    const struct change *change = request->data;
    struct db_params params;
    enum err err = ERR_OK;

    if (change->options.currency != NULL && strcmp(change->options.currency, store->currency) != 0) {
        err = check_currency(request, db, store, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, store->store_id);
    db_bind_text(&params, change->options.name);
    db_bind_text(&params, change->options.timezone);
    db_bind_text(&params, change->options.currency);
    db_bind_bool(&params, change->opens);
    err = db_query(db, SQL_QUERY_STORE_UPDATE, &params, NULL, ret_info);
    return err == ERR_OK ? stores_add_owner(request, db, store->store_id, change->options.owner, ret_info)
                         : err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct change *change = request->data;
    const char *code = request->args.words[0];
    struct audit_change audited;
    struct stores_found store;
    enum err err = stores_check_timezone(request, db, change->options.timezone, ret_info);

    if (err == ERR_OK) {
        err = catalogue_begin(db, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    err = audit_begin(db, &request->arena, AUDIT_STORE, code, &audited, ret_info);
    if (err == ERR_OK) {
        err = stores_find(request, db, code, &store, ret_info);
    }
    if (err == ERR_OK) {
        err = update_store(request, db, &store, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_end(db, &request->arena, request->who, request->command->name, &audited, ret_info);
    }
    if (err == ERR_OK) {
        err = stores_show(request, db, code, ret_info);
    }
    return catalogue_end(db, err, ret_info);
}

static const struct option_spec options[] = {
    {"name", "TEXT", "what people call it", false, false},
    {"timezone", "TZ", "where its days begin and end, as Europe/Berlin", false, false},
    {"currency", "CUR", "three letters; only while nothing says a price or a cost in the old one", false,
     false},
    {"owner", "NAME", "one more owner that it belongs to", false, false},
    {"open", NULL, "open it again after `store close`", false, false},
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
    .help = "What is not given stays. Days that were summed up for reports keep the time zone that they had. "
            "A new\n"
            "owner's sessions end: the next login has the store.\n"
            "  store set S001 --name \"Main Street\" --timezone Europe/Lisbon",
    .changes = true,
    .catalogue = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
