/* From a query's result into the cells of an answer: copies into the arena, money and times in their outer
 * form. Called by the commands' query steps, on a worker's thread. Knows the forms of values, not what they
 * mean. */
#ifndef STOCKROOM_SERVER_CORE_COMMANDS_CELLS_H
#define STOCKROOM_SERVER_CORE_COMMANDS_CELLS_H

#include "server/core/db/db.h"
#include "server/core/table.h"

/* Where a value stands, and where its copy shall live. */
struct cells_source {
    struct arena *arena;
    const struct db_result *result;
    int row;
};

/* The text of a column, copied; NULL for SQL NULL. */
const char *cells_copy(const struct cells_source *source, int column);

/* Text, numbers, quantities, booleans and lists as PostgreSQL prints them. */
void cells_set(struct cell *cell, const struct cells_source *source, int column);

/* Minor units of a currency with `places` decimals. */
void cells_set_minor(struct cell *cell, const struct cells_source *source, int column, int places);

/* Thousandths, exact, with at least `places` decimals. */
void cells_set_milli(struct cell *cell, const struct cells_source *source, int column, int places);

/* Microseconds since 1970, and the column with the same in local time for people (-1: people see UTC). */
void cells_set_time(struct cell *cell, const struct cells_source *source, int column, int local_column);

/* The same of a time that no query brought. */
void cells_set_utc(struct cell *cell, struct arena *arena, int64_t micros);

#endif
