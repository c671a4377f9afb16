/* logout: every token of the caller ends, and so do the sessions that they opened.
 * Written on a worker's thread, announced to every server.
 * Sessions that a password or a key opened go on. */
#include "common/cleanup.h"
#include "server/core/access.h"
#include "server/core/audit.h"
#include "server/core/commands/commands.h"

static const struct column columns[] = {{"user", COLUMN_TEXT, 0}, {"tokens_ended", COLUMN_BOOL, 0}};

static enum err bump(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct identity *who = request->who;
    struct audit_change change;
    struct db_params params;
    enum err err = audit_begin(db, &request->arena, AUDIT_USER, who->user, &change, ret_info);

    if (err == ERR_OK) {
        db_params_init(&params, &request->arena);
        db_bind_i32(&params, who->user_id);
        err = db_query(db, SQL_QUERY_USER_BUMP_TOKENS, &params, NULL, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_end(db, &request->arena, who, request->command->name, &change, ret_info);
    }
    return err == ERR_OK ? access_announce(db, &request->arena, who->user_id, who, ret_info) : err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    struct cell *row;
    enum err err = db_begin_nested(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = bump(request, db, ret_info);
    if (err == ERR_OK) {
        err = db_commit_nested(db, ret_info);
    }
    if (err != ERR_OK) {
        db_rollback_nested(db);
        return err;
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    request->table.single = true;
    row = table_add_row(&request->table);
    row[0].value = arena_strdup(&request->arena, request->who->user);
    row[1].value = "t";
    return ERR_OK;
}

const struct command command_logout = {
    .name = "logout",
    .arguments = "",
    .roles = ROLE_ANY,
    .cost = COST_WRITE,
    .summary = "end all of your access tokens",
    .help = "Every token that `login` made for you is refused from now on, on every server, and the sessions "
            "that\n"
            "they opened end; this one, too, if it is one of them. Sessions by password or key go on.\n"
            "  logout",
    .changes = true,
    .steps = {{STEP_QUERY, run}},
};
