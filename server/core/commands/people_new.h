/* New users: what is checked of them, their passwords, and how they are written. Called by user add, signup,
 * passwd, and by user-add of the command line; what takes a struct db runs on a worker's thread. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_PEOPLE_NEW_H
#define STOCKROOM_SERVER_CORE_COMMANDS_PEOPLE_NEW_H

#include <sodium.h>

#include "server/core/db/db.h"
#include "server/core/request.h"

/* A user to be made. All text is borrowed. */
struct people_new {
    const char *name;
    enum role role;
    const char **store_codes; /* without doubles */
    unsigned store_count;
    char *password; /* what the user will type; NULL: keys only. Wiped by people_hash unless is_shown */
    bool is_shown;  /* made up here: the answer tells it, once */
    bool must_change_password;         /* somebody else has chosen it */
    bool is_pending;                   /* waits for approval */
    char hash[crypto_pwhash_STRBYTES]; /* filled by people_hash; empty: no password */
};

/* 8 to 1,000 bytes of UTF-8 that are neither the user's name nor an access token. ERR_BAD_VALUE. */
enum err people_check_password(const char *password, const char *user, struct err_info *ret_info);

/* Check name, role and stores together (not the password): staff have stores, admins none. ERR_BAD_VALUE,
 * ERR_USAGE. */
enum err people_check_new(const struct people_new *person, struct err_info *ret_info);

/* A random password of 20 letters and digits that look like nothing else. */
char *people_make_password(struct arena *arena);

/* Hash person->password into person->hash. Slow; never on the main loop. */
enum err people_hash(const struct config *config, struct people_new *person, struct err_info *ret_info);

/* Write the user, in the open transaction. ERR_ALREADY_EXISTS. */
enum err people_insert(struct db *db, struct arena *arena, const struct people_new *person,
                       int32_t *ret_user_id, struct err_info *ret_info);

/* ERR_UNKNOWN_STORE, naming the first of the codes that names none. */
enum err people_check_stores(struct db *db, struct arena *arena, const char *const *codes, unsigned count,
                             struct err_info *ret_info);

/* Give stores to a user, in the open transaction; they are checked, as above. */
enum err people_insert_stores(struct db *db, struct arena *arena, int32_t user_id, const char *const *codes,
                              unsigned count, struct err_info *ret_info);

/* A new user with stores as a change of its own: all of the above in one transaction, with its row in the
 * audit trail and its announcement. */
enum err people_add(struct db *db, struct arena *arena, const struct identity *who, const char *action,
                    const struct people_new *person, struct err_info *ret_info);

#endif
