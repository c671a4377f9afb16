/* A list that scrolls: which row is selected, which is at the top, and which rows must be drawn again.
 * Called by the views, which draw the rows.
 * Pure: knows neither what the rows hold nor the terminal. */
#ifndef STOCKROOM_TUI_WIDGETS_LIST_H
#define STOCKROOM_TUI_WIDGETS_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/draw/screen.h"
#include "tui/keymap.h"

/* Zero-initialised is empty and valid. Rows on the screen count from 0 at the top of the page. */
struct list {
    size_t count;
    size_t selected;
    size_t top;
    size_t page;
    bool dirty[SCREEN_ROWS_MAX];
};

/* So many rows fit on the screen (at most SCREEN_ROWS_MAX). Everything is dirty. */
void list_set_page(struct list *list, size_t page);

/* The list has so many rows, and this one is to be the selected (clamped). Everything is dirty. */
void list_set_content(struct list *list, size_t count, size_t selected);

/* Select a row (clamped), scrolling as little as needed. Dirties what that changes. */
void list_select(struct list *list, size_t index);

/* UP, DOWN, PAGE_UP, PAGE_DOWN, FIRST, LAST. False for any other action. */
bool list_act(struct list *list, enum action action);

/* A row's content changed; it is drawn again if it is on the screen. */
void list_touch(struct list *list, size_t index);

void list_touch_all(struct list *list);

#endif
