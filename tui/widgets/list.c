/* The scrolling list: see list.h.
 * Called by the views.
 * Touches nothing but its own numbers. */
#include "tui/widgets/list.h"

void list_touch_all(struct list *list)
{
    for (size_t row = 0; row < SCREEN_ROWS_MAX; row++) {
        list->dirty[row] = true;
    }
}

void list_touch(struct list *list, size_t index)
{
    if (index >= list->top && index - list->top < list->page) {
        list->dirty[index - list->top] = true;
    }
}

/* Keep the selected row on the page, and no blank page end before the list's. */
static void settle(struct list *list)
{
    size_t top = list->top;
    size_t page = list->page > 0 ? list->page : 1;
    if (list->selected >= list->count) {
        list->selected = list->count > 0 ? list->count - 1 : 0;
    }
    if (top > list->selected) {
        top = list->selected;
    }
    if (list->selected - top >= page) {
        top = list->selected - page + 1;
    }
    if (top + page > list->count) {
        top = list->count > page ? list->count - page : 0;
    }
    if (top != list->top) {
        list->top = top;
        list_touch_all(list);
    }
}

void list_set_page(struct list *list, size_t page)
{
    list->page = page < SCREEN_ROWS_MAX ? page : SCREEN_ROWS_MAX;
    list_touch_all(list);
    settle(list);
}

void list_set_content(struct list *list, size_t count, size_t selected)
{
    list->count = count;
    list->selected = selected;
    list_touch_all(list);
    settle(list);
}

void list_select(struct list *list, size_t index)
{
    list_touch(list, list->selected);
    list->selected = index;
    settle(list);
    list_touch(list, list->selected);
}

bool list_act(struct list *list, enum action action)
{
    size_t page = list->page > 0 ? list->page : 1;
    size_t last = list->count > 0 ? list->count - 1 : 0;
    switch (action) {
    case ACTION_UP:
        list_select(list, list->selected > 0 ? list->selected - 1 : 0);
        return true;
    case ACTION_DOWN:
        list_select(list, list->selected < last ? list->selected + 1 : last);
        return true;
    case ACTION_PAGE_UP: {
        size_t back = list->top > page ? list->top - page : 0;
        size_t selected = list->selected > page ? list->selected - page : 0;
        list->top = back;
        list_touch_all(list);
        list_select(list, selected);
        return true;
    }
    case ACTION_PAGE_DOWN: {
        size_t forward = list->top + page;
        list->top = forward + page <= list->count ? forward : list->count > page ? list->count - page : 0;
        list_touch_all(list);
        list_select(list, last - list->selected > page ? list->selected + page : last);
        return true;
    }
    case ACTION_FIRST:
        list_select(list, 0);
        return true;
    case ACTION_LAST:
        list_select(list, last);
        return true;
    default:
        return false;
    }
}
