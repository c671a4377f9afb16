/* What the files of a login share: its struct and the calls between them. Included by login*.c only. */
#ifndef STOCKROOM_SERVER_CORE_LOGIN_INTERNAL_H
#define STOCKROOM_SERVER_CORE_LOGIN_INTERNAL_H

#include <sodium.h>
#include <sys/queue.h>
#include <uv.h>

#include "common/err.h"
#include "common/values.h"
#include "common/wire.h"
#include "server/core/accounts.h"
#include "server/core/core.h"
#include "server/core/directory.h"
#include "server/core/login.h"
#include "server/core/tokens.h"

enum { LOGIN_TYPE_MAX = 64, LOGIN_MESSAGE_MAX = 128 };

struct login {
    struct work_job job; /* first: jobs lead back here */
    struct core *core;
    login_done_fn done; /* NULL: abandoned */
    void *argument;
    bool *ret_ended; /* set while login_start runs: it was answered at once */
    enum login_method method;
    bool is_question;
    char user[VALUES_USER_MAX + 1];
    char account[WIRE_USER_MAX]; /* the name as it came, for penalties: any bytes */
    size_t account_len;
    char password[WIRE_PASSWORD_MAX + 1];
    char key_type[LOGIN_TYPE_MAX];
    char *key_blob;
    size_t key_blob_len;
    char source[IDENTITY_SOURCE_MAX];
    uint64_t session;
    uint64_t began_ns;

    struct accounts_try attempt; /* of a password, while it counts as one being checked */
    bool is_parked;              /* waits for others of its account */
    TAILQ_ENTRY(login) parked;

    enum err err;                  /* of the query */
    struct directory_user *person; /* what the database knows; worth nothing until verified */
    int32_t key_id;
    char hash[crypto_pwhash_STRBYTES];
    char new_hash[crypto_pwhash_STRBYTES]; /* empty: the old one will do */
    struct tokens_claims claims;
    bool is_verified; /* the credential is the user's */

    struct identity *identity; /* of a success that waits for its user's rate */

    uv_timer_t timer; /* an answer waits to be told */
    bool is_waiting;
    char message[LOGIN_MESSAGE_MAX];
};

/* login_find.c: the parts of a login that run on workers' threads. */

/* Look the user up, by name, or by name and key: person, key_id and hash, or err. */
void login_run_find(struct work_job *job, struct db *db, const struct err_info *info);
/* Compare the password to hash; it may need new_hash. */
void login_run_verify(struct work_job *job, struct db *db, const struct err_info *info);
/* Check a token but for its user's epoch: claims. */
void login_run_token(struct work_job *job, struct db *db, const struct err_info *info);
/* Keep new_hash in the place of hash. */
void login_run_store_hash(struct work_job *job, struct db *db, const struct err_info *info);

#endif
