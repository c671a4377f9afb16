/* What the commands on stores share: checks of their options, owners, the row of a store.
 * Called by the store commands; parts that take a struct db on a worker's thread.
 * Which stores a caller may see is decided by the caller of these. */
#include "server/core/commands/stores.h"

#include <string.h>

#include "common/cleanup.h"
#include "server/core/access.h"
#include "server/core/commands/cells.h"
#include "server/core/commands/people.h"

enum { TIMEZONE_MAX = 64 };

/* Columns of store_list.sql. */
enum { ROW_STORE, ROW_NAME, ROW_TIMEZONE, ROW_CURRENCY, ROW_OWNERS, ROW_CLOSED, ROW_PENDING, ROW_CREATED_AT };

static const struct column columns[] = {
    {"store", COLUMN_TEXT, 0},    {"name", COLUMN_TEXT, 0},       {"timezone", COLUMN_TEXT, 0},
    {"currency", COLUMN_TEXT, 0}, {"owners", COLUMN_LIST, 0},     {"closed", COLUMN_BOOL, 0},
    {"pending", COLUMN_BOOL, 0},  {"created_at", COLUMN_TIME, 0},
};

enum err stores_check_values(const char *zone, const char *currency, struct err_info *ret_info)
{
    enum err err = ERR_OK;

    if (zone != NULL) {
        err = values_check_name("time zone", zone, TIMEZONE_MAX, ret_info);
    }
    if (err == ERR_OK && currency != NULL && !values_is_currency(currency)) {
        err = err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is no currency: three capital letters, as EUR",
                      currency);
    }
    return err;
}

enum err stores_parse_options(const struct request *request, struct stores_options *ret_options,
                              struct err_info *ret_info)
{
    struct stores_options options = {
        .name = args_option(&request->args, "name"),
        .timezone = args_option(&request->args, "timezone"),
        .currency = args_option(&request->args, "currency"),
        .owner = args_option(&request->args, "owner"),
    };
    enum err err = values_check_store_code(request->args.words[0], ret_info);

    if (err == ERR_OK && options.name != NULL) {
        err = values_check_name("name", options.name, VALUES_NAME_MAX, ret_info);
    }
    if (err == ERR_OK) {
        err = stores_check_values(options.timezone, options.currency, ret_info);
    }
    if (err == ERR_OK && options.owner != NULL) {
        err = values_check_user_name(options.owner, ret_info);
    }
    if (err == ERR_OK) {
        *ret_options = options;
    }
    return err;
}

enum err stores_check_timezone(struct request *request, struct db *db, const char *zone,
                               struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    if (zone == NULL || strcmp(zone, "UTC") == 0) {
        return ERR_OK;
    }
    db_params_init(&params, &request->arena);
    db_bind_text(&params, zone);
    err = db_query(db, SQL_QUERY_TIMEZONE_FIND, &params, &result, ret_info);
    if (err == ERR_OK && db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%s' is no time zone, as Europe/Berlin is", zone);
    }
    return err;
}

enum err stores_find(struct request *request, struct db *db, const char *code, struct stores_found *ret_found,
                     struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, code);
    err = db_query(db, SQL_QUERY_STORE_FIND, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", code);
    }
    *ret_found = (struct stores_found){
        .store_id = (int32_t)db_result_i64(result, 0, 0),
        .currency = arena_strdup(&request->arena, db_result_text(result, 0, 2)),
        .closed = db_result_bool(result, 0, 3),
    };
    return ERR_OK;
}

enum err stores_add_owner(struct request *request, struct db *db, int32_t store_id, const char *owner,
                          struct err_info *ret_info)
{
    struct people_user user;
    struct db_params params;
    enum err err;

    if (owner == NULL) {
        return ERR_OK;
    }
    err = people_find(request, db, owner, &user, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (user.role != ROLE_OWNER) {
        return err_set(ret_info, ERR_BAD_VALUE, "%s is no owner but %s", owner,
                       identity_role_text(user.role));
    }
    if (user.is_disabled || user.is_pending) {
        return err_set(ret_info, ERR_BAD_VALUE, user.is_disabled ? "%s is disabled" : "%s waits for approval",
                       owner);
    }
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, store_id);
    db_bind_i32(&params, user.user_id);
    err = db_query(db, SQL_QUERY_STORE_ADD_OWNER, &params, NULL, ret_info);
    return err == ERR_OK ? access_announce(db, &request->arena, user.user_id, NULL, ret_info) : err;
}

void stores_init_table(struct request *request)
{
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
}

void stores_add_row(struct request *request, const struct db_result *result, int row)
{
    struct cells_source source = {&request->arena, result, row};
    struct cell *cells = table_add_row(&request->table);

    for (int i = ROW_STORE; i <= ROW_PENDING; i++) {
        cells_set(&cells[i], &source, i);
    }
    cells_set_time(&cells[ROW_CREATED_AT], &source, ROW_CREATED_AT, -1);
}

enum err stores_show(struct request *request, struct db *db, const char *code, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    if (request->who->role != ROLE_ADMIN && !identity_has_store(request->who, code)) {
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", code);
    }
    db_params_init(&params, &request->arena);
    db_bind_text_array(&params, &code, 1);
    db_bind_null(&params);
    db_bind_i64(&params, 1);
    err = db_query(db, SQL_QUERY_STORE_LIST, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", code);
    }
    stores_init_table(request);
    request->table.single = true;
    for (int i = 0; i < db_result_rows(result); i++) {
        stores_add_row(request, result, i);
    }
    return ERR_OK;
}
