/* whoami: who the caller is and what opened the door.
 * Its query runs on a worker's thread.
 * Shows the identity of this session, as it was at login. */
#include "common/cleanup.h"
#include "server/core/commands/cells.h"
#include "server/core/commands/commands.h"

static const struct column columns[] = {{"user", COLUMN_TEXT, 0},
                                        {"role", COLUMN_TEXT, 0},
                                        {"stores", COLUMN_LIST, 0},
                                        {"key", COLUMN_TEXT, 0},
                                        {"method", COLUMN_TEXT, 0},
                                        {"has_password", COLUMN_BOOL, 0},
                                        {"must_change_password", COLUMN_BOOL, 0},
                                        {"expires_at", COLUMN_TIME, 0}};

static const char *join_stores(struct arena *arena, const struct identity *who)
{
    cleanup(buf_done) struct buf list = {0};

    for (unsigned i = 0; i < who->store_count; i++) {
        if (i > 0) {
            buf_append_char(&list, '\n');
        }
        buf_append_text(&list, who->store_codes[i]);
    }
    return list.len > 0 ? arena_strndup(arena, list.data, list.len) : "";
}

static const char *show_time(struct arena *arena, int64_t time_us)
{
    cleanup(buf_done) struct buf text = {0};

    values_append_time(&text, time_us);
    return arena_strndup(arena, text.data, text.len);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct identity *who = request->who;
    struct cell *row;

    if (who->key_id != 0) {
        struct db_params params;
        enum err err;

        db_params_init(&params, &request->arena);
        db_bind_i32(&params, who->key_id);
        err = db_query(db, SQL_QUERY_KEY_FINGERPRINT, &params, &result, ret_info);
        if (err != ERR_OK) {
            return err;
        }
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    request->table.single = true;
    row = table_add_row(&request->table);
    row[0].value = arena_strdup(&request->arena, who->user);
    row[1].value = identity_role_text(who->role);
    row[2].value = join_stores(&request->arena, who);
    if (result != NULL && db_result_rows(result) == 1) {
        cells_set(&row[3], &(struct cells_source){&request->arena, result, 0}, 0);
    }
    row[4].value = identity_method_text(who->method);
    row[5].value = who->has_password ? "t" : "f";
    row[6].value = who->must_change_password ? "t" : "f";
    row[7].value = who->expires_us != 0 ? show_time(&request->arena, who->expires_us) : NULL;
    return ERR_OK;
}

const struct command command_whoami = {
    .name = "whoami",
    .arguments = "",
    .roles = ROLE_ANY | ROLE_SIGNUP,
    .cost = COST_READ,
    .always = true,
    .summary = "show who you are",
    .help = "An admin's stores are all of them; none are listed. key is the public key that opened the "
            "session, method\n"
            "what did (password, key, token or none), expires_at when a session ends that a token opened.\n"
            "  whoami --format json",
    .steps = {{STEP_QUERY, run}},
};
