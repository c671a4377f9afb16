/* The cache: what `inventory --product` last answered, by store and code, within a bound of memory. Filled
 * and asked by that command, kept right by core.c (this server's commits), commits.c (other servers') and
 * dispatch.c (changes of the catalogue). Main loop only; touches neither the database nor the clock.
 *
 * A store's last_seq is the version of what is kept of it. An answer that was read at version S is served
 * while no commit after S is known that may have touched it: commits of this server bring the new balances
 * along, those of others make everything of their store void. What was read before the newest known commit is
 * not kept at all, however late it comes: no older value follows a newer one. */
#ifndef STOCKROOM_SERVER_CORE_CACHE_H
#define STOCKROOM_SERVER_CORE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/core/ledger/news.h"
#include "server/core/table.h"

struct cache;

/* A product in a store: the row of the answer, and apart from it what commits change. */
struct cache_stock {
    const char *store;
    int32_t product_id;
    int64_t version; /* the store's last_seq, of the same moment as all the rest */
    int64_t quantity_milli;
    bool has_reorder_point;
    int64_t reorder_milli;
    bool is_changed; /* by a commit since it was read: then, and not as the cells say */
    int64_t changed_micros;
    int64_t offset_seconds; /* of the store's local time, from… */
    int64_t offset_from_micros;
    int64_t offset_to_micros; /* …to: beyond that it may be another */
    const struct cell *cells;
    unsigned cell_count;
};

/* bytes_max 0: nothing is kept. kept_ms: how long an answer is served that the database has not confirmed. It
 * begins closed. */
struct cache *cache_new(uint64_t bytes_max, uint64_t kept_ms);
void cache_free(struct cache *cache);

/* While announcements are heard; closing forgets everything. */
void cache_open(struct cache *cache);
void cache_close(struct cache *cache);
void cache_forget(struct cache *cache);

/* To be asked before the database is, and given back with what it said: nothing is kept of what was read
 * before the cache was opened or told to forget. 0: nothing is kept now. */
uint64_t cache_epoch(const struct cache *cache);

/* What is kept of a product, by a code that was asked for before. Valid until the next call. NULL: ask the
 * database. */
const struct cache_stock *cache_find(struct cache *cache, const char *store, const char *code,
                                     uint64_t now_ms);

/* Keep what the database said of the product that code names. stock: copied. */
void cache_put(struct cache *cache, uint64_t epoch, const struct cache_stock *stock, const char *code,
               uint64_t now_ms);

/* A commit of this server. */
void cache_take_news(struct cache *cache, const struct news *news, uint64_t now_ms);

/* Another server's commits in a store, up to seq. */
void cache_take_announcement(struct cache *cache, const char *store, int64_t seq);

/* For `stats`: answers kept, and the bytes that they take. */
uint64_t cache_count(const struct cache *cache);
uint64_t cache_bytes(const struct cache *cache);

#endif
