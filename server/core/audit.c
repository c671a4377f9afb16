/* The audit trail, the changes: what a target is before and after, written in the transaction that changes
 * it. Called by commands on a worker's thread and by the command line. What was refused is
 * audit_refusals.c's. */
#include "server/core/audit.h"

#include "common/cleanup.h"

/* How a kind is called, held and looked at. SQL_QUERY_COUNT: there is nothing to hold, or to look at. */
static const struct kind {
    const char *text;
    enum sql_query lock;
    enum sql_query state;
} kinds[] = {
    [AUDIT_NONE] = {"", SQL_QUERY_COUNT, SQL_QUERY_COUNT},
    [AUDIT_USER] = {"user", SQL_QUERY_AUDIT_LOCK_USER, SQL_QUERY_AUDIT_STATE_USER},
    [AUDIT_STORE] = {"store", SQL_QUERY_AUDIT_LOCK_STORE, SQL_QUERY_AUDIT_STATE_STORE},
    [AUDIT_PRODUCT] = {"product", SQL_QUERY_AUDIT_LOCK_PRODUCT, SQL_QUERY_AUDIT_STATE_PRODUCT},
    [AUDIT_SESSION] = {"session", SQL_QUERY_COUNT, SQL_QUERY_COUNT},
};

const char *audit_kind_text(enum audit_kind kind)
{
    return kinds[kind].text;
}

/* *ret_state: JSON, in the arena; NULL: there is no such thing. */
static enum err read_state(struct db *db, struct arena *arena, const struct audit_change *change,
                           int32_t *ret_store_id, const char **ret_state, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    enum sql_query query = kinds[change->kind].state;
    struct db_params params;
    enum err err;

    *ret_store_id = 0;
    *ret_state = NULL;
    if (query == SQL_QUERY_COUNT) {
        return ERR_OK;
    }
    db_params_init(&params, arena);
    if (change->store != NULL) {
        query = SQL_QUERY_AUDIT_STATE_STOCKING;
        db_bind_text(&params, change->store);
    }
    db_bind_text(&params, change->target);
    err = db_query(db, query, &params, &result, ret_info);
    if (err == ERR_OK && db_result_rows(result) > 0) {
        *ret_store_id = (int32_t)db_result_i64(result, 0, 0);
        *ret_state = arena_strdup(arena, db_result_text(result, 0, 1));
    }
    return err;
}

enum err audit_begin_stocking(struct db *db, struct arena *arena, const char *store, const char *sku,
                              struct audit_change *ret_change, struct err_info *ret_info)
{
    struct audit_change change = {.kind = AUDIT_PRODUCT, .target = sku, .store = store};
    int32_t store_id;
    enum err err = read_state(db, arena, &change, &store_id, &change.before, ret_info);

    if (err == ERR_OK) {
        *ret_change = change;
    }
    return err;
}

enum err audit_begin(struct db *db, struct arena *arena, enum audit_kind kind, const char *target,
                     struct audit_change *ret_change, struct err_info *ret_info)
{
    struct audit_change change = {.kind = kind, .target = target};
    int32_t store_id;
    enum err err = ERR_OK;

    if (kinds[kind].lock != SQL_QUERY_COUNT) {
        struct db_params params;

        db_params_init(&params, arena);
        db_bind_text(&params, target);
        err = db_query(db, kinds[kind].lock, &params, NULL, ret_info);
    }
    if (err == ERR_OK) {
        err = read_state(db, arena, &change, &store_id, &change.before, ret_info);
    }
    if (err == ERR_OK) {
        *ret_change = change;
    }
    return err;
}

static void bind_id(struct db_params *params, int32_t id)
{
    if (id != 0) {
        db_bind_i32(params, id);
    } else {
        db_bind_null(params);
    }
}

static enum err insert(struct db *db, struct arena *arena, const struct identity *who, int32_t store_id,
                       const char *action, const struct audit_change *change, const char *after,
                       struct err_info *ret_info)
{
    static const struct identity console = {.method = LOGIN_CONSOLE};
    struct db_params params;

    if (who == NULL) {
        who = &console;
    }
    db_params_init(&params, arena);
    db_bind_i32(&params, store_id);
    bind_id(&params, who->user_id);
    bind_id(&params, who->key_id);
    db_bind_text(&params, identity_method_text(who->method));
    db_bind_text(&params, who->source);
    db_bind_i64(&params, (int64_t)who->session);
    db_bind_text(&params, action);
    db_bind_text(&params, audit_kind_text(change->kind));
    db_bind_text(&params, change->target);
    db_bind_text(&params, change->before);
    db_bind_text(&params, after);
    return db_query(db, SQL_QUERY_AUDIT_INSERT, &params, NULL, ret_info);
}

enum err audit_end(struct db *db, struct arena *arena, const struct identity *who, const char *action,
                   const struct audit_change *change, struct err_info *ret_info)
{
    const char *after;
    int32_t store_id;
    enum err err = read_state(db, arena, change, &store_id, &after, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    return insert(db, arena, who, store_id, action, change, after, ret_info);
}

enum err audit_write(struct db *db, struct arena *arena, const struct identity *who, const char *action,
                     const char *after, struct err_info *ret_info)
{
    const struct audit_change change = {.kind = AUDIT_NONE, .target = ""};

    return insert(db, arena, who, 0, action, &change, after, ret_info);
}
