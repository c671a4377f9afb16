/* Rows of `import products`: from csv into the staging table, checked together, merged at once. Called by
 * import_products.c's jobs on the import's own thread; not thread-safe. */
#ifndef STOCKROOM_SERVER_CORE_IMPORT_ROWS_H
#define STOCKROOM_SERVER_CORE_IMPORT_ROWS_H

#include "common/buf.h"
#include "server/core/db/db.h"
#include "server/core/identity.h"

struct import_rows;

struct import_rows_counts {
    uint64_t rows;
    uint64_t added;
    uint64_t changed;
    uint64_t barcodes;
    uint64_t wrong; /* what is wrong, in all */
};

/* delimiter of the csv. who: borrowed. Free with import_rows_free. */
struct import_rows *import_rows_new(char delimiter, const struct identity *who, bool is_dry_run);
void import_rows_free(struct import_rows *rows);

/* Take what came. What is wrong with single rows is gathered. */
enum err import_rows_take(struct import_rows *rows, struct db *db, const char *data, size_t len, bool is_last,
                          struct err_info *ret_info);

/* All is there: check it and, unless something is wrong or it is a dry run, merge it, in one transaction.
 * ERR_BAD_VALUE when something is wrong. */
enum err import_rows_merge(struct import_rows *rows, struct db *db, struct err_info *ret_info);

/* Forget what was staged. */
void import_rows_clear(struct import_rows *rows, struct db *db);

struct import_rows_counts import_rows_counts(const struct import_rows *rows);
/* A line each, at most 1,000. */
const struct buf *import_rows_errors(const struct import_rows *rows);

#endif
