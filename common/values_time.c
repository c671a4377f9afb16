/* Times of the command language: RFC 3339 and its short forms, in and out. Called by core for every time that
 * a line names and every row that shows one. Pure; the calendar is computed, no time zone data is read. */
#include <string.h>

#include "common/values.h"

#define MICROS_PER_SECOND INT64_C(1000000)
#define MICROS_PER_DAY    (INT64_C(86400) * MICROS_PER_SECOND)
/* 10000-01-01T00:00:00Z: the first instant that RFC 3339 cannot write. */
#define MICROS_END (INT64_C(253402300800) * MICROS_PER_SECOND)

enum {
    DAYS_PER_ERA = 146097,     /* 400 Gregorian years */
    DAYS_BEFORE_1970 = 719468, /* since 0000-03-01, where the computed calendar begins */
    RELATIVE_DIGITS_MAX = 9,
    TIME_TEXT_MAX = 32
};

/* A cursor over text: what does not match leaves a reason, and nothing after it matters. */
struct scanner {
    const char *at;
    const char *wrong;
};

static void fail(struct scanner *scanner, const char *reason)
{
    if (scanner->wrong == NULL) {
        scanner->wrong = reason;
    }
}

/* Exactly `digits` digits, from min to max. */
static int scan_number(struct scanner *scanner, int digits, int min, int max, const char *reason)
{
    int value = 0;

    for (int i = 0; i < digits && scanner->wrong == NULL; i++) {
        char c = *scanner->at;

        if (c < '0' || c > '9') {
            fail(scanner, "is not a time");
            return min;
        }
        value = value * 10 + (c - '0');
        scanner->at++;
    }
    if (scanner->wrong == NULL && (value < min || value > max)) {
        fail(scanner, reason);
    }
    return scanner->wrong == NULL ? value : min;
}

static void scan_char(struct scanner *scanner, char c)
{
    if (scanner->wrong == NULL && *scanner->at++ != c) {
        fail(scanner, "is not a time");
    }
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days from 1970-01-01 to a date. Years are counted from March, so that the leap day ends one. */
static int64_t days_of_date(int year, int month, int day)
{
    int64_t years = month > 2 ? year : year - 1;
    int64_t months = month > 2 ? month - 3 : month + 9;

    return years * 365 + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day - 1 -
           DAYS_BEFORE_1970;
}

static int64_t scan_date(struct scanner *scanner)
{
    int year = scan_number(scanner, 4, 1970, 9999, "is not in the years 1970 to 9999");
    int month;
    int day;

    scan_char(scanner, '-');
    month = scan_number(scanner, 2, 1, 12, "has no such month");
    scan_char(scanner, '-');
    day = scan_number(scanner, 2, 1, 31, "has no such day");
    if (day > days_in_month(year, month)) {
        fail(scanner, "has no such day in its month");
    }
    return days_of_date(year, month, day) * MICROS_PER_DAY;
}

/* The decimals of a second, into micros. */
static int64_t scan_fraction(struct scanner *scanner)
{
    int64_t micros = 0;
    int64_t unit = MICROS_PER_SECOND;

    if (scanner->wrong != NULL || *scanner->at != '.') {
        return 0;
    }
    scanner->at++;
    while (*scanner->at >= '0' && *scanner->at <= '9') {
        unit /= 10;
        if (unit == 0) {
            fail(scanner, "has more than six decimals of a second");
            return 0;
        }
        micros += (*scanner->at++ - '0') * unit;
    }
    if (unit == MICROS_PER_SECOND) {
        fail(scanner, "is not a time");
    }
    return micros;
}

static int64_t scan_time_of_day(struct scanner *scanner)
{
    int hour = scan_number(scanner, 2, 0, 23, "has no such hour; a day ends at 23:59:59");
    int minute;
    int second;

    scan_char(scanner, ':');
    minute = scan_number(scanner, 2, 0, 59, "has no such minute");
    scan_char(scanner, ':');
    second = scan_number(scanner, 2, 0, 59, "has no such second; leap seconds are not counted");
    return ((hour * 60 + minute) * INT64_C(60) + second) * MICROS_PER_SECOND + scan_fraction(scanner);
}

/* "Z" or "+HH:MM", into what is to be taken from the local time. */
static int64_t scan_offset(struct scanner *scanner)
{
    int64_t sign;
    int hours;
    int minutes;

    if (scanner->wrong != NULL) {
        return 0;
    }
    if (*scanner->at == 'Z' || *scanner->at == 'z') {
        scanner->at++;
        return 0;
    }
    if (*scanner->at != '+' && *scanner->at != '-') {
        fail(scanner,
             *scanner->at == '\0' ? "lacks its offset from UTC: end it with Z or +HH:MM" : "is not a time");
        return 0;
    }
    sign = *scanner->at++ == '-' ? -1 : 1;
    hours = scan_number(scanner, 2, 0, 23, "has no such offset");
    scan_char(scanner, ':');
    minutes = scan_number(scanner, 2, 0, 59, "has no such offset");
    return sign * (hours * 60 + minutes) * 60 * MICROS_PER_SECOND;
}

static int64_t scan_absolute(struct scanner *scanner)
{
    int64_t micros = scan_date(scanner);

    if (scanner->wrong == NULL && *scanner->at != '\0') {
        if (*scanner->at != 'T' && *scanner->at != 't') {
            fail(scanner, "is not a time");
            return 0;
        }
        scanner->at++;
        micros += scan_time_of_day(scanner);
        micros -= scan_offset(scanner);
    }
    if (scanner->wrong == NULL && *scanner->at != '\0') {
        fail(scanner, "is not a time");
    }
    if (micros < 0 || micros >= MICROS_END) {
        fail(scanner, "is not in the years 1970 to 9999");
    }
    return micros;
}

/* "-7d": into the micros to be added to now. */
static int64_t scan_relative(struct scanner *scanner)
{
    int64_t count = 0;
    int64_t unit_seconds;
    int digits = 0;

    for (scanner->at++; *scanner->at >= '0' && *scanner->at <= '9'; scanner->at++) {
        if (++digits > RELATIVE_DIGITS_MAX) {
            fail(scanner, "is too large a number");
            return 0;
        }
        count = count * 10 + (*scanner->at - '0');
    }
    switch (*scanner->at) {
    case 'd':
        unit_seconds = 86400;
        break;
    case 'h':
        unit_seconds = 3600;
        break;
    case 'm':
        unit_seconds = 60;
        break;
    default:
        unit_seconds = 0;
        break;
    }
    if (digits == 0 || unit_seconds == 0 || scanner->at[1] != '\0') {
        fail(scanner, "is not a time");
        return 0;
    }
    if (count * unit_seconds > MICROS_END / MICROS_PER_SECOND) {
        fail(scanner, "is too large a number");
        return 0;
    }
    return -count * unit_seconds * MICROS_PER_SECOND;
}

enum err values_parse_time(const char *text, struct time_value *ret_time, struct err_info *ret_info)
{
    struct scanner scanner = {.at = text};
    struct time_value time = {.kind = TIME_ABSOLUTE};

    if (strcmp(text, "today") == 0) {
        time.kind = TIME_TODAY;
    } else if (strcmp(text, "yesterday") == 0) {
        time.kind = TIME_YESTERDAY;
    } else if (text[0] == '-') {
        time.kind = TIME_RELATIVE;
        time.micros = scan_relative(&scanner);
    } else {
        time.micros = scan_absolute(&scanner);
    }
    if (scanner.wrong != NULL) {
        return err_set(ret_info, ERR_BAD_VALUE, "'%.40s%s' %s", text, strnlen(text, 41) > 40 ? "…" : "",
                       scanner.wrong);
    }
    *ret_time = time;
    return ERR_OK;
}

static char *put_digits(char *out, int64_t value, int digits)
{
    for (int i = digits; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

/* "YYYY-MM-DD" of a count of days since 1970-01-01, not before 0000-03-01. */
static char *put_date(char *out, int64_t days)
{
    int64_t era_days = days + DAYS_BEFORE_1970;
    int64_t era = era_days / DAYS_PER_ERA;
    int64_t day = era_days % DAYS_PER_ERA;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t month;

    day -= year * 365 + year / 4 - year / 100;
    month = (day * 5 + 2) / 153;
    day -= (month * 153 + 2) / 5;
    year += era * 400 + (month >= 10 ? 1 : 0);
    month += month >= 10 ? -9 : 3;
    out = put_digits(out, year, 4);
    *out++ = '-';
    out = put_digits(out, month, 2);
    *out++ = '-';
    return put_digits(out, day + 1, 2);
}

static char *put_fraction(char *out, int64_t micros)
{
    int digits = 6;

    if (micros == 0) {
        return out;
    }
    while (micros % 10 == 0) {
        micros /= 10;
        digits--;
    }
    *out++ = '.';
    return put_digits(out, micros, digits);
}

void values_append_time(struct buf *buf, int64_t micros)
{
    char *start = buf_reserve(buf, TIME_TEXT_MAX);
    char *out;
    int64_t days;
    int64_t seconds;

    /* The last and first instants that can be written stand for those beyond. */
    if (micros >= MICROS_END) {
        micros = MICROS_END - 1;
    } else if (micros < -DAYS_BEFORE_1970 * MICROS_PER_DAY) {
        micros = -DAYS_BEFORE_1970 * MICROS_PER_DAY;
    }
    days = micros / MICROS_PER_DAY - (micros % MICROS_PER_DAY < 0 ? 1 : 0);
    micros -= days * MICROS_PER_DAY;
    seconds = micros / MICROS_PER_SECOND;
    out = put_date(start, days);
    *out++ = 'T';
    out = put_digits(out, seconds / 3600, 2);
    *out++ = ':';
    out = put_digits(out, seconds / 60 % 60, 2);
    *out++ = ':';
    out = put_digits(out, seconds % 60, 2);
    out = put_fraction(out, micros % MICROS_PER_SECOND);
    *out++ = 'Z';
    buf->len += (size_t)(out - start);
}
