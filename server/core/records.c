/* Records of csv: libcsv reads the quotes, this room sees to bounds, encoding and line numbers. Called by
 * imports. Pure. It is fed a line at a time, so that each feed ends at most one record. */
#include "server/core/records.h"

#include <csv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/text.h"

enum { FEED_MAX = 4096, MARK_LEN = 3, BETWEEN_ROWS = 0 /* libcsv's state */ };

struct records {
    struct csv_parser parser;
    char delimiter;
    struct buf input;
    size_t start;     /* of what has not been fed */
    struct buf row;   /* the fields of the record, one after another, each with its NUL */
    size_t row_bytes; /* fed since the last record ended */
    const char *fields[RECORDS_FIELDS_MAX];
    size_t lens[RECORDS_FIELDS_MAX];
    size_t offsets[RECORDS_FIELDS_MAX];
    unsigned count;
    uint64_t line;       /* that is fed */
    uint64_t first_line; /* of the record */
    bool has_record;
    bool has_begun; /* the byte order mark has been looked for */
    bool is_ended;
    bool is_finished;
    bool is_bad;
    struct err_info error;
};

/* Blanks belong to their fields. A CR before the LF does not. */
static int is_space(unsigned char c)
{
    return c == '\r';
}

static int is_line_end(unsigned char c)
{
    return c == '\n';
}

static void fail(struct records *records, enum err err, uint64_t line, const char *message)
{
    if (!records->is_bad) {
        records->is_bad = true;
        err_set(&records->error, err, "line %" PRIu64 ": %s", line, message);
    }
}

static void take_field(void *field, size_t len, void *argument)
{
    struct records *records = argument;
    const char *text = field ? field : "";
    if (records->is_bad) {
        return;
    }
    if (records->count == RECORDS_FIELDS_MAX) {
        fail(records, ERR_TOO_LONG, records->first_line, "the row has too many fields");
    } else if (len > RECORDS_FIELD_MAX) {
        fail(records, ERR_TOO_LONG, records->first_line, "a field is longer than 4096 bytes");
    } else if (!text_is_utf8(text, len)) {
        fail(records, ERR_BAD_ENCODING, records->first_line, "not UTF-8 text");
    } else {
        records->offsets[records->count] = records->row.len;
        records->lens[records->count++] = len;
        buf_append(&records->row, text, len);
        buf_append_char(&records->row, '\0');
    }
}

static void take_row(int end, void *argument)
{
    struct records *records = argument;
    (void)end;
    records->has_record = true;
}

struct records *records_new(char delimiter)
{
    struct records *records = calloc(1, sizeof *records);
    if (!records || csv_init(&records->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        abort();
    }
    records->delimiter = delimiter;
    records->line = 1;
    csv_set_delim(&records->parser, (unsigned char)delimiter);
    csv_set_space_func(&records->parser, is_space);
    csv_set_term_func(&records->parser, is_line_end);
    return records;
}

void records_free(struct records *records)
{
    if (records) {
        csv_free(&records->parser);
        buf_done(&records->input);
        buf_done(&records->row);
        free(records);
    }
}

void records_add(struct records *records, const char *data, size_t len)
{
    if (records->is_bad || records->is_ended) {
        return;
    }
    if (records->start > 0) {
        memmove(records->input.data, records->input.data + records->start,
                records->input.len - records->start);
        records->input.len -= records->start;
        records->start = 0;
    }
    buf_append(&records->input, data, len);
}

void records_end(struct records *records)
{
    records->is_ended = true;
}

static void begin_row(struct records *records)
{
    records->has_record = false;
    records->row_bytes = 0;
    records->count = 0;
    buf_reset(&records->row);
}

/* A mark at the beginning says that it is UTF-8, which it has to be anyway. False: not enough is there. */
static bool skip_mark(struct records *records)
{
    static const char mark[] = "\xEF\xBB\xBF";
    size_t have = records->input.len - records->start;
    size_t same = have < MARK_LEN ? have : MARK_LEN;
    if (have == 0 || memcmp(records->input.data + records->start, mark, same) != 0) {
        records->has_begun = have > 0;
    } else if (have >= MARK_LEN) {
        records->start += MARK_LEN;
        records->has_begun = true;
    } else {
        records->has_begun = records->is_ended;
    }
    return records->has_begun;
}

/* A line, or as much of it as is there. */
static void feed(struct records *records)
{
    const char *data = records->input.data + records->start;
    size_t len = records->input.len - records->start;
    if (len > FEED_MAX) {
        len = FEED_MAX;
    }
    const char *line_end = memchr(data, '\n', len);
    if (line_end) {
        len = (size_t)(line_end - data) + 1;
    }
    if (records->row_bytes == 0) {
        records->first_line = records->line;
    }
    records->start += len;
    records->row_bytes += len;
    if (memchr(data, '\0', len)) {
        fail(records, ERR_BAD_ENCODING, records->line, "a NUL byte");
    } else if (records->row_bytes > RECORDS_ROW_MAX) {
        fail(records, ERR_TOO_LONG, records->first_line, "the row is longer than 65536 bytes");
    } else if (csv_parse(&records->parser, data, len, take_field, take_row, records) != len) {
        fail(records, ERR_BAD_VALUE, records->line, "a quote where none may be");
    }
    records->line += line_end != NULL;
    if (!records->has_record && records->count == 0 && records->parser.pstate == BETWEEN_ROWS) {
        records->row_bytes = 0; /* a blank line */
    }
}

static void finish(struct records *records)
{
    records->is_finished = true;
    if (csv_fini(&records->parser, take_field, take_row, records) != 0) {
        fail(records, ERR_BAD_VALUE, records->first_line, "a quote is left open");
    }
}

static enum records_kind give(struct records *records, struct record *ret_record)
{
    for (unsigned i = 0; i < records->count; i++) {
        records->fields[i] = records->row.data + records->offsets[i];
    }
    *ret_record = (struct record){records->first_line, records->count, records->fields, records->lens};
    return RECORDS_RECORD;
}

enum records_kind records_next(struct records *records, struct record *ret_record, struct err_info *ret_info)
{
    if (records->has_record) {
        begin_row(records);
    }
    while (!records->is_bad && !records->has_record) {
        if (!records->has_begun && !skip_mark(records) && !records->is_ended) {
            return RECORDS_NONE;
        }
        if (records->start < records->input.len) {
            feed(records);
        } else if (records->is_ended && !records->is_finished) {
            finish(records);
        } else {
            return RECORDS_NONE;
        }
    }
    if (records->is_bad) {
        *ret_info = records->error;
        buf_done(&records->input);
        records->start = 0;
        return RECORDS_BAD;
    }
    return give(records, ret_record);
}

bool records_has_input(const struct records *records)
{
    size_t left = records->input.len - records->start;
    bool is_waiting = !records->has_begun && left < MARK_LEN && !records->is_ended;
    return records->is_bad || (left > 0 && !is_waiting) || (records->is_ended && !records->is_finished);
}

bool records_is_ended(const struct records *records)
{
    return records->is_bad || records->is_finished;
}

uint64_t records_line(const struct records *records)
{
    return records->line;
}
