/* The values of the command language: quantities, money, times, names. Pure; integers only, no floating
 * point. Every parser takes NUL-terminated text, leaves its ret_ untouched on failure, and fails with
 * ERR_BAD_VALUE and a message that quotes the text (shortened and cleaned). */
#ifndef STOCKROOM_COMMON_VALUES_H
#define STOCKROOM_COMMON_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum {
    VALUES_SKU_MAX = 64,   /* bytes; SKUs and barcodes */
    VALUES_CODE_MAX = 32,  /* store codes: A-Z a-z 0-9 . _ - , starting with a letter or digit */
    VALUES_USER_MAX = 32,  /* user names: a-z 0-9 . _ - , starting with a letter */
    VALUES_NAME_MAX = 200, /* display names of products and stores */
    VALUES_CATEGORY_MAX = 64,
    VALUES_NOTE_MAX = 500,
    VALUES_REF_MAX = 128, /* refs and batch keys */
    VALUES_PASSWORD_MIN = 8,
    VALUES_PASSWORD_MAX = 1000
};

/* The largest quantity of one movement, in thousandths: a million million units, so that sums stay far from
 * 2^63. */
#define VALUES_QUANTITY_MILLI_MAX INT64_C(1000000000000000)
/* The largest amount, in thousandths of the currency's main unit. */
#define VALUES_MONEY_MILLI_MAX INT64_C(1000000000000000)

/* A quantity greater than 0 with at most three decimals, into thousandths. "3", "0.250", "12.5"; no sign but
 * '+' refused too, no exponent, no blanks. The message tells which rule was broken. */
enum err values_parse_quantity(const char *text, int64_t *ret_quantity_milli, struct err_info *ret_info);

/* The same, or 0: what a stocktake found. */
enum err values_parse_counted(const char *text, int64_t *ret_quantity_milli, struct err_info *ret_info);

/* An amount of 0 or more with at most three decimals, into thousandths. Whether a currency has so many places
 * is checked by values_money_to_minor. */
enum err values_parse_money(const char *text, int64_t *ret_amount_milli, struct err_info *ret_info);

/* Thousandths to the minor units of a currency with `places` (0, 2 or 3) decimals; ERR_BAD_VALUE when digits
 * would be lost. */
enum err values_money_to_minor(int64_t amount_milli, int places, int64_t *ret_minor,
                               struct err_info *ret_info);

/* The decimals of an ISO 4217 currency: 0 for JPY and the like, 3 for KWD and the like, else 2. */
int values_currency_places(const char *currency);
bool values_is_currency(const char *text); /* three capital letters */

/* A whole number from min to max. */
enum err values_parse_integer(const char *text, int64_t min, int64_t max, int64_t *ret_value,
                              struct err_info *ret_info);

/* A point in time as the language writes it. */
enum time_kind {
    TIME_ABSOLUTE, /* micros: since 1970, UTC */
    TIME_RELATIVE, /* micros: to be added to now (negative) */
    TIME_TODAY,    /* the start of today in the store's time zone */
    TIME_YESTERDAY
};
struct time_value {
    enum time_kind kind;
    int64_t micros;
};

/* RFC 3339 ("2026-03-01T09:30:00Z", with offset and up to 6 decimals of a second; a date alone is midnight
 * UTC), "today", "yesterday", "-7d", "-3h", "-30m". Years 1970 to 9999. */
enum err values_parse_time(const char *text, struct time_value *ret_time, struct err_info *ret_info);

/* Names. Each checks length and characters (text_is_name for those that are free). */
enum err values_check_sku(const char *text, struct err_info *ret_info);
enum err values_check_store_code(const char *text, struct err_info *ret_info);
enum err values_check_user_name(const char *text, struct err_info *ret_info);
enum err values_check_name(const char *what, const char *text, size_t max_bytes, struct err_info *ret_info);
enum err values_check_ref(const char *text, struct err_info *ret_info); /* printable, no blanks, not empty */

/* Formatting: appended to buf, shortest exact form. */
void values_append_quantity(struct buf *buf, int64_t quantity_milli);        /* "3", "-0.25" */
void values_append_money(struct buf *buf, int64_t amount_minor, int places); /* "2.49", "-0.05", "300" */
void values_append_time(struct buf *buf,
                        int64_t micros); /* "2026-03-01T09:30:00.123456Z"; whole seconds without decimals */

/* Parse a decimal 64-bit integer as PostgreSQL prints it; false when it is none. */
bool values_parse_i64(const char *text, int64_t *ret_value);

#endif
