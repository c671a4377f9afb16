/* A hash table of products with open slots. Called by verify*.c. Keys are the database's own numbers, so a
 * plain mixing of their bits is enough; how many there are is the caller's to bound. */
#include "server/core/ledger/verify_products.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 1024 };

static struct verify_product *find_slot(const struct verify_products *products, int32_t product_id)
{
    size_t mask = products->slot_count - 1;
    size_t at = ((uint32_t)product_id * 2654435761u) >> 7;

    while (products->slots[at & mask].product_id != 0 &&
           products->slots[at & mask].product_id != product_id) {
        at++;
    }
    return &products->slots[at & mask];
}

struct verify_product *verify_products_get(const struct verify_products *products, int32_t product_id)
{
    if (products->slot_count == 0) {
        return NULL;
    }
    struct verify_product *slot = find_slot(products, product_id);
    return slot->product_id != 0 ? slot : NULL;
}

/* Three quarters full at most: else the ways get long. */
static bool make_room(struct verify_products *products)
{
    struct verify_products more = {.slot_count = products->slot_count * 2, .used = products->used};

    if (products->slot_count > 0 && products->used < products->slot_count / 4 * 3) {
        return true;
    }
    if (more.slot_count == 0) {
        more.slot_count = SLOTS_FIRST;
    }
    more.slots = calloc(more.slot_count, sizeof *more.slots);
    if (more.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < products->slot_count; i++) {
        if (products->slots[i].product_id != 0) {
            *find_slot(&more, products->slots[i].product_id) = products->slots[i];
        }
    }
    free(products->slots);
    *products = more;
    return true;
}

struct verify_product *verify_products_put(struct verify_products *products, int32_t product_id)
{
    struct verify_product *slot = verify_products_get(products, product_id);

    if (slot != NULL) {
        return slot;
    }
    if (!make_room(products)) {
        return NULL;
    }
    slot = find_slot(products, product_id);
    slot->product_id = product_id;
    products->used++;
    return slot;
}

void verify_products_clear(struct verify_products *products)
{
    if (products->used > 0) {
        memset(products->slots, 0, products->slot_count * sizeof *products->slots);
    }
    products->used = 0;
}

void verify_products_done(struct verify_products *products)
{
    free(products->slots);
    *products = (struct verify_products){0};
}
