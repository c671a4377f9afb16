/* Fuzzes the records of csv: in whatever pieces the bytes come, the records are the same and within their
 * bounds. */
#include <string.h>

#include "common/buf.h"
#include "common/text.h"
#include "server/core/records.h"
#include "tests/fuzz/fuzz.h"

/* All records as text, and how it ended. */
static void read_all(const uint8_t *data, size_t size, size_t piece, struct buf *ret_seen)
{
    struct records *records = records_new(size > 0 && data[0] == ';' ? ';' : ',');
    struct record record;
    struct err_info info = {0};
    enum records_kind kind = RECORDS_NONE;
    uint64_t line = 0;

    for (size_t at = 0; at <= size && kind != RECORDS_BAD;) {
        size_t len = size - at < piece ? size - at : piece;

        records_add(records, (const char *)data + at, len);
        at += len;
        if (at == size) {
            records_end(records);
        }
        while ((kind = records_next(records, &record, &info)) == RECORDS_RECORD) {
            FUZZ_PROMISE(record.line > line && record.count > 0 && record.count <= RECORDS_FIELDS_MAX);
            line = record.line;
            buf_printf(ret_seen, "%llu", (unsigned long long)line);
            for (unsigned i = 0; i < record.count; i++) {
                FUZZ_PROMISE(record.lens[i] <= RECORDS_FIELD_MAX);
                FUZZ_PROMISE(strlen(record.fields[i]) == record.lens[i]);
                FUZZ_PROMISE(text_is_utf8(record.fields[i], record.lens[i]));
                buf_append(ret_seen, record.fields[i], record.lens[i] + 1);
            }
        }
        FUZZ_PROMISE(kind == RECORDS_BAD || at < size || records_is_ended(records));
        FUZZ_PROMISE(kind == RECORDS_BAD || !records_has_input(records));
        if (at == size) {
            break;
        }
    }
    buf_printf(ret_seen, "%d", (int)kind); /* of two things wrong in a line, either may be told */
    records_free(records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole = {0};
    struct buf pieces = {0};

    read_all(data, size, size + 1, &whole);
    read_all(data, size, 1, &pieces);
    FUZZ_PROMISE(whole.len == pieces.len && memcmp(whole.data, pieces.data, whole.len) == 0);
    buf_done(&whole);
    buf_done(&pieces);
    return 0;
}
