/* What the commands on users, passwords and keys share: who may see whom, passwords, the row of a user.
 * Called by the commands on users, keys and passwords, and by user-add of the command line; what takes a
 * struct db runs on a worker's thread. Whom a caller may not see is answered like one who does not exist. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_PEOPLE_H
#define STOCKROOM_SERVER_CORE_COMMANDS_PEOPLE_H

#include <sodium.h>

#include "server/core/db/db.h"
#include "server/core/request.h"

struct people_user {
    int32_t user_id;
    enum role role;
    bool is_disabled;
};

/* The user of this name, if the caller may see it: an admin everybody, an owner the staff of the own stores,
 * and all themselves. ERR_UNKNOWN_USER. */
enum err people_find(struct request *request, struct db *db, const char *name, struct people_user *ret_user,
                     struct err_info *ret_info);

/* The user that --user names, else the caller: whose keys or password are meant. Errors as people_find. */
enum err people_find_target(struct request *request, struct db *db, int32_t *ret_user_id,
                            struct err_info *ret_info);

/* Check --user, when it is given. */
enum err people_check_target(const struct request *request, struct err_info *ret_info);

/* 8 to 1,000 bytes of UTF-8 that are not the user's name. ERR_BAD_VALUE. */
enum err people_check_password(const char *password, const char *user, struct err_info *ret_info);

/* A user to be made. All text is borrowed. */
struct people_new {
    const char *name;
    enum role role;
    const char **store_codes; /* without doubles */
    unsigned store_count;
    char *password; /* what the user will type; NULL: keys only. Wiped by people_hash unless is_shown */
    bool is_shown;  /* made up here: the answer tells it, once */
    char hash[crypto_pwhash_STRBYTES]; /* filled by people_hash; empty: no password */
};

/* Check name, role and stores together (not the password): staff have stores, admins none. ERR_BAD_VALUE,
 * ERR_USAGE. */
enum err people_check_new(const struct people_new *person, struct err_info *ret_info);

/* A random password of 20 letters and digits that look like nothing else. */
char *people_make_password(struct arena *arena);

/* Hash person->password into person->hash. Slow; never on the main loop. */
enum err people_hash(const struct config *config, struct people_new *person, struct err_info *ret_info);

/* Write the user and the stores in one transaction (or savepoint). ERR_ALREADY_EXISTS; ERR_UNKNOWN_STORE
 * naming the first store that is not there. */
enum err people_insert(struct db *db, struct arena *arena, const struct people_new *person,
                       int32_t *ret_user_id, struct err_info *ret_info);

/* The rows of user_list.sql: the one user that is named (NULL: all that the caller may see), from after_name
 * on, at most limit. */
enum err people_read(struct request *request, struct db *db, const char *name, const char *after_name,
                     int64_t limit, struct db_result **ret_result, struct err_info *ret_info);

/* Answer with one user: user, role, stores, disabled, and the password when it is not NULL. */
enum err people_show(struct request *request, struct db *db, const char *name, const char *password,
                     struct err_info *ret_info);

/* Columns of user_list.sql. */
enum {
    PEOPLE_USER_ID,
    PEOPLE_USER_NAME,
    PEOPLE_ROLE,
    PEOPLE_STORES,
    PEOPLE_DISABLED,
    PEOPLE_KEYS,
    PEOPLE_CREATED_AT
};

#endif
