/* user add: a new user with a role, stores and perhaps a password.
 * Prepared on the main loop; hashed in the password pool; written on a worker's thread.
 * Admins add anybody, owners add staff to their own stores. */
#include <string.h>

#include "server/core/command.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/people.h"
#include "server/core/commands/people_new.h"

static enum err parse_role(const struct request *request, struct people_new *person,
                           struct err_info *ret_info)
{
    const char *role = args_option(&request->args, "role");

    if (role == NULL) {
        return err_set(ret_info, ERR_USAGE, "a new user needs --role admin|owner|staff");
    }
    if (!identity_parse_role(role, &person->role)) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.40s' is no role: admin, owner or staff", role);
    }
    if (request->who->role != ROLE_ADMIN && person->role != ROLE_STAFF) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "an owner adds staff, no %s", role);
    }
    return ERR_OK;
}

static bool has_code(const struct people_new *person, const char *code)
{
    for (unsigned i = 0; i < person->store_count; i++) {
        if (strcmp(person->store_codes[i], code) == 0) {
            return true;
        }
    }
    return false;
}

static void collect_stores(struct request *request, struct people_new *person)
{
    const char *code;

    person->store_codes =
        arena_calloc(&request->arena, request->args.option_count, sizeof *person->store_codes);
    for (unsigned i = 0; (code = args_option_nth(&request->args, "store", i)) != NULL; i++) {
        if (!has_code(person, code)) {
            person->store_codes[person->store_count++] = code;
        }
    }
}

static enum err refuse_foreign_stores(struct request *request, const struct people_new *person,
                                      struct err_info *ret_info)
{
    for (unsigned i = 0; i < person->store_count; i++) {
        if (!identity_has_store(request->who, person->store_codes[i])) {
            request->is_refusal = true;
            return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", person->store_codes[i]);
        }
    }
    return ERR_OK;
}

static enum err choose_password(struct request *request, struct people_new *person, struct err_info *ret_info)
{
    bool from_input = args_flag(&request->args, "password-stdin");

    if (args_flag(&request->args, "no-password")) {
        return from_input
                   ? err_set(ret_info, ERR_USAGE, "--password-stdin and --no-password exclude each other")
                   : ERR_OK;
    }
    person->must_change_password = true;
    if (!from_input) {
        person->password = people_make_password(&request->arena);
        person->is_shown = true;
        return ERR_OK;
    }
    if (request->input_count == 0) {
        return err_set(ret_info, ERR_USAGE, "no password came on stdin");
    }
    person->password = arena_strdup(&request->arena, request->inputs[0]);
    return people_check_password(person->password, person->name, ret_info);
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct people_new *person = arena_calloc(&request->arena, 1, sizeof *person);
    enum err err = parse_role(request, person, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    person->name = request->args.words[0];
    collect_stores(request, person);
    err = people_check_new(person, ret_info);
    if (err == ERR_OK) {
        err = refuse_foreign_stores(request, person, ret_info);
    }
    if (err == ERR_OK) {
        err = choose_password(request, person, ret_info);
    }
    request->data = person;
    return err;
}

static enum err hash(struct request *request, struct db *db, struct err_info *ret_info)
{
    (void)db;
    return people_hash(request->config, request->data, ret_info);
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    const struct people_new *person = request->data;
    enum err err = people_add(db, &request->arena, request->who, request->command->name, person, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    return people_show(request, db, person->name, person->is_shown ? person->password : NULL, ret_info);
}

static unsigned inputs(const struct request *request, const char **ret_prompts)
{
    ret_prompts[0] = "Password: ";
    return args_flag(&request->args, "password-stdin") ? 1 : 0;
}

static const struct option_spec options[] = {
    {"role", "admin|owner|staff", "what the user may do", false, true},
    {"store", "CODE", "a store of the user; give it again for more", true, false},
    {"password-stdin", NULL, "the password is the first line of stdin", false, false},
    {"no-password", NULL, "only public keys open the account", false, false},
    OPTION_END,
};

const struct command command_user_add = {
    .name = "user add",
    .arguments = "NAME",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .roles = ROLE_ADMIN | ROLE_OWNER,
    .cost = COST_LOGIN,
    .summary = "add a user",
    .help =
        "Staff need at least one store, admins have all and get none. Owners add staff to their own stores.\n"
        "Unless told otherwise a random password is made up; the answer shows it, this once. The first login "
        "with\n"
        "the password asks for another one. Users are never deleted, since movements name them: see `user "
        "disable`.\n"
        "  user add ben --role staff --store S001\n"
        "  user add carl --role owner --store S001 --store S002 --password-stdin < password",
    .inputs = inputs,
    .changes = true,
    .prepare = prepare,
    .steps = {{STEP_PASSWORD, hash}, {STEP_QUERY, run}},
};
