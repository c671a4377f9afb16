/* Sorting and filtering: see arrangement.h.
 * Called by the inventory view.
 * Reads the inventory; owns only its list of positions. */
#include "tui/model/arrangement.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "tui/model/label.h"

struct arrangement {
    const struct inventory *inventory;
    const struct item **order;
    size_t count;
    size_t cap;
    enum column column;
    bool descending;
    struct buf filter; /* folded, NUL-terminated; empty: everything */
};

struct arrangement *arrangement_new(const struct inventory *inventory)
{
    struct arrangement *arrangement = calloc(1, sizeof(*arrangement));
    if (arrangement == NULL) {
        abort();
    }
    arrangement->inventory = inventory;
    arrangement->column = COLUMN_SKU;
    return arrangement;
}

void arrangement_free(struct arrangement *arrangement)
{
    if (arrangement != NULL) {
        buf_done(&arrangement->filter);
        free(arrangement->order);
        free(arrangement);
    }
}

void arrangement_set_sort(struct arrangement *arrangement, enum column column, bool descending)
{
    arrangement->column = column;
    arrangement->descending = descending;
}

enum column arrangement_column(const struct arrangement *arrangement)
{
    return arrangement->column;
}

bool arrangement_is_descending(const struct arrangement *arrangement)
{
    return arrangement->descending;
}

bool arrangement_depends_on_quantity(const struct arrangement *arrangement)
{
    return arrangement->column == COLUMN_QUANTITY;
}

static void fold(struct buf *ret_folded, const char *text)
{
    buf_reset(ret_folded);
    label_append_folded(ret_folded, text);
    buf_append_char(ret_folded, '\0');
}

void arrangement_set_filter(struct arrangement *arrangement, const char *text)
{
    fold(&arrangement->filter, text);
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Prices are text of differing currencies' places; what is no number comes first. */
static int compare_prices(const char *a, const char *b)
{
    int64_t a_milli = -1;
    int64_t b_milli = -1;
    label_parse_decimal(a, &a_milli);
    label_parse_decimal(b, &b_milli);
    return compare_numbers(a_milli, b_milli);
}

static int compare_items(const void *a_place, const void *b_place, void *context)
{
    const struct item *a = *(const struct item *const *)a_place;
    const struct item *b = *(const struct item *const *)b_place;
    const struct arrangement *arrangement = context;
    int sign = 0;
    switch (arrangement->column) {
    case COLUMN_NAME:
        sign = strcmp(a->name, b->name);
        break;
    case COLUMN_CATEGORY:
        sign = strcmp(a->category, b->category);
        break;
    case COLUMN_UNIT:
        sign = strcmp(a->unit, b->unit);
        break;
    case COLUMN_QUANTITY:
        sign = compare_numbers(a->quantity_milli, b->quantity_milli);
        break;
    case COLUMN_REORDER:
        sign =
            compare_numbers(a->has_reorder ? a->reorder_milli : -1, b->has_reorder ? b->reorder_milli : -1);
        break;
    case COLUMN_PRICE:
        sign = compare_prices(a->price, b->price);
        break;
    case COLUMN_UPDATED:
        sign = strcmp(a->updated_at, b->updated_at);
        break;
    case COLUMN_SKU:
    case COLUMN_COUNT:
        break;
    }
    sign = sign != 0 ? sign : strcmp(a->sku, b->sku);
    return arrangement->descending ? -sign : sign;
}

void arrangement_update(struct arrangement *arrangement)
{
    size_t most = inventory_count(arrangement->inventory);
    if (most > arrangement->cap) {
        const struct item **order = realloc(arrangement->order, most * sizeof(*order));
        if (order == NULL) {
            abort();
        }
        arrangement->order = order;
        arrangement->cap = most;
    }
    const char *filter = arrangement->filter.len > 0 ? arrangement->filter.data : "";
    arrangement->count = 0;
    for (size_t i = 0; i < most; i++) {
        const struct item *item = inventory_item(arrangement->inventory, i);
        if (filter[0] == '\0' || strstr(item->folded, filter) != NULL) {
            arrangement->order[arrangement->count++] = item;
        }
    }
    if (arrangement->count > 1) {
        qsort_r(arrangement->order, arrangement->count, sizeof(*arrangement->order), compare_items,
                arrangement);
    }
}

size_t arrangement_count(const struct arrangement *arrangement)
{
    return arrangement->count;
}

const struct item *arrangement_item(const struct arrangement *arrangement, size_t position)
{
    return arrangement->order[position];
}

size_t arrangement_find(const struct arrangement *arrangement, const char *sku)
{
    size_t position = 0;
    while (position < arrangement->count && strcmp(arrangement->order[position]->sku, sku) != 0) {
        position++;
    }
    return position;
}

size_t arrangement_search(const struct arrangement *arrangement, const char *text, size_t from, bool backward)
{
    cleanup(buf_done) struct buf folded = {0};
    fold(&folded, text);
    for (size_t step = 1; step <= arrangement->count; step++) {
        size_t distance = backward ? arrangement->count - step : step;
        size_t position = (from + distance) % arrangement->count;
        if (strstr(arrangement->order[position]->folded, folded.data) != NULL) {
            return position;
        }
    }
    return arrangement->count;
}
