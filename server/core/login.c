/* Logins: a chain of jobs (look up, verify, perhaps rehash) for each credential, and the answer. Called by
 * peers on the main loop. Every failure of a proven credential goes through login_fail, which tells it no
 * sooner than the configured floor. */
#include "server/core/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/text.h"
#include "server/core/access.h"
#include "server/core/control.h"
#include "server/core/login_internal.h"
#include "server/core/stats.h"
#include "server/core/throttle.h"

#define MESSAGE_BUSY        "The server is busy, try again later"
#define MESSAGE_UNAVAILABLE "The database is unavailable, try again later"

enum { SIGNUP_GRACES = 10 }; /* how often login_grace_seconds a signup may take */

#define NS_PER_MS UINT64_C(1000000)
#define SIGNUP    "signup"

TAILQ_HEAD(login_list, login);

struct logins {
    struct login_list parked; /* passwords that wait for others of their account */
    bool is_releasing;
    bool release_again;
};

static void find(struct login *login);

struct logins *logins_new(void)
{
    struct logins *logins = calloc(1, sizeof *logins);
    if (!logins) {
        abort();
    }
    TAILQ_INIT(&logins->parked);
    return logins;
}

void logins_free(struct logins *logins)
{
    free(logins);
}

static void login_free(struct login *login)
{
    if (login->ret_ended) {
        *login->ret_ended = true;
    }
    identity_unref(login->identity);
    free(login->person);
    free(login->key_blob);
    sodium_memzero(login, sizeof *login);
    free(login);
}

/* ------------------------------------------------------------------ the answer */

static void tell(struct login *login, const struct login_answer *answer)
{
    if (login->done) {
        login->done(login->argument, answer);
        login->done = NULL;
    } else {
        identity_unref(answer->identity);
    }
}

static void timer_closed(uv_handle_t *handle)
{
    login_free(handle->data);
}

static void end_wait(struct login *login)
{
    login->is_waiting = false;
    uv_close((uv_handle_t *)&login->timer, timer_closed);
}

static void wait_over(uv_timer_t *timer)
{
    struct login *login = timer->data;
    tell(login, &(struct login_answer){.is_offence = true, .message = login->message});
    end_wait(login);
}

/* The floor counts from when the credential came; what it took is inside. */
static uint64_t wait_left_ms(const struct login *login)
{
    const struct config *config = login->core->config;
    uint64_t took_ms = (uv_hrtime() - login->began_ns) / NS_PER_MS;
    uint64_t floor_ms =
        config->passwords.failure_floor_ms + randombytes_uniform(config->passwords.failure_jitter_ms + 1);
    return took_ms < floor_ms ? floor_ms - took_ms : 0;
}

static void log_failure(const struct login *login, const char *reason)
{
    char tag[ACCOUNTS_TAG_SIZE];
    char session[24];
    accounts_tag(login->core->accounts, login->account, login->account_len, tag);
    snprintf(session, sizeof session, "%llu", (unsigned long long)login->session);
    log_warning("login.failed", "session", session, "method", identity_method_text(login->method), "source",
                login->source, "account", tag, "reason", reason);
}

/* It was looked at, and is not good enough. message: for the client; "": just wrong. */
static void login_fail(struct login *login, const char *message)
{
    if (login->is_question) { /* nothing was proven: every client asks about keys that it has not got here */
        tell(login, &(struct login_answer){.message = message});
        login_free(login);
        return;
    }
    log_failure(login, *message ? message : "wrong credential");
    stats_add(*message ? STATS_logins_refused : STATS_logins_failed, 1);
    if (!login->done) {
        login_free(login);
        return;
    }
    snprintf(login->message, sizeof login->message, "%s", message);
    uv_timer_init(login->core->loop, &login->timer);
    uv_update_time(login->core->loop);
    login->timer.data = login;
    login->is_waiting = true;
    uv_timer_start(&login->timer, wait_over, wait_left_ms(login), 0);
}

/* It could not be looked at. */
static void login_give_up(struct login *login, enum err err)
{
    const char *message = err == ERR_BUSY ? MESSAGE_BUSY : MESSAGE_UNAVAILABLE;
    if (!login->is_question) {
        log_failure(login, message);
    }
    tell(login, &(struct login_answer){.message = message});
    login_free(login);
}

/* ------------------------------------------------------------------ penalties by account */

static uint64_t now_ms(void)
{
    return uv_hrtime() / NS_PER_MS;
}

/* May the password be checked? False: it waits, or was refused. */
static bool enter_account(struct login *login)
{
    char message[LOGIN_MESSAGE_MAX];
    unsigned seconds = 0;
    struct logins *logins = login->core->logins;
    switch (accounts_begin(login->core->accounts, login->account, login->account_len, login->source, now_ms(),
                           &login->attempt, &seconds)) {
    case ACCOUNTS_GO:
        return true;
    case ACCOUNTS_WAIT:
        login->is_parked = true;
        TAILQ_INSERT_TAIL(&logins->parked, login, parked);
        return false;
    case ACCOUNTS_REFUSED:
        break;
    }
    snprintf(message, sizeof message, "Too many failed passwords for this account, try again in %u second%s",
             seconds, seconds == 1 ? "" : "s");
    login_fail(login, message);
    return false;
}

/* Those who were parked before this call; who is parked again is not met again. */
static void release_parked(struct core *core)
{
    struct logins *logins = core->logins;
    logins->release_again = true;
    if (logins->is_releasing) {
        return;
    }
    logins->is_releasing = true;
    while (logins->release_again) {
        struct login_list parked = TAILQ_HEAD_INITIALIZER(parked);
        struct login *login;
        logins->release_again = false;
        TAILQ_CONCAT(&parked, &logins->parked, parked);
        while ((login = TAILQ_FIRST(&parked)) != NULL) {
            TAILQ_REMOVE(&parked, login, parked);
            login->is_parked = false;
            if (enter_account(login)) {
                find(login);
            }
        }
    }
    logins->is_releasing = false;
}

static void leave_account(struct login *login, enum accounts_outcome outcome)
{
    if (login->attempt.is_open) {
        accounts_end(login->core->accounts, &login->attempt, outcome, now_ms());
        release_parked(login->core);
    }
}

/* ------------------------------------------------------------------ the verdict */

static struct identity *make_identity(const struct login *login, const struct directory_user *user)
{
    bool is_password = login->method == LOGIN_PASSWORD;
    struct identity facts = {.user_id = user->user_id,
                             .key_id = login->key_id,
                             .role = user->role,
                             .method = login->method,
                             .has_password = user->has_password,
                             .must_change_password = is_password && user->must_change_password,
                             .password_epoch = user->password_epoch,
                             .token_epoch = user->token_epoch,
                             .expires_us = login->claims.expires_us,
                             .user = user->user,
                             .store_count = user->store_count,
                             .store_codes = user->store_codes,
                             .server = login->core->server_id,
                             .session = login->session};
    snprintf(facts.source, sizeof facts.source, "%s", login->source);
    return identity_new(&facts);
}

static void store_hash_done(struct work_job *job, bool expired)
{
    struct login *login = (struct login *)job;
    (void)expired;
    core_release_waiting(login->core);
    login_free(login);
}

/* ------------------------------------------------------------------ the user's rate */

/* How long until the user may log in once more: the bucket of class login. 0: now, and it is paid. */
static uint64_t pay(const struct login *login, int32_t user_id, enum role role)
{
    struct throttle *throttle = login->core->throttle;
    struct throttle_user *user = throttle_enter(
        throttle, user_id, role, directory_find_id(access_directory(login->core->access), user_id));
    uint64_t wait_ms = 0;
    bool is_paid = throttle_take(user, THROTTLE_LOGIN, 1, now_ms(), &wait_ms);
    throttle_leave(user, now_ms());
    return is_paid || wait_ms > 0 ? wait_ms : 1;
}

static void pay_again(uv_timer_t *timer)
{
    struct login *login = timer->data;
    struct identity *identity = login->identity;
    uint64_t wait_ms = pay(login, identity->user_id, identity->role);
    if (wait_ms > 0) {
        uv_timer_start(&login->timer, pay_again, wait_ms, 0);
        return;
    }
    login->identity = NULL;
    tell(login, &(struct login_answer){.identity = identity, .message = ""});
    end_wait(login);
}

/* A user who logs in again and again is slowed, not refused: what a login costs the machine is spent by then.
 * Each of the user's clients waits here with its answer. */
static bool is_slowed(struct login *login, const struct directory_user *user)
{
    uint64_t wait_ms = login->is_question || !login->done ? 0 : pay(login, user->user_id, user->role);
    if (wait_ms == 0) {
        return false;
    }
    login->identity = make_identity(login, user);
    /* It is not one of those who try to get in any more: it takes nobody's place at the door while it waits.
     */
    control_send(login->core->control, WIRE_FRONT_AUTHENTICATED, login->session);
    uv_timer_init(login->core->loop, &login->timer);
    uv_update_time(login->core->loop);
    login->timer.data = login;
    login->is_waiting = true;
    uv_timer_start(&login->timer, pay_again, wait_ms, 0);
    return true;
}

static void login_succeed(struct login *login, const struct directory_user *user)
{
    struct core *core = login->core;
    if (!login->is_question) {
        leave_account(login, ACCOUNTS_RIGHT);
        accounts_remember(core->accounts, login->account, login->account_len, login->source);
        stats_time(STATS_TIME_authentication, (uv_hrtime() - login->began_ns) / 1000);
    }
    if (is_slowed(login, user)) {
        return; /* a new hash can wait for the next login */
    }
    tell(login, &(struct login_answer){.identity = make_identity(login, user), .message = ""});
    if (login->new_hash[0] != '\0') {
        login->job.run = login_run_store_hash;
        login->job.done = store_hash_done;
        if (work_submit(core->queries, &login->job) == ERR_OK) {
            return;
        }
    }
    login_free(login);
}

static void refuse(struct login *login)
{
    if (!login->is_question) {
        stats_time(STATS_TIME_authentication, (uv_hrtime() - login->began_ns) / 1000);
    }
    leave_account(login, ACCOUNTS_WRONG);
    login_fail(login, "");
}

/* The users in memory; NULL while they cannot be trusted. */
static struct directory *fresh_directory(const struct core *core)
{
    struct directory *directory = access_directory(core->access);
    return directory_is_fresh(directory) ? directory : NULL;
}

static bool may_enter(const struct login *login, const struct directory_user *user)
{
    if (!login->is_verified || !user || !user->is_enabled) {
        return false;
    }
    return login->method != LOGIN_TOKEN || login->claims.epoch == user->token_epoch;
}

/* user: as it is known now; NULL: there is none. A change that is heard between a query and here is
 * access_admit's. */
static void decide(struct login *login, const struct directory_user *user)
{
    if (may_enter(login, user)) {
        login_succeed(login, user);
    } else {
        refuse(login);
    }
}

/* ------------------------------------------------------------------ the chain */

static void done_verify(struct work_job *job, bool expired)
{
    struct login *login = (struct login *)job;
    sodium_memzero(login->password, sizeof login->password);
    if (expired) {
        leave_account(login, ACCOUNTS_UNKNOWN);
        login_give_up(login, ERR_BUSY);
        return;
    }
    decide(login, login->person);
}

static void done_find(struct work_job *job, bool expired)
{
    struct login *login = (struct login *)job;
    enum err err = expired ? ERR_BUSY : login->err;
    core_release_waiting(login->core);
    if (err == ERR_OK && login->method == LOGIN_PASSWORD) {
        login->job.run = login_run_verify;
        login->job.done = done_verify;
        err = work_submit(login->core->passwords, &login->job);
        if (err == ERR_OK) {
            return;
        }
    }
    if (err != ERR_OK) {
        leave_account(login, ACCOUNTS_UNKNOWN);
        login_give_up(login, err);
        return;
    }
    decide(login, login->person);
}

static void find(struct login *login)
{
    login->job.run = login_run_find;
    login->job.done = done_find;
    if (work_submit(login->core->queries, &login->job) != ERR_OK) {
        leave_account(login, ACCOUNTS_UNKNOWN);
        login_give_up(login, ERR_BUSY);
    }
}

static void done_token(struct work_job *job, bool expired)
{
    struct login *login = (struct login *)job;
    sodium_memzero(login->password, sizeof login->password);
    if (expired) {
        login_give_up(login, ERR_BUSY);
        return;
    }
    if (!login->is_verified) {
        refuse(login);
        return;
    }
    struct directory *directory = fresh_directory(login->core);
    const struct directory_user *user = directory ? directory_find(directory, login->user) : NULL;
    if (user) {
        decide(login, user);
    } else {
        find(login);
    }
}

static void check_token(struct login *login)
{
    if (!login->core->tokens) {
        refuse(login);
        return;
    }
    login->job.run = login_run_token;
    login->job.done = done_token;
    if (work_submit(login->core->passwords, &login->job) != ERR_OK) {
        login_give_up(login, ERR_BUSY);
    }
}

static int64_t signup_end_us(const struct config *config)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((int64_t)now.tv_sec + SIGNUP_GRACES * (int64_t)config->limits.login_grace_seconds) * 1000000;
}

/* Whoever comes as `signup` may sign up and no more, for a while. */
static void let_sign_up(struct login *login)
{
    if (strcmp(login->user, SIGNUP) != 0 || login->core->config->signup.mode == CONFIG_SIGNUP_CLOSED) {
        tell(login, &(struct login_answer){.message = ""});
        login_free(login);
        return;
    }
    struct identity facts = {.role = ROLE_SIGNUP,
                             .method = LOGIN_NONE,
                             .user = SIGNUP,
                             .expires_us = signup_end_us(login->core->config),
                             .server = login->core->server_id,
                             .session = login->session};
    snprintf(facts.source, sizeof facts.source, "%s", login->source);
    tell(login, &(struct login_answer){.identity = identity_new(&facts), .message = ""});
    login_free(login);
}

/* ------------------------------------------------------------------ the start */

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
    login->method = LOGIN_KEY;
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

/* A password holds no NUL: one that does, or is too long, is wrong, after the same work. */
static void copy_password(struct login *login, const struct login_credential *credential)
{
    bool is_token = tokens_is_token(credential->password, credential->password_len);
    login->method = is_token ? LOGIN_TOKEN : LOGIN_PASSWORD;
    if (credential->password_len <= WIRE_PASSWORD_MAX &&
        !memchr(credential->password, '\0', credential->password_len)) {
        memcpy(login->password, credential->password, credential->password_len);
    } else {
        memcpy(login->user, "-", 2);
    }
}

static struct login *login_new(struct core *core, const struct login_credential *credential,
                               login_done_fn done, void *argument)
{
    struct login *login = calloc(1, sizeof *login);
    if (!login) {
        abort();
    }
    login->core = core;
    login->done = done;
    login->argument = argument;
    login->is_question = credential->is_question;
    login->session = credential->session;
    login->began_ns = uv_hrtime();
    snprintf(login->source, sizeof login->source, "%s", credential->source);
    copy_user(login, credential->user, credential->user_len);
    login->job.owner = work_owner(login->user);
    login->account_len = credential->user_len <= sizeof login->account ? credential->user_len : 0;
    memcpy(login->account, credential->user, login->account_len);
    if (credential->password) {
        copy_password(login, credential);
    } else if (credential->key_type) {
        copy_key(login, credential);
    }
    return login;
}

struct login *login_start(struct core *core, const struct login_credential *credential, login_done_fn done,
                          void *argument)
{
    bool ended = false;
    struct login *login = login_new(core, credential, done, argument);
    login->ret_ended = &ended;
    switch (login->method) {
    case LOGIN_NONE:
        let_sign_up(login);
        break;
    case LOGIN_TOKEN:
        check_token(login);
        break;
    case LOGIN_PASSWORD:
        if (enter_account(login)) {
            find(login);
        }
        break;
    default:
        find(login);
        break;
    }
    if (ended) {
        return NULL;
    }
    login->ret_ended = NULL;
    return login;
}

void login_abandon(struct login *login)
{
    login->done = NULL;
    if (login->is_parked) {
        TAILQ_REMOVE(&login->core->logins->parked, login, parked);
        login_free(login);
    } else if (login->is_waiting) {
        end_wait(login);
    }
}
