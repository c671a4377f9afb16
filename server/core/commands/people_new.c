/* New users: what is checked of them, their passwords, and how they are written.
 * Called by user add, signup, passwd, and by user-add of the command line; what takes a struct db runs on a
 * worker's thread. Who may add whom is decided by the caller. */
#include "server/core/commands/people_new.h"

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "server/core/commands/people.h"
#include "server/core/passwords.h"
#include "server/core/tokens.h"

enum { MADE_PASSWORD_LEN = 20 };

enum err people_check_password(const char *password, const char *user, struct err_info *ret_info)
{
    size_t len = strlen(password);

    if (len < VALUES_PASSWORD_MIN) {
        return err_set(ret_info, ERR_BAD_VALUE, "a password has at least %d characters", VALUES_PASSWORD_MIN);
    }
    if (len > VALUES_PASSWORD_MAX) {
        return err_set(ret_info, ERR_BAD_VALUE, "a password has at most %d bytes", VALUES_PASSWORD_MAX);
    }
    if (!text_is_utf8(password, len)) {
        return err_set(ret_info, ERR_BAD_VALUE, "the password is not UTF-8");
    }
    if (strcmp(password, user) == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "the password must not be the user's name");
    }
    if (tokens_is_token(password, len)) {
        return err_set(ret_info, ERR_BAD_VALUE, "an access token is no password");
    }
    return ERR_OK;
}

enum err people_check_new(const struct people_new *person, struct err_info *ret_info)
{
    enum err err = values_check_user_name(person->name, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if (strcmp(person->name, "signup") == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "signup is not for a user: it is the door for new owners");
    }
    if (person->role == ROLE_STAFF && person->store_count == 0) {
        return err_set(ret_info, ERR_USAGE, "staff work in a store: give --store CODE");
    }
    if (person->role == ROLE_ADMIN && person->store_count > 0) {
        return err_set(ret_info, ERR_USAGE, "an admin has every store: leave --store out");
    }
    for (unsigned i = 0; i < person->store_count; i++) {
        err = values_check_store_code(person->store_codes[i], ret_info);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

char *people_make_password(struct arena *arena)
{
    static const char alphabet[] = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    char *password = arena_alloc(arena, MADE_PASSWORD_LEN + 1);

    for (int i = 0; i < MADE_PASSWORD_LEN; i++) {
        password[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
    }
    password[MADE_PASSWORD_LEN] = '\0';
    return password;
}

enum err people_hash(const struct config *config, struct people_new *person, struct err_info *ret_info)
{
    enum err err;

    if (person->password == NULL) {
        return ERR_OK;
    }
    err = passwords_hash(config, person->password, person->hash, ret_info);
    if (!person->is_shown) {
        sodium_memzero(person->password, strlen(person->password));
    }
    return err;
}

enum err people_insert(struct db *db, struct arena *arena, const struct people_new *person,
                       int32_t *ret_user_id, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, arena);
    db_bind_text(&params, person->name);
    db_bind_text(&params, identity_role_text(person->role));
    db_bind_text(&params, person->hash[0] != '\0' ? person->hash : NULL);
    db_bind_bool(&params, person->must_change_password);
    db_bind_bool(&params, person->is_pending);
    err = db_query(db, SQL_QUERY_USER_INSERT, &params, &result, ret_info);
    if (err == ERR_ALREADY_EXISTS) {
        return err_set(ret_info, err, "there is already a user %s", person->name);
    }
    if (err == ERR_OK) {
        *ret_user_id = (int32_t)db_result_i64(result, 0, 0);
    }
    return err;
}

enum err people_check_stores(struct db *db, struct arena *arena, const char *const *codes, unsigned count,
                             struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *missing = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, arena);
    db_bind_text_array(&params, codes, count);
    err = db_query(db, SQL_QUERY_STORES_MISSING, &params, &missing, ret_info);
    if (err == ERR_OK && db_result_rows(missing) > 0) {
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", db_result_text(missing, 0, 0));
    }
    return err;
}

enum err people_insert_stores(struct db *db, struct arena *arena, int32_t user_id, const char *const *codes,
                              unsigned count, struct err_info *ret_info)
{
    struct db_params params;
    enum err err;

    if (count == 0) {
        return ERR_OK;
    }
    err = people_check_stores(db, arena, codes, count, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    db_params_init(&params, arena);
    db_bind_i32(&params, user_id);
    db_bind_text_array(&params, codes, count);
    return db_query(db, SQL_QUERY_USER_STORES_INSERT, &params, NULL, ret_info);
}

enum err people_add(struct db *db, struct arena *arena, const struct identity *who, const char *action,
                    const struct people_new *person, struct err_info *ret_info)
{
    struct people_change change;
    int32_t user_id = 0;
    enum err err = people_change_begin(db, arena, who, action, person->name, &change, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = people_insert(db, arena, person, &user_id, ret_info);
    if (err == ERR_OK) {
        err = people_insert_stores(db, arena, user_id, person->store_codes, person->store_count, ret_info);
    }
    return people_change_end(&change, err, user_id, NULL, ret_info);
}
