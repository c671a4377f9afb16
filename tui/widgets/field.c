/* The one-line field: see field.h.
 * Called by the views.
 * Touches the screen when drawn. */
#include "tui/widgets/field.h"

#include <string.h>

#include "common/text.h"

void field_clear(struct field *field)
{
    explicit_bzero(field->text, sizeof(field->text));
    field->len = 0;
    field->cursor = 0;
}

void field_set(struct field *field, const char *text)
{
    size_t len = strlen(text);
    while (len > FIELD_BYTES_MAX || (len > 0 && !text_is_utf8(text, len))) {
        len--;
    }
    memcpy(field->text, text, len);
    field->text[len] = '\0';
    field->len = len;
    field->cursor = len;
}

static size_t encode(uint32_t point, char ret_bytes[4])
{
    if (point < 0x80) {
        ret_bytes[0] = (char)point;
        return 1;
    }
    size_t count = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = count - 1; i > 0; i--) {
        ret_bytes[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    ret_bytes[0] = (char)(heads[count] | point);
    return count;
}

static bool insert(struct field *field, uint32_t point)
{
    char bytes[4];
    if (point > 0x10ffff || !text_point_is_printable(point)) {
        return false;
    }
    size_t count = encode(point, bytes);
    if (field->len + count > FIELD_BYTES_MAX) {
        return false;
    }
    memmove(field->text + field->cursor + count, field->text + field->cursor, field->len - field->cursor + 1);
    memcpy(field->text + field->cursor, bytes, count);
    field->len += count;
    field->cursor += count;
    return true;
}

static size_t previous(const struct field *field)
{
    size_t at = field->cursor;
    while (at > 0 && ((unsigned char)field->text[--at] & 0xc0) == 0x80) {
    }
    return at;
}

static size_t next(const struct field *field)
{
    size_t at = field->cursor;
    if (at < field->len) {
        at++;
    }
    while (at < field->len && ((unsigned char)field->text[at] & 0xc0) == 0x80) {
        at++;
    }
    return at;
}

static bool erase(struct field *field, size_t from, size_t to)
{
    memmove(field->text + from, field->text + to, field->len - to + 1);
    field->len -= to - from;
    field->cursor = from;
    return to > from;
}

bool field_key(struct field *field, const struct key_event *event, enum action action)
{
    if (event->pasted) {
        return insert(field, event->key);
    }
    switch (action) {
    case ACTION_ERASE:
        return erase(field, previous(field), field->cursor);
    case ACTION_ERASE_NEXT:
        return erase(field, field->cursor, next(field));
    case ACTION_ERASE_ALL:
        return erase(field, 0, field->len);
    case ACTION_LEFT:
        field->cursor = previous(field);
        return false;
    case ACTION_RIGHT:
        field->cursor = next(field);
        return false;
    case ACTION_START:
        field->cursor = 0;
        return false;
    case ACTION_FINISH:
        field->cursor = field->len;
        return false;
    case ACTION_NONE:
        return insert(field, event->key);
    default:
        return false;
    }
}

/* How many characters text has. */
static size_t count_points(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return count;
}

static void draw_stars(const struct field *field, struct screen *screen, int row, int column, int width,
                       bool has_focus)
{
    char stars[SCREEN_COLUMNS_MAX + 1];
    size_t room = width > 1 ? (size_t)(width - 1) : 1;
    room = room < SCREEN_COLUMNS_MAX ? room : SCREEN_COLUMNS_MAX;
    size_t count = count_points(field->text, field->len);
    size_t before = count_points(field->text, field->cursor);
    size_t start = before > room ? before - room : 0;
    size_t shown = count - start < room ? count - start : room;
    memset(stars, '*', shown);
    stars[shown] = '\0';
    screen_put(screen, row, column, width, STYLE_PLAIN, stars);
    if (has_focus) {
        screen_set_cursor(screen, row, column + (int)(before - start));
    }
}

static void draw_text(const struct field *field, struct screen *screen, int row, int column, int width,
                      bool has_focus)
{
    int room = width > 1 ? width - 1 : 1; /* one cell for a cursor at the end */
    size_t start = 0;
    uint32_t point;
    /* When the text is longer than its room, show the part that ends at the cursor. */
    while (has_focus && text_width(field->text + start, field->cursor - start) > (size_t)room) {
        size_t step = text_decode(field->text + start, field->len - start, &point);
        start += step > 0 ? step : 1;
    }
    screen_put(screen, row, column, width, STYLE_PLAIN, field->text + start);
    if (has_focus) {
        screen_set_cursor(screen, row, column + (int)text_width(field->text + start, field->cursor - start));
    }
}

void field_draw_at(const struct field *field, struct screen *screen, int row, int column, int width,
                   bool has_focus)
{
    switch (field->look) {
    case FIELD_SHOWN:
        draw_text(field, screen, row, column, width, has_focus);
        break;
    case FIELD_STARS:
        draw_stars(field, screen, row, column, width, has_focus);
        break;
    case FIELD_HIDDEN:
        screen_put(screen, row, column, width, STYLE_PLAIN, "");
        if (has_focus) {
            screen_set_cursor(screen, row, column);
        }
        break;
    }
}

void field_draw(const struct field *field, struct screen *screen, int row, int width, const char *label)
{
    int label_width = (int)text_width(label, strlen(label));
    if (width - label_width < 2) { /* a character and the cursor after it */
        label_width = 0;
        label = "";
    }
    screen_put(screen, row, 0, label_width, STYLE_TITLE, label);
    field_draw_at(field, screen, row, label_width, width - label_width, true);
}
