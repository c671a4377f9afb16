/* The frame of every view: see frame.h.
 * Called by the views.
 * Touches the screen only. */
#include "tui/views/frame.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/text.h"

struct frame frame_fit(int columns, int rows)
{
    struct frame frame = {
        .columns = columns, .rows = rows, .title = -1, .head = -1, .status = -1, .legend = -1};
    int above = 0;
    int below = 0;
    if (rows >= 2) {
        below++;
    }
    if (rows >= 3) {
        frame.title = above++;
    }
    if (rows >= 5) {
        frame.head = above++;
    }
    if (rows >= 6) {
        frame.legend = rows - 1;
        below++;
    }
    if (rows >= 2) {
        frame.status = rows - below;
    }
    frame.list = above;
    frame.list_rows = rows - above - below;
    return frame;
}

bool frame_is_stale(const struct frame *frame, const struct screen *screen)
{
    return frame->columns != screen_columns(screen) || frame->rows != screen_rows(screen);
}

void frame_draw_title(const struct frame *frame, struct screen *screen, const char *left,
                      const char *const *rights)
{
    if (frame->title < 0) {
        return;
    }
    size_t left_width = text_width(left, strlen(left));
    screen_put(screen, frame->title, 0, frame->columns, STYLE_TITLE, left);
    for (size_t i = 0; rights[i] != NULL; i++) {
        size_t width = text_width(rights[i], strlen(rights[i]));
        if (left_width + 2 + width <= (size_t)frame->columns) {
            screen_put(screen, frame->title, frame->columns - (int)width, (int)width, STYLE_PLAIN, rights[i]);
            return;
        }
    }
}

void frame_draw_status(const struct frame *frame, struct screen *screen, enum style style,
                       const char *message, size_t selected, size_t count)
{
    char place[48];
    char small[80];
    if (frame->status < 0) {
        return;
    }
    if (message[0] == '\0' && (frame->columns < FRAME_COLUMNS || frame->rows < FRAME_ROWS)) {
        snprintf(small, sizeof(small), "Small screen: %dx%d shows all", FRAME_COLUMNS, FRAME_ROWS);
        message = small;
        style = STYLE_PLAIN;
    }
    snprintf(place, sizeof(place), "%zu/%zu", count > 0 ? selected + 1 : 0, count);
    int place_width = (int)strlen(place);
    int room = frame->columns - place_width - 1;
    if (room < 8) {
        screen_put(screen, frame->status, 0, frame->columns, style, message);
        return;
    }
    screen_put(screen, frame->status, 0, room + 1, style, message);
    screen_put(screen, frame->status, room + 1, place_width, STYLE_PLAIN, place);
}

void frame_draw_legend(const struct frame *frame, struct screen *screen, unsigned scope)
{
    cleanup(buf_done) struct buf legend = {0};
    if (frame->legend < 0) {
        return;
    }
    keymap_append_legend(&legend, scope, (size_t)frame->columns);
    buf_append_char(&legend, '\0');
    screen_put(screen, frame->legend, 0, frame->columns, STYLE_LEGEND, legend.data);
}
