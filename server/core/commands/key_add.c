/* key add: a public key that opens an account.
 * Prepared on the main loop, where the key is checked; written on a worker's thread.
 * For oneself; admins for anybody, owners for the staff of their own stores alone. */
#include "common/cleanup.h"
#include "server/core/command.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/key_rows.h"
#include "server/core/commands/people.h"
#include "server/core/commands/public_key.h"

enum { KEYS_MAX = 50, LINE_WORDS_MAX = 40 };

/* The line as it was before the shell and the lexer took it apart. */
static const char *join_words(struct request *request)
{
    cleanup(buf_done) struct buf line = {0};

    for (unsigned i = 0; i < request->args.word_count; i++) {
        if (i > 0) {
            buf_append_char(&line, ' ');
        }
        buf_append_text(&line, request->args.words[i]);
    }
    return arena_strndup(&request->arena, line.data, line.len);
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct public_key *key = arena_calloc(&request->arena, 1, sizeof *key);
    const char *line = request->input_count > 0 ? request->inputs[0] : NULL;
    enum err err = people_check_target(request, ret_info);

    if (err == ERR_OK) {
        err = people_refuse_token(request, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    if (request->args.word_count > 0) {
        line = join_words(request);
    } else if (line == NULL) {
        return err_set(ret_info, ERR_USAGE, "which key? give a line as in a .pub file");
    }
    request->data = key;
    return public_key_parse(&request->arena, line, key, ret_info);
}

/* Two at once shall not pass the limit together: the user's row is held. */
static enum err refuse_too_many(struct request *request, struct db *db, int32_t user_id,
                                struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, user_id);
    err = db_query(db, SQL_QUERY_KEY_COUNT, &params, &result, ret_info);
    if (err == ERR_OK && db_result_i64(result, 0, 0) >= KEYS_MAX) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "a user has at most %d keys: remove one first", KEYS_MAX);
    }
    return err;
}

static enum err insert_key(struct request *request, struct db *db, int32_t user_id, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct public_key *key = request->data;
    struct db_params params;
    enum err err = refuse_too_many(request, db, user_id, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, user_id);
    db_bind_text(&params, key->type);
    db_bind_bytes(&params, key->blob, key->blob_len);
    db_bind_text(&params, key->fingerprint);
    db_bind_text(&params, key->comment);
    err = db_query(db, SQL_QUERY_KEY_INSERT, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_ALREADY_EXISTS, "the user has the key %s already", key->fingerprint);
    }
    return key_rows_show(request, db, user_id, (int32_t)db_result_i64(result, 0, 0), ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    struct people_change change;
    int32_t user_id = 0;
    enum err err = people_change_begin(db, &request->arena, request->who, request->command->name,
                                       people_target(request), &change, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = people_find_target(request, db, &user_id, ret_info);
    if (err == ERR_OK) {
        err = insert_key(request, db, user_id, ret_info);
    }
    return people_change_end(&change, err, user_id, NULL, ret_info);
}

static unsigned inputs(const struct request *request, const char **ret_prompts)
{
    ret_prompts[0] = "Public key: ";
    return request->args.word_count == 0 ? 1 : 0;
}

static const struct option_spec options[] = {
    {"user", "NAME", "whose key; your own unless told", false, false},
    OPTION_END,
};

const struct command command_key_add = {
    .name = "key add",
    .arguments = "[TYPE BASE64 [COMMENT]]",
    .arguments_max = LINE_WORDS_MAX,
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_WRITE,
    .summary = "add a public key (an authorized_keys line)",
    .help =
        "The line of a .pub file as words, as one quoted word, or as the first line of stdin: ssh-ed25519,\n"
        "ecdsa-sha2-nistp256/384/521, or ssh-rsa of 2,048 bits and more. No options, no certificates. "
        "Admins\n"
        "may add keys for anybody, owners for staff who work for their stores only. Not for sessions that a "
        "token opened.\n"
        "  key add < id_ed25519.pub",
    .inputs = inputs,
    .changes = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
