/* test_memory.c: the door to the heap: alignment, limits, counting, failing to order. */
#include "support/unit.h"

#include "base/memory.h"

#include <pthread.h>

/* The sanitizers end the process where the real heap would say no. */
LEVIN_API const char *__asan_default_options(void);
LEVIN_API const char *__tsan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }
const char *__tsan_default_options(void) { return "allocator_may_return_null=1"; }

static bool is_aligned(const void *p) { return (uintptr_t)p % LEVIN_ALIGN == 0; }

static void blocks_of_any_size_are_aligned_and_whole(void **state)
{
    (void)state;
    const size_t sizes[] = { 0, 1, 63, 64, 65, 127, 4096, 4097, 1 << 20 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        void *p = levin__alloc(sizes[i]);
        assert_non_null(p);
        assert_true(is_aligned(p));
        memset(p, 0xa5, sizes[i]);
        levin__free(p);
    }
    levin__free(NULL);
    levin_free(NULL);
}

static void cleared_blocks_are_zero(void **state)
{
    (void)state;
    void *dirty = levin__alloc(3000);
    memset(dirty, 0xff, 3000);
    levin__free(dirty); // likely to be handed out again
    unsigned char *p = levin__calloc(300, 10);
    assert_true(is_aligned(p));
    for (int i = 0; i < 3000; i++)
        assert_int_equal(p[i], 0);
    levin__free(p);
    p = levin__calloc(0, 10);
    assert_non_null(p);
    levin__free(p);
}

static void a_product_that_overflows_is_refused(void **state)
{
    (void)state;
    assert_null(levin__calloc(SIZE_MAX / 2, 3));
    assert_error(LEVIN_ENOMEM, "9223372036854775807 times 3 bytes");
    assert_null(levin__calloc(3, SIZE_MAX / 2));
    assert_error(LEVIN_ENOMEM, "3 times 9223372036854775807 bytes");
}

static void more_than_there_is_is_refused(void **state)
{
    (void)state;
    const size_t sizes[] = { SIZE_MAX, SIZE_MAX - LEVIN_ALIGN + 1, SIZE_MAX - LEVIN_ALIGN,
                             SIZE_MAX / 2 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_null(levin__alloc(sizes[i]));
        assert_error(LEVIN_ENOMEM, "out of memory");
    }
}

static void a_block_keeps_its_bytes_as_its_size_changes(void **state)
{
    (void)state;
    char *p = levin__realloc(NULL, 0, 5);
    memcpy(p, "abcd", 5);
    p = levin__realloc(p, 5, 5000);
    assert_true(is_aligned(p));
    assert_string_equal(p, "abcd");
    p[4999] = 'z';
    p = levin__realloc(p, 5000, 3);
    assert_memory_equal(p, "abc", 3);
    levin__alloc_fail_at(1);
    assert_null(levin__realloc(p, 3, 10));
    assert_error(LEVIN_ENOMEM, "10 bytes");
    assert_memory_equal(p, "abc", 3);
    levin__free(p);
}

static void texts_are_copied_and_formatted(void **state)
{
    (void)state;
    char *copy = levin__strdup("text"), *start = levin__strndup("text", 2);
    char *made = levin__format("%s %d%%", "a", 5), *empty = levin__format("%s", "");
    assert_string_equal(copy, "text");
    assert_string_equal(start, "te");
    assert_string_equal(made, "a 5%");
    assert_string_equal(empty, "");
    assert_null(levin__strdup(NULL));
    levin__free(copy);
    levin__free(start);
    levin__free(made);
    levin__free(empty);
}

static void texts_that_find_no_memory_are_null(void **state)
{
    (void)state;
    levin__alloc_fail_at(1);
    assert_null(levin__strdup("text"));
    assert_error(LEVIN_ENOMEM, "5 bytes");
    levin__alloc_fail_at(1);
    assert_null(levin__format("%d", 12));
    assert_error(LEVIN_ENOMEM, "3 bytes");
}

static void the_nth_allocation_fails_once(void **state)
{
    (void)state;
    levin__alloc_fail_at(3);
    for (int i = 1; i <= 5; i++) {
        void *p = levin__alloc(1);
        assert_int_equal(p == NULL, i == 3);
        levin__free(p);
    }
    assert_error(LEVIN_ENOMEM, "1 bytes");
    levin__alloc_fail_at(1);
    levin__alloc_fail_at(0); // taken back
    void *p = levin__alloc(1);
    assert_non_null(p);
    levin__free(p);
}

enum { THREADS = 4, EACH = 1000 };

static void *take_and_give_back(void *unused)
{
    (void)unused;
    for (int i = 0; i < EACH; i++)
        levin__free(levin__alloc((size_t)i));
    return NULL;
}

static void allocations_of_all_threads_are_counted(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int64_t before = levin__alloc_count();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give_back, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(levin__alloc_count() - before, THREADS * EACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_any_size_are_aligned_and_whole),
        cmocka_unit_test(cleared_blocks_are_zero),
        cmocka_unit_test(a_product_that_overflows_is_refused),
        cmocka_unit_test(more_than_there_is_is_refused),
        cmocka_unit_test(a_block_keeps_its_bytes_as_its_size_changes),
        cmocka_unit_test(texts_are_copied_and_formatted),
        cmocka_unit_test(texts_that_find_no_memory_are_null),
        cmocka_unit_test(the_nth_allocation_fails_once),
        cmocka_unit_test(allocations_of_all_threads_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
