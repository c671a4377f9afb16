/* The columns of the inventory: one table for how they are named, sorted and laid out.
 * Read by the arrangement (what to sort by) and the inventory view (what fits).
 * Pure. */
#ifndef STOCKROOM_TUI_MODEL_COLUMNS_H
#define STOCKROOM_TUI_MODEL_COLUMNS_H

/* X(name, title, least cells, is a number, leaves the screen as the Nth when it is narrow: 0 never)
 * In the order on the screen. */
#define COLUMN_LIST(X)                                                                                       \
    X(SKU, "SKU", 6, false, 0)                                                                               \
    X(NAME, "Name", 8, false, 0)                                                                             \
    X(CATEGORY, "Category", 8, false, 2)                                                                     \
    X(QUANTITY, "On hand", 8, true, 0)                                                                       \
    X(UNIT, "Unit", 4, false, 5)                                                                             \
    X(REORDER, "Reorder", 8, true, 4)                                                                        \
    X(PRICE, "Price", 8, true, 3)                                                                            \
    X(UPDATED, "Updated", 16, false, 1)

enum column {
#define X(name, title, least, number, leaves) COLUMN_##name,
    COLUMN_LIST(X)
#undef X
        COLUMN_COUNT
};

#endif
