/* An arrangement: the items of an inventory in the order, and through the filter, that a view shows.
 * Owned by a view; reads the inventory, changes nothing in it.
 * Pure apart from its own memory. */
#ifndef STOCKROOM_TUI_MODEL_ARRANGEMENT_H
#define STOCKROOM_TUI_MODEL_ARRANGEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/model/columns.h"
#include "tui/model/inventory.h"

struct arrangement;

/* inventory: borrowed, and must outlive the arrangement. Sorted by SKU, nothing filtered. */
struct arrangement *arrangement_new(const struct inventory *inventory);
void arrangement_free(struct arrangement *arrangement);

void arrangement_set_sort(struct arrangement *arrangement, enum column column, bool descending);
enum column arrangement_column(const struct arrangement *arrangement);
bool arrangement_is_descending(const struct arrangement *arrangement);

/* Show only items whose SKU, name or category holds the text in whatever case; "" shows all. */
void arrangement_set_filter(struct arrangement *arrangement, const char *text);

/* Work the order out again. Needed after every change of the inventory's set of items, the sort or the
 * filter; until then items must not be asked for. */
void arrangement_update(struct arrangement *arrangement);

/* After a pushed quantity: does the order depend on it? */
bool arrangement_depends_on_quantity(const struct arrangement *arrangement);

size_t arrangement_count(const struct arrangement *arrangement);
const struct item *arrangement_item(const struct arrangement *arrangement, size_t position);

/* The position of a SKU, arrangement_count when it is not shown. */
size_t arrangement_find(const struct arrangement *arrangement, const char *sku);

/* The next position after `from` (before it, when backward), going round, whose SKU or name holds the text;
 * arrangement_count when there is none. from itself is looked at last. */
size_t arrangement_search(const struct arrangement *arrangement, const char *text, size_t from,
                          bool backward);

#endif
