/* From a query's result into the cells of an answer: copies into the arena, money and times in their outer
 * form. Called by the commands' query steps, on a worker's thread. Knows the forms of values, not what they
 * mean. */
#include "server/core/commands/cells.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/values.h"

enum { MILLI_PLACES = 3 };

const char *cells_copy(const struct cells_source *source, int column)
{
    const char *text = db_result_text(source->result, source->row, column);

    return text != NULL ? arena_strdup(source->arena, text) : NULL;
}

void cells_set(struct cell *cell, const struct cells_source *source, int column)
{
    cell->value = cells_copy(source, column);
}

static const char *keep(const struct cells_source *source, const struct buf *text)
{
    return arena_strndup(source->arena, text->data, text->len);
}

void cells_set_minor(struct cell *cell, const struct cells_source *source, int column, int places)
{
    cleanup(buf_done) struct buf text = {0};

    if (db_result_text(source->result, source->row, column) != NULL) {
        values_append_money(&text, db_result_i64(source->result, source->row, column), places);
        cell->value = keep(source, &text);
    }
}

void cells_set_milli(struct cell *cell, const struct cells_source *source, int column, int places)
{
    cleanup(buf_done) struct buf text = {0};

    if (db_result_text(source->result, source->row, column) == NULL) {
        return;
    }
    values_append_money(&text, db_result_i64(source->result, source->row, column), MILLI_PLACES);
    for (int shown = MILLI_PLACES; shown > places && text.data[text.len - 1] == '0'; shown--) {
        text.len--;
    }
    if (text.data[text.len - 1] == '.') {
        text.len--;
    }
    cell->value = keep(source, &text);
}

/* "2026-03-01T09:30:00.5Z" as people read it: "2026-03-01 09:30:00 UTC". */
static const char *show_utc(struct arena *arena, const char *time)
{
    enum { DATE_LEN = 10, CLOCK_LEN = 8 };

    return arena_printf(arena, "%.*s %.*s UTC", DATE_LEN, time, CLOCK_LEN, time + DATE_LEN + 1);
}

void cells_set_utc(struct cell *cell, struct arena *arena, int64_t micros)
{
    cleanup(buf_done) struct buf text = {0};

    values_append_time(&text, micros);
    cell->value = arena_strndup(arena, text.data, text.len);
    cell->shown = show_utc(arena, cell->value);
}

void cells_set_time(struct cell *cell, const struct cells_source *source, int column, int local_column)
{
    cleanup(buf_done) struct buf text = {0};

    if (db_result_text(source->result, source->row, column) == NULL) {
        return;
    }
    values_append_time(&text, db_result_i64(source->result, source->row, column));
    cell->value = keep(source, &text);
    cell->shown = local_column >= 0 ? cells_copy(source, local_column) : show_utc(source->arena, cell->value);
}
