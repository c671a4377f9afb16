/* Options that several queries share: pages, stores, times, words to search for.
 * Called by commands: filters_parse_* in prepare on the main loop, filters_bind_* and filters_find_* in query
 * steps. Everything returned lives in the request's arena. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_FILTERS_H
#define STOCKROOM_SERVER_CORE_COMMANDS_FILTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "server/core/commands/cursor.h"
#include "server/core/db/db.h"
#include "server/core/request.h"

/* --limit and --after. */
struct filters_page {
    char kind;
    unsigned parts;
    int64_t limit;
    const char *after[CURSOR_PARTS_MAX]; /* NULL: from the beginning */
};

/* kind and parts as in cursor.h. ERR_BAD_VALUE. */
enum err filters_parse_page(struct request *request, char kind, unsigned parts, struct filters_page *ret_page,
                            struct err_info *ret_info);

/* A query is asked for one row more than the page holds; how many of them to show. Sets table->after from the
 * columns that make the key when there are more. */
int filters_cut_page(const struct filters_page *page, const struct db_result *result, const int *key_columns,
                     struct table *table);

/* --store, or --all-stores (not both): sets request->store or leaves it NULL. */
enum err filters_parse_stores(struct request *request, struct err_info *ret_info);

/* An admin's --store may name no store: ERR_UNKNOWN_STORE. Others' stores are known from the login. */
enum err filters_check_store(const struct request *request, struct db *db, struct err_info *ret_info);

/* The same of anybody's, and which it is; 0: several are meant. */
enum err filters_find_store(const struct request *request, struct db *db, int32_t *ret_store_id,
                            struct err_info *ret_info);

/* The stores that are meant, as text[]; NULL for all of them. */
void filters_bind_stores(struct db_params *params, const struct request *request);
/* The caller's stores, whatever is asked: NULL for an admin. */
void filters_bind_own_stores(struct db_params *params, const struct request *request);

/* --search: each of its words must begin a word of SKU or name. *ret_search: a tsquery's text, for lower()
 * and products.words; NULL when there are none. */
enum err filters_parse_search(struct request *request, const char **ret_search, struct err_info *ret_info);

/* --category; ret NULL when not given. */
enum err filters_parse_category(const struct request *request, const char **ret_category,
                                struct err_info *ret_info);

/* One end of a span of time: two parameters, a timestamptz and a day (0 today, -1 yesterday) of the store's.
 */
struct filters_time {
    const char *absolute;
    bool has_day;
    int32_t day;
};
enum err filters_parse_time(struct request *request, const char *option, struct filters_time *ret_time,
                            struct err_info *ret_info);
void filters_bind_time(struct db_params *params, const struct filters_time *time);

/* Run a query of many filters, planned for those that are given. Leaves no transaction behind. */
enum err filters_query(struct db *db, enum sql_query query, const struct db_params *params,
                       struct db_result **ret_result, struct err_info *ret_info);

/* The product that a SKU or barcode names; ret_sku (may be NULL) is its SKU. ERR_UNKNOWN_PRODUCT. */
enum err filters_find_product(struct request *request, struct db *db, const char *code,
                              int32_t *ret_product_id, const char **ret_sku, struct err_info *ret_info);

#endif
