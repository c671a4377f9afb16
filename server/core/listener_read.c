/* What the listener heard, and what the database says of it. Part of listener.c's room; on its thread only.
 * What is announced is hostile until parsed, and nothing but a hint whom to read. */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/values.h"
#include "server/core/listener_internal.h"
#include "server/core/stats.h"

enum { PAGE_USERS = 500 };

/* What is done with an announcement on a channel. */
struct topic {
    const char *channel;
    void (*take)(struct listener *listener, const char *payload);
};

/* ------------------------------------------------------------------ announcements */

/* Digits up to the next blank or the end, into *ret_value; NULL: they are none, or too many. */
static const char *parse_number(const char *text, uint64_t most, uint64_t *ret_value)
{
    uint64_t value = 0;
    const char *c = text;

    for (; *c >= '0' && *c <= '9'; c++) {
        unsigned digit = (unsigned)(*c - '0');
        if (value > (most - digit) / 10) {
            return NULL;
        }
        value = value * 10 + digit;
    }
    if (c == text || (*c != '\0' && *c != ' ')) {
        return NULL;
    }
    *ret_value = value;
    return c;
}

bool listener_parse(const char *payload, struct listener_change *ret_change)
{
    static const uint64_t most[] = {INT32_MAX, INT64_MAX, UINT64_MAX, UINT64_MAX};
    uint64_t numbers[sizeof most / sizeof *most];
    const char *next = payload;

    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        if (i > 0 && *next++ != ' ') {
            return false;
        }
        next = parse_number(next, most[i], &numbers[i]);
        if (next == NULL) {
            return false;
        }
    }
    if (*next != '\0' || numbers[0] == 0) {
        return false;
    }
    *ret_change = (struct listener_change){.user_id = (int32_t)numbers[0],
                                           .password_epoch = (int64_t)numbers[1],
                                           .server = numbers[2],
                                           .session = numbers[3]};
    return true;
}

/* Two changes of one user are read at once. */
static bool join_change(struct listener_change *known, const struct listener_change *change)
{
    if (known->user_id != change->user_id) {
        return false;
    }
    known->is_mixed = known->is_mixed || known->server != change->server || known->session != change->session;
    known->password_epoch = change->password_epoch;
    return true;
}

static void take_user(struct listener *listener, const char *payload)
{
    struct listener_change change;

    if (!listener_parse(payload, &change)) {
        log_warning("listener.bad", "channel", "stockroom_users");
        return;
    }
    stats_add(STATS_announcements, 1);
    if (listener->needs_load) {
        return; /* everybody is about to be read */
    }
    for (unsigned i = 0; i < listener->change_count; i++) {
        if (join_change(&listener->changes[i], &change)) {
            return;
        }
    }
    if (listener->change_count == LISTENER_CHANGES_MAX) {
        listener->needs_load = true;
        return;
    }
    listener->changes[listener->change_count++] = change;
}

static void take_commits(struct listener *listener, const char *payload)
{
    char *text = strdup(payload);

    if (!text) {
        abort();
    }
    listener_post(listener, (struct listener_event){.kind = LISTENER_COMMITS, .text = text});
}

static void take_catalogue(struct listener *listener, const char *payload)
{
    (void)payload;
    listener_post(listener, (struct listener_event){.kind = LISTENER_CATALOGUE});
}

static const struct topic topics[] = {
    {"stockroom_users", take_user},
    {"stockroom_commits", take_commits},
    {"stockroom_catalogue", take_catalogue},
};

const char *listener_channel(unsigned n)
{
    return n < sizeof topics / sizeof *topics ? topics[n].channel : NULL;
}

void listener_note(struct listener *listener, const struct db_notification *notification)
{
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        if (strcmp(notification->channel, topics[i].channel) == 0) {
            topics[i].take(listener, notification->is_cut ? "" : notification->payload);
        }
    }
}

/* ------------------------------------------------------------------ users */

static enum err read_users(struct listener *listener, struct arena *arena, const int32_t *ids, unsigned count,
                           int32_t after_id, struct db_result **ret_result, struct err_info *ret_info)
{
    struct db_params params;

    listener->asked_ns = uv_hrtime();
    db_params_init(&params, arena);
    if (ids) {
        db_bind_i32_array(&params, ids, NULL, count);
    } else {
        db_bind_null(&params);
    }
    db_bind_i32(&params, after_id);
    db_bind_i64(&params, PAGE_USERS);
    return db_query(listener->db, SQL_QUERY_USER_ACCESS, &params, ret_result, ret_info);
}

/* change: what was heard of the user; NULL: nothing. False: the listener shall end. */
static bool post_user(struct listener *listener, const struct db_result *result, int row,
                      const struct listener_change *change)
{
    struct listener_event event = {.kind = LISTENER_USER,
                                   .asked_ns = listener->asked_ns,
                                   .user_id = (int32_t)db_result_i64(result, row, DIRECTORY_USER_ID)};

    event.user = directory_user_read(result, row);
    if (!event.user) {
        log_error("listener.user", "user", db_result_text(result, row, DIRECTORY_USER_NAME));
        event.kind = LISTENER_GONE;
    }
    if (change && !change->is_mixed) {
        event.password_epoch = change->password_epoch;
        event.server = change->server;
        event.session = change->session;
    }
    return listener_post(listener, event);
}

static int compare_changes(const void *a, const void *b)
{
    const struct listener_change *first = a;
    const struct listener_change *second = b;

    return (first->user_id > second->user_id) - (first->user_id < second->user_id);
}

/* Both are in order of the ids. */
static void post_changes(struct listener *listener, const struct db_result *result)
{
    int row = 0;

    for (unsigned i = 0; i < listener->change_count; i++) {
        const struct listener_change *change = &listener->changes[i];
        bool ok;
        if (row < db_result_rows(result) &&
            db_result_i64(result, row, DIRECTORY_USER_ID) == change->user_id) {
            ok = post_user(listener, result, row++, change);
        } else {
            ok = listener_post(listener, (struct listener_event){.kind = LISTENER_GONE,
                                                                 .user_id = change->user_id,
                                                                 .asked_ns = listener->asked_ns});
        }
        if (!ok) {
            return;
        }
    }
}

enum err listener_read_changes(struct listener *listener, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    cleanup(arena_done) struct arena arena = {0};
    int32_t ids[LISTENER_CHANGES_MAX];

    if (listener->change_count == 0) {
        return ERR_OK;
    }
    qsort(listener->changes, listener->change_count, sizeof *listener->changes, compare_changes);
    for (unsigned i = 0; i < listener->change_count; i++) {
        ids[i] = listener->changes[i].user_id;
    }
    enum err err = read_users(listener, &arena, ids, listener->change_count, 0, &result, ret_info);
    if (err == ERR_OK) {
        post_changes(listener, result);
        listener->change_count = 0;
    }
    return err;
}

enum err listener_load(struct listener *listener, struct err_info *ret_info)
{
    int32_t after_id = 0;
    int rows = PAGE_USERS;

    listener->change_count = 0; /* heard before this, and part of it */
    if (!listener_post(listener, (struct listener_event){.kind = LISTENER_LOADING})) {
        return ERR_OK;
    }
    while (rows == PAGE_USERS) {
        cleanup(cleanup_db_result) struct db_result *result = NULL;
        cleanup(arena_done) struct arena arena = {0};
        enum err err = read_users(listener, &arena, NULL, 0, after_id, &result, ret_info);
        if (err != ERR_OK) {
            return err;
        }
        rows = db_result_rows(result);
        for (int row = 0; row < rows; row++) {
            if (!post_user(listener, result, row, NULL)) {
                return ERR_OK;
            }
        }
        after_id = rows > 0 ? (int32_t)db_result_i64(result, rows - 1, DIRECTORY_USER_ID) : after_id;
    }
    listener->needs_load = false;
    listener_post(listener, (struct listener_event){.kind = LISTENER_FRESH});
    return ERR_OK;
}
