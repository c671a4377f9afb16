/* The values of the command language: quantities, money, whole numbers and names; their forms in and out.
 * Called by core for every word of every line. Pure; integers only, and none of them overflows. */
#include "common/values.h"

#include <string.h>

#include "common/text.h"

enum {
    QUOTE_MAX = 40, /* bytes of a wrong text that its message repeats */
    MILLI_PLACES = 3
};

/* The length of the prefix that a message quotes: whole code points, at most QUOTE_MAX bytes. */
static int quoted_len(const char *text)
{
    size_t len = strnlen(text, QUOTE_MAX + 1);

    if (len <= QUOTE_MAX) {
        return (int)len;
    }
    len = QUOTE_MAX;
    while (len > QUOTE_MAX - 4 && ((unsigned char)text[len] & 0xC0) == 0x80) {
        len--;
    }
    return (int)len;
}

static enum err refuse(struct err_info *ret_info, const char *text, const char *reason)
{
    int len = quoted_len(text);

    return err_set(ret_info, ERR_BAD_VALUE, "'%.*s%s' %s", len, text, text[len] != '\0' ? "…" : "", reason);
}

/* A decimal's digits, all read; what is too large stays so. */
struct decimal {
    uint64_t milli;
    int places;
    bool too_large;
};

static void add_digit(struct decimal *decimal, char digit)
{
    uint64_t value;

    if (__builtin_mul_overflow(decimal->milli, 10U, &value) ||
        __builtin_add_overflow(value, (uint64_t)(digit - '0'), &value)) {
        decimal->too_large = true;
        return;
    }
    decimal->milli = value;
}

/* Read "DIGITS[.DIGITS]" into thousandths. Returns what is wrong with it, NULL when nothing is. */
static const char *read_decimal(const char *text, struct decimal *ret_decimal)
{
    struct decimal decimal = {0};
    const char *at = text;

    if (*at < '0' || *at > '9') {
        return "is not a number";
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        add_digit(&decimal, *at);
    }
    if (*at == '.') {
        for (at++; *at >= '0' && *at <= '9'; at++) {
            if (decimal.places++ < MILLI_PLACES) {
                add_digit(&decimal, *at);
            }
        }
        if (decimal.places == 0) {
            return "is not a number";
        }
    }
    if (*at != '\0') {
        return "is not a number";
    }
    if (decimal.places > MILLI_PLACES) {
        return "has more than three decimals";
    }
    for (int place = decimal.places; place < MILLI_PLACES; place++) {
        add_digit(&decimal, '0');
    }
    *ret_decimal = decimal;
    return NULL;
}

enum err values_parse_counted(const char *text, int64_t *ret_quantity_milli, struct err_info *ret_info)
{
    struct decimal decimal;
    const char *wrong;

    if (text[0] == '-' && read_decimal(text + 1, &decimal) == NULL) {
        return refuse(ret_info, text, "is less than nothing");
    }
    wrong = read_decimal(text, &decimal);
    if (wrong != NULL) {
        return refuse(ret_info, text, wrong);
    }
    if (decimal.too_large || decimal.milli > (uint64_t)VALUES_QUANTITY_MILLI_MAX) {
        return refuse(ret_info, text, "is too large a number");
    }
    *ret_quantity_milli = (int64_t)decimal.milli;
    return ERR_OK;
}

enum err values_parse_quantity(const char *text, int64_t *ret_quantity_milli, struct err_info *ret_info)
{
    struct decimal decimal;
    int64_t quantity_milli = 0;
    bool is_negative = text[0] == '-' && read_decimal(text + 1, &decimal) == NULL;
    enum err err = is_negative ? ERR_OK : values_parse_counted(text, &quantity_milli, ret_info);

    if (err != ERR_OK) {
        return err;
    }
    if (quantity_milli == 0) {
        return refuse(ret_info, text, "is not a quantity greater than 0");
    }
    *ret_quantity_milli = quantity_milli;
    return ERR_OK;
}

enum err values_parse_money(const char *text, int64_t *ret_amount_milli, struct err_info *ret_info)
{
    struct decimal decimal;
    const char *wrong;

    if (text[0] == '-' && read_decimal(text + 1, &decimal) == NULL) {
        return refuse(ret_info, text, "is less than 0");
    }
    wrong = read_decimal(text, &decimal);
    if (wrong != NULL) {
        return refuse(ret_info, text, wrong);
    }
    if (decimal.too_large || decimal.milli > (uint64_t)VALUES_MONEY_MILLI_MAX) {
        return refuse(ret_info, text, "is too large a number");
    }
    *ret_amount_milli = (int64_t)decimal.milli;
    return ERR_OK;
}

/* 10 to the number of places that thousandths have and the currency has not. */
static int64_t milli_per_minor(int places)
{
    return places <= 0 ? 1000 : places == 1 ? 100 : places == 2 ? 10 : 1;
}

enum err values_money_to_minor(int64_t amount_milli, int places, int64_t *ret_minor,
                               struct err_info *ret_info)
{
    int64_t unit = milli_per_minor(places);

    if (amount_milli % unit != 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "the currency has %s decimals, not three",
                       places <= 0   ? "no"
                       : places == 1 ? "one"
                                     : "two");
    }
    *ret_minor = amount_milli / unit;
    return ERR_OK;
}

bool values_is_currency(const char *text)
{
    for (int i = 0; i < 3; i++) {
        if (text[i] < 'A' || text[i] > 'Z') {
            return false;
        }
    }
    return text[3] == '\0';
}

int values_currency_places(const char *currency)
{
    static const char none[][4] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                   "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
    static const char three[][4] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (strcmp(currency, none[i]) == 0) {
            return 0;
        }
    }
    for (size_t i = 0; i < sizeof three / sizeof three[0]; i++) {
        if (strcmp(currency, three[i]) == 0) {
            return 3;
        }
    }
    return 2;
}

enum integer { INTEGER_FINE, INTEGER_NONE, INTEGER_TOO_LARGE };

/* Read an optional '-' and digits, counting down from 0, where two's complement has one more number. */
static enum integer read_integer(const char *text, int64_t *ret_value)
{
    bool negative = *text == '-';
    const char *at = negative ? text + 1 : text;
    int64_t value = 0;
    bool too_large = false;

    if (*at == '\0') {
        return INTEGER_NONE;
    }
    for (; *at != '\0'; at++) {
        if (*at < '0' || *at > '9') {
            return INTEGER_NONE;
        }
        too_large = too_large || __builtin_mul_overflow(value, (int64_t)10, &value) ||
                    __builtin_sub_overflow(value, (int64_t)(*at - '0'), &value);
    }
    if (too_large || (!negative && value == INT64_MIN)) {
        return INTEGER_TOO_LARGE;
    }
    *ret_value = negative ? value : -value;
    return INTEGER_FINE;
}

enum err values_parse_integer(const char *text, int64_t min, int64_t max, int64_t *ret_value,
                              struct err_info *ret_info)
{
    int64_t value = 0;
    int len = quoted_len(text);
    const char *more = text[len] != '\0' ? "…" : "";

    switch (read_integer(text, &value)) {
    case INTEGER_NONE:
        return refuse(ret_info, text, "is not a whole number");
    case INTEGER_TOO_LARGE:
        return refuse(ret_info, text, "is too large a number");
    case INTEGER_FINE:
        break;
    }
    if (value < min || value > max) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.*s%s' is not from %lld to %lld", len, text, more,
                       (long long)min, (long long)max);
    }
    *ret_value = value;
    return ERR_OK;
}

bool values_parse_i64(const char *text, int64_t *ret_value)
{
    return read_integer(text, ret_value) == INTEGER_FINE;
}

enum err values_check_name(const char *what, const char *text, size_t max_bytes, struct err_info *ret_info)
{
    size_t len = strlen(text);

    if (text_is_name(text, len, max_bytes)) {
        return ERR_OK;
    }
    if (len == 0) {
        return err_set(ret_info, ERR_BAD_VALUE, "the %s is empty", what);
    }
    if (len > max_bytes) {
        return err_set(ret_info, ERR_BAD_VALUE, "the %s has %zu bytes; at most %zu", what, len, max_bytes);
    }
    if (!text_is_utf8(text, len)) {
        return err_set(ret_info, ERR_BAD_VALUE, "the %s is not UTF-8", what);
    }
    if (!text_is_printable(text, len)) {
        return err_set(ret_info, ERR_BAD_VALUE, "the %s holds a control or invisible character", what);
    }
    return err_set(ret_info, ERR_BAD_VALUE, "the %s begins or ends with a blank", what);
}

enum err values_check_sku(const char *text, struct err_info *ret_info)
{
    return values_check_name("SKU", text, VALUES_SKU_MAX, ret_info);
}

enum err values_check_ref(const char *text, struct err_info *ret_info)
{
    enum err err = values_check_name("ref", text, VALUES_REF_MAX, ret_info);

    if (err == ERR_OK && strchr(text, ' ') != NULL) {
        err = err_set(ret_info, ERR_BAD_VALUE, "the ref holds a blank");
    }
    return err;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_joint(char c)
{
    return c == '.' || c == '_' || c == '-';
}

enum err values_check_store_code(const char *text, struct err_info *ret_info)
{
    size_t len = 0;

    while (len <= VALUES_CODE_MAX && (is_lower(text[len]) || is_upper(text[len]) || is_digit(text[len]) ||
                                      (len > 0 && is_joint(text[len])))) {
        len++;
    }
    if (len == 0 || len > VALUES_CODE_MAX || text[len] != '\0') {
        return refuse(ret_info, text,
                      "is not a store code: 1 to 32 of A-Z a-z 0-9 . _ - after a letter or digit");
    }
    return ERR_OK;
}

enum err values_check_user_name(const char *text, struct err_info *ret_info)
{
    size_t len = 0;

    while (len <= VALUES_USER_MAX &&
           (is_lower(text[len]) || (len > 0 && (is_digit(text[len]) || is_joint(text[len]))))) {
        len++;
    }
    if (len == 0 || len > VALUES_USER_MAX || text[len] != '\0') {
        return refuse(ret_info, text, "is not a user name: 1 to 32 of a-z 0-9 . _ - after a letter");
    }
    return ERR_OK;
}

/* The fraction, without the zeros at its end unless all places are asked for. */
static void append_fraction(struct buf *buf, uint64_t fraction, int places, bool exact)
{
    char digits[MILLI_PLACES];
    size_t len = (size_t)places;

    for (size_t i = len; i > 0; i--) {
        digits[i - 1] = (char)('0' + fraction % 10);
        fraction /= 10;
    }
    while (!exact && len > 0 && digits[len - 1] == '0') {
        len--;
    }
    if (len > 0) {
        buf_append_char(buf, '.');
        buf_append(buf, digits, len);
    }
}

static uint64_t append_sign(struct buf *buf, int64_t value)
{
    if (value < 0) {
        buf_append_char(buf, '-');
        return 0 - (uint64_t)value;
    }
    return (uint64_t)value;
}

void values_append_quantity(struct buf *buf, int64_t quantity_milli)
{
    uint64_t milli = append_sign(buf, quantity_milli);

    buf_append_u64(buf, milli / 1000);
    if (milli % 1000 != 0) {
        append_fraction(buf, milli % 1000, MILLI_PLACES, false);
    }
}

void values_append_money(struct buf *buf, int64_t amount_minor, int places)
{
    uint64_t minor = append_sign(buf, amount_minor);
    uint64_t unit = 1;
    int shown = places < 0 ? 0 : places > MILLI_PLACES ? MILLI_PLACES : places;

    for (int i = 0; i < shown; i++) {
        unit *= 10;
    }
    buf_append_u64(buf, minor / unit);
    append_fraction(buf, minor % unit, shown, true);
}
