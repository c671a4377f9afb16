/* signup: an owner who is nobody yet, with a store, both waiting for approval unless the configuration is
 * kinder. Prepared on the main loop, hashed in the password pool, written on a worker's thread. For sessions
 * that came as `signup`, which may do nothing else. */
#include <inttypes.h>
#include <string.h>
#include <uv.h>

#include "common/cleanup.h"
#include "server/core/access.h"
#include "server/core/audit.h"
#include "server/core/commands/catalogue.h"
#include "server/core/commands/commands.h"
#include "server/core/commands/people_new.h"
#include "server/core/commands/stores.h"
#include "server/core/core.h"
#include "server/core/signups.h"
#include "server/core/stats.h"

enum { CODE_MADE_MAX = 16, INVITE_HASH_BYTES = 32 };

static const struct column columns[] = {
    {"user", COLUMN_TEXT, 0},
    {"store", COLUMN_TEXT, 0},
    {"state", COLUMN_TEXT, 0},
};

struct signup {
    struct people_new person;
    const char *store_name;
    const char *store_code;
    bool makes_code; /* store_code is a beginning */
    const char *timezone;
    const char *currency;
};

/* Of the name what a code may hold: ASCII letters, as capitals, and digits. */
static const char *make_code(struct arena *arena, const char *name)
{
    char *code = arena_alloc(arena, CODE_MADE_MAX + 1);
    size_t len = 0;

    for (const char *c = name; *c != '\0' && len < CODE_MADE_MAX; c++) {
        if (*c >= 'a' && *c <= 'z') {
            code[len++] = (char)(*c - 'a' + 'A');
        } else if ((*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9')) {
            code[len++] = *c;
        }
    }
    code[len] = '\0';
    return len > 0 ? code : "STORE";
}

static enum err parse_store(struct request *request, struct signup *signup, struct err_info *ret_info)
{
    const char *code = args_option(&request->args, "store-code");
    const char *zone = args_option(&request->args, "timezone");
    const char *currency = args_option(&request->args, "currency");
    enum err err;

    signup->store_name = args_option(&request->args, "store-name");
    signup->makes_code = code == NULL;
    signup->timezone = zone != NULL ? zone : "UTC";
    signup->currency = currency != NULL ? currency : "EUR";
    if (signup->store_name == NULL) {
        return err_set(ret_info, ERR_USAGE, "the store needs --store-name TEXT");
    }
    err = values_check_name("store name", signup->store_name, VALUES_NAME_MAX, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    signup->store_code = code != NULL ? code : make_code(&request->arena, signup->store_name);
    err = values_check_store_code(signup->store_code, ret_info);
    return err == ERR_OK ? stores_check_values(signup->timezone, signup->currency, ret_info) : err;
}

static enum err parse_password(struct request *request, struct signup *signup, struct err_info *ret_info)
{
    if (request->input_count == 0) {
        return err_set(ret_info, ERR_USAGE,
                       request->is_interactive ? "no password was given"
                                               : "give the password as the first line of stdin");
    }
    if (request->is_interactive &&
        (request->input_count < 2 || strcmp(request->inputs[0], request->inputs[1]) != 0)) {
        return err_set(ret_info, ERR_BAD_VALUE, "the two passwords differ");
    }
    signup->person.password = arena_strdup(&request->arena, request->inputs[0]);
    return people_check_password(signup->person.password, signup->person.name, ret_info);
}

static enum err parse(struct request *request, struct signup *signup, struct err_info *ret_info)
{
    enum config_signup mode = request->config->signup.mode;
    enum err err;

    signup->person.name = args_option(&request->args, "name");
    signup->person.role = ROLE_OWNER;
    signup->person.is_pending = mode == CONFIG_SIGNUP_APPROVAL;
    if (mode == CONFIG_SIGNUP_CLOSED) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "nobody can sign up here: ask who runs the server");
    }
    if (mode == CONFIG_SIGNUP_INVITE && args_option(&request->args, "invite") == NULL) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "signing up takes an invite code: give --invite CODE");
    }
    if (signup->person.name == NULL) {
        return err_set(ret_info, ERR_USAGE, "how shall you be called? give --name NAME");
    }
    err = people_check_new(&signup->person, ret_info);
    if (err == ERR_OK) {
        err = parse_store(request, signup, ret_info);
    }
    return err == ERR_OK ? parse_password(request, signup, ret_info) : err;
}

/* Names and invite codes could be guessed here: every attempt counts that could tell something of them. */
static enum err count_attempt(struct request *request, struct err_info *ret_info)
{
    uint64_t seconds;

    if (!signups_allow(request->core->signups, request->who->source, uv_hrtime() / 1000000, &seconds)) {
        return err_set(ret_info, ERR_THROTTLED,
                       "too many signups from your address: try again in %" PRIu64 " s", seconds);
    }
    return ERR_OK;
}

/* Hashed first, so that the time of the comparison tells neither the text nor its length. */
static bool is_invite(const struct config *config, const char *code)
{
    unsigned char given[INVITE_HASH_BYTES], right[INVITE_HASH_BYTES];
    const char *invite = config->signup.invite_code;

    if (invite == NULL || invite[0] == '\0') {
        return false;
    }
    crypto_generichash(given, sizeof given, (const unsigned char *)code, strlen(code), NULL, 0);
    crypto_generichash(right, sizeof right, (const unsigned char *)invite, strlen(invite), NULL, 0);
    return sodium_memcmp(given, right, sizeof given) == 0;
}

static enum err check_invite(const struct request *request, struct err_info *ret_info)
{
    if (request->config->signup.mode == CONFIG_SIGNUP_INVITE &&
        !is_invite(request->config, args_option(&request->args, "invite"))) {
        return err_set(ret_info, ERR_NOT_PERMITTED, "the invite code is wrong");
    }
    return ERR_OK;
}

static enum err prepare(struct request *request, struct err_info *ret_info)
{
    struct signup *signup = arena_calloc(&request->arena, 1, sizeof *signup);
    enum err err = parse(request, signup, ret_info);

    request->data = signup;
    if (err == ERR_OK) {
        err = count_attempt(request, ret_info);
    }
    return err == ERR_OK ? check_invite(request, ret_info) : err;
}

static enum err hash(struct request *request, struct db *db, struct err_info *ret_info)
{
    struct signup *signup = request->data;

    (void)db;
    return people_hash(request->config, &signup->person, ret_info);
}

/* The catalogue is held: no two signups count at the same moment. */
static enum err refuse_too_many(const struct request *request, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    enum err err;

    if (request->config->signup.mode != CONFIG_SIGNUP_APPROVAL) {
        return ERR_OK;
    }
    err = db_query(db, SQL_QUERY_SIGNUP_COUNT, NULL, &result, ret_info);
    if (err == ERR_OK && db_result_i64(result, 0, 0) >= (int64_t)request->config->signup.pending) {
        return err_set(ret_info, ERR_BUSY, "too many signups wait for approval: try again later");
    }
    return err;
}

static enum err choose_code(struct request *request, struct db *db, struct signup *signup,
                            struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    if (!signup->makes_code) {
        return ERR_OK;
    }
    db_params_init(&params, &request->arena);
    db_bind_text(&params, signup->store_code);
    err = db_query(db, SQL_QUERY_SIGNUP_CODE, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_ALREADY_EXISTS, "too many stores are called so: give --store-code CODE");
    }
    signup->store_code = arena_strdup(&request->arena, db_result_text(result, 0, 0));
    return ERR_OK;
}

static enum err insert_store(struct request *request, struct db *db, const struct signup *signup,
                             int32_t user_id, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    int32_t store_id;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, signup->store_code);
    db_bind_text(&params, signup->store_name);
    db_bind_text(&params, signup->timezone);
    db_bind_text(&params, signup->currency);
    db_bind_bool(&params, signup->person.is_pending);
    err = db_query(db, SQL_QUERY_SIGNUP_STORE, &params, &result, ret_info);
    if (err == ERR_ALREADY_EXISTS) {
        return err_set(ret_info, err, "there is already a store %s", signup->store_code);
    }
    if (err != ERR_OK) {
        return err;
    }
    store_id = (int32_t)db_result_i64(result, 0, 0);
    db_params_init(&params, &request->arena);
    db_bind_i32(&params, store_id);
    err = db_query(db, SQL_QUERY_STORE_OPEN_LEDGER, &params, NULL, ret_info);
    if (err == ERR_OK) {
        db_params_init(&params, &request->arena);
        db_bind_i32(&params, store_id);
        db_bind_i32(&params, user_id);
        err = db_query(db, SQL_QUERY_STORE_ADD_OWNER, &params, NULL, ret_info);
    }
    return err;
}

/* Both rows of the trail are begun before anything is there: they tell what was made of nothing. */
static enum err insert_both(struct request *request, struct db *db, const struct signup *signup,
                            struct err_info *ret_info)
{
    struct arena *arena = &request->arena;
    const char *action = request->command->name;
    struct audit_change user, store;
    int32_t user_id = 0;
    enum err err = audit_begin(db, arena, AUDIT_USER, signup->person.name, &user, ret_info);

    if (err == ERR_OK) {
        err = audit_begin(db, arena, AUDIT_STORE, signup->store_code, &store, ret_info);
    }
    if (err == ERR_OK) {
        err = people_insert(db, arena, &signup->person, &user_id, ret_info);
    }
    if (err == ERR_OK) {
        err = insert_store(request, db, signup, user_id, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_end(db, arena, request->who, action, &user, ret_info);
    }
    if (err == ERR_OK) {
        err = audit_end(db, arena, request->who, action, &store, ret_info);
    }
    return err == ERR_OK ? access_announce(db, arena, user_id, NULL, ret_info) : err;
}

static enum err run(struct request *request, struct db *db, struct err_info *ret_info)
{
    struct signup *signup = request->data;
    struct cell *row;
    enum err err = stores_check_timezone(request, db, signup->timezone, ret_info);

    if (err == ERR_OK) {
        err = catalogue_begin(db, ret_info);
    }
    if (err != ERR_OK) {
        return err;
    }
    err = refuse_too_many(request, db, ret_info);
    if (err == ERR_OK) {
        err = choose_code(request, db, signup, ret_info);
    }
    if (err == ERR_OK) {
        err = insert_both(request, db, signup, ret_info);
    }
    err = catalogue_end(db, err, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (!request->dry_run) {
        stats_add(STATS_signups, 1);
    }
    table_init(&request->table, &request->arena, columns, sizeof columns / sizeof columns[0]);
    request->table.single = true;
    row = table_add_row(&request->table);
    row[0].value = arena_strdup(&request->arena, signup->person.name);
    row[1].value = signup->store_code;
    row[2].value = signup->person.is_pending ? "pending" : "active";
    return ERR_OK;
}

static unsigned inputs(const struct request *request, const char **ret_prompts)
{
    ret_prompts[0] = "Password: ";
    ret_prompts[1] = "Again: ";
    return request->is_interactive ? 2 : 1;
}

static const struct option_spec options[] = {
    {"name", "NAME", "the user name that you shall have", false, true},
    {"store-name", "TEXT", "what people call your store", false, true},
    {"store-code", "CODE", "its short name; made from the long one unless told", false, false},
    {"timezone", "TZ", "where its days begin and end, as Europe/Berlin; UTC unless told", false, false},
    {"currency", "CUR", "three letters; EUR unless told, and for ever", false, false},
    {"invite", "CODE", "the invite code, where one is needed", false, false},
    OPTION_END,
};

const struct command command_signup = {
    .name = "signup",
    .arguments = "",
    .options = options,
    .roles = ROLE_SIGNUP,
    .cost = COST_LOGIN,
    .summary = "open an account and a store of your own",
    .help =
        "The password is the first line of stdin; on a terminal it is asked for. You become the owner of a "
        "new\n"
        "store. The answer's state is active, or pending until an administrator has approved it; then log "
        "in as NAME.\n"
        "  signup --name nora --store-name \"Corner Shop\" --timezone Europe/Lisbon < password",
    .inputs = inputs,
    .changes = true,
    .catalogue = true,
    .prepare = prepare,
    .steps = {{STEP_PASSWORD, hash}, {STEP_QUERY, run}},
};
