/* test_scope.c: memory by lifetime: nesting, what outlives what, and that a warm loop leaves the
 * heap alone. Whether a thread's end frees everything is for the leak checker to see. */
#include "support/unit.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/scope.h"

#include <pthread.h>

enum { DEEPEST = 63 }; // scopes below the root

static void pieces_are_aligned_and_apart(void **state)
{
    (void)state;
    enum { PIECES = 400 };
    unsigned char *piece[PIECES];
    size_t size[PIECES];
    levin_generator g;
    levin__generator_seed(&g, 1);
    levin_scope *scope = levin_scope_begin();
    for (int i = 0; i < PIECES; i++) {
        size[i] = (size_t)levin__generator_below(&g, i % 50 ? 300 : 700000);
        piece[i] = levin__scope_alloc(size[i]);
        assert_non_null(piece[i]);
        assert_int_equal((uintptr_t)piece[i] % LEVIN_ALIGN, 0);
        memset(piece[i], i & 0xff, size[i]);
    }
    for (int i = 0; i < PIECES; i++)
        for (size_t k = 0; k < size[i]; k++)
            if (piece[i][k] != (i & 0xff))
                fail_msg("piece %d was written into", i);
    levin_scope_end(scope);
}

static void ending_a_scope_ends_those_inside_it(void **state)
{
    (void)state;
    levin_scope *root = levin__scope_current();
    levin_scope *a = levin_scope_begin(), *b = levin_scope_begin(), *c = levin_scope_begin();
    assert_ptr_equal(levin__scope_current(), c);
    assert_ptr_equal(levin__scope_parent(c), b);
    assert_ptr_equal(levin__scope_parent(a), root);
    assert_null(levin__scope_parent(root));
    levin_scope_end(a);
    assert_ptr_equal(levin__scope_current(), root);
    levin_scope_end(b); // long gone
    levin_scope_end(NULL);
    assert_ptr_equal(levin__scope_current(), root);
}

static void the_root_cannot_be_ended(void **state)
{
    (void)state;
    levin_scope *root = levin__scope_current();
    char *kept = levin__scope_alloc(100);
    memset(kept, 7, 100);
    levin_scope_end(root);
    memset(levin__scope_alloc(100), 8, 100);
    assert_int_equal(kept[0], 7);
    assert_int_equal(kept[99], 7);
}

static void what_the_outer_scope_gave_outlives_the_inner_one(void **state)
{
    (void)state;
    levin_scope *outer = levin_scope_begin(), *inner = levin_scope_begin();
    char *kept = levin__scope_alloc_in(outer, 5000), *lost = levin__scope_alloc(5000);
    memset(kept, 'k', 5000);
    memset(lost, 'l', 5000);
    levin_scope_end(inner);
    inner = levin_scope_begin();
    for (int i = 0; i < 1000; i++)
        memset(levin__scope_alloc(5000), 'x', 5000);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(kept[i], 'k');
    levin_scope_end(outer);
}

/* The same requests in nested scopes, some of them larger than a chunk grows by itself. */
static void step(int64_t tokens)
{
    levin_scope *outer = levin_scope_begin();
    for (int layer = 0; layer < 6; layer++) {
        levin_scope *inner = levin_scope_begin();
        assert_non_null(levin__scope_alloc((size_t)tokens * 30000));
        assert_non_null(levin__scope_alloc(64));
        assert_non_null(levin__scope_alloc_in(outer, (size_t)tokens * 1500));
        levin_scope_end(inner);
    }
    levin_scope_end(outer);
}

static void a_warm_loop_takes_nothing_from_the_heap(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        step(1270);
    int64_t before = levin__alloc_count();
    for (int i = 0; i < 50; i++)
        step(1270);
    assert_int_equal(levin__alloc_count(), before);
}

static void steps_of_changing_size_soon_leave_the_heap_alone(void **state)
{
    (void)state;
    levin_generator g;
    levin__generator_seed(&g, 2);
    for (int i = 0; i < 30; i++)
        step(600 + (int64_t)levin__generator_below(&g, 700));
    int64_t before = levin__alloc_count();
    for (int i = 0; i < 300; i++)
        step(600 + (int64_t)levin__generator_below(&g, 700));
    assert_in_range(levin__alloc_count() - before, 0, 2);
}

static void scopes_nest_so_deep_and_no_deeper(void **state)
{
    (void)state;
    levin_scope *first = levin_scope_begin();
    for (int i = 1; i < DEEPEST; i++)
        assert_non_null(levin_scope_begin());
    levin_scope *innermost = levin__scope_current();
    assert_null(levin_scope_begin());
    assert_error(LEVIN_ESTATE, "64");
    assert_ptr_equal(levin__scope_current(), innermost);
    assert_non_null(levin__scope_alloc(10));
    levin_scope_end(first);
    assert_null(levin__scope_parent(levin__scope_current()));
}

static void large_pieces_are_possible_and_impossible_ones_refused(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    const size_t large = (size_t)150 << 20;
    char *p = levin__scope_alloc(large);
    assert_non_null(p);
    p[0] = p[large - 1] = 1;
    const size_t impossible[] = { SIZE_MAX, SIZE_MAX - 63, SIZE_MAX / 2 + 1 };
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        assert_null(levin__scope_alloc(impossible[i]));
        assert_error(LEVIN_ENOMEM, "out of memory");
    }
    levin_scope_end(scope);
}

static void a_scope_survives_a_heap_that_says_no(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    char *p = levin__scope_alloc(10);
    size_t before = levin__scope_bytes();
    levin__alloc_fail_at(1);
    assert_null(levin__scope_alloc((size_t)400 << 20)); // more than any spare chunk holds
    assert_error(LEVIN_ENOMEM, "out of memory");
    assert_int_equal(levin__scope_bytes(), before);
    memset(p, 1, 10);
    memset(levin__scope_alloc(10), 2, 10);
    assert_int_equal(p[9], 1);
    levin_scope_end(scope);
}

static void bytes_in_use_and_their_peak_are_told(void **state)
{
    (void)state;
    size_t before = levin__scope_bytes();
    levin_scope *scope = levin_scope_begin();
    levin__scope_alloc(1);
    levin__scope_alloc(65);
    assert_int_equal(levin__scope_bytes(), before + 64 + 128);
    levin__scope_alloc((size_t)500 << 20);
    size_t peak = levin__scope_peak_bytes();
    assert_int_equal(peak, levin__scope_bytes());
    levin_scope_end(scope);
    assert_int_equal(levin__scope_bytes(), before);
    assert_int_equal(levin__scope_peak_bytes(), peak);
}

static void a_new_scope_has_no_attachment(void **state)
{
    (void)state;
    int thing;
    for (int i = 0; i < 2; i++) { // the second takes the place of the first
        levin_scope *scope = levin_scope_begin();
        assert_null(*levin__scope_attachment(scope));
        *levin__scope_attachment(scope) = &thing;
        assert_ptr_equal(*levin__scope_attachment(levin__scope_current()), &thing);
        levin_scope_end(scope);
    }
}

static void *work_and_leave_it_all(void *unused)
{
    (void)unused;
    bool fresh = levin__scope_bytes() == 0 && !levin__scope_parent(levin__scope_current());
    memset(levin__scope_alloc(1000), 1, 1000);
    levin_scope *ended = levin_scope_begin();
    memset(levin__scope_alloc(3000000), 2, 3000000);
    levin_scope_end(ended);
    levin_scope_begin();
    memset(levin__scope_alloc(5000000), 3, 5000000);
    return (void *)(intptr_t)fresh;
}

static void each_thread_has_scopes_of_its_own_that_end_with_it(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    char *here = levin__scope_alloc(100);
    memset(here, 9, 100);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        void *fresh;
        assert_int_equal(pthread_create(&thread, NULL, work_and_leave_it_all, NULL), 0);
        pthread_join(thread, &fresh);
        assert_non_null(fresh);
    }
    assert_ptr_equal(levin__scope_current(), scope);
    assert_int_equal(here[99], 9);
    levin_scope_end(scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(ending_a_scope_ends_those_inside_it),
        cmocka_unit_test(the_root_cannot_be_ended),
        cmocka_unit_test(what_the_outer_scope_gave_outlives_the_inner_one),
        cmocka_unit_test(a_warm_loop_takes_nothing_from_the_heap),
        cmocka_unit_test(steps_of_changing_size_soon_leave_the_heap_alone),
        cmocka_unit_test(scopes_nest_so_deep_and_no_deeper),
        cmocka_unit_test(large_pieces_are_possible_and_impossible_ones_refused),
        cmocka_unit_test(a_scope_survives_a_heap_that_says_no),
        cmocka_unit_test(bytes_in_use_and_their_peak_are_told),
        cmocka_unit_test(a_new_scope_has_no_attachment),
        cmocka_unit_test(each_thread_has_scopes_of_its_own_that_end_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
