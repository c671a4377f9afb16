/* key remove: a public key opens the account no more.
 * Prepared on the main loop; written on a worker's thread.
 * One's own; admins anybody's, owners those of the staff of their own stores alone. */
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/key_rows.h"
#include "server/core/commands/people.h"
#include "server/core/commands/public_key.h"

struct removal {
    int32_t key_id;          /* 0: by its fingerprint */
    const char *fingerprint; /* with its prefix */
};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct removal *removal = arena_calloc(&request->arena, 1, sizeof *removal);
    const char *word = request->args.words[0];
    enum err err = people_check_target(request, ret_info);

    request->data = removal;
    if (err == ERR_OK) {
        err = people_refuse_token(request, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    if (strncmp(word, "SHA256:", 7) == 0) {
        if (strlen(word) != PUBLIC_KEY_FINGERPRINT_SIZE - 1 || !text_is_printable(word, strlen(word))) {
            return err_set(ret_info, ERR_BAD_VALUE, "'%.60s' is no fingerprint as `key list` shows it", word);
        }
        removal->fingerprint = word;
    } else {
        int64_t key_id;

        err = values_parse_integer(word, 1, INT32_MAX, &key_id, ret_info);
        removal->key_id = err == ERR_OK ? (int32_t)key_id : 0;
    }
    return err;
}

static enum err remove_key(struct request *request, struct db *db, int32_t user_id, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    const struct removal *removal = request->data;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_i32(&params, user_id);
    if (removal->key_id != 0) {
        db_bind_i32(&params, removal->key_id);
    } else {
        db_bind_null(&params);
    }
    db_bind_text(&params, removal->fingerprint);
    err = db_query(db, SQL_QUERY_KEY_REMOVE, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "no key %s", request->args.words[0]);
    }
    key_rows_fill(request, result);
    return ERR_OK;
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
        err = remove_key(request, db, user_id, ret_info);
    }
    return people_change_end(&change, err, user_id, NULL, ret_info);
}

static const struct option_spec options[] = {
    {"user", "NAME", "whose key; your own unless told", false, false},
    OPTION_END,
};

const struct command command_key_remove = {
    .name = "key remove",
    .arguments = "ID|FINGERPRINT",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .roles = ROLE_ANY,
    .cost = COST_WRITE,
    .summary = "remove a public key",
    .help =
        "The id or the fingerprint as `key list` shows it. Sessions that it opened end. Admins may remove "
        "anybody's\n"
        "keys, owners those of staff who work for their stores only. Not for sessions that a token opened.\n"
        "  key remove 7",
    .changes = true,
    .prepare = prepare,
    .steps = {{STEP_QUERY, run}},
};
