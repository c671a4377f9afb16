/* The directory's keeper: takes what the listener tells, and has sessions reviewed whose users changed; what
 * concerns stock it hands on to commits and the cache. While
 * the listener's link is down it asks the database by itself, every second, for as long as there is anybody
 * to ask about. Called by core.c and by logins; on the main loop, but for the run of a check. */
#include "server/core/access.h"

#include <stddef.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "server/core/cache.h"
#include "server/core/commits.h"
#include "server/core/core.h"
#include "server/core/listener.h"
#include "server/core/peer.h"
#include "server/core/throttle.h"
#include "server/core/watch.h"

enum {
    CHECK_MS = 1000,  /* how often live sessions are checked while changes are not heard */
    CHECK_USERS = 500 /* so many in one query */
};

/* A look at the users of all sessions. The job, while it runs; else nobody. */
struct check {
    struct work_job job;
    struct access *access; /* NULL: it has gone */
    uint64_t start_ns;
    int32_t *ids; /* sorted */
    unsigned count;
    struct directory_user **users; /* as ids; NULL: there is none */
    enum err err;
};

struct access {
    struct core *core;
    struct directory *directory;
    struct listener *listener;
    uv_timer_t timer;
    struct check *check; /* the one that runs */
    bool wants_check;    /* one more when it is done */
    unsigned closing;    /* parts that have not ended */
    void (*closed)(void *argument);
    void *closed_argument;
};

static void check_within(struct access *access, uint64_t pause_ms);

/* ------------------------------------------------------------------ a check by query */

static void check_free(struct check *check)
{
    for (unsigned i = 0; i < check->count; i++) {
        free(check->users[i]);
    }
    free(check->users);
    free(check->ids);
    free(check);
}

/* Those of a part of the ids; both are sorted. */
static enum err check_some(struct check *check, struct db *db, unsigned first, unsigned count)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    cleanup(arena_done) struct arena arena = {0};
    struct db_params params;
    struct err_info info;
    db_params_init(&params, &arena);
    db_bind_i32_array(&params, check->ids + first, NULL, count);
    db_bind_null(&params);
    db_bind_null(&params);
    enum err err = db_query(db, SQL_QUERY_USER_ACCESS, &params, &result, &info);
    for (int row = 0; err == ERR_OK && row < db_result_rows(result); row++) {
        int64_t id = db_result_i64(result, row, DIRECTORY_USER_ID);
        while (check->ids[first] < id) {
            first++;
        }
        check->users[first] = directory_user_read(result, row);
    }
    return err;
}

static void run_check(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct check *check = (struct check *)job;
    (void)info;
    check->err = db ? ERR_OK : ERR_DATABASE_UNAVAILABLE;
    for (unsigned i = 0; i < check->count && check->err == ERR_OK; i += CHECK_USERS) {
        unsigned left = check->count - i;
        check->err = check_some(check, db, i, left < CHECK_USERS ? left : CHECK_USERS);
    }
}

static void check_done(struct work_job *job, bool expired)
{
    struct check *check = (struct check *)job;
    struct access *access = check->access;
    if (access) {
        bool is_good = !expired && check->err == ERR_OK;
        bool wants_check = access->wants_check;
        access->check = NULL;
        access->wants_check = false;
        for (unsigned i = 0; i < check->count && is_good; i++) {
            struct peers_change change = {.user = check->users[i], .asked_ns = check->start_ns};
            wants_check = !peers_review(access->core, check->ids[i], &change) || wants_check;
        }
        core_release_waiting(access->core);
        if (wants_check && is_good) {
            check_within(access, 0);
        } else if (!directory_is_fresh(access->directory) || !is_good) {
            check_within(access, CHECK_MS);
        }
    }
    check_free(check);
}

static void start_check(uv_timer_t *timer)
{
    struct access *access = timer->data;
    struct check *check = calloc(1, sizeof *check);
    if (!check) {
        abort();
    }
    check->ids = peers_user_ids(access->core->peers, &check->count);
    check->users = calloc(check->count + 1, sizeof *check->users);
    if (!check->users) {
        abort();
    }
    check->access = access;
    check->start_ns = uv_hrtime();
    check->job.run = run_check;
    check->job.done = check_done;
    if (check->count == 0) { /* the next login asks again */
        check_free(check);
    } else if (work_submit(access->core->queries, &check->job) != ERR_OK) {
        check_free(check);
        check_within(access, CHECK_MS);
    } else {
        access->check = check;
    }
}

static void check_within(struct access *access, uint64_t pause_ms)
{
    if (access->closing > 0) {
        return;
    }
    if (access->check) { /* it may have asked too early */
        access->wants_check = true;
    } else if (!uv_is_active((const uv_handle_t *)&access->timer) ||
               uv_timer_get_due_in(&access->timer) > pause_ms) {
        uv_timer_start(&access->timer, start_check, pause_ms, 0);
    }
}

/* ------------------------------------------------------------------ what is heard */

static void take_user(struct access *access, const struct listener_event *event)
{
    struct core *core = access->core;
    struct peers_change change = {.user = event->user,
                                  .asked_ns = event->asked_ns,
                                  .password_epoch = event->password_epoch,
                                  .server = event->server,
                                  .session = event->session};
    if (!peers_review(core, event->user_id, &change)) {
        check_within(access, 0);
    }
    if (event->user) {
        throttle_change(core->throttle, event->user, uv_now(core->loop));
        directory_put(access->directory, event->user);
    } else {
        directory_remove(access->directory, event->user_id);
    }
}

static void take_event(void *argument, const struct listener_event *event)
{
    struct access *access = argument;
    switch (event->kind) {
    case LISTENER_LOST:
    case LISTENER_LOADING:
        if (directory_is_fresh(access->directory)) {
            log_warning("access.stale");
        }
        directory_forget(access->directory);
        cache_close(access->core->cache);
        check_within(access, event->kind == LISTENER_LOST ? 0 : CHECK_MS);
        return;
    case LISTENER_USER:
    case LISTENER_GONE:
        take_user(access, event);
        return;
    case LISTENER_FRESH:
        directory_set_fresh(access->directory);
        cache_open(access->core->cache);
        watches_tell_all(access->core->watches); /* what was announced meanwhile was not heard */
        log_info("access.fresh");
        return;
    case LISTENER_COMMITS:
        commits_heard(access->core->commits, event->text);
        return;
    case LISTENER_CATALOGUE:
        cache_forget(access->core->cache);
        return;
    }
}

/* ------------------------------------------------------------------ for core and logins */

struct access *access_new(struct core *core, const struct db_settings *database)
{
    struct access *access = calloc(1, sizeof *access);
    if (!access) {
        abort();
    }
    access->core = core;
    access->directory = directory_new(core->config->limits.users_in_memory);
    access->listener = listener_new(core->loop, database, take_event, access);
    if (!access->listener) {
        directory_free(access->directory);
        free(access);
        return NULL;
    }
    uv_timer_init(core->loop, &access->timer);
    access->timer.data = access;
    return access;
}

static void part_closed(struct access *access)
{
    if (--access->closing > 0) {
        return;
    }
    if (access->check) {
        access->check->access = NULL;
    }
    directory_free(access->directory);
    access->closed(access->closed_argument);
    free(access);
}

static void listener_ended(void *argument)
{
    part_closed(argument);
}

static void timer_closed(uv_handle_t *handle)
{
    part_closed(handle->data);
}

void access_close(struct access *access, void (*closed)(void *argument), void *argument)
{
    access->closed = closed;
    access->closed_argument = argument;
    access->closing = 2;
    uv_close((uv_handle_t *)&access->timer, timer_closed);
    listener_close(access->listener, listener_ended, access);
}

struct directory *access_directory(struct access *access)
{
    return access->directory;
}

bool access_is_fresh(const struct access *access)
{
    return directory_is_fresh(access->directory);
}

void access_admit(struct access *access, const struct identity *who)
{
    const struct directory_user *user = directory_find_id(access->directory, who->user_id);
    if (who->user_id != 0 && (!user || access_reason(who, user))) {
        check_within(access, directory_is_fresh(access->directory) ? 0 : CHECK_MS);
    }
}
