/* unlock: is whoever sits at a locked screen the one who is logged in? Asks for the password once more.
 * Read on a worker's thread, compared in the password pool; wrong ones cost as they do at logins, in an
 * account of their own that nobody from outside can run up. */
#include <string.h>
#include <uv.h>

#include "common/cleanup.h"
#include "server/core/accounts.h"
#include "server/core/commands/commands.h"
#include "server/core/core.h"
#include "server/core/directory.h"
#include "server/core/passwords.h"

static const struct column columns[] = {{"user", COLUMN_TEXT, 0}, {"unlocked", COLUMN_BOOL, 0}};

#define NS_PER_MS UINT64_C(1000000)

struct unlock {
    struct accounts *accounts; /* has a mutex: worker's threads may */
    const char *hash;          /* NULL: there is none */
};

static unsigned inputs(const struct request *request, const char **ret_prompts)
{
    (void)request;
    ret_prompts[0] = "Password: ";
    return 1;
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct unlock *unlock = arena_calloc(&request->arena, 1, sizeof *unlock);

    if (!request->is_interactive) {
        return err_set(ret_info, ERR_USAGE, "there is no screen to unlock here");
    }
    if (request->input_count == 0) {
        return err_set(ret_info, ERR_USAGE, "the password is missing");
    }
    unlock->accounts = request->core->unlocks;
    request->data = unlock;
    return ERR_OK;
}

static enum err find(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct unlock *unlock = request->data;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, request->who->user);
    err = db_query(db, SQL_QUERY_LOGIN_USER, &params, &result, ret_info);
    if (err == ERR_OK && db_result_rows(result) == 1 && db_result_bool(result, 0, DIRECTORY_ENABLED) &&
        db_result_text(result, 0, DIRECTORY_COLUMNS) != NULL) {
        unlock->hash = arena_strdup(&request->arena, db_result_text(result, 0, DIRECTORY_COLUMNS));
    }
    return err;
}

static enum err check(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct unlock *unlock = request->data;
    const char *user = request->who->user;
    const char *password = request->inputs[0];
    struct accounts_try attempt;
    unsigned seconds = 1;
    struct cell *row;

    (void)db;
    if (accounts_begin(unlock->accounts, user, strlen(user), "", uv_hrtime() / NS_PER_MS, &attempt,
                       &seconds) != ACCOUNTS_GO) {
        return err_set(ret_info, ERR_THROTTLED, "too many wrong passwords, try again in %u second%s", seconds,
                       seconds == 1 ? "" : "s");
    }
    bool is_right = unlock->hash != NULL && passwords_verify(unlock->hash, password, strlen(password));
    accounts_end(unlock->accounts, &attempt, is_right ? ACCOUNTS_RIGHT : ACCOUNTS_WRONG,
                 uv_hrtime() / NS_PER_MS);
    if (!is_right) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "that is not your password");
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    request->table.single = true;
    row = table_add_row(&request->table);
    row[0].value = arena_strdup(&request->arena, user);
    row[1].value = "t";
    return ERR_OK;
}

const struct command command_unlock = {
    .name = "unlock",
    .arguments = "",
    .roles = ROLE_ANY,
    .cost = COST_LOGIN,
    .summary = "prove that you are still there (for locked screens)",
    .help = "Reads your password and says whether it is right. Screens that were left alone ask this.\n"
            "  unlock < password",
    .inputs = inputs,
    .always = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, find}, {STEP_PASSWORD, check}},
};
