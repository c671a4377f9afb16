/* The cache's tables: entries by store and product, names by store and code, stores with their versions; and
 * the order of use, by which entries make room. Called on the main loop. Pure but for its memory. */
#include "server/core/cache.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/arena.h"
#include "server/core/ledger/map.h"
#include "server/core/stats.h"

enum {
    STORES_MAX = 65536,    /* whose versions are known; of more, everything is forgotten */
    BYTES_A_BUCKET = 1024, /* about an entry */
    BUCKETS_MIN = 64,
    BUCKETS_MAX = 1 << 20,
    NAMES_MAX = 64 /* of one product: its SKU, barcodes and what was one of them before */
};

/* What is known of a store's versions. */
struct store {
    const char *code;
    uint64_t number; /* stands for it in keys */
    int64_t known;   /* commits up to here have been taken into account, and */
    int64_t seen;    /* an answer has shown this version: what is older comes too late */
    int64_t floor;   /* entries below it may be wrong */
};

/* A code that an entry was asked by. */
struct name {
    struct name *next;  /* in its bucket */
    struct name *other; /* of the same entry */
    struct entry *entry;
    uint64_t store_number;
    size_t size;
    char code[];
};

struct entry {
    struct cache_stock stock; /* its cells stand behind */
    struct store *store;
    struct entry *next; /* in its bucket */
    TAILQ_ENTRY(entry) link;
    struct name *names;
    unsigned name_count;
    size_t size;
    uint64_t checked_ms; /* when the database, or a commit, said so */
};

struct cache {
    uint64_t bytes_max;
    uint64_t kept_ms;
    bool is_open;
    uint64_t epoch;
    unsigned char key[crypto_shorthash_KEYBYTES]; /* whoever may choose codes chooses no buckets */
    size_t mask;
    struct entry **entries;
    struct name **names;
    struct map stores; /* by code */
    struct arena store_arena;
    TAILQ_HEAD(uses, entry) used; /* the last one first */
    uint64_t count;
    uint64_t bytes;
};

static void *must_allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory) {
        abort();
    }
    return memory;
}

struct cache *cache_new(uint64_t bytes_max, uint64_t kept_ms)
{
    struct cache *cache = must_allocate(1, sizeof *cache);
    size_t size = BUCKETS_MIN;
    while (size < BUCKETS_MAX && size < bytes_max / BYTES_A_BUCKET) {
        size *= 2;
    }
    cache->bytes_max = bytes_max;
    cache->kept_ms = kept_ms;
    cache->epoch = 1;
    cache->mask = size - 1;
    cache->entries = must_allocate(size, sizeof(struct entry *));
    cache->names = must_allocate(size, sizeof(struct name *));
    crypto_shorthash_keygen(cache->key);
    TAILQ_INIT(&cache->used);
    return cache;
}

/* ------------------------------------------------------------------ the tables */

static size_t slot_of(const struct cache *cache, const void *key, size_t size)
{
    uint64_t hash;
    _Static_assert(sizeof hash == crypto_shorthash_BYTES, "");
    crypto_shorthash((unsigned char *)&hash, key, size, cache->key);
    return hash & cache->mask;
}

static struct entry **bucket_of_product(const struct cache *cache, const struct store *store,
                                        int32_t product_id)
{
    uint64_t key[2] = {store->number, (uint64_t)product_id};
    return &cache->entries[slot_of(cache, key, sizeof key)];
}

/* The code's hash and the store's number make the key: codes are as long as they like. */
static struct name **bucket_of_name(const struct cache *cache, uint64_t store_number, const char *code)
{
    uint64_t key[2] = {store_number, 0};
    crypto_shorthash((unsigned char *)&key[1], (const unsigned char *)code, strlen(code), cache->key);
    return &cache->names[slot_of(cache, key, sizeof key)];
}

static struct entry *find_product(const struct cache *cache, const struct store *store, int32_t product_id)
{
    struct entry *entry = *bucket_of_product(cache, store, product_id);
    while (entry && (entry->store != store || entry->stock.product_id != product_id)) {
        entry = entry->next;
    }
    return entry;
}

static struct name *find_name(const struct cache *cache, const struct store *store, const char *code)
{
    struct name *name = *bucket_of_name(cache, store->number, code);
    while (name && (name->store_number != store->number || strcmp(name->code, code) != 0)) {
        name = name->next;
    }
    return name;
}

static void drop_name(struct cache *cache, struct name *name)
{
    struct name **place = bucket_of_name(cache, name->store_number, name->code);
    while (*place != name) {
        place = &(*place)->next;
    }
    *place = name->next;
    cache->bytes -= name->size;
    free(name);
}

static void drop_names(struct cache *cache, struct entry *entry)
{
    while (entry->names) {
        struct name *name = entry->names;
        entry->names = name->other;
        drop_name(cache, name);
    }
    entry->name_count = 0;
}

static void drop(struct cache *cache, struct entry *entry)
{
    struct entry **place = bucket_of_product(cache, entry->store, entry->stock.product_id);
    while (*place != entry) {
        place = &(*place)->next;
    }
    *place = entry->next;
    drop_names(cache, entry);
    TAILQ_REMOVE(&cache->used, entry, link);
    cache->bytes -= entry->size;
    cache->count--;
    free(entry);
}

void cache_forget(struct cache *cache)
{
    struct entry *entry;
    while ((entry = TAILQ_FIRST(&cache->used))) {
        drop(cache, entry);
    }
    map_clear(&cache->stores);
    arena_done(&cache->store_arena);
    cache->epoch++;
}

void cache_free(struct cache *cache)
{
    cache_forget(cache);
    map_done(&cache->stores);
    free(cache->entries);
    free(cache->names);
    free(cache);
}

void cache_open(struct cache *cache)
{
    cache->is_open = cache->bytes_max > 0;
}

void cache_close(struct cache *cache)
{
    cache_forget(cache);
    cache->is_open = false;
}

uint64_t cache_epoch(const struct cache *cache)
{
    return cache->is_open ? cache->epoch : 0;
}

/* ------------------------------------------------------------------ stores */

static struct store *find_store(const struct cache *cache, const char *code)
{
    const union map_value *value = map_get(&cache->stores, code, strlen(code));
    return value ? value->pointer : NULL;
}

static struct store *use_store(struct cache *cache, const char *code)
{
    struct store *store = find_store(cache, code);
    if (store) {
        return store;
    }
    if (cache->stores.used >= STORES_MAX) {
        cache_forget(cache);
    }
    int is_new;
    store = arena_calloc(&cache->store_arena, 1, sizeof *store);
    store->code = arena_strdup(&cache->store_arena, code);
    store->number = cache->stores.used + 1;
    map_put(&cache->stores, store->code, strlen(store->code), &is_new)->pointer = store;
    return store;
}

/* ------------------------------------------------------------------ asking */

const struct cache_stock *cache_find(struct cache *cache, const char *store_code, const char *code,
                                     uint64_t now_ms)
{
    const struct store *store = cache->is_open ? find_store(cache, store_code) : NULL;
    struct name *name = store ? find_name(cache, store, code) : NULL;
    struct entry *entry = name ? name->entry : NULL;
    if (entry && (entry->stock.version < store->floor || now_ms - entry->checked_ms > cache->kept_ms)) {
        drop(cache, entry);
        entry = NULL;
    }
    stats_add(entry ? STATS_cache_hits : STATS_cache_misses, cache->bytes_max > 0);
    if (!entry) {
        return NULL;
    }
    TAILQ_REMOVE(&cache->used, entry, link);
    TAILQ_INSERT_HEAD(&cache->used, entry, link);
    return &entry->stock;
}

/* ------------------------------------------------------------------ keeping */

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *copy_text(char **end, const char *text)
{
    size_t size = text_size(text);
    char *copy = text ? memcpy(*end, text, size) : NULL;
    *end += size;
    return copy;
}

/* An entry with its cells and their texts in one piece. */
static struct entry *entry_new(const struct cache_stock *stock, struct store *store)
{
    size_t head = sizeof(struct entry) + stock->cell_count * sizeof(struct cell);
    size_t size = head;
    for (unsigned i = 0; i < stock->cell_count; i++) {
        size += text_size(stock->cells[i].value) + text_size(stock->cells[i].shown);
    }
    struct entry *entry = must_allocate(1, size);
    struct cell *cells = (struct cell *)(entry + 1);
    char *end = (char *)entry + head;
    for (unsigned i = 0; i < stock->cell_count; i++) {
        cells[i].value = copy_text(&end, stock->cells[i].value);
        cells[i].shown = copy_text(&end, stock->cells[i].shown);
    }
    entry->stock = *stock;
    entry->stock.store = store->code;
    entry->stock.cells = cells;
    entry->store = store;
    entry->size = size;
    return entry;
}

static void insert(struct cache *cache, struct entry *entry)
{
    struct entry **bucket = bucket_of_product(cache, entry->store, entry->stock.product_id);
    entry->next = *bucket;
    *bucket = entry;
    TAILQ_INSERT_HEAD(&cache->used, entry, link);
    cache->bytes += entry->size;
    cache->count++;
}

static void insert_name(struct cache *cache, struct entry *entry, const char *code)
{
    size_t code_size = strlen(code) + 1;
    struct name *name = must_allocate(1, sizeof *name + code_size);
    struct name **bucket = bucket_of_name(cache, entry->store->number, code);
    memcpy(name->code, code, code_size);
    name->size = sizeof *name + code_size;
    name->store_number = entry->store->number;
    name->entry = entry;
    name->other = entry->names;
    entry->names = name;
    entry->name_count++;
    name->next = *bucket;
    *bucket = name;
    cache->bytes += name->size;
}

/* The same product as before, read again: it keeps its names. */
static void replace(struct cache *cache, struct entry *entry, struct entry *old)
{
    entry->names = old->names;
    entry->name_count = old->name_count;
    for (struct name *name = entry->names; name; name = name->other) {
        name->entry = entry;
    }
    old->names = NULL;
    drop(cache, old);
}

static void make_room(struct cache *cache)
{
    while (cache->bytes > cache->bytes_max) {
        drop(cache, TAILQ_LAST(&cache->used, uses));
        stats_add(STATS_cache_evictions, 1);
    }
}

void cache_put(struct cache *cache, uint64_t epoch, const struct cache_stock *stock, const char *code,
               uint64_t now_ms)
{
    if (epoch == 0 || epoch != cache_epoch(cache)) {
        return;
    }
    struct store *store = use_store(cache, stock->store);
    if (stock->version < store->known || stock->version < store->seen) {
        return;
    }
    struct entry *entry = entry_new(stock, store);
    struct entry *old = find_product(cache, store, stock->product_id);
    const struct name *name = find_name(cache, store, code);
    store->seen = stock->version;
    entry->checked_ms = now_ms;
    if (name && name->entry != old) {
        drop(cache, name->entry); /* the code is another product's now */
    }
    if (old) {
        replace(cache, entry, old);
    }
    insert(cache, entry);
    if (entry->name_count == NAMES_MAX) {
        drop_names(cache, entry);
    }
    if (!find_name(cache, store, code)) {
        insert_name(cache, entry, code);
    }
    make_room(cache);
}

/* ------------------------------------------------------------------ commits */

static void write_through(struct cache *cache, struct entry *entry, const struct news *news,
                          int64_t quantity_milli, uint64_t now_ms)
{
    struct cache_stock *stock = &entry->stock;
    if (stock->version >= news->last_seq) {
        return; /* read after the commit, before it was told */
    }
    if (news->recorded_micros < stock->offset_from_micros ||
        news->recorded_micros >= stock->offset_to_micros) {
        drop(cache, entry);
        return;
    }
    stock->version = news->last_seq;
    stock->quantity_milli = quantity_milli;
    stock->is_changed = true;
    stock->changed_micros = news->recorded_micros;
    entry->checked_ms = now_ms;
}

void cache_take_news(struct cache *cache, const struct news *news, uint64_t now_ms)
{
    if (!cache->is_open) {
        return;
    }
    if (news->last_seq == 0) { /* perhaps a commit, perhaps not */
        cache_forget(cache);
        return;
    }
    struct store *store = use_store(cache, news->store_code);
    if (news->before_seq > store->known) { /* others', that were not announced yet */
        store->floor = news->before_seq;
    }
    if (news->last_seq > store->known) {
        store->known = news->last_seq;
    }
    for (size_t i = 0; i < news->balance_count; i++) {
        struct entry *entry = find_product(cache, store, news->balances[i].product_id);
        if (entry) {
            write_through(cache, entry, news, news->balances[i].quantity_milli, now_ms);
        }
    }
}

void cache_take_announcement(struct cache *cache, const char *store_code, int64_t seq)
{
    if (!cache->is_open) {
        return;
    }
    struct store *store = use_store(cache, store_code);
    if (seq > store->known) {
        store->known = seq;
        store->floor = seq;
    }
}

uint64_t cache_count(const struct cache *cache)
{
    return cache->count;
}

uint64_t cache_bytes(const struct cache *cache)
{
    return cache->bytes;
}
