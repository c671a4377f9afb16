/* What the commands on users, passwords and keys share: who may see and change whom, changes with their row
 * in the audit trail, the row of a user. What takes a struct db runs on a worker's thread. Whom a caller may
 * not see is answered like one who does not exist. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_PEOPLE_H
#define STOCKROOM_SERVER_CORE_COMMANDS_PEOPLE_H

#include "server/core/audit.h"
#include "server/core/db/db.h"
#include "server/core/request.h"

struct people_user {
    int32_t user_id;
    enum role role;
    bool is_disabled;
    bool is_pending;
    bool is_elsewhere; /* has stores that the caller has not */
};

/* The user of this name, if the caller may see it: an admin everybody, an owner the staff of the own stores,
 * and all themselves. ERR_UNKNOWN_USER. */
enum err people_find(struct request *request, struct db *db, const char *name, struct people_user *ret_user,
                     struct err_info *ret_info);

/* The same for a change: an owner may change staff only, and of these only those whose stores are all the
 * owner's. ERR_NOT_PERMITTED. */
enum err people_find_to_change(struct request *request, struct db *db, const char *name,
                               struct people_user *ret_user, struct err_info *ret_info);

/* Check --user, when it is given. */
enum err people_check_target(const struct request *request, struct err_info *ret_info);

/* Whom --user means, else the caller: whose keys or password are meant. */
const char *people_target(const struct request *request);
bool people_target_is_caller(const struct request *request);

/* Passwords and keys are not for a session that an access token opened: whoever has found one shall not stay.
 * ERR_NOT_PERMITTED. For prepare functions. */
enum err people_refuse_token(const struct request *request, struct err_info *ret_info);

/* The id of that user, if the caller may change it. Errors as people_find_to_change. */
enum err people_find_target(struct request *request, struct db *db, int32_t *ret_user_id,
                            struct err_info *ret_info);

/* A change of a user in one transaction (or savepoint), with its row in the audit trail and its announcement
 * to all servers. Text is borrowed. */
struct people_change {
    struct db *db;
    struct arena *arena;
    const struct identity *who;
    const char *action;
    struct audit_change audit;
};

/* Begin, and hold the user's row; the user need not exist. Nothing is left open on failure. */
enum err people_change_begin(struct db *db, struct arena *arena, const struct identity *who,
                             const char *action, const char *name, struct people_change *ret_change,
                             struct err_info *ret_info);

/* The same for a change that may leave one admin less: holds the admins who can log in first, so that of two
 * at the same moment the second sees what the first did. */
enum err people_change_begin_admins(struct db *db, struct arena *arena, const struct identity *who,
                                    const char *action, const char *name, struct people_change *ret_change,
                                    struct err_info *ret_info);

/* Within the latter: ERR_NOT_PERMITTED for the last admin who can log in. */
enum err people_refuse_last_admin(const struct people_change *change, int32_t user_id,
                                  struct err_info *ret_info);

/* Write the row, announce and commit when err is ERR_OK, else roll back; returns what came of it. origin:
 * whose session goes on although the user changed, or NULL. */
enum err people_change_end(const struct people_change *change, enum err err, int32_t user_id,
                           const struct identity *origin, struct err_info *ret_info);

/* The rows of user_list.sql: the one user that is named (NULL: all that the caller may see), from after_name
 * on, at most limit. */
struct people_page {
    const char *name;
    const char *after_name;
    int64_t limit;
    bool is_pending_only;
};
enum err people_read(struct request *request, struct db *db, const struct people_page *page,
                     struct db_result **ret_result, struct err_info *ret_info);

/* Answer with one user: user, role, stores, disabled, pending, and the password when it is not NULL. */
enum err people_show(struct request *request, struct db *db, const char *name, const char *password,
                     struct err_info *ret_info);

/* Columns of user_list.sql. */
enum {
    PEOPLE_USER_ID,
    PEOPLE_USER_NAME,
    PEOPLE_ROLE,
    PEOPLE_STORES,
    PEOPLE_DISABLED,
    PEOPLE_PENDING,
    PEOPLE_KEYS,
    PEOPLE_CREATED_AT,
    PEOPLE_ELSEWHERE
};

#endif
