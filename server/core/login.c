/* Logins: a chain of jobs (look up, verify, perhaps rehash) for each credential. Called by peers on the main
 * loop. Unknown, disabled and password-less users go through the same queries and one verification, like
 * everybody. */
#include "server/core/login.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "common/values.h"
#include "common/wire.h"
#include "server/core/commands/public_key.h"
#include "server/core/core.h"
#include "server/core/passwords.h"

#define MESSAGE_BUSY        "The server is busy, try again later"
#define MESSAGE_UNAVAILABLE "The database is unavailable, try again later"

enum { TYPE_MAX = 64 };

struct login {
    struct work_job job;
    struct core *core;
    login_done_fn done; /* NULL: abandoned */
    void *argument;
    bool is_password;
    char user[VALUES_USER_MAX + 1];
    char password[WIRE_PASSWORD_MAX + 1];
    char key_type[TYPE_MAX];
    char *key_blob;
    size_t key_blob_len;

    enum err err;              /* of the query */
    struct identity *identity; /* what the database knows; worth nothing until verified */
    char hash[crypto_pwhash_STRBYTES];
    char new_hash[crypto_pwhash_STRBYTES]; /* empty: the old one will do */
    bool is_verified;
};

static void login_free(struct login *login)
{
    identity_unref(login->identity);
    free(login->key_blob);
    sodium_memzero(login, sizeof *login);
    free(login);
}

static void login_finish(struct login *login, bool is_good, const char *message)
{
    struct identity *identity = NULL;
    if (login->done) {
        if (is_good) {
            identity = login->identity;
            login->identity = NULL;
        }
        login->done(login->argument, identity, message);
        login->done = NULL;
    }
}

static void fail_by_error(struct login *login, enum err err)
{
    login_finish(login, false, err == ERR_BUSY ? MESSAGE_BUSY : MESSAGE_UNAVAILABLE);
    login_free(login);
}

/* Store codes, one a line, into the list that identity_new wants. */
static struct identity *make_identity(struct arena *arena, const struct db_result *result, int key_column,
                                      const char *user)
{
    enum role role;
    if (!identity_parse_role(db_result_text(result, 0, 1), &role)) {
        return NULL;
    }
    char *codes = arena_strdup(arena, db_result_text(result, 0, db_result_columns(result) - 1));
    unsigned count = 0;
    for (const char *c = codes; *c; c++) {
        count += *c == '\n';
    }
    const char **list = arena_calloc(arena, (size_t)count + 1, sizeof *list);
    count = 0;
    while (role != ROLE_ADMIN && *codes) {
        size_t len = strcspn(codes, "\n");
        list[count++] = codes;
        codes += len;
        if (*codes) {
            *codes++ = '\0';
        }
    }
    int32_t key_id = key_column >= 0 ? (int32_t)db_result_i64(result, 0, key_column) : 0;
    const struct identity facts = {.user_id = (int32_t)db_result_i64(result, 0, 0),
                                   .key_id = key_id,
                                   .role = role,
                                   .method = key_column >= 0 ? LOGIN_KEY : LOGIN_PASSWORD,
                                   .user = user,
                                   .store_codes = list,
                                   .store_count = count};
    return identity_new(&facts);
}

/* A key that `key add` would not take opens nothing, however it came into the database; the look-up is the
 * same. */
static bool is_acceptable_key(const struct login *login)
{
    struct err_info reason;
    return public_key_check_blob(login->key_type, (const unsigned char *)login->key_blob, login->key_blob_len,
                                 &reason) == ERR_OK;
}

static enum err find_key(struct login *login, struct db *db, struct arena *arena, struct err_info *info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    db_params_init(&params, arena);
    db_bind_text(&params, login->user);
    db_bind_text(&params, login->key_type);
    db_bind_bytes(&params, login->key_blob, login->key_blob_len);
    enum err err = db_query(db, SQL_QUERY_LOGIN_KEY, &params, &result, info);
    if (err == ERR_OK && db_result_rows(result) == 1 && is_acceptable_key(login)) {
        login->identity = make_identity(arena, result, 2, login->user);
        login->is_verified = login->identity != NULL;
    }
    return err;
}

static enum err find_user(struct login *login, struct db *db, struct arena *arena, struct err_info *info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    db_params_init(&params, arena);
    db_bind_text(&params, login->user);
    enum err err = db_query(db, SQL_QUERY_LOGIN_USER, &params, &result, info);
    if (err != ERR_OK || db_result_rows(result) != 1) {
        return err;
    }
    const char *hash = db_result_text(result, 0, 2);
    if (!hash || !db_result_bool(result, 0, 3) || strlen(hash) >= sizeof login->hash) {
        return ERR_OK;
    }
    login->identity = make_identity(arena, result, -1, login->user);
    if (login->identity) {
        memcpy(login->hash, hash, strlen(hash) + 1);
    }
    return ERR_OK;
}

static void run_find(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct login *login = (struct login *)job;
    struct err_info error;
    cleanup(arena_done) struct arena arena = {0};
    (void)info;
    if (!db) {
        login->err = ERR_DATABASE_UNAVAILABLE;
    } else if (login->is_password) {
        login->err = find_user(login, db, &arena, &error);
    } else {
        login->err = find_key(login, db, &arena, &error);
    }
}

static void run_verify(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct login *login = (struct login *)job;
    (void)db;
    (void)info;
    bool matches = passwords_verify(login->hash, login->password, strlen(login->password));
    login->is_verified = matches && login->identity;
    if (login->is_verified && passwords_is_outdated(login->core->config, login->hash)) {
        struct err_info error;
        if (passwords_hash(login->core->config, login->password, login->new_hash, &error) != ERR_OK) {
            login->new_hash[0] = '\0';
        }
    }
}

static void run_store_hash(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct login *login = (struct login *)job;
    struct err_info error;
    cleanup(arena_done) struct arena arena = {0};
    (void)info;
    if (!db) {
        return; /* the next login tries again */
    }
    struct db_params params;
    db_params_init(&params, &arena);
    db_bind_i32(&params, login->identity->user_id);
    db_bind_text(&params, login->hash);
    db_bind_text(&params, login->new_hash);
    if (db_query(db, SQL_QUERY_LOGIN_SET_HASH, &params, NULL, &error) == ERR_OK) {
        log_info("password.rehashed", "user", login->user);
    }
}

static void done_store_hash(struct work_job *job, bool expired)
{
    struct login *login = (struct login *)job;
    (void)expired;
    core_release_waiting(login->core);
    login_free(login);
}

static void done_verify(struct work_job *job, bool expired)
{
    struct login *login = (struct login *)job;
    sodium_memzero(login->password, sizeof login->password);
    if (expired) {
        fail_by_error(login, ERR_BUSY);
        return;
    }
    if (login->new_hash[0] != '\0') {
        struct identity *identity = identity_ref(login->identity); /* the rehash needs to know whose */
        login_finish(login, true, "");
        if (!login->identity) {
            login->identity = identity;
        } else {
            identity_unref(identity);
        }
        login->job.run = run_store_hash;
        login->job.done = done_store_hash;
        if (work_submit(login->core->queries, &login->job) == ERR_OK) {
            return;
        }
    } else {
        login_finish(login, login->is_verified, "");
    }
    login_free(login);
}

static void done_find(struct work_job *job, bool expired)
{
    struct login *login = (struct login *)job;
    enum err err = expired ? ERR_BUSY : login->err;
    core_release_waiting(login->core);
    if (err == ERR_OK && login->is_password) {
        if (login->hash[0] == '\0') {
            memcpy(login->hash, login->core->dummy_hash, sizeof login->hash);
        }
        login->job.run = run_verify;
        login->job.done = done_verify;
        err = work_submit(login->core->passwords, &login->job);
        if (err == ERR_OK) {
            return;
        }
    }
    if (err != ERR_OK) {
        fail_by_error(login, err);
        return;
    }
    login_finish(login, login->is_verified, "");
    login_free(login);
}

/* A name that no user can have is looked up all the same, as one that none has. */
static void copy_user(struct login *login, const char *user, size_t len)
{
    memcpy(login->user, "-", 2);
    if (len > 0 && len < sizeof login->user && text_is_printable(user, len)) {
        memcpy(login->user, user, len);
        login->user[len] = '\0';
    }
}

static void copy_key(struct login *login, const struct login_credential *credential)
{
    if (credential->key_type_len < sizeof login->key_type &&
        text_is_printable(credential->key_type, credential->key_type_len)) {
        memcpy(login->key_type, credential->key_type, credential->key_type_len);
    }
    login->key_blob_len = credential->key_blob_len;
    login->key_blob = malloc(login->key_blob_len + 1);
    if (!login->key_blob) {
        abort();
    }
    memcpy(login->key_blob, credential->key_blob, login->key_blob_len);
}

static void answer_busy(struct work_job *job, bool expired)
{
    (void)expired;
    fail_by_error((struct login *)job, ERR_BUSY);
}

struct login *login_start(struct core *core, const struct login_credential *credential, login_done_fn done,
                          void *argument)
{
    struct login *login = calloc(1, sizeof *login);
    if (!login) {
        abort();
    }
    login->core = core;
    login->done = done;
    login->argument = argument;
    copy_user(login, credential->user, credential->user_len);
    if (credential->password) {
        login->is_password = true;
        /* A password holds no NUL: one that does, or is too long, is wrong, after the same work. */
        if (credential->password_len <= WIRE_PASSWORD_MAX &&
            !memchr(credential->password, '\0', credential->password_len)) {
            memcpy(login->password, credential->password, credential->password_len);
        } else {
            memcpy(login->user, "-", 2);
        }
    } else {
        copy_key(login, credential);
    }
    login->job.owner = work_owner(login->user);
    login->job.run = run_find;
    login->job.done = done_find;
    if (work_submit(core->queries, &login->job) != ERR_OK) {
        answer_busy(&login->job, true);
        return NULL;
    }
    return login;
}

void login_abandon(struct login *login)
{
    login->done = NULL;
}
