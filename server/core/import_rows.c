/* Rows of `import products`: from csv into the staging table, checked together, merged at once. Called by
 * import_products.c's jobs on the import's own thread. Nothing is in the catalogue before all of it is. */
#include "server/core/import_rows.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/values.h"
#include "server/core/audit.h"
#include "server/core/commands/catalogue.h"
#include "server/core/records.h"

enum { ROWS_A_STATEMENT = 2000, ERRORS_MAX = 1000 };

enum part { PART_SKU, PART_NAME, PART_CATEGORY, PART_UNIT, PART_PRICE, PART_BARCODES, PARTS };

/* What `product list` has besides tells nothing here. */
enum { PART_IGNORED = PARTS };

static const struct {
    const char *name;
    unsigned part;
} columns[] = {
    {"sku", PART_SKU},         {"name", PART_NAME},          {"category", PART_CATEGORY},
    {"unit", PART_UNIT},       {"price", PART_PRICE},        {"barcodes", PART_BARCODES},
    {"retired", PART_IGNORED}, {"created_at", PART_IGNORED}, {"updated_at", PART_IGNORED},
};

struct import_rows {
    struct records *records;
    const struct identity *who;
    bool is_dry_run;
    int64_t id;
    unsigned count; /* of columns; 0: the header has not come */
    unsigned parts[RECORDS_FIELDS_MAX];
    bool has[PARTS];
    struct arena arena; /* of the rows that are not staged yet */
    size_t gathered;
    int64_t lines[ROWS_A_STATEMENT];
    const char *texts[PARTS][ROWS_A_STATEMENT];
    struct buf errors;
    struct import_rows_counts counts;
};

struct import_rows *import_rows_new(char delimiter, const struct identity *who, bool is_dry_run)
{
    struct import_rows *rows = calloc(1, sizeof *rows);
    if (!rows) {
        abort();
    }
    rows->records = records_new(delimiter);
    rows->who = who;
    rows->is_dry_run = is_dry_run;
    randombytes_buf(&rows->id, sizeof rows->id);
    return rows;
}

void import_rows_free(struct import_rows *rows)
{
    if (rows) {
        records_free(rows->records);
        arena_done(&rows->arena);
        buf_done(&rows->errors);
        free(rows);
    }
}

static void note(struct import_rows *rows, uint64_t line, const char *column, const char *message)
{
    if (rows->counts.wrong++ < ERRORS_MAX) {
        buf_printf(&rows->errors, "line %" PRIu64 ", column %s: %s\n", line, column, message);
    }
}

static enum err read_header(struct import_rows *rows, const struct record *record, struct err_info *ret_info)
{
    for (unsigned i = 0; i < record->count; i++) {
        unsigned found = 0;
        while (found < sizeof columns / sizeof columns[0] &&
               strcmp(columns[found].name, record->fields[i]) != 0) {
            found++;
        }
        if (found == sizeof columns / sizeof columns[0]) {
            return err_set(ret_info, ERR_BAD_VALUE, "line %" PRIu64 ": column %u: '%.60s' is no column",
                           record->line, i + 1, record->fields[i]);
        }
        unsigned part = columns[found].part;
        if (part != PART_IGNORED && rows->has[part]) {
            return err_set(ret_info, ERR_BAD_VALUE, "line %" PRIu64 ": column %u: '%s' is there twice",
                           record->line, i + 1, record->fields[i]);
        }
        if (part != PART_IGNORED) {
            rows->has[part] = true;
        }
        rows->parts[i] = part;
    }
    if (!rows->has[PART_SKU]) {
        return err_set(ret_info, ERR_BAD_VALUE, "line %" PRIu64 ": the column sku is needed", record->line);
    }
    rows->count = record->count;
    return ERR_OK;
}

static enum err read_barcodes(struct import_rows *rows, const char *text, const char **ret_list,
                              struct err_info *ret_info)
{
    char *list = arena_strdup(&rows->arena, text);
    unsigned count = 0;
    char *to = list;
    for (const char *from = text; *from;) {
        size_t len = strcspn(from, "; ");
        if (len > 0) {
            const char *barcode = arena_strndup(&rows->arena, from, len);
            enum err err = values_check_sku(barcode, ret_info);
            if (err != ERR_OK) {
                return err;
            }
            if (++count > CATALOGUE_BARCODES_MAX) {
                return err_set(ret_info, ERR_BAD_VALUE, "a product has at most %d barcodes",
                               CATALOGUE_BARCODES_MAX);
            }
            if (to > list) {
                *to++ = '\n';
            }
            memcpy(to, barcode, len);
            to += len;
        }
        from += len + (from[len] != '\0');
    }
    *to = '\0';
    *ret_list = count > 0 ? list : NULL;
    return ERR_OK;
}

static enum err read_price(struct import_rows *rows, const char *text, const char **ret_price,
                           struct err_info *ret_info)
{
    cleanup(buf_done) struct buf digits = {0};
    int64_t price_milli;
    enum err err = values_parse_money(text, &price_milli, ret_info);
    if (err == ERR_OK) {
        buf_append_i64(&digits, price_milli);
        *ret_price = arena_strndup(&rows->arena, digits.data, digits.len);
    }
    return err;
}

/* One field; *ret_text: NULL when it says nothing. */
static enum err read_part(struct import_rows *rows, unsigned part, const char *text, const char **ret_text,
                          struct err_info *ret_info)
{
    *ret_text = NULL;
    if (part == PART_SKU) {
        *ret_text = arena_strdup(&rows->arena, text);
        return values_check_sku(text, ret_info);
    }
    if (*text == '\0') {
        return ERR_OK;
    }
    if (part == PART_BARCODES) {
        return read_barcodes(rows, text, ret_text, ret_info);
    }
    if (part == PART_PRICE) {
        return read_price(rows, text, ret_text, ret_info);
    }
    *ret_text = arena_strdup(&rows->arena, text);
    if (part == PART_UNIT) {
        return catalogue_check_unit(text, ret_info);
    }
    return values_check_name(part == PART_NAME ? "name" : "category", text,
                             part == PART_NAME ? VALUES_NAME_MAX : VALUES_CATEGORY_MAX, ret_info);
}

static void gather(struct import_rows *rows, const struct record *record)
{
    size_t at = rows->gathered;
    uint64_t wrong = rows->counts.wrong;
    rows->counts.rows++;
    if (record->count != rows->count) {
        struct err_info info;
        err_set(&info, ERR_BAD_VALUE, "the row has %u fields, the header %u", record->count, rows->count);
        note(rows, record->line, "1", info.message);
        return;
    }
    for (unsigned part = 0; part < PARTS; part++) {
        rows->texts[part][at] = NULL;
    }
    for (unsigned i = 0; i < record->count; i++) {
        struct err_info info;
        unsigned part = rows->parts[i];
        if (part != PART_IGNORED &&
            read_part(rows, part, record->fields[i], &rows->texts[part][at], &info) != ERR_OK) {
            note(rows, record->line, columns[part].name, info.message);
        }
    }
    rows->lines[at] = (int64_t)record->line;
    rows->gathered += rows->counts.wrong == wrong;
}

/* What was gathered goes into the staging table. */
static enum err stage(struct import_rows *rows, struct db *db, struct err_info *ret_info)
{
    struct db_params params;
    enum err err = ERR_OK;
    if (rows->gathered > 0) {
        db_params_init(&params, &rows->arena);
        db_bind_i64(&params, rows->id);
        db_bind_i64_array(&params, rows->lines, NULL, rows->gathered);
        for (unsigned part = 0; part < PARTS; part++) {
            db_bind_text_array(&params, rows->texts[part], rows->gathered);
        }
        err = db_query(db, SQL_QUERY_IMPORT_STAGE, &params, NULL, ret_info);
    }
    rows->gathered = 0;
    arena_done(&rows->arena);
    return err;
}

enum err import_rows_take(struct import_rows *rows, struct db *db, const char *data, size_t len, bool is_last,
                          struct err_info *ret_info)
{
    struct record record;
    enum records_kind kind;
    enum err err = ERR_OK;
    records_add(rows->records, data, len);
    if (is_last) {
        records_end(rows->records);
    }
    while (err == ERR_OK && (kind = records_next(rows->records, &record, ret_info)) != RECORDS_NONE) {
        if (kind == RECORDS_BAD) {
            return ret_info->code;
        }
        if (rows->count == 0) {
            err = read_header(rows, &record, ret_info);
            continue;
        }
        gather(rows, &record);
        if (rows->gathered == ROWS_A_STATEMENT) {
            err = stage(rows, db, ret_info);
        }
    }
    if (err == ERR_OK && is_last && rows->count == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "there is no header");
    }
    return err == ERR_OK && is_last ? stage(rows, db, ret_info) : err;
}

/* Rows of a query that tells what is wrong. */
static enum err check(struct import_rows *rows, struct db *db, enum sql_query query,
                      const struct db_params *params, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    enum err err = db_query(db, query, params, &result, ret_info);
    int count = err == ERR_OK ? db_result_rows(result) : 0;
    for (int i = 0; i < count; i++) {
        note(rows, (uint64_t)db_result_i64(result, i, 0), db_result_text(result, i, 1),
             db_result_text(result, i, 2));
    }
    if (count > 0) {
        rows->counts.wrong += (uint64_t)db_result_i64(result, 0, 3) - (uint64_t)count;
    }
    return err;
}

static enum err count_changes(struct db *db, enum sql_query query, const struct db_params *params,
                              uint64_t *ret_count, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    enum err err = db_query(db, query, params, &result, ret_info);
    if (err == ERR_OK) {
        *ret_count = (uint64_t)db_result_affected(result);
    }
    return err;
}

static enum err check_all(struct import_rows *rows, struct db *db, struct err_info *ret_info)
{
    struct db_params params;
    db_params_init(&params, &rows->arena);
    db_bind_i64(&params, rows->id);
    db_bind_i64(&params, ERRORS_MAX);
    return check(rows, db, SQL_QUERY_IMPORT_CHECK, &params, ret_info);
}

static enum err write_all(struct import_rows *rows, struct db *db, struct err_info *ret_info)
{
    struct db_params by_id, changes, crowded;
    db_params_init(&by_id, &rows->arena);
    db_bind_i64(&by_id, rows->id);
    db_params_init(&changes, &rows->arena);
    db_bind_i64(&changes, rows->id);
    db_bind_bool(&changes, rows->has[PART_CATEGORY]);
    db_bind_bool(&changes, rows->has[PART_PRICE]);
    db_params_init(&crowded, &rows->arena);
    db_bind_i64(&crowded, rows->id);
    db_bind_i64(&crowded, CATALOGUE_BARCODES_MAX);
    db_bind_i64(&crowded, ERRORS_MAX);
    enum err err = count_changes(db, SQL_QUERY_IMPORT_UPDATE, &changes, &rows->counts.changed, ret_info);
    if (err == ERR_OK) {
        err = count_changes(db, SQL_QUERY_IMPORT_INSERT, &by_id, &rows->counts.added, ret_info);
    }
    if (err == ERR_OK) {
        err = count_changes(db, SQL_QUERY_IMPORT_BARCODES, &by_id, &rows->counts.barcodes, ret_info);
    }
    return err == ERR_OK ? check(rows, db, SQL_QUERY_IMPORT_CROWDED, &crowded, ret_info) : err;
}

static enum err write_audit(struct import_rows *rows, struct db *db, struct err_info *ret_info)
{
    cleanup(cleanup_db_result) struct db_result *result = NULL;
    struct db_params params;
    db_params_init(&params, &rows->arena);
    db_bind_i64(&params, (int64_t)rows->counts.rows);
    db_bind_i64(&params, (int64_t)rows->counts.added);
    db_bind_i64(&params, (int64_t)rows->counts.changed);
    db_bind_i64(&params, (int64_t)rows->counts.barcodes);
    enum err err = db_query(db, SQL_QUERY_IMPORT_AUDIT, &params, &result, ret_info);
    if (err == ERR_OK) {
        err = audit_write(db, &rows->arena, rows->who, "import products", db_result_text(result, 0, 0),
                          ret_info);
    }
    return err;
}

enum err import_rows_merge(struct import_rows *rows, struct db *db, struct err_info *ret_info)
{
    enum err err = catalogue_begin(db, ret_info);
    if (err != ERR_OK) {
        return err;
    }
    err = check_all(rows, db, ret_info);
    if (err == ERR_OK && rows->counts.wrong == 0) {
        err = write_all(rows, db, ret_info);
    }
    if (err == ERR_OK && rows->counts.wrong > 0) {
        err = err_set(ret_info, ERR_BAD_VALUE, "nothing was imported: %" PRIu64 " mistakes",
                      rows->counts.wrong);
    }
    if (err == ERR_OK && rows->is_dry_run) {
        db_rollback(db);
        return ERR_OK;
    }
    if (err == ERR_OK) {
        err = write_audit(rows, db, ret_info);
    }
    return catalogue_end(db, err, ret_info);
}

void import_rows_clear(struct import_rows *rows, struct db *db)
{
    struct db_params params;
    struct err_info info;
    db_params_init(&params, &rows->arena);
    db_bind_i64(&params, rows->id);
    (void)db_query(db, SQL_QUERY_IMPORT_CLEAR, &params, NULL, &info);
}

struct import_rows_counts import_rows_counts(const struct import_rows *rows)
{
    return rows->counts;
}

const struct buf *import_rows_errors(const struct import_rows *rows)
{
    return &rows->errors;
}
