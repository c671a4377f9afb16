/* passwd: a new password, read from stdin or asked for.
 * Prepared on the main loop; read and written on a worker's thread, checked and hashed in the password pool.
 * For oneself; admins for anybody, owners for the staff of their own stores alone. */
#include <string.h>

#include "common/cleanup.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/people.h"
#include "server/core/commands/people_new.h"
#include "server/core/passwords.h"
#include "server/core/peer.h"

static const struct column columns[] = {{"user", COLUMN_TEXT, 0}, {"changed", COLUMN_BOOL, 0}};

/* Columns of user_password.sql. */
enum { ROW_HASH, ROW_MUST_CHANGE, ROW_EPOCH };

struct password_change {
    struct people_new person;
    bool is_own;
    char *old; /* what the user says that it is; NULL: not asked */
    int32_t user_id;
    int64_t epoch;                     /* as the password was read */
    bool is_foreign;                   /* the one there was chosen by somebody else */
    char hash[crypto_pwhash_STRBYTES]; /* empty: there is none */
};

/* Somebody at a terminal who knows the password that there is shall say so: it may not be who logged in. */
static bool asks_for_old(const struct request *request)
{
    return request->is_interactive && people_target_is_caller(request) && request->who->has_password &&
           !request->who->must_change_password;
}

static unsigned inputs(const struct request *request, const char **ret_prompts)
{
    unsigned count = 0;

    if (asks_for_old(request)) {
        ret_prompts[count++] = "Old password: ";
    }
    ret_prompts[count++] = "New password: ";
    if (request->is_interactive && people_target_is_caller(request)) {
        ret_prompts[count++] = "New password again: ";
    }
    return count;
}

static enum err take_inputs(struct request *request, struct password_change *passwd,
                            struct err_info *ret_info)
{
    const char *prompts[REQUEST_INPUTS_MAX];
    unsigned at = 0;

    if (request->input_count < inputs(request, prompts)) {
        return err_set(ret_info, ERR_USAGE,
                       request->is_interactive ? "no password was given"
                                               : "give the new password as the first line of stdin");
    }
    if (asks_for_old(request)) {
        passwd->old = arena_strdup(&request->arena, request->inputs[at++]);
    }
    passwd->person.password = arena_strdup(&request->arena, request->inputs[at++]);
    if (at < request->input_count && strcmp(request->inputs[at], passwd->person.password) != 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "the two new passwords differ");
    }
    if (passwd->old != NULL && strcmp(passwd->old, passwd->person.password) == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "the new password is the old one");
    }
    return people_check_password(passwd->person.password, passwd->person.name, ret_info);
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct password_change *passwd = arena_calloc(&request->arena, 1, sizeof *passwd);
    enum err err = people_check_target(request, ret_info);

    if (err == ERR_OK) {
        err = people_refuse_token(request, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    request->data = passwd;
    passwd->person.name = people_target(request);
    passwd->is_own = people_target_is_caller(request);
    passwd->person.must_change_password = !passwd->is_own;
    return take_inputs(request, passwd, ret_info);
}

static enum err find(struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct password_change *passwd = request->data;
    struct db_params params;
    const char *hash;
    enum err err = people_find_target(request, db, &passwd->user_id, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, passwd->user_id);
    err = db_query(db, SQL_QUERY_USER_PASSWORD, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) != 1) {
        return err_set(ret_info, ERR_UNKNOWN_USER, "no user %s", passwd->person.name);
    }
    hash = db_result_text(result, 0, ROW_HASH);
    if (hash != NULL && strlen(hash) < sizeof passwd->hash) {
        memcpy(passwd->hash, hash, strlen(hash) + 1);
    }
    passwd->is_foreign = db_result_bool(result, 0, ROW_MUST_CHANGE);
    passwd->epoch = db_result_i64(result, 0, ROW_EPOCH);
    return ERR_OK;
}

static enum err check(const struct request *request, const struct password_change *passwd,
                      struct err_info *ret_info)
{
    const char *password = passwd->person.password;

    if (passwd->old != NULL &&
        (passwd->hash[0] == '\0' || !passwords_verify(passwd->hash, passwd->old, strlen(passwd->old)))) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "the old password is wrong");
    }
    if (request->is_interactive && passwd->is_own && passwd->old == NULL && passwd->hash[0] != '\0' &&
        !passwd->is_foreign) {
        return err_set(ret_info, ERR_BUSY, "your password has just been changed: try again");
    }
    if (passwd->is_own && passwd->is_foreign && passwd->hash[0] != '\0' &&
        passwords_verify(passwd->hash, password, strlen(password))) {
        return err_set(ret_info, ERR_BAD_VALUE, "choose another password than the one you were given");
    }
    return ERR_OK;
}

static enum err hash(struct request *request, struct db *db, struct err_info *ret_info)
{
    struct password_change *passwd = request->data;
    enum err err = check(request, passwd, ret_info);

    (void)db;
    if (passwd->old != NULL) {
        sodium_memzero(passwd->old, strlen(passwd->old));
    }
    if (err != ERR_OK) {
        sodium_memzero(passwd->person.password, strlen(passwd->person.password));
        return err;
    }
    return people_hash(request->config, &passwd->person, ret_info);
}

static enum err write_password(struct request *request, struct db *db, const struct password_change *passwd,
                               struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, passwd->user_id);
    db_bind_text(&params, passwd->person.hash);
    db_bind_bool(&params, passwd->person.must_change_password);
    if (passwd->is_own) {
        db_bind_i64(&params, passwd->epoch);
    } else {
        db_bind_null(&params);
    }
    err = db_query(db, SQL_QUERY_USER_SET_PASSWORD, &params, &result, ret_info);
    if (err == ERR_OK && db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_BUSY, "the password was changed at the same moment: try again");
    }
    return err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct password_change *passwd = request->data;
    struct people_change change;
    struct cell *row;
    enum err err = people_change_begin(db, &request->arena, request->who, request->command->name,
                                       passwd->person.name, &change, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = write_password(request, db, passwd, ret_info);
    err = people_change_end(&change, err, passwd->user_id, passwd->is_own ? request->who : NULL, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    request->table.single = true;
    row = table_add_row(&request->table);
    row[0].value = arena_strdup(&request->arena, passwd->person.name);
    row[1].value = "t";
    return ERR_OK;
}

/* The session that changed its own password goes on, without having to come in anew. */
static void finish(struct request *request)
{
    const struct password_change *passwd = request->data;

    if (passwd->is_own) {
        peers_password_changed(request->core, request->who, passwd->epoch + 1);
    }
}

static const struct option_spec options[] = {
    {"user", "NAME", "whose password; your own unless told", false, false},
    OPTION_END,
};

const struct command command_passwd = {
    .name = "passwd",
    .arguments = "",
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_LOGIN,
    .summary = "set a password",
    .help =
        "8 to 1,000 bytes of UTF-8, not the user's name. On a terminal the old one is asked for and the new "
        "one\n"
        "twice; on a pipe the first line of stdin is the new one. The user's other sessions and all tokens "
        "end.\n"
        "Admins may set anybody's, owners that of staff who work for their stores only; the user then has "
        "to choose\n"
        "another one at the next login. Not for sessions that a token opened.\n"
        "  passwd < new-password",
    .inputs = inputs,
    .always = true,
    .changes = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, find}, {STEP_PASSWORD, hash}, {STEP_QUERY, run}},
    .finish = finish,
};
