/* Tests of common/text: strict UTF-8, what is printable, names, and columns. */
#include "common/text.h"

#include "tests/unit/unit.h"

static void every_code_point_decodes(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x10FFFF; point++) {
        char text[4];
        size_t len = unit_encode(point, text);
        uint32_t decoded = 0xDEAD;
        bool surrogate = point >= 0xD800 && point <= 0xDFFF;

        assert_int_equal(text_decode(text, len, &decoded), surrogate ? 0 : len);
        assert_int_equal(decoded, surrogate ? 0xDEAD : point);
        assert_int_equal(text_is_utf8(text, len), !surrogate);
        for (size_t cut = 1; cut < len; cut++) {
            assert_int_equal(text_decode(text, cut, &decoded), 0);
        }
    }
    assert_int_equal(text_decode("", 0, NULL), 0);
}

static void malformed_is_refused(void **state)
{
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc0\xaf",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x41",
                                      "\xc2\xc0", /* two bytes */
                                      "\xe0\x80\x80",
                                      "\xe0\x9f\xbf",
                                      "\xe1\x80",
                                      "\xe1\x41\x80",
                                      "\xe1\x80\x41",
                                      "\xed\xa0\x80", /* three */
                                      "\xed\xbf\xbf",
                                      "\xf0\x80\x80\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf1\x80\x80",
                                      "\xf1\x41\x80\x80", /* four */
                                      "\xf1\x80\x41\x80",
                                      "\xf1\x80\x80\x41",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xf8\x88\x80\x80\x80",
                                      "\xfc\x84\x80\x80\x80\x80",
                                      "\xfe",
                                      "\xff"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        uint32_t point = 1;

        assert_int_equal(text_decode(bad[i], strlen(bad[i]), &point), 0);
        assert_int_equal(point, 1);
    }
}

/* A fault at each place of a long text, so that the fast path for ASCII misses none. */
static void fault_is_found_anywhere(void **state)
{
    char text[40];

    (void)state;
    for (size_t len = 1; len <= sizeof text; len++) {
        memset(text, 'a', sizeof text);
        assert_true(text_is_utf8(text, len));
        for (size_t at = 0; at < len; at++) {
            text[at] = (char)0x80;
            assert_false(text_is_utf8(text, len));
            text[at] = 'a';
        }
    }
    assert_true(text_is_utf8("", 0));
    assert_true(text_is_utf8("aaaaaaaaaaaä寿🍣aaaaaaaaaaaaä", strlen("aaaaaaaaaaaä寿🍣aaaaaaaaaaaaä")));
}

struct range {
    uint32_t first;
    uint32_t last;
};

/* The classes that the header names, written a second time on purpose. */
static void controls_are_not_printable(void **state)
{
    static const struct range refused[] = {
        {0x00, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},       {0x61C, 0x61C},       {0x200B, 0x200D},
        {0x200E, 0x200F},    {0x2028, 0x2029}, {0x202A, 0x202E},   {0x2060, 0x2064},     {0x2066, 0x2069},
        {0x206A, 0x206F},    {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB},   {0xE0001, 0xE0001},   {0xE0020, 0xE007F},
        {0xD800, 0xDFFF},    {0xE000, 0xF8FF}, {0xF0000, 0xFFFFF}, {0x100000, 0x10FFFF}, {0xFDD0, 0xFDEF},
        {0x110000, 0x110010}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        for (uint32_t point = refused[i].first; point <= refused[i].last; point++) {
            assert_false(text_point_is_printable(point));
        }
    }
    for (uint32_t plane = 0; plane <= 0x10; plane++) {
        assert_false(text_point_is_printable(plane << 16 | 0xFFFE));
        assert_false(text_point_is_printable(plane << 16 | 0xFFFF));
    }
    assert_false(text_point_is_printable(UINT32_MAX));
}

static void letters_are_printable(void **state)
{
    static const uint32_t points[] = {
        0x20,   0x7E,   0xA0,   0xAC,   0xAE,   0xE4,   0x300,      0x410,   0x61B,   0x61D,   0x5D0,  0x627,
        0x200A, 0x2010, 0x2026, 0x2027, 0x202F, 0x2030, 0x2065 - 6, 0x2070,  0x20AC,  0x2714,  0x3042, 0x5BFF,
        0xAC00, 0xF900, 0xFDCF, 0xFDF0, 0xFE0F, 0xFFFC, 0xFFFD,     0x1F363, 0x20000, 0xE0100, 0xE01EF};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(points); i++) {
        assert_true(text_point_is_printable(points[i]));
    }
}

static bool is_name(const char *text)
{
    return text_is_name(text, strlen(text), 20);
}

static void names_are_checked(void **state)
{
    (void)state;
    assert_true(is_name("a"));
    assert_true(is_name("two words"));
    assert_true(is_name("Käse 寿司"));
    assert_true(is_name("12345678901234567890"));
    assert_false(is_name("123456789012345678901"));
    assert_false(is_name(""));
    assert_false(is_name(" "));
    assert_false(is_name(" a"));
    assert_false(is_name("a "));
    assert_false(is_name("\xc2\xa0"
                         "a"));
    assert_false(is_name("a\xe3\x80\x80"));
    assert_false(is_name("a\xe2\x80\x8a"));
    assert_false(is_name("a\tb"));
    assert_false(is_name("a\nb"));
    assert_false(is_name("a\xe2\x80\xae"
                         "b"));
    assert_false(is_name("a\xe2\x80\x8b"
                         "b"));
    assert_false(is_name("a\xff"));
    assert_false(text_is_name("a\0b", 3, 20));
}

static void notes_may_be_empty(void **state)
{
    (void)state;
    assert_true(text_is_printable("", 0));
    assert_true(text_is_printable(" a ", 3));
    assert_false(text_is_printable("a\n", 2));
    assert_false(text_is_printable("a\xc3", 2));
}

static size_t width(const char *text)
{
    return text_width(text, strlen(text));
}

static void columns_are_counted(void **state)
{
    (void)state;
    assert_int_equal(width(""), 0);
    assert_int_equal(width("abc"), 3);
    assert_int_equal(width("Käse"), 4);
    assert_int_equal(width("寿司"), 4);
    assert_int_equal(width("한글"), 4);
    assert_int_equal(width("🍣"), 2);
    assert_int_equal(width("ｱ"), 1);
    assert_int_equal(width("Ａ"), 2);
    assert_int_equal(width("e\xcc\x81"), 1);
    assert_int_equal(width("\xe0\xb8\x81\xe0\xb8\xb1"), 1);
    assert_int_equal(width("a\x1b\n"), 3);
    assert_int_equal(width("\xff\xfe"), 2);
    assert_int_equal(width("\xe2\x80\xae"), 1);
}

static void check_fit(const char *text, size_t columns, size_t bytes, size_t taken)
{
    size_t ret_taken = 99;

    assert_int_equal(text_fit(text, strlen(text), columns, &ret_taken), bytes);
    assert_int_equal(ret_taken, taken);
}

static void prefix_fits(void **state)
{
    (void)state;
    check_fit("abc", 0, 0, 0);
    check_fit("abc", 2, 2, 2);
    check_fit("abc", 3, 3, 3);
    check_fit("abc", 9, 3, 3);
    check_fit("寿司", 1, 0, 0);
    check_fit("寿司", 2, 3, 2);
    check_fit("寿司", 3, 3, 2);
    check_fit("寿司", 4, 6, 4);
    check_fit("e\xcc\x81x", 1, 3, 1);
    check_fit("\xff\xff", 1, 1, 1);
    check_fit("", 5, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_decodes),
        cmocka_unit_test(malformed_is_refused),
        cmocka_unit_test(fault_is_found_anywhere),
        cmocka_unit_test(controls_are_not_printable),
        cmocka_unit_test(letters_are_printable),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(notes_may_be_empty),
        cmocka_unit_test(columns_are_counted),
        cmocka_unit_test(prefix_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
