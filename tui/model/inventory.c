/* The items of a store: see inventory.h.
 * Fed by the app, read by arrangements and views.
 * Touches only its own memory: an array of items, and a hash table of SKUs beside it. */
#include "tui/model/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "common/values.h"
#include "tui/model/label.h"

struct inventory {
    struct item **items;
    size_t count;
    size_t cap;
    size_t most;
    size_t low_count;
    uint32_t *slots; /* index into items plus 1, 0 for empty; linear probing, never more than half full */
    size_t slots_count;
    uint32_t load;
    struct inventory_widths widths;
};

static size_t hash_sku(const char *sku)
{
    uint32_t hash = 2166136261U; /* FNV-1a; a store's own SKUs are no attack worth a secret key */
    for (; *sku != '\0'; sku++) {
        hash = (hash ^ (unsigned char)*sku) * 16777619U;
    }
    return hash;
}

struct inventory *inventory_new(size_t most)
{
    struct inventory *inventory = calloc(1, sizeof(*inventory));
    if (inventory == NULL) {
        abort();
    }
    inventory->most = most < INVENTORY_ITEMS_MAX ? most : INVENTORY_ITEMS_MAX;
    return inventory;
}

void inventory_clear(struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++) {
        free(inventory->items[i]);
    }
    free(inventory->items);
    free(inventory->slots);
    *inventory = (struct inventory){.most = inventory->most};
}

void inventory_free(struct inventory *inventory)
{
    if (inventory != NULL) {
        inventory_clear(inventory);
        free(inventory);
    }
}

static size_t find_slot(const struct inventory *inventory, const char *sku)
{
    size_t slot = hash_sku(sku) % inventory->slots_count;
    while (inventory->slots[slot] != 0 &&
           strcmp(inventory->items[inventory->slots[slot] - 1]->sku, sku) != 0) {
        slot = (slot + 1) % inventory->slots_count;
    }
    return slot;
}

static void rebuild_slots(struct inventory *inventory, size_t slots_count)
{
    free(inventory->slots);
    inventory->slots = calloc(slots_count, sizeof(*inventory->slots));
    if (inventory->slots == NULL) {
        abort();
    }
    inventory->slots_count = slots_count;
    for (size_t i = 0; i < inventory->count; i++) {
        inventory->slots[find_slot(inventory, inventory->items[i]->sku)] = (uint32_t)(i + 1);
    }
}

/* The place of a SKU in items; count when it has none. */
static size_t find_index(const struct inventory *inventory, const char *sku)
{
    if (inventory->slots_count == 0) {
        return inventory->count;
    }
    uint32_t found = inventory->slots[find_slot(inventory, sku)];
    return found == 0 ? inventory->count : found - 1;
}

static const char *keep(char **next, const char *text)
{
    size_t size = strlen(text) + 1;
    const char *kept = memcpy(*next, text, size);
    *next += size;
    return kept;
}

/* An item with all its texts in one piece of memory. */
static struct item *make_item(const struct item_row *row)
{
    cleanup(buf_done) struct buf folded = {0};
    label_append_folded(&folded, row->sku);
    buf_append_char(&folded, '\n');
    label_append_folded(&folded, row->name);
    buf_append_char(&folded, '\n');
    label_append_folded(&folded, row->category);
    buf_append_char(&folded, '\0');
    size_t size = strlen(row->sku) + strlen(row->name) + strlen(row->category) + strlen(row->unit) +
                  strlen(row->price) + strlen(row->updated_at) + 6;
    struct item *item = malloc(sizeof(*item) + size + folded.len);
    if (item == NULL) {
        abort();
    }
    char *next = (char *)(item + 1);
    *item = (struct item){
        .quantity_milli = row->quantity_milli,
        .reorder_milli = row->reorder_milli,
        .has_reorder = row->has_reorder,
        .low = row->low,
    };
    item->sku = keep(&next, row->sku);
    item->name = keep(&next, row->name);
    item->category = keep(&next, row->category);
    item->unit = keep(&next, row->unit);
    item->price = keep(&next, row->price);
    item->updated_at = keep(&next, row->updated_at);
    item->folded = keep(&next, folded.data);
    return item;
}

static void widen(size_t *width, size_t wanted)
{
    if (*width < wanted) {
        *width = wanted;
    }
}

static void note_widths(struct inventory *inventory, const struct item *item)
{
    cleanup(buf_done) struct buf number = {0};
    values_append_quantity(&number, item->quantity_milli);
    widen(&inventory->widths.quantity, number.len);
    widen(&inventory->widths.sku, text_width(item->sku, strlen(item->sku)));
    widen(&inventory->widths.category, text_width(item->category, strlen(item->category)));
    widen(&inventory->widths.price, strlen(item->price));
}

static void count_low(struct inventory *inventory, bool was, bool is)
{
    if (was && !is) {
        inventory->low_count--;
    } else if (is && !was) {
        inventory->low_count++;
    }
}

static void append(struct inventory *inventory, struct item *item)
{
    if (inventory->count == inventory->cap) {
        size_t cap = inventory->cap > 0 ? inventory->cap * 2 : 64;
        struct item **items = realloc(inventory->items, cap * sizeof(*items));
        if (items == NULL) {
            abort();
        }
        inventory->items = items;
        inventory->cap = cap;
    }
    if (2 * (inventory->count + 1) > inventory->slots_count) {
        rebuild_slots(inventory, inventory->cap * 4);
    }
    inventory->slots[find_slot(inventory, item->sku)] = (uint32_t)(inventory->count + 1);
    inventory->items[inventory->count++] = item;
    count_low(inventory, false, item->low);
}

bool inventory_put(struct inventory *inventory, const struct item_row *row, uint64_t request)
{
    size_t index = find_index(inventory, row->sku);
    if (index == inventory->count && inventory->count >= inventory->most) {
        return false;
    }
    struct item *item = make_item(row);
    item->load = inventory->load;
    note_widths(inventory, item);
    if (index == inventory->count) {
        append(inventory, item);
        return true;
    }
    struct item *old = inventory->items[index];
    if (request <= old->pushed_after) {
        item->quantity_milli = old->quantity_milli;
        item->low = old->low;
        item->pushed_after = old->pushed_after;
    }
    count_low(inventory, old->low, item->low);
    inventory->items[index] = item;
    free(old);
    return true;
}

bool inventory_apply(struct inventory *inventory, const struct movement *movement, uint64_t last_request)
{
    size_t index = find_index(inventory, movement->sku);
    if (index == inventory->count) {
        return false;
    }
    struct item *item = inventory->items[index];
    bool low = item->has_reorder && movement->balance_milli <= item->reorder_milli;
    count_low(inventory, item->low, low);
    item->quantity_milli = movement->balance_milli;
    item->low = low;
    item->pushed_after = last_request;
    note_widths(inventory, item);
    return true;
}

void inventory_begin_load(struct inventory *inventory)
{
    inventory->load++;
}

void inventory_end_load(struct inventory *inventory, bool complete)
{
    size_t kept = 0;
    if (!complete) {
        return;
    }
    for (size_t i = 0; i < inventory->count; i++) {
        struct item *item = inventory->items[i];
        if (item->load == inventory->load) {
            inventory->items[kept++] = item;
        } else {
            count_low(inventory, item->low, false);
            free(item);
        }
    }
    if (kept != inventory->count) {
        inventory->count = kept;
        rebuild_slots(inventory, inventory->slots_count);
    }
}

size_t inventory_count(const struct inventory *inventory)
{
    return inventory->count;
}

size_t inventory_count_low(const struct inventory *inventory)
{
    return inventory->low_count;
}

bool inventory_is_full(const struct inventory *inventory)
{
    return inventory->count >= inventory->most;
}

const struct item *inventory_item(const struct inventory *inventory, size_t index)
{
    return inventory->items[index];
}

const struct item *inventory_find(const struct inventory *inventory, const char *sku)
{
    size_t index = find_index(inventory, sku);
    return index < inventory->count ? inventory->items[index] : NULL;
}

struct inventory_widths inventory_widths(const struct inventory *inventory)
{
    return inventory->widths;
}
