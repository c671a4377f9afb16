/* A stream of bytes cut into csv records (RFC 4180, UTF-8), in bounded memory whatever comes. Called by
 * imports: by a batch on the main loop, by others on a worker's thread. Pure. */
#ifndef STOCKROOM_SERVER_CORE_RECORDS_H
#define STOCKROOM_SERVER_CORE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum { RECORDS_FIELD_MAX = 4 * 1024, RECORDS_ROW_MAX = 64 * 1024, RECORDS_FIELDS_MAX = 64 };

struct records;

/* A record. Fields are NUL-terminated and hold no NUL; valid until the next call. */
struct record {
    uint64_t line; /* in which it begins, from 1 */
    unsigned count;
    const char *const *fields;
    const size_t *lens;
};

/* Records whose fields are parted by delimiter. Free with records_free; NULL is fine there. */
struct records *records_new(char delimiter);
void records_free(struct records *records);

/* Add what came. Keeps it, and at most a record, until records_next has said RECORDS_NONE. */
void records_add(struct records *records, const char *data, size_t len);
void records_end(struct records *records);

enum records_kind {
    RECORDS_NONE,   /* no whole record is there (or ever will be, after records_end) */
    RECORDS_RECORD, /* the next one; blank lines are none */
    RECORDS_BAD     /* *ret_info says why, with its line; nothing comes after it */
};
enum records_kind records_next(struct records *records, struct record *ret_record, struct err_info *ret_info);

/* May records_next find one, or something wrong? Has everything been looked at, after records_end? */
bool records_has_input(const struct records *records);
bool records_is_ended(const struct records *records);
/* The line that is being read, for those who tell of it. */
uint64_t records_line(const struct records *records);

#endif
