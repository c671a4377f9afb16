/* passwd: a new password, from the first line of stdin.
 * Prepared on the main loop; hashed in the password pool; written on a worker's thread.
 * For oneself; admins for anybody, owners for the staff of their own stores. */
#include <string.h>

#include "server/core/commands/commands.h"
#include "server/core/commands/people.h"

static const struct column columns[] = {{"user", COLUMN_TEXT, 0}, {"changed", COLUMN_BOOL, 0}};

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct people_new *person = arena_calloc(&request->arena, 1, sizeof *person);
    enum err err = people_check_target(request, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if (request->input_count == 0) {
        return err_set(ret_info, ERR_USAGE, "give the new password as the first line of stdin");
    }
    person->name = args_option(&request->args, "user");
    if (person->name == NULL) {
        person->name = request->who->user;
    }
    person->password = arena_strdup(&request->arena, request->inputs[0]);
    request->data = person;
    return people_check_password(person->password, person->name, ret_info);
}

static enum err hash(struct request *request, struct db *db, struct err_info *ret_info)
{
    (void)db;
    return people_hash(request->config, request->data, ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct people_new *person = request->data;
    struct db_params params;
    struct cell *row;
    int32_t user_id = 0;
    enum err err = people_find_target(request, db, &user_id, ret_info);

    if (err == ERR_OK) {
        db_params_init(&params, &request->arena);
        db_bind_i32(&params, user_id);
        db_bind_text(&params, person->hash);
        err = db_query(db, SQL_QUERY_USER_SET_PASSWORD, &params, NULL, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    request->table.single = true;
    row = table_add_row(&request->table);
    row[0].value = arena_strdup(&request->arena, person->name);
    row[1].value = "t";
    return ERR_OK;
}

static unsigned inputs(const struct request *request, const char **ret_prompts)
{
    (void)request;
    ret_prompts[0] = "New password: ";
    return 1;
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
    .summary = "set a password (read from stdin)",
    .help = "8 to 1,000 bytes of UTF-8, not the user's name. Admins may set anybody's, owners their staff's.",
    .inputs = inputs,
    .always = true,
    .changes = true,
    .prepare = prepare,
    .steps = {{STEP_PASSWORD, hash}, {STEP_QUERY, run}},
};
