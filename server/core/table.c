/* Rows of an answer in text, csv and json.
 * Called on a worker's thread, by commands and by what follows a store's movements.
 * Touches no database; whatever a cell holds, text output has no control characters. */
#include "server/core/table.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "common/values.h"

enum { COLUMN_GAP = 2, FIRST_ROWS = 16 };

void table_init(struct table *table, struct arena *arena, const struct column *columns, unsigned column_count)
{
    memset(table, 0, sizeof *table);
    table->arena = arena;
    table->columns = columns;
    table->column_count = column_count;
}

struct cell *table_add_row(struct table *table)
{
    struct cell *row;

    if (table->row_count == table->row_cap) {
        size_t cap = table->row_cap == 0 ? FIRST_ROWS : table->row_cap * 2;
        struct cell *cells = arena_calloc(table->arena, cap * table->column_count, sizeof *cells);

        if (table->row_count > 0) {
            memcpy(cells, table->cells, table->row_count * table->column_count * sizeof *cells);
        }
        table->cells = cells;
        table->row_cap = cap;
    }
    row = table->cells + table->row_count * table->column_count;
    table->row_count++;
    return row;
}

/* Thousandths as PostgreSQL printed them, into the shortest exact decimal. */
static void append_quantity(struct buf *out, const char *value)
{
    int64_t quantity_milli;

    if (values_parse_i64(value, &quantity_milli)) {
        values_append_quantity(out, quantity_milli);
    } else {
        buf_append_char(out, '0');
    }
}

/* The words of a list, parted by newlines, joined by a blank. */
static void append_list(struct buf *out, const char *value)
{
    size_t start = out->len;

    buf_append_text(out, value);
    for (size_t i = start; i < out->len; i++) {
        if (out->data[i] == '\n') {
            out->data[i] = ' ';
        }
    }
}

/* ------------------------------------------------------------------ json */

static void append_json_list(struct buf *out, const char *value)
{
    const char *next = value;

    buf_append_char(out, '[');
    while (*next != '\0') {
        const char *end = strchrnul(next, '\n');

        if (next != value) {
            buf_append_char(out, ',');
        }
        buf_append_json(out, next, (size_t)(end - next));
        next = *end == '\0' ? end : end + 1;
    }
    buf_append_char(out, ']');
}

static void append_json_value(struct buf *out, enum column_kind kind, const char *value)
{
    if (value == NULL) {
        buf_append_text(out, "null");
        return;
    }
    switch (kind) {
    case COLUMN_INTEGER:
        buf_append_text(out, value);
        return;
    case COLUMN_QUANTITY:
        append_quantity(out, value);
        return;
    case COLUMN_BOOL:
        buf_append_text(out, value[0] == 't' ? "true" : "false");
        return;
    case COLUMN_LIST:
        append_json_list(out, value);
        return;
    case COLUMN_JSON:
        buf_append_json_value(out, value, strlen(value));
        return;
    case COLUMN_TEXT:
    case COLUMN_MONEY:
    case COLUMN_TIME:
    case COLUMN_SUMMARY:
        buf_append_json(out, value, strlen(value));
        return;
    }
}

static void append_json_row(const struct table *table, const struct cell *row,
                            const struct row_prefix *prefix, struct buf *out)
{
    bool first = true;

    buf_append_char(out, '{');
    if (prefix != NULL && prefix->line != 0) {
        buf_append_text(out, "\"line\":");
        buf_append_u64(out, prefix->line);
        first = false;
        if (prefix->tag != NULL) {
            buf_append_text(out, ",\"tag\":");
            buf_append_json(out, prefix->tag, strlen(prefix->tag));
        }
    }
    for (unsigned i = 0; i < table->column_count; i++) {
        if (table->columns[i].kind == COLUMN_SUMMARY) {
            continue;
        }
        if (!first) {
            buf_append_char(out, ',');
        }
        first = false;
        buf_append_char(out, '"');
        buf_append_text(out, table->columns[i].name);
        buf_append_text(out, "\":");
        append_json_value(out, table->columns[i].kind, row[i].value);
    }
    buf_append_text(out, "}\n");
}

/* ------------------------------------------------------------------- csv */

/* A delimiter other than the usual one is to be quoted where it occurs. */
static void append_csv_text(struct buf *out, const char *value, size_t len, char delimiter)
{
    bool is_quoted_anyway = len == 0 || memchr(value, ',', len) || memchr(value, '"', len) ||
                            memchr(value, '\n', len) || memchr(value, '\r', len);

    if (is_quoted_anyway || memchr(value, delimiter, len) == NULL) {
        buf_append_csv(out, value, len);
        return;
    }
    buf_append_char(out, '"');
    buf_append(out, value, len);
    buf_append_char(out, '"');
}

static void append_csv_value(struct buf *out, enum column_kind kind, const char *value, char delimiter)
{
    struct buf joined = {0};

    if (value == NULL) {
        return;
    }
    switch (kind) {
    case COLUMN_QUANTITY:
        append_quantity(out, value);
        return;
    case COLUMN_BOOL:
        buf_append_text(out, value[0] == 't' ? "true" : "false");
        return;
    case COLUMN_LIST:
        append_list(&joined, value);
        append_csv_text(out, joined.data, joined.len, delimiter);
        buf_done(&joined);
        return;
    case COLUMN_INTEGER:
    case COLUMN_TEXT:
    case COLUMN_MONEY:
    case COLUMN_TIME:
    case COLUMN_JSON:
    case COLUMN_SUMMARY:
        append_csv_text(out, value, strlen(value), delimiter);
        return;
    }
}

static void append_csv_row(const struct table *table, const struct cell *row, char delimiter, struct buf *out)
{
    bool first = true;

    for (unsigned i = 0; i < table->column_count; i++) {
        if (table->columns[i].kind == COLUMN_SUMMARY) {
            continue;
        }
        if (!first) {
            buf_append_char(out, delimiter);
        }
        first = false;
        if (row == NULL) {
            buf_append_text(out, table->columns[i].name);
        } else {
            append_csv_value(out, table->columns[i].kind, row[i].value, delimiter);
        }
    }
    buf_append_text(out, TABLE_CSV_LINE_END);
}

/* ------------------------------------------------------------------ text */

/* Text for a terminal: what could move its cursor or reorder its letters comes out as '?'. */
static void append_clean(struct buf *out, const char *value)
{
    size_t left = strlen(value);

    while (left > 0) {
        uint32_t point = 0;
        size_t len = text_decode(value, left, &point);

        if (len == 0 || !text_point_is_printable(point)) {
            buf_append_char(out, '?');
        } else {
            buf_append(out, value, len);
        }
        value += len == 0 ? 1 : len;
        left -= len == 0 ? 1 : len;
    }
}

static void append_shown(struct buf *out, enum column_kind kind, const struct cell *cell)
{
    const char *value = cell->shown != NULL ? cell->shown : cell->value;
    struct buf joined = {0};

    if (value == NULL) {
        return;
    }
    if (cell->shown != NULL) {
        append_clean(out, value);
        return;
    }
    switch (kind) {
    case COLUMN_QUANTITY:
        append_quantity(out, value);
        return;
    case COLUMN_BOOL:
        buf_append_text(out, value[0] == 't' ? "yes" : "no");
        return;
    case COLUMN_LIST:
        append_list(&joined, value);
        buf_append_char(&joined, '\0');
        append_clean(out, joined.data);
        buf_done(&joined);
        return;
    case COLUMN_INTEGER:
    case COLUMN_TEXT:
    case COLUMN_MONEY:
    case COLUMN_TIME:
    case COLUMN_JSON:
    case COLUMN_SUMMARY:
        append_clean(out, value);
        return;
    }
}

static bool is_number(enum column_kind kind)
{
    return kind == COLUMN_INTEGER || kind == COLUMN_QUANTITY || kind == COLUMN_MONEY;
}

static void append_blanks(struct buf *out, size_t count)
{
    if (count > 0) {
        memset(buf_reserve(out, count), ' ', count);
        out->len += count;
    }
}

/* Where each shown cell begins and ends in `text`, and how wide it is. */
struct shown_cell {
    size_t start, len, width;
};

/* Render all cells of the header (row 0) and the rows, and find the columns' widths. */
static struct shown_cell *render_cells(const struct table *table, struct buf *text, size_t *widths)
{
    size_t count = (table->row_count + 1) * table->column_count;
    struct shown_cell *cells = arena_calloc(table->arena, count, sizeof *cells);

    for (size_t i = 0; i < count; i++) {
        const struct column *column = &table->columns[i % table->column_count];

        if (column->text_hidden) {
            continue;
        }
        cells[i].start = text->len;
        if (i < table->column_count) {
            buf_append_text(text, column->name);
        } else {
            append_shown(text, column->kind, &table->cells[i - table->column_count]);
        }
        cells[i].len = text->len - cells[i].start;
        cells[i].width = cells[i].len == 0 ? 0 : text_width(text->data + cells[i].start, cells[i].len);
        if (cells[i].width > widths[i % table->column_count]) {
            widths[i % table->column_count] = cells[i].width;
        }
    }
    return cells;
}

/* One line; blanks are put off until something follows them, so that no line ends in blanks. */
static void append_text_row(const struct table *table, const struct shown_cell *cells, const struct buf *text,
                            const size_t *widths, struct buf *out)
{
    size_t blanks = 0;

    for (unsigned i = 0; i < table->column_count; i++) {
        size_t padding = widths[i] - cells[i].width;
        bool to_the_right = is_number(table->columns[i].kind);

        if (table->columns[i].text_hidden) {
            continue;
        }
        if (cells[i].len > 0) {
            append_blanks(out, blanks + (to_the_right ? padding : 0));
            buf_append(out, text->data + cells[i].start, cells[i].len);
            blanks = to_the_right ? 0 : padding;
        } else {
            blanks += widths[i];
        }
        blanks += COLUMN_GAP;
    }
    buf_append_char(out, '\n');
}

static void append_text_rows(const struct table *table, struct buf *out)
{
    struct buf text = {0};
    size_t *widths = arena_calloc(table->arena, table->column_count, sizeof *widths);
    struct shown_cell *cells = render_cells(table, &text, widths);

    for (size_t row = 0; row <= table->row_count; row++) {
        append_text_row(table, cells + row * table->column_count, &text, widths, out);
    }
    buf_done(&text);
}

/* A record: a line for each field. */
static void append_text_record(const struct table *table, const struct cell *row, struct buf *out)
{
    size_t name_width = 0;

    for (unsigned i = 0; i < table->column_count; i++) {
        size_t width = strlen(table->columns[i].name);

        name_width = width > name_width ? width : name_width;
    }
    for (unsigned i = 0; i < table->column_count; i++) {
        size_t width = strlen(table->columns[i].name);

        buf_append_text(out, table->columns[i].name);
        if (row[i].value != NULL && (row[i].value[0] != '\0' || row[i].shown != NULL)) {
            append_blanks(out, name_width - width + COLUMN_GAP);
            append_shown(out, table->columns[i].kind, &row[i]);
        }
        buf_append_char(out, '\n');
    }
}

void table_format(const struct table *table, enum format format, const struct row_prefix *prefix,
                  struct buf *out)
{
    const struct cell *row = table->cells;

    if (format == FORMAT_TEXT && !table->single) {
        append_text_rows(table, out);
        return;
    }
    char delimiter = prefix && prefix->delimiter != 0 ? prefix->delimiter : ',';

    if (format == FORMAT_CSV && !(prefix && prefix->goes_on)) {
        append_csv_row(table, NULL, delimiter, out);
    }
    for (size_t i = 0; i < table->row_count; i++, row += table->column_count) {
        if (format == FORMAT_JSON) {
            append_json_row(table, row, prefix, out);
        } else if (format == FORMAT_CSV) {
            append_csv_row(table, row, delimiter, out);
        } else {
            append_text_record(table, row, out);
        }
    }
}
