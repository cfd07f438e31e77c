/* test_npy.c: matrices as NumPy files: the bytes that the format asks for, whole or not at all. */
#include "base/file.h"
#include "base/memory.h"
#include "formats/npy.h"
#include "support/scratch.h"

enum { HEADER = 128 };

static void assert_file(const char *name, const char *shape, const float *numbers, size_t n)
{
    size_t size;
    char *text = levin__file_read(in_scratch(name), 1 << 20, &size);
    assert_non_null(text);
    assert_int_equal(size, HEADER + n * sizeof *numbers);
    assert_memory_equal(text, "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, ",
                        50);
    assert_int_equal(text[HEADER - 1], '\n');
    text[HEADER - 1] = '\0';
    assert_non_null(strstr(text + 10, shape));
    assert_memory_equal(text + HEADER, numbers, n * sizeof *numbers);
    levin__free(text);
}

static void rows_are_counted_at_the_end(void **state)
{
    (void)state;
    const float numbers[] = { 1, -2.5f, 3e-9f, 4, 5, 6 };
    levin_npy *f = levin__npy_open(in_scratch("a.npy"), 2);
    assert_true(levin__npy_add(f, numbers, 2));
    assert_true(levin__npy_add(f, numbers, 0));
    assert_true(levin__npy_add(f, numbers + 4, 1));
    assert_int_equal(levin__npy_commit(f), 0);
    assert_file("a.npy", "'shape': (3, 2), }", numbers, 6);
    assert_int_equal(empty_scratch(), 1);
}

static void no_rows_are_a_matrix_too(void **state)
{
    (void)state;
    assert_int_equal(levin__npy_commit(levin__npy_open(in_scratch("a.npy"), 384)), 0);
    assert_file("a.npy", "'shape': (0, 384), }", NULL, 0);
    empty_scratch();
}

static void more_than_the_writer_holds_back_is_in_the_file(void **state)
{
    (void)state;
    enum { ROWS = 3, WIDTH = 20000 };
    static float numbers[ROWS * WIDTH];
    for (int i = 0; i < ROWS * WIDTH; i++)
        numbers[i] = (float)i;
    levin_npy *f = levin__npy_open(in_scratch("a.npy"), WIDTH);
    for (int i = 0; i < ROWS; i++)
        levin__npy_add(f, numbers + i * WIDTH, 1);
    assert_int_equal(levin__npy_commit(f), 0);
    assert_file("a.npy", "'shape': (3, 20000), }", numbers, ROWS * WIDTH);
    empty_scratch();
}

static void nothing_is_left_of_one_that_was_given_up(void **state)
{
    (void)state;
    const float x = 1;
    levin_npy *f = levin__npy_open(in_scratch("a.npy"), 1);
    levin__npy_add(f, &x, 1);
    levin__npy_abort(f);
    levin__npy_abort(NULL);
    assert_int_equal(empty_scratch(), 0);
    assert_null(levin__npy_open(in_scratch("no/a.npy"), 1));
    assert_error(LEVIN_EIO, "no/a.npy: cannot create: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_counted_at_the_end),
        cmocka_unit_test(no_rows_are_a_matrix_too),
        cmocka_unit_test(more_than_the_writer_holds_back_is_in_the_file),
        cmocka_unit_test(nothing_is_left_of_one_that_was_given_up),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
