/* Tests of common/arena: alignment, large pieces, and that nothing overlaps. */
#include "common/arena.h"

#include "tests/unit/unit.h"

static void empty_arena_is_valid(void **state)
{
    struct arena arena = {0};

    (void)state;
    arena_done(&arena);
    assert_non_null(arena_alloc(&arena, 0));
    arena_done(&arena);
    assert_int_equal(arena.total, 0);
    assert_null(arena.blocks);
}

static void pieces_are_aligned_and_apart(void **state)
{
    struct arena arena = {0};
    unsigned char *pieces[500];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        pieces[i] = arena_alloc(&arena, i * 7 % 3000 + 1);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        memset(pieces[i], (int)(i & 0xFF), i * 7 % 3000 + 1);
    }
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        for (size_t at = 0; at < i * 7 % 3000 + 1; at++) {
            assert_int_equal(pieces[i][at], i & 0xFF);
        }
    }
    arena_done(&arena);
}

static void large_piece_leaves_the_rest_in_use(void **state)
{
    struct arena arena = {0};
    char *first = arena_alloc(&arena, 16);
    char *large = arena_alloc(&arena, 1 << 20);
    char *second = arena_alloc(&arena, 16);

    (void)state;
    assert_ptr_equal(second, first + 16);
    memset(large, 1, 1 << 20);
    assert_true(arena.total >= 1 << 20);
    arena_done(&arena);
}

static void large_piece_comes_first(void **state)
{
    struct arena arena = {0};
    char *large = arena_alloc(&arena, 100000);
    char *small = arena_alloc(&arena, 10);

    (void)state;
    memset(large, 1, 100000);
    memset(small, 2, 10);
    assert_int_equal(large[99999], 1);
    arena_done(&arena);
}

static void total_grows_with_blocks_only(void **state)
{
    struct arena arena = {0};
    size_t total;

    (void)state;
    arena_alloc(&arena, 1);
    total = arena.total;
    assert_true(total > 0);
    arena_alloc(&arena, 1);
    assert_int_equal(arena.total, total);
    arena_done(&arena);
}

static void copies_end_in_nul(void **state)
{
    struct arena arena = {0};

    (void)state;
    assert_string_equal(arena_strdup(&arena, "text"), "text");
    assert_string_equal(arena_strdup(&arena, ""), "");
    assert_string_equal(arena_strndup(&arena, "text", 2), "te");
    assert_string_equal(arena_strndup(&arena, NULL, 0), "");
    assert_string_equal(arena_printf(&arena, "%s-%d", "a", 7), "a-7");
    assert_int_equal(strlen(arena_printf(&arena, "%05000d", 7)), 5000);
    arena_done(&arena);
}

static void calloc_is_zero(void **state)
{
    struct arena arena = {0};
    unsigned char *piece;

    (void)state;
    for (int round = 0; round < 50; round++) {
        memset(arena_alloc(&arena, 64), 0xAA, 64);
        piece = arena_calloc(&arena, 16, 4);
        for (size_t i = 0; i < 64; i++) {
            assert_int_equal(piece[i], 0);
        }
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_arena_is_valid),
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(large_piece_leaves_the_rest_in_use),
        cmocka_unit_test(large_piece_comes_first),
        cmocka_unit_test(total_grows_with_blocks_only),
        cmocka_unit_test(copies_end_in_nul),
        cmocka_unit_test(calloc_is_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
