/* Logins: what is done on the query workers and in the password pool. Called by login.c through its jobs;
 * touches only the login it is given. Unknown, disabled and password-less users go through the same queries
 * and one verification, like everybody. */
#include <string.h>
#include <time.h>

#include "common/arena.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "server/core/commands/public_key.h"
#include "server/core/login_internal.h"
#include "server/core/passwords.h"

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
        login->person = directory_user_read(result, 0);
        login->key_id = (int32_t)db_result_i64(result, 0, DIRECTORY_COLUMNS);
        login->is_verified = login->person != NULL;
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
    const char *hash = db_result_text(result, 0, DIRECTORY_COLUMNS);
    login->person = directory_user_read(result, 0);
    if (login->person && login->person->is_enabled && hash && strlen(hash) < sizeof login->hash) {
        memcpy(login->hash, hash, strlen(hash) + 1);
    }
    return ERR_OK;
}

void login_run_find(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct login *login = (struct login *)job;
    struct err_info error;
    cleanup(arena_done) struct arena arena = {0};
    (void)info;
    if (!db) {
        login->err = ERR_DATABASE_UNAVAILABLE;
    } else if (login->method == LOGIN_KEY) {
        login->err = find_key(login, db, &arena, &error);
    } else {
        login->err = find_user(login, db, &arena, &error);
    }
}

void login_run_verify(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct login *login = (struct login *)job;
    bool has_hash = login->hash[0] != '\0';
    const char *hash = has_hash ? login->hash : login->core->dummy_hash;
    (void)db;
    (void)info;
    bool matches = passwords_verify(hash, login->password, strlen(login->password));
    login->is_verified = matches && has_hash;
    if (login->is_verified && passwords_is_outdated(login->core->config, login->hash)) {
        struct err_info error;
        if (passwords_hash(login->core->config, login->password, login->new_hash, &error) != ERR_OK) {
            login->new_hash[0] = '\0';
        }
    }
    sodium_memzero(login->password, sizeof login->password);
}

void login_run_token(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct login *login = (struct login *)job;
    struct timespec now;
    (void)db;
    (void)info;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    login->is_verified =
        tokens_check(login->core->tokens, login->password, strlen(login->password), now_us, &login->claims) &&
        strcmp(login->claims.user, login->user) == 0;
    sodium_memzero(login->password, sizeof login->password);
}

void login_run_store_hash(struct work_job *job, struct db *db, const struct err_info *info)
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
    db_bind_i32(&params, login->person->user_id);
    db_bind_text(&params, login->hash);
    db_bind_text(&params, login->new_hash);
    if (db_query(db, SQL_QUERY_LOGIN_SET_HASH, &params, NULL, &error) == ERR_OK) {
        log_info("password.rehashed", "user", login->user);
    }
}
