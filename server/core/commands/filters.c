/* Options that several queries share: pages, stores, times, words to search for.
 * Called by commands: filters_parse_* in prepare on the main loop, filters_bind_* and filters_find_* in query
 * steps. Touches the database only where a struct db is given. */
#include "server/core/commands/filters.h"

#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/text.h"

enum { SEARCH_WORDS_MAX = 16, SEARCH_BYTES_MAX = 200 };

enum err filters_parse_page(struct request *request, char kind, unsigned parts, struct filters_page *ret_page,
                            struct err_info *ret_info)
{
    struct filters_page page = {.kind = kind, .parts = parts};
    const char *after = args_option(&request->args, "after");
    enum err err = request_limit(request, &page.limit, ret_info);

    if (err == ERR_OK && after != NULL) {
        err = cursor_parse(&request->arena, kind, after, parts, page.after, ret_info);
    }
    if (err == ERR_OK) {
        *ret_page = page;
    }
    return err;
}

int filters_cut_page(const struct filters_page *page, const struct db_result *result, const int *key_columns,
                     struct table *table)
{
    int rows = db_result_rows(result);
    const char *parts[CURSOR_PARTS_MAX];

    if (rows <= page->limit) {
        return rows;
    }
    rows = (int)page->limit;
    for (unsigned i = 0; i < page->parts; i++) {
        parts[i] = db_result_text(result, rows - 1, key_columns[i]);
    }
    table->after = cursor_make(table->arena, page->kind, parts, page->parts);
    return rows;
}

enum err filters_parse_stores(struct request *request, struct err_info *ret_info)
{
    if (!request_all_stores(request)) {
        return request_resolve_store(request, ret_info);
    }
    if (args_option(&request->args, "store") != NULL) {
        return err_set(ret_info, ERR_USAGE, "--store and --all-stores exclude each other");
    }
    return ERR_OK;
}

enum err filters_find_store(const struct request *request, struct db *db, int32_t *ret_store_id,
                            struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    cleanup(arena_done) struct arena arena = {0};
    struct db_params params;
    enum err err;

    *ret_store_id = 0;
    if (request->store == NULL) {
        return ERR_OK;
    }
    db_params_init(&params, &arena);
    db_bind_text(&params, request->store);
    err = db_query(db, SQL_QUERY_STORE_FIND, &params, &result, ret_info);
    if (err == ERR_OK && db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_UNKNOWN_STORE, "no store %s", request->store);
    }
    if (err == ERR_OK) {
        *ret_store_id = (int32_t)db_result_i64(result, 0, 0);
    }
    return err;
}

enum err filters_check_store(const struct request *request, struct db *db, struct err_info *ret_info)
{
    int32_t store_id;

    return request->who->role == ROLE_ADMIN ? filters_find_store(request, db, &store_id, ret_info) : ERR_OK;
}

void filters_bind_own_stores(struct db_params *params, const struct request *request)
{
    const struct identity *who = request->who;

    if (who->role == ROLE_ADMIN) {
        db_bind_null(params);
    } else {
        db_bind_text_array(params, (const char *const *)who->store_codes, who->store_count);
    }
}

void filters_bind_stores(struct db_params *params, const struct request *request)
{
    if (request->store != NULL) {
        db_bind_text_array(params, &request->store, 1);
    } else {
        filters_bind_own_stores(params, request);
    }
}

/* A lexeme of a tsquery that fits every word which begins like this one: quoted, so that nothing in it means
 * anything. */
static void append_prefix(struct buf *query, const char *word, size_t len)
{
    buf_append_text(query, query->len > 0 ? " & '" : "'");
    for (size_t i = 0; i < len; i++) {
        if (word[i] == '\'' || word[i] == '\\') {
            buf_append_char(query, word[i]);
        }
        buf_append_char(query, word[i]);
    }
    buf_append_text(query, "':*");
}

enum err filters_parse_search(struct request *request, const char **ret_search, struct err_info *ret_info)
{
    cleanup(buf_done) struct buf query = {0};
    const char *text = args_option(&request->args, "search");
    unsigned count = 0;

    if (text == NULL) {
        *ret_search = NULL;
        return ERR_OK;
    }
    if (strlen(text) > SEARCH_BYTES_MAX || !text_is_printable(text, strlen(text))) {
        return err_set(ret_info, ERR_BAD_VALUE, "--search takes at most %d bytes of printable text",
                       SEARCH_BYTES_MAX);
    }
    for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
        size_t len = strcspn(text, " ");

        if (++count > SEARCH_WORDS_MAX) {
            return err_set(ret_info, ERR_BAD_VALUE, "--search takes at most %d words", SEARCH_WORDS_MAX);
        }
        append_prefix(&query, text, len);
        text += len;
    }
    *ret_search = query.len > 0 ? arena_strndup(&request->arena, query.data, query.len) : NULL;
    return ERR_OK;
}

enum err filters_parse_category(const struct request *request, const char **ret_category,
                                struct err_info *ret_info)
{
    const char *category = args_option(&request->args, "category");
    enum err err =
        category == NULL ? ERR_OK : values_check_name("category", category, VALUES_CATEGORY_MAX, ret_info);

    if (err == ERR_OK) {
        *ret_category = category;
    }
    return err;
}

static int64_t now_micros(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Before 1970 there is nothing, so an earlier bound may as well be its beginning. */
static const char *format_time(struct arena *arena, int64_t micros)
{
    cleanup(buf_done) struct buf text = {0};

    values_append_time(&text, micros < 0 ? 0 : micros);
    return arena_strndup(arena, text.data, text.len);
}

enum err filters_parse_time(struct request *request, const char *option, struct filters_time *ret_time,
                            struct err_info *ret_info)
{
    const char *text = args_option(&request->args, option);
    struct filters_time bound = {0};
    struct time_value value;
    enum err err;

    if (text != NULL) {
        err = values_parse_time(text, &value, ret_info);
        if (err != ERR_OK) {
            return err;
        }
        switch (value.kind) {
        case TIME_ABSOLUTE:
            bound.absolute = format_time(&request->arena, value.micros);
            break;
        case TIME_RELATIVE:
            bound.absolute = format_time(&request->arena, now_micros() + value.micros);
            break;
        case TIME_TODAY:
        case TIME_YESTERDAY:
            bound.has_day = true;
            bound.day = value.kind == TIME_TODAY ? 0 : -1;
            break;
        }
    }
    *ret_time = bound;
    return ERR_OK;
}

void filters_bind_time(struct db_params *params, const struct filters_time *time)
{
    db_bind_text(params, time->absolute);
    if (time->has_day) {
        db_bind_i32(params, time->day);
    } else {
        db_bind_null(params);
    }
}

enum err filters_query(struct db *db, enum sql_query query, const struct db_params *params,
                       struct db_result **ret_result, struct err_info *ret_info)
{
    enum err err = db_begin_nested(db, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    err = db_query(db, SQL_QUERY_PLAN_BY_VALUES, NULL, NULL, ret_info);
    if (err == ERR_OK) {
        err = db_query(db, query, params, ret_result, ret_info);
    }
    db_rollback_nested(db); /* nothing was written */
    return err;
}

enum err filters_find_product(struct request *request, struct db *db, const char *code,
                              int32_t *ret_product_id, const char **ret_sku, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    enum err err;

    db_params_init(&params, &request->arena);
    db_bind_text(&params, code);
    err = db_query(db, SQL_QUERY_PRODUCT_FIND, &params, &result, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    if (db_result_rows(result) == 0) {
        return err_set(ret_info, ERR_UNKNOWN_PRODUCT, "no product %s", code);
    }
    *ret_product_id = (int32_t)db_result_i64(result, 0, 0);
    if (ret_sku != NULL) {
        *ret_sku = arena_strdup(&request->arena, db_result_text(result, 0, 1));
    }
    return ERR_OK;
}
