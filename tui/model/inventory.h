/* The inventory of the store that is shown: its items, kept current by rows and by pushed movements.
 * Called by the app, which feeds it, and by arrangements and views, which only read.
 * Touches neither the socket nor the screen. */
#ifndef STOCKROOM_TUI_MODEL_INVENTORY_H
#define STOCKROOM_TUI_MODEL_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;

enum {
    INVENTORY_ITEMS_MAX = 20000,
    ITEM_STORE_SIZE = 33,
    ITEM_SKU_SIZE = 65, /* sizes hold the NUL; longer texts were cut by the client */
    ITEM_NAME_SIZE = 201,
    ITEM_CATEGORY_SIZE = 65,
    ITEM_UNIT_SIZE = 17,
    ITEM_PRICE_SIZE = 33,
    ITEM_TIME_SIZE = 41
};

/* A row as the server sent it: clean text, exact numbers. */
struct item_row {
    char store[ITEM_STORE_SIZE];
    char sku[ITEM_SKU_SIZE];
    char name[ITEM_NAME_SIZE];
    char category[ITEM_CATEGORY_SIZE];
    char unit[ITEM_UNIT_SIZE];
    char price[ITEM_PRICE_SIZE]; /* as text; "" where there is none */
    char updated_at[ITEM_TIME_SIZE];
    int64_t quantity_milli;
    int64_t reorder_milli;
    bool has_reorder;
    bool low;
};

/* A row as it is kept. Texts are NUL-terminated and live as long as the item. */
struct item {
    const char *sku;
    const char *name;
    const char *category;
    const char *unit;
    const char *price;
    const char *updated_at;
    const char *folded; /* SKU, name and category in one case, each on a line */
    int64_t quantity_milli;
    int64_t reorder_milli;
    bool has_reorder;
    bool low;
    uint32_t load;         /* the load that last saw it */
    uint64_t pushed_after; /* requests up to this one are older than the pushed quantity */
};

/* A movement as it was pushed. */
struct movement {
    char sku[ITEM_SKU_SIZE];
    char store[ITEM_STORE_SIZE];
    char type[17];
    char user[33];
    char recorded_at[ITEM_TIME_SIZE];
    int64_t quantity_milli;
    int64_t balance_milli;
};

/* most: how many items are kept, at most INVENTORY_ITEMS_MAX. */
struct inventory *inventory_new(size_t most);
void inventory_free(struct inventory *inventory);

/* Forget everything: another store is shown. */
void inventory_clear(struct inventory *inventory);

/* All rows come again. Items that no row mentions until inventory_end_load are dropped then, but not when the
 * load was cut short (complete is false). */
void inventory_begin_load(struct inventory *inventory);
void inventory_end_load(struct inventory *inventory, bool complete);

/* Add or replace an item. request: the number of the request that the row answers; a quantity that was pushed
 * after that request was sent stays. False when the inventory is full and the item is not in it. */
bool inventory_put(struct inventory *inventory, const struct item_row *row, uint64_t request);

/* A movement was posted: its balance is the item's quantity. last_request: the last request sent so far.
 * False when the SKU is not known. */
bool inventory_apply(struct inventory *inventory, const struct movement *movement, uint64_t last_request);

size_t inventory_count(const struct inventory *inventory);
size_t inventory_count_low(const struct inventory *inventory);
bool inventory_is_full(const struct inventory *inventory);

/* index below inventory_count; valid until the next change of the inventory. */
const struct item *inventory_item(const struct inventory *inventory, size_t index);

/* The item of a SKU, NULL when there is none. */
const struct item *inventory_find(const struct inventory *inventory, const char *sku);

/* Columns that the widest SKU, category and quantity seen so far take. They only grow until inventory_clear.
 */
struct inventory_widths {
    size_t sku;
    size_t category;
    size_t quantity;
    size_t price;
};
struct inventory_widths inventory_widths(const struct inventory *inventory);

#endif
