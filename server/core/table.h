/* Rows of an answer, and how they look in text, csv and json. Filled by commands on a worker's thread,
 * formatted there too; knows nothing of sessions. Names of columns are the public contract (commands.md). */
#ifndef STOCKROOM_SERVER_CORE_TABLE_H
#define STOCKROOM_SERVER_CORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"

/* How a csv record ends (RFC 4180). */
#define TABLE_CSV_LINE_END "\r\n"

enum format { FORMAT_TEXT, FORMAT_CSV, FORMAT_JSON };

enum column_kind {
    COLUMN_TEXT,
    COLUMN_INTEGER,  /* decimal text */
    COLUMN_QUANTITY, /* decimal text, thousandths: shown as a decimal, a JSON number */
    COLUMN_MONEY,    /* decimal text, already with its places: a JSON string */
    COLUMN_TIME, /* RFC 3339 UTC; in text format whatever the cell's `shown` says (the store's local time) */
    COLUMN_BOOL, /* "t" or "f": true/false in json and csv, yes/no in text */
    COLUMN_LIST, /* words parted by newlines: a JSON array of strings, csv and text joined by a blank */
    COLUMN_JSON, /* JSON from the database: itself in json, as text elsewhere */
    COLUMN_SUMMARY /* text for people: neither in json nor in csv */
};

struct column {
    const char *name;
    enum column_kind kind;
    unsigned text_hidden : 1; /* not shown in text format, where columns are dear */
};

struct cell {
    const char *value; /* NULL: none (json null, empty in csv and text) */
    const char *shown; /* text format only; NULL: as value */
};

/* Zero-initialise, then table_init. Everything lives in the arena. */
struct table {
    struct arena *arena;
    const struct column *columns; /* borrowed, static */
    unsigned column_count;
    struct cell *cells; /* row after row */
    size_t row_count;
    size_t row_cap;
    const char *after; /* cursor to the next page; NULL: that was all */
    bool single; /* one record (whoami, product show): text shows "name  value" lines instead of columns */
};

void table_init(struct table *table, struct arena *arena, const struct column *columns,
                unsigned column_count);

/* A new row of empty cells, to be filled; valid until the next table_add_row. */
struct cell *table_add_row(struct table *table);

/* What stands before each row of a batch's answer, and between the fields of an export; all zero for others.
 */
struct row_prefix {
    uint64_t line;   /* 0: not in a batch */
    const char *tag; /* NULL: none */
    char delimiter;  /* of csv; 0: a comma */
    bool goes_on;    /* csv: rows of a table whose header was written before */
};

/* Append all rows: text aligned with a header, csv with a header, json one object a line (with line and tag
 * first in a batch). Values are escaped for where they go; text output never holds a control character. */
void table_format(const struct table *table, enum format format, const struct row_prefix *prefix,
                  struct buf *out);

#endif
