/* audit: the trail of changes and refusals, the newest first, a page at a time.
 * Prepared on the main loop; its queries run on a worker's thread.
 * For admins. */
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "server/core/audit.h"
#include "server/core/audit_target.h"
#include "server/core/commands/cells.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/filters.h"
#include "server/core/commands/people.h"

struct audit_filters {
    struct filters_page page;
    int64_t before_id; /* 0: from the newest */
    const char *user, *action, *kind, *target, *outcome, *source, *store;
    struct filters_time from, to;
};

/* Columns of audit_list.sql, and of the answer. */
enum {
    ROW_ID,
    ROW_RECORDED_AT,
    ROW_USER,
    ROW_METHOD,
    ROW_KEY,
    ROW_SOURCE,
    ROW_SESSION,
    ROW_ACTION,
    ROW_OUTCOME,
    ROW_KIND,
    ROW_TARGET,
    ROW_STORE,
    ROW_TIMES,
    ROW_BEFORE,
    ROW_AFTER,
    ROW_CHANGES,
    ROW_COLUMNS
};

static const struct column columns[ROW_COLUMNS] = {
    {"audit_id", COLUMN_INTEGER, 0}, {"recorded_at", COLUMN_TIME, 0}, {"user", COLUMN_TEXT, 0},
    {"method", COLUMN_TEXT, 1},      {"key", COLUMN_TEXT, 1},         {"source", COLUMN_TEXT, 0},
    {"session", COLUMN_INTEGER, 1},  {"action", COLUMN_TEXT, 0},      {"outcome", COLUMN_TEXT, 0},
    {"kind", COLUMN_TEXT, 1},        {"target", COLUMN_TEXT, 0},      {"store", COLUMN_TEXT, 1},
    {"times", COLUMN_INTEGER, 0},    {"before", COLUMN_JSON, 1},      {"after", COLUMN_JSON, 1},
    {"changes", COLUMN_SUMMARY, 0},
};

static enum err parse_page(struct request *request, struct audit_filters *filters, struct err_info *ret_info)
{
    enum err err = filters_parse_page(request, 'a', 1, &filters->page, ret_info);

    if (err == ERR_OK && filters->page.after[0] != NULL &&
        (!values_parse_i64(filters->page.after[0], &filters->before_id) || filters->before_id <= 0)) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is no cursor of this command",
                       args_option(&request->args, "after"));
    }
    return err;
}

static bool is_kind(const char *text)
{
    static const enum audit_kind kinds[] = {AUDIT_USER, AUDIT_STORE, AUDIT_PRODUCT, AUDIT_SESSION};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(text, audit_kind_text(kinds[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Those that are compared as they are: printable, and short enough to be in the trail. */
static enum err parse_text(const struct request *request, const char *option, const char **ret_text,
                           struct err_info *ret_info)
{
    const char *text = args_option(&request->args, option);

    if (text != NULL && (strlen(text) > AUDIT_TARGET_MAX || !text_is_printable(text, strlen(text)))) {
        return err_set(ret_info, ERR_BAD_VALUE, "--%s takes at most %d bytes of printable text", option,
                       AUDIT_TARGET_MAX);
    }
    *ret_text = text;
    return ERR_OK;
}

static enum err parse_names(const struct request *request, struct audit_filters *filters,
                            struct err_info *ret_info)
{
    enum err err = ERR_OK;

    filters->user = args_option(&request->args, "user");
    filters->store = args_option(&request->args, "store");
    filters->kind = args_option(&request->args, "kind");
    filters->outcome = args_option(&request->args, "outcome");
    if (filters->kind != NULL && !is_kind(filters->kind)) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is no kind: user, store, product or session",
                       filters->kind);
    }
    if (filters->outcome != NULL && strcmp(filters->outcome, "done") != 0 &&
        strcmp(filters->outcome, "refused") != 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is no outcome: done or refused", filters->outcome);
    }
    if (filters->user != NULL) {
        err = values_check_user_name(filters->user, ret_info);
    }
    if (err == ERR_OK && filters->store != NULL) {
        err = values_check_store_code(filters->store, ret_info);
    }
    return err;
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct audit_filters *filters = arena_calloc(&request->arena, 1, sizeof *filters);
    enum err err = parse_page(request, filters, ret_info);

    if (err == ERR_OK) {
        err = parse_names(request, filters, ret_info);
    }
    if (err == ERR_OK) {
        err = parse_text(request, "action", &filters->action, ret_info);
    }
    if (err == ERR_OK) {
        err = parse_text(request, "target", &filters->target, ret_info);
    }
    if (err == ERR_OK) {
        err = parse_text(request, "source", &filters->source, ret_info);
    }
    if (err == ERR_OK) {
        err = filters_parse_time(request, "from", &filters->from, ret_info);
    }
    if (err == ERR_OK) {
        err = filters_parse_time(request, "to", &filters->to, ret_info);
    }
    request->data = filters;
    return err;
}

/* The ids that --user and --store name; 0: not given. */
static enum err find_ids(struct request *request, struct db *db, const struct audit_filters *filters,
                         int32_t *ret_user_id, int32_t *ret_store_id, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct people_user user = {0};
    struct db_params params;
    enum err err = ERR_OK;

    *ret_store_id = 0;
    if (filters->user != NULL) {
        err = people_find(request, db, filters->user, &user, ret_info);
    }
    *ret_user_id = user.user_id;
    if (err != ERR_OK || filters->store == NULL) {
        return err;
    }
    db_params_init(&params, &request->arena);
    db_bind_text(&params, filters->store);
    err = db_query(db, SQL_QUERY_AUDIT_STORE, &params, &result, ret_info);
    if (err == ERR_OK && db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", filters->store);
    }
    if (err == ERR_OK) {
        *ret_store_id = (int32_t)db_result_i64(result, 0, 0);
    }
    return err;
}

static void bind_id(struct db_params *params, int32_t id)
{
    if (id != 0) {
        db_bind_i32(params, id);
    } else {
        db_bind_null(params);
    }
}

static enum err read_rows(struct request *request, struct db *db, struct db_result **ret_result,
                          struct err_info *ret_info)
{
    const struct audit_filters *filters = request->data;
    struct db_params params;
    int32_t user_id, store_id;
    enum err err = find_ids(request, db, filters, &user_id, &store_id, ret_info);

    if (err == ERR_OK) {
        err = db_query(db, SQL_QUERY_PLAN_BY_VALUES, NULL, NULL, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    db_params_init(&params, &request->arena);
    if (filters->before_id != 0) {
        db_bind_i64(&params, filters->before_id);
    } else {
        db_bind_null(&params);
    }
    db_bind_i64(&params, filters->page.limit + 1);
    bind_id(&params, user_id);
    db_bind_text(&params, filters->action);
    db_bind_text(&params, filters->kind);
    db_bind_text(&params, filters->target);
    db_bind_text(&params, filters->outcome);
    db_bind_text(&params, filters->source);
    bind_id(&params, store_id);
    filters_bind_time(&params, &filters->from);
    filters_bind_time(&params, &filters->to);
    return db_query(db, SQL_QUERY_AUDIT_LIST, &params, ret_result, ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    static const int key_columns[] = {ROW_ID};
    const struct audit_filters *filters = request->data;
    enum err err = db_begin_nested(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = read_rows(request, db, &result, ret_info);
    db_rollback_nested(db); /* nothing was written */
    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, columns, ROW_COLUMNS);
    int rows = filters_cut_page(&filters->page, result, key_columns, &request->table);
    for (int i = 0; i < rows; i++) {
        struct cells_source source = {&request->arena, result, i};
        struct cell *cells = table_add_row(&request->table);

        for (int column = 0; column < ROW_COLUMNS; column++) {
            cells_set(&cells[column], &source, column);
        }
        cells_set_time(&cells[ROW_RECORDED_AT], &source, ROW_RECORDED_AT, -1);
    }
    return ERR_OK;
}

static const struct option_spec options[] = {
    {"user", "U", "only what this user did", false, false},
    {"action", "A", "only this command, as 'user set'", false, false},
    {"target", "T", "only what was done to this user, store, product or session", false, false},
    {"kind", "K", "only what was done to a user, store, product or session", false, false},
    {"outcome", "O", "only what was done, or only what was refused", false, false},
    {"source", "ADDR", "only from this address", false, false},
    {"store", "CODE", "only changes of this store, and what was refused for it", false, false},
    {"from", "TIME", "only what was recorded at this time or later", false, false},
    {"to", "TIME", "only what was recorded before", false, false},
    OPTION_LIMIT,
    OPTION_AFTER,
    OPTION_END,
};

const struct command command_audit = {
    .name = "audit",
    .arguments = "",
    .options = options,
    .roles = ROLE_ADMIN,
    .cost = COST_SCAN,
    .summary = "show who changed what, and who was refused",
    .help =
        "The newest first. Changes of users, keys, stores, products and limits are recorded with what was\n"
        "before and is after; refusals are those for want of a right, and equal ones that came together\n"
        "are one event with their number in times. Nobody can change or remove an event. Days are UTC's.\n"
        "  audit --user olga --from -7d\n"
        "  audit --action \"user set\" --format json",
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
