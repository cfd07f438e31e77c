/* test_buffer.c: bytes that grow up to their limit and fail once for all. */
#include "support/unit.h"

#include "base/buffer.h"
#include "base/memory.h"

static void bytes_are_added_and_closed_by_a_nul(void **state)
{
    (void)state;
    levin_buffer b = LEVIN_BUFFER(100);
    assert_null(b.data);
    assert_true(levin__buffer_add_text(&b, "ab"));
    assert_true(levin__buffer_add_char(&b, 'c'));
    assert_true(levin__buffer_addf(&b, "%d-%s", 12, "x"));
    assert_true(levin__buffer_add(&b, "\0y", 2));
    assert_true(levin__buffer_add(&b, NULL, 0));
    assert_int_equal(b.size, 9);
    assert_memory_equal(b.data, "abc12-x\0y", 10);
    levin__buffer_free(&b);
    levin__buffer_free(&b);
}

static void a_buffer_grows_over_many_sizes(void **state)
{
    (void)state;
    levin_buffer b = LEVIN_BUFFER(1 << 20);
    int64_t before = levin__alloc_count();
    for (int i = 0; i < 100000; i++)
        assert_true(levin__buffer_add_char(&b, (char)('a' + i % 26)));
    assert_in_range(levin__alloc_count() - before, 1, 30);
    assert_true(b.size < b.capacity);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
    assert_int_equal(b.data[b.size], '\0');
    levin__buffer_free(&b);
}

static void the_limit_itself_is_allowed_and_one_more_is_not(void **state)
{
    (void)state;
    levin_buffer b = LEVIN_BUFFER(5);
    assert_true(levin__buffer_add(&b, "12345", 5));
    assert_true(levin__buffer_add(&b, "", 0));
    assert_false(levin__buffer_add_char(&b, '6'));
    assert_error(LEVIN_EINVAL, "limit of 5 bytes");

    levin_buffer f = LEVIN_BUFFER(5);
    assert_true(levin__buffer_addf(&f, "%s", "1234"));
    assert_false(levin__buffer_addf(&f, "%d", 56));
    assert_error(LEVIN_EINVAL, "limit of 5 bytes");

    levin_buffer none = LEVIN_BUFFER(0);
    assert_true(levin__buffer_add(&none, "", 0));
    assert_false(levin__buffer_reserve(&none, SIZE_MAX));
    assert_error(LEVIN_EINVAL, "limit of 0 bytes");
    levin__buffer_free(&none);
}

static void after_a_failure_the_buffer_is_empty_and_does_nothing(void **state)
{
    (void)state;
    levin_buffer b = LEVIN_BUFFER(3);
    levin__buffer_add_text(&b, "abc");
    assert_false(levin__buffer_add_text(&b, "d"));
    levin_error_clear();
    assert_true(b.failed);
    assert_int_equal(b.size, 0);
    assert_null(b.data);
    assert_false(levin__buffer_add_text(&b, "e"));
    assert_false(levin__buffer_addf(&b, "%c", 'e'));
    assert_null(levin__buffer_take(&b));
    assert_int_equal(levin_error(), LEVIN_OK); // said once
    levin__buffer_clear(&b);
    assert_true(levin__buffer_add_text(&b, "e"));
    assert_string_equal(b.data, "e");
    levin__buffer_free(&b);
}

static void a_heap_that_says_no_fails_the_buffer(void **state)
{
    (void)state;
    levin_buffer b = LEVIN_BUFFER(1000);
    levin__buffer_add_text(&b, "abc");
    levin__alloc_fail_at(1);
    assert_false(levin__buffer_addf(&b, "%200s", "wide"));
    assert_error(LEVIN_ENOMEM, "out of memory");
    assert_true(b.failed);
    assert_null(b.data);
}

static void clearing_keeps_the_memory(void **state)
{
    (void)state;
    levin_buffer b = LEVIN_BUFFER(1000);
    levin__buffer_addf(&b, "%500s", "wide");
    int64_t before = levin__alloc_count();
    for (int i = 0; i < 10; i++) {
        levin__buffer_clear(&b);
        assert_int_equal(b.size, 0);
        assert_string_equal(b.data, "");
        assert_true(levin__buffer_addf(&b, "%500s", "wide"));
    }
    assert_int_equal(levin__alloc_count(), before);
    levin__buffer_free(&b);
}

static void what_is_taken_is_the_callers(void **state)
{
    (void)state;
    levin_buffer b = LEVIN_BUFFER(10);
    char *empty = levin__buffer_take(&b);
    assert_string_equal(empty, "");
    levin__buffer_add_text(&b, "mine");
    char *taken = levin__buffer_take(&b);
    assert_string_equal(taken, "mine");
    assert_null(b.data);
    assert_int_equal(b.size, 0);
    assert_true(levin__buffer_add_text(&b, "next"));
    assert_string_equal(taken, "mine");
    levin__free(empty);
    levin__free(taken);
    levin__buffer_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_added_and_closed_by_a_nul),
        cmocka_unit_test(a_buffer_grows_over_many_sizes),
        cmocka_unit_test(the_limit_itself_is_allowed_and_one_more_is_not),
        cmocka_unit_test(after_a_failure_the_buffer_is_empty_and_does_nothing),
        cmocka_unit_test(a_heap_that_says_no_fails_the_buffer),
        cmocka_unit_test(clearing_keeps_the_memory),
        cmocka_unit_test(what_is_taken_is_the_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
