/* The announcer: a set of stores with their newest seq, and at most one job under way that announces such a
 * set. The first commit after a rest is announced at once, what follows within the pause goes together.
 * Called by core.c and access.c on the main loop, but for run_announcing, which has only its job. */
#include "server/core/commits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/values.h"
#include "server/core/cache.h"
#include "server/core/core.h"
#include "server/core/ledger/map.h"
#include "server/core/stats.h"
#include "server/core/watch.h"

enum {
    PAUSE_MS = 20,
    RETRY_MS = 500,     /* after a failure: the database is away */
    STORES_MAX = 16384, /* of more that wait all stores are announced instead */
    PAYLOAD_MAX = 7900  /* PostgreSQL takes less than 8000 bytes */
};

/* A store that waits to be announced. */
struct commit {
    struct commit *next;
    int64_t seq;
    char store_code[];
};

/* Stores that wait; each once. */
struct commit_set {
    struct arena arena;
    struct map map; /* by code */
    struct commit *first;
    size_t count;
    bool is_all; /* too many: whatever store */
};

struct announcing {
    struct work_job job;
    struct commits *commits;
    struct commit_set set;
    uint64_t server;
    enum err err;
    struct err_info error;
};

struct commits {
    uv_timer_t timer; /* first: the handle leads back here */
    struct core *core;
    struct db_settings database;
    struct work_pool *pool;
    struct commit_set waiting;
    struct announcing *announcing; /* the job under way */
    bool is_failing;               /* has been told */
    unsigned open;                 /* parts that have not closed */
    void (*closed)(void *argument);
    void *closed_argument;
};

/* ------------------------------------------------------------------ sets */

static void set_done(struct commit_set *set)
{
    map_done(&set->map);
    arena_done(&set->arena);
    *set = (struct commit_set){0};
}

static bool set_is_empty(const struct commit_set *set)
{
    return set->count == 0 && !set->is_all;
}

static void set_add(struct commit_set *set, const char *store_code, int64_t seq)
{
    size_t len = strlen(store_code);
    union map_value *value = map_get(&set->map, store_code, len);
    if (value) {
        struct commit *commit = value->pointer;
        commit->seq = seq > commit->seq ? seq : commit->seq;
        return;
    }
    if (set->is_all || set->count == STORES_MAX) {
        set->is_all = true;
        return;
    }
    struct commit *commit = arena_alloc(&set->arena, sizeof *commit + len + 1);
    int is_new;
    memcpy(commit->store_code, store_code, len + 1);
    commit->seq = seq;
    commit->next = set->first;
    set->first = commit;
    set->count++;
    map_put(&set->map, commit->store_code, len, &is_new)->pointer = commit;
}

static void set_merge(struct commit_set *set, const struct commit_set *other)
{
    set->is_all = set->is_all || other->is_all;
    for (const struct commit *commit = other->first; commit; commit = commit->next) {
        set_add(set, commit->store_code, commit->seq);
    }
}

/* ------------------------------------------------------------------ the announcement */

/* The payloads, each of a length that PostgreSQL takes. */
struct payloads {
    struct arena *arena;
    const char **texts;
    size_t count;
    struct buf text;
};

static void payload_end(struct payloads *payloads)
{
    payloads->texts[payloads->count++] =
        arena_strndup(payloads->arena, payloads->text.data, payloads->text.len);
    buf_reset(&payloads->text);
}

static void payload_add(struct payloads *payloads, uint64_t server, const struct commit *commit)
{
    enum { ITEM_MAX = VALUES_CODE_MAX + 24 };
    if (payloads->text.len + ITEM_MAX > PAYLOAD_MAX) {
        payload_end(payloads);
    }
    if (payloads->text.len == 0) {
        buf_append_u64(&payloads->text, server);
    }
    buf_printf(&payloads->text, " %s:%" PRId64, commit->store_code, commit->seq);
}

static void payloads_make(const struct commit_set *set, uint64_t server, struct payloads *payloads)
{
    payloads->texts = arena_calloc(payloads->arena, set->count + 1, sizeof *payloads->texts);
    if (set->is_all) {
        buf_printf(&payloads->text, "%" PRIu64 " *", server);
    }
    for (const struct commit *commit = set->is_all ? NULL : set->first; commit; commit = commit->next) {
        payload_add(payloads, server, commit);
    }
    payload_end(payloads);
}

static void run_announcing(struct work_job *job, struct db *db, const struct err_info *info)
{
    struct announcing *announcing = (struct announcing *)job;
    cleanup(arena_done) struct arena arena = {0};
    struct payloads payloads = {.arena = &arena};
    struct db_params params;
    if (!db) {
        announcing->err = ERR_DATABASE_UNAVAILABLE;
        announcing->error = *info;
        return;
    }
    payloads_make(&announcing->set, announcing->server, &payloads);
    buf_done(&payloads.text);
    db_params_init(&params, &arena);
    db_bind_text_array(&params, payloads.texts, payloads.count);
    announcing->err = db_query(db, SQL_QUERY_COMMITS_ANNOUNCE, &params, NULL, &announcing->error);
}

static void announce(struct commits *commits);

static void timer_fired(uv_timer_t *timer)
{
    announce((struct commits *)timer);
}

static void note_outcome(struct commits *commits, const struct announcing *announcing)
{
    if (announcing->err == ERR_OK) {
        stats_add(STATS_commits_announced, announcing->set.count);
    } else if (!commits->is_failing) {
        log_warning("commits.unannounced", "reason", announcing->error.message);
    }
    commits->is_failing = announcing->err != ERR_OK;
}

static void end(struct commits *commits);

static void announcing_done(struct work_job *job, bool expired)
{
    struct announcing *announcing = (struct announcing *)job;
    struct commits *commits = announcing->commits;
    commits->announcing = NULL;
    if (!expired) { /* which only a pool that ends does */
        note_outcome(commits, announcing);
    }
    if (!expired && announcing->err != ERR_OK) {
        set_merge(&commits->waiting, &announcing->set);
    }
    if (commits->closed) {
        end(commits);
    } else {
        uv_timer_start(&commits->timer, timer_fired, announcing->err == ERR_OK ? PAUSE_MS : RETRY_MS, 0);
    }
    set_done(&announcing->set);
    free(announcing);
}

static void announce(struct commits *commits)
{
    if (set_is_empty(&commits->waiting) || commits->announcing ||
        uv_is_active((const uv_handle_t *)&commits->timer)) {
        return;
    }
    struct announcing *announcing = calloc(1, sizeof *announcing);
    if (!announcing) {
        abort();
    }
    announcing->job.run = run_announcing;
    announcing->job.done = announcing_done;
    announcing->commits = commits;
    announcing->server = commits->core->server_id;
    announcing->set = commits->waiting;
    commits->waiting = (struct commit_set){0};
    commits->announcing = announcing;
    if (work_submit(commits->pool, &announcing->job) != ERR_OK) {
        abort(); /* there is never more than one */
    }
}

void commits_posted(struct commits *commits, const char *store_code, int64_t seq)
{
    set_add(&commits->waiting, store_code, seq);
    announce(commits);
}

/* ------------------------------------------------------------------ what is heard */

/* A decimal number up to a blank, a colon or the end; NULL: there is none. */
static const char *parse_number(const char *text, uint64_t most, uint64_t *ret_value)
{
    const char *c = text;
    uint64_t value = 0;
    for (; *c >= '0' && *c <= '9'; c++) {
        unsigned digit = (unsigned)(*c - '0');
        if (digit > most || value > (most - digit) / 10) {
            return NULL;
        }
        value = value * 10 + digit;
    }
    *ret_value = value;
    return c == text ? NULL : c;
}

/* " STORE:SEQ". NULL: it is none. */
static const char *parse_item(const char *text, char ret_store[VALUES_CODE_MAX + 1], int64_t *ret_seq)
{
    struct err_info ignored;
    uint64_t seq = 0;
    size_t len = strcspn(text + 1, ": ");
    if (text[0] != ' ' || len > VALUES_CODE_MAX || text[1 + len] != ':') {
        return NULL;
    }
    memcpy(ret_store, text + 1, len);
    ret_store[len] = '\0';
    const char *next = parse_number(text + len + 2, INT64_MAX, &seq);
    if (!next || (*next != '\0' && *next != ' ') || values_check_store_code(ret_store, &ignored) != ERR_OK) {
        return NULL;
    }
    *ret_seq = (int64_t)seq;
    return next;
}

bool commits_parse(const char *text, uint64_t *ret_server, commits_fn fn, void *argument)
{
    char store[VALUES_CODE_MAX + 1];
    uint64_t server;
    int64_t seq;
    const char *items = parse_number(text, UINT64_MAX, &server);
    if (!items || *items != ' ') {
        return false;
    }
    bool is_all = strcmp(items, " *") == 0;
    for (const char *item = items; !is_all && item && *item != '\0';) {
        item = parse_item(item, store, &seq);
        if (!item) {
            return false;
        }
    }
    *ret_server = server;
    if (is_all) {
        fn(argument, NULL, 0);
    }
    for (const char *item = items; !is_all && *item != '\0';) {
        item = parse_item(item, store, &seq);
        fn(argument, store, seq);
    }
    return true;
}

struct hearing {
    struct core *core;
    const uint64_t *server;
};

static void hear(void *argument, const char *store_code, int64_t seq)
{
    const struct hearing *hearing = argument;
    struct core *core = hearing->core;
    if (*hearing->server == core->server_id) {
        return;
    }
    stats_add(STATS_commits_heard, 1);
    if (store_code) {
        cache_take_announcement(core->cache, store_code, seq);
        watches_tell(core->watches, store_code);
    } else {
        cache_forget(core->cache);
        watches_tell_all(core->watches);
    }
}

void commits_heard(struct commits *commits, const char *text)
{
    uint64_t server = 0;
    struct hearing hearing = {commits->core, &server};
    if (!commits_parse(text, &server, hear, &hearing)) {
        log_warning("listener.bad", "channel", "stockroom_commits");
    }
}

/* ------------------------------------------------------------------ its life */

struct commits *commits_new(struct core *core, const struct db_settings *database)
{
    struct commits *commits = calloc(1, sizeof *commits);
    if (!commits) {
        abort();
    }
    commits->core = core;
    commits->database = *database;
    commits->database.application_name = "stockroomd announcer";
    struct work_settings pool = {
        .name = "announcer", .threads = 1, .queue = 4, .database = &commits->database};
    commits->pool = work_pool_new(core->loop, &pool);
    if (!commits->pool) {
        free(commits);
        return NULL;
    }
    uv_timer_init(core->loop, &commits->timer);
    return commits;
}

static void part_closed(struct commits *commits)
{
    if (--commits->open == 0) {
        set_done(&commits->waiting);
        commits->closed(commits->closed_argument);
        free(commits);
    }
}

static void pool_closed(void *argument)
{
    part_closed(argument);
}

static void timer_closed(uv_handle_t *handle)
{
    part_closed((struct commits *)handle);
}

/* Once more, for what has come since; then the end. */
static void end(struct commits *commits)
{
    uv_timer_stop(&commits->timer);
    if (!commits->is_failing) {
        announce(commits);
    }
    if (!commits->announcing && commits->open == 0) {
        commits->open = 2;
        uv_close((uv_handle_t *)&commits->timer, timer_closed);
        work_pool_close(commits->pool, pool_closed, commits);
    }
}

void commits_close(struct commits *commits, void (*closed)(void *argument), void *argument)
{
    commits->closed = closed;
    commits->closed_argument = argument;
    if (!commits->announcing) {
        end(commits);
    }
}
