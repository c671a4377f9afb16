/* The core: starting the rooms of the main loop in order, and ending them in order. Called by main.c. Blocks
 * on nothing once it has told front that it is ready; the database may be away then. */
#include "server/core/core.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/log.h"
#include "server/core/access.h"
#include "server/core/accounts.h"
#include "server/core/audit.h"
#include "server/core/cache.h"
#include "server/core/commits.h"
#include "server/core/control.h"
#include "server/core/db/migrate.h"
#include "server/core/dispatch.h"
#include "server/core/login.h"
#include "server/core/passwords.h"
#include "server/core/peer.h"
#include "server/core/privileges.h"
#include "server/core/signups.h"
#include "server/core/throttle.h"
#include "server/core/tokens.h"
#include "server/core/watch.h"

enum {
    CHECK_PAUSE_MS = 1000,
    HURRY_MS = 500,
    PASSWORDS_NICE = 10 /* hashing is slow on purpose, and waits for the tills */
};

/* What only starting and ending need. */
struct running {
    struct core core; /* first: the handles' data is the core */
    uv_loop_t loop;
    struct db_settings database;
    uv_signal_t terminate;
    uv_signal_t interrupt;
    uv_timer_t drain_timer;
    uv_timer_t hurry_timer;
    uv_timer_t check_timer; /* the schema, while the database is away */
    struct work_job check_job;
    enum err check_err;
    struct err_info check_error;
    unsigned closing; /* pools and the ledger that have not ended */
    int status;
};

/* ------------------------------------------------------------------ the end */

static void handle_closed(uv_handle_t *handle)
{
    (void)handle;
}

static void close_handles(struct running *running)
{
    uv_close((uv_handle_t *)&running->terminate, handle_closed);
    uv_close((uv_handle_t *)&running->interrupt, handle_closed);
    uv_close((uv_handle_t *)&running->drain_timer, handle_closed);
    uv_close((uv_handle_t *)&running->hurry_timer, handle_closed);
    uv_close((uv_handle_t *)&running->check_timer, handle_closed);
    peers_close(running->core.peers);
    control_close(running->core.control);
    turn_close(running->core.turn);
}

static void commits_closed(void *argument)
{
    close_handles(argument);
}

/* The last commits are made: they are announced, and nothing is left. */
static void part_closed(void *argument)
{
    struct running *running = argument;
    if (--running->closing == 0) {
        commits_close(running->core.commits, commits_closed, running);
    }
}

/* The audit trail has what was refused: end the ledger, then what is behind it. */
static void audit_closed(void *argument)
{
    struct running *running = argument;
    running->closing = 4;
    access_close(running->core.access, part_closed, running);
    ledger_close(running->core.ledger, part_closed, running);
    work_pool_close(running->core.queries, part_closed, running);
    work_pool_close(running->core.passwords, part_closed, running);
}

/* The peers have had their last answers. */
static void close_parts(struct running *running)
{
    if (running->closing == 0) {
        running->closing = 1;
        audit_close(running->core.audit, audit_closed, running);
    }
}

/* Whoever is left has had its time. Answers that were promised have been written or never will be; nothing is
 * lost that the database has. */
static void drain_expired(uv_timer_t *timer)
{
    struct running *running = timer->data;
    log_warning("core.drain_expired");
    audit_abandon(running->core.audit);
    log_stop_thread();
    _exit(running->status);
}

static void hurry(uv_timer_t *timer)
{
    struct running *running = timer->data;
    peers_hurry(&running->core);
}

void core_peers_gone(struct core *core)
{
    if (core->draining) {
        close_parts((struct running *)core);
    }
}

void core_drain(struct core *core, const char *reason)
{
    struct running *running = (struct running *)core;
    if (core->draining) {
        return;
    }
    core->draining = true;
    log_info("core.drain", "reason", reason);
    uv_timer_start(&running->drain_timer, drain_expired, (uint64_t)core->config->server.drain_seconds * 1000,
                   0);
    uv_timer_start(&running->hurry_timer, hurry, HURRY_MS, HURRY_MS);
    uv_timer_stop(&running->check_timer);
    peers_dismiss(core, "The server is stopping, please connect again later");
    core_release_waiting(core);
    if (peers_count(core->peers) == 0) {
        close_parts(running);
    }
}

void core_release_waiting(struct core *core)
{
    turn_release(core->turn);
}

static void signalled(uv_signal_t *signal, int number)
{
    struct running *running = signal->data;
    core_drain(&running->core, number == SIGTERM ? "SIGTERM" : "SIGINT");
}

/* ------------------------------------------------------------------ the schema */

/* The schema is another program's: serving would do harm. */
static void refuse_schema(struct running *running, const struct err_info *error)
{
    log_error("schema.wrong", "reason", error->message);
    fprintf(stderr, "stockroomd-core: %s\n", error->message);
    running->status = EX_CONFIG;
}

/* Over a connection of its own: the workers' are not good until every query could be prepared. */
static enum err ask_schema(const struct running *running, struct err_info *ret_error)
{
    struct db *db = db_new(&running->database);
    enum err err = migrate_check(db, ret_error);
    db_free(db);
    return err;
}

static void run_check(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct running *running = (struct running *)((char *)job - offsetof(struct running, check_job));
    (void)db;
    (void)info;
    running->check_err = ask_schema(running, &running->check_error);
}

static void check_again(uv_timer_t *timer);

static void check_done(struct work_job *job, bool expired)
{
    struct running *running = (struct running *)((char *)job - offsetof(struct running, check_job));
    if (running->core.draining) {
        return;
    }
    if (expired || running->check_err == ERR_DATABASE_UNAVAILABLE || running->check_err == ERR_BUSY) {
        uv_timer_start(&running->check_timer, check_again, CHECK_PAUSE_MS, 0);
    } else if (running->check_err != ERR_OK) {
        refuse_schema(running, &running->check_error);
        core_drain(&running->core, "wrong schema");
    } else {
        log_info("database.up");
    }
}

static void check_again(uv_timer_t *timer)
{
    struct running *running = timer->data;
    running->check_job.run = run_check;
    running->check_job.done = check_done;
    if (work_submit(running->core.queries, &running->check_job) != ERR_OK) {
        uv_timer_start(timer, check_again, CHECK_PAUSE_MS, 0);
    }
}

/* Before anything is served. False: the schema is wrong. *ret_is_known: the database could be asked. */
static bool check_schema(struct running *running, bool *ret_is_known)
{
    struct err_info error = {0};
    enum err err = ask_schema(running, &error);
    *ret_is_known = err != ERR_DATABASE_UNAVAILABLE && err != ERR_BUSY;
    if (!*ret_is_known) {
        log_warning("database.unavailable", "reason", error.message);
        return true;
    }
    if (err != ERR_OK) {
        refuse_schema(running, &error);
    }
    return err == ERR_OK;
}

/* ------------------------------------------------------------------ the start */

static void store_posted(void *argument, const struct news *news)
{
    struct core *core = argument;
    cache_take_news(core->cache, news, uv_now(core->loop));
    watches_tell(core->watches, news->store_code);
    if (news->last_seq > 0) {
        commits_posted(core->commits, news->store_code, news->last_seq);
    }
}

static bool start_pools(struct running *running)
{
    struct core *core = &running->core;
    const struct config *config = core->config;
    struct work_settings queries = {.name = "queries",
                                    .threads = config->database.workers,
                                    .queue = config->limits.query_queue,
                                    .timeout_ms = config->limits.query_timeout_ms,
                                    .owner_threads = config->limits.queries_per_user,
                                    .database = &running->database,
                                    .is_counted = true};
    struct work_settings passwords = {.name = "passwords",
                                      .threads = config->passwords.threads,
                                      .queue = config->passwords.queue,
                                      .nice = PASSWORDS_NICE,
                                      .timeout_ms = config->limits.login_grace_seconds * 1000};
    core->queries = work_pool_new(core->loop, &queries);
    core->passwords = core->queries ? work_pool_new(core->loop, &passwords) : NULL;
    core->ledger =
        core->passwords ? ledger_new(core->loop, config, dispatch_movement_done, store_posted, core) : NULL;
    core->commits = core->ledger ? commits_new(core, &running->database) : NULL;
    core->access = core->commits ? access_new(core, &running->database) : NULL;
    return core->access != NULL;
}

static void start_handles(struct running *running)
{
    uv_signal_init(&running->loop, &running->terminate);
    uv_signal_init(&running->loop, &running->interrupt);
    uv_timer_init(&running->loop, &running->drain_timer);
    uv_timer_init(&running->loop, &running->hurry_timer);
    uv_timer_init(&running->loop, &running->check_timer);
    running->terminate.data = running;
    running->interrupt.data = running;
    running->drain_timer.data = running;
    running->hurry_timer.data = running;
    running->check_timer.data = running;
    uv_signal_start(&running->terminate, signalled, SIGTERM);
    uv_signal_start(&running->interrupt, signalled, SIGINT);
}

static int fail_start(const char *what)
{
    log_error("core.start", "reason", what, "error", strerror(errno));
    fprintf(stderr, "stockroomd-core: cannot start: %s: %s\n", what, strerror(errno));
    return EX_SOFTWARE;
}

/* Everything that may fail. Returns 0 when the loop can run. */
static int start(struct running *running, int control_fd)
{
    struct core *core = &running->core;
    struct err_info error = {0};
    bool is_known;
    enum err err = tokens_new(core->config, &core->tokens, &error); /* root's file, perhaps */
    if (err == ERR_OK) {
        err = privileges_drop(core->config->server.user, &error);
    }
    if (err != ERR_OK) {
        fprintf(stderr, "stockroomd-core: %s\n", error.message);
        return EX_CONFIG;
    }
    if (passwords_make_dummy(core->config, core->dummy_hash, &error) != ERR_OK) {
        errno = ENOMEM;
        return fail_start("[passwords]");
    }
    if (!check_schema(running, &is_known)) {
        return running->status;
    }
    int failed = log_start_thread(core->config->server.log_queue_lines);
    if (failed != 0 || uv_loop_init(&running->loop) != 0) {
        errno = failed != 0 ? failed : errno;
        return fail_start("log or loop");
    }
    core->loop = &running->loop;
    randombytes_buf(&core->server_id, sizeof core->server_id);
    core->turn = turn_new(core->loop);
    core->peers = peers_new(core->loop, core->config->limits.sessions);
    core->watches = watches_new();
    core->cache =
        cache_new((uint64_t)core->config->cache.mib * 1024 * 1024, core->config->cache.seconds * 1000);
    core->audit = audit_new(core);
    core->throttle = throttle_new(core->config);
    core->accounts = accounts_new(core->config);
    core->unlocks = accounts_new(core->config);
    core->logins = logins_new();
    core->signups = signups_new(core->config->signup.per_source);
    core->started_ms = uv_now(core->loop);
    start_handles(running);
    core->control = control_new(core, control_fd);
    if (!core->control) {
        return fail_start("control socket");
    }
    if (!start_pools(running)) {
        return fail_start("threads");
    }
    if (!is_known) {
        check_again(&running->check_timer);
    }
    return 0;
}

int core_run(struct config *config, int control_fd)
{
    struct running *running = calloc(1, sizeof *running);
    if (!running) {
        abort();
    }
    running->core.config = config;
    running->core.database = &running->database;
    running->database = (struct db_settings){
        .dsn = config->database.dsn,
        .application_name = "stockroomd query",
        .connect_timeout_seconds = config->database.connect_timeout_seconds,
        .statement_timeout_ms = config->database.statement_timeout_ms,
        .lock_timeout_ms = config->ledger.lock_timeout_ms,
        .retry_seconds = config->database.retry_seconds,
    };
    int status = start(running, control_fd);
    if (status != 0) {
        log_stop_thread();
        tokens_free(running->core.tokens);
        free(running);
        return status;
    }
    log_info("core.ready");
    control_send(running->core.control, WIRE_FRONT_READY, 0);
    uv_run(&running->loop, UV_RUN_DEFAULT);
    status = running->status;
    uv_loop_close(&running->loop);
    peers_free(running->core.peers);
    watches_free(running->core.watches);
    cache_free(running->core.cache);
    throttle_free(running->core.throttle);
    accounts_free(running->core.accounts);
    accounts_free(running->core.unlocks);
    logins_free(running->core.logins);
    tokens_free(running->core.tokens);
    audit_abandon(running->core.audit);
    audit_free(running->core.audit);
    signups_free(running->core.signups);
    free(running);
    log_info("core.stopped");
    log_stop_thread();
    return status;
}
