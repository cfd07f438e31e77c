/* test_apply.c: the modes of a thread: gradients on or off, autocast and its copies of parameters,
 * the keys of random draws. */
#include "unit/autograd/leaf.h"

#include "autograd/autograd.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>

static void without_gradients_nothing_is_recorded(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(3, 1);
    levin_scope *scope = levin_scope_begin();
    assert_true(levin_set_grad_enabled(false)); // on at first
    assert_false(levin_set_grad_enabled(false));
    levin_tensor *y = levin_scale(x, 2);
    assert_null(y->call);
    assert_false(y->requires_grad);
    assert_false(levin_set_grad_enabled(true));
    levin_tensor *loss = levin_sum(levin_mul(y, x), 0); // y counts as a constant
    assert_true(loss->requires_grad);
    assert_int_equal(levin_backward(loss), LEVIN_OK);
    assert_true(levin_tensor_get(levin_tensor_grad(x), 2) == 6);
    levin_scope_end(scope);
    levin_tensor_free(x);
}

static void what_leads_to_no_parameter_is_not_recorded(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(3, 1);
    levin_requires_grad(x, false);
    levin_scope *scope = levin_scope_begin();
    assert_null(levin_scale(x, 2)->call);
    levin_requires_grad(x, true);
    assert_non_null(levin_scale(x, 2)->call);
    assert_null(levin_argmax(x, 0)->call); // has no way back
    levin_scope_end(scope);
    levin_tensor_free(x);
}

typedef struct {
    levin_tensor *x, *w; // (2, 3) and (4, 3)
} product;

static product new_product(void)
{
    const int64_t x[] = { 2, 3 }, w[] = { 4, 3 };
    return (product){ leaf(2, x, 1), leaf(2, w, -3) };
}

static void free_product(product *p)
{
    levin_tensor_free(p->x);
    levin_tensor_free(p->w);
}

static void autocast_makes_products_bf16_and_can_be_turned_off(void **state)
{
    (void)state;
    product p = new_product();
    levin_scope *scope = levin_scope_begin();
    assert_int_equal(levin_set_autocast(LEVIN_BF16), LEVIN_F32);
    levin_tensor *half = levin_linear_op(p.x, p.w, NULL);
    assert_int_equal(levin_tensor_dtype(half), LEVIN_BF16);
    assert_int_equal(levin_tensor_dtype(levin_gelu(half)), LEVIN_BF16);
    levin_tensor *loss = levin_mse(half, levin__tensor_like(half, LEVIN_F32));
    assert_int_equal(levin_tensor_dtype(loss), LEVIN_F32); // losses are always f32
    assert_int_equal(levin_set_autocast(LEVIN_F32), LEVIN_BF16);
    levin_tensor *whole = levin_linear_op(p.x, p.w, NULL);
    assert_int_equal(levin_tensor_dtype(whole), LEVIN_F32);
    for (int64_t i = 0; i < 8; i++) // small whole numbers are exact in both
        assert_true(levin_tensor_get(whole, i) == levin_tensor_get(half, i));
    levin_scope_end(scope);
    free_product(&p);
}

static void autocast_to_another_type_is_refused(void **state)
{
    (void)state;
    assert_int_equal(levin_set_autocast(LEVIN_I32), LEVIN_F32);
    assert_error(LEVIN_EDTYPE, "autocast: i32 is not possible");
    assert_int_equal(levin_set_autocast(LEVIN_F32), LEVIN_F32);
}

static void gradients_of_parameters_are_f32_under_autocast(void **state)
{
    (void)state;
    product p = new_product();
    levin_scope *scope = levin_scope_begin();
    levin_set_autocast(LEVIN_BF16);
    levin_tensor *y = levin_linear_op(p.x, p.w, NULL);
    assert_int_equal(levin_backward(levin_sum(levin_sum(y, 0), 0)), LEVIN_OK);
    levin_set_autocast(LEVIN_F32);
    assert_int_equal(levin_tensor_dtype(levin_tensor_grad(p.w)), LEVIN_F32);
    for (int64_t i = 0; i < 12; i++) // the sum of the rows of x
        assert_true(levin_tensor_get(levin_tensor_grad(p.w), i) == 5 + 2 * (double)(i % 3));
    levin_scope_end(scope);
    free_product(&p);
}

/* The first number of x wT under autocast. */
static double first_product(const product *p)
{
    levin_scope *scope = levin_scope_begin();
    levin_set_autocast(LEVIN_BF16);
    double y = levin_tensor_get(levin_linear_op(p->x, p->w, NULL), 0);
    levin_set_autocast(LEVIN_F32);
    levin_scope_end(scope);
    return y;
}

static void a_changed_parameter_is_read_again(void **state)
{
    (void)state;
    product p = new_product();
    assert_true(first_product(&p) == 1 * -3 + 2 * -2 + 3 * -1);
    ((float *)levin_tensor_data(p.w))[0] = 100; // asking for the numbers says that they may change
    assert_true(first_product(&p) == 1 * 100 + 2 * -2 + 3 * -1);
    float *w = levin_tensor_data(p.w);
    assert_true(first_product(&p) == 1 * 100 + 2 * -2 + 3 * -1);
    w[0] = 7;
    levin__tensor_touch(p.w); // as modules and optimizers say it
    assert_true(first_product(&p) == 1 * 7 + 2 * -2 + 3 * -1);
    free_product(&p);
}

static void a_packing_is_made_once_and_refreshed_in_place(void **state)
{
    (void)state;
    product p = new_product();
    p.w->lent = false; // nobody keeps the pointer by which it was filled
    levin_set_grad_enabled(false);
    first_product(&p);
    assert_non_null(p.w->packings);
    const void *packed = p.w->packings[LEVIN_PACKED_FORWARD].data;
    assert_non_null(packed);
    uint64_t version = p.w->version;
    levin_tensor_const_data(p.w); // reading changes nothing
    levin_tensor_get(p.w, 0);
    assert_int_equal(p.w->version, version);
    int64_t before = levin__alloc_count();
    for (int i = 0; i < 5; i++) {
        levin__tensor_touch(p.w);
        first_product(&p);
    }
    assert_ptr_equal(p.w->packings[LEVIN_PACKED_FORWARD].data, packed);
    assert_int_equal(levin__alloc_count(), before);
    levin_set_grad_enabled(true);
    free_product(&p);
}

static void a_packing_that_finds_no_memory_is_an_error(void **state)
{
    (void)state;
    product p = new_product();
    p.w->lent = false; // nobody keeps the pointer by which it was filled
    levin_scope *scope = levin_scope_begin();
    levin_set_autocast(LEVIN_BF16);
    levin_set_grad_enabled(false);
    levin__alloc_fail_at(1);
    assert_null(levin_linear_op(p.x, p.w, NULL));
    levin__alloc_fail_at(0);
    assert_error(LEVIN_ENOMEM, "out of memory");
    assert_non_null(levin_linear_op(p.x, p.w, NULL));
    levin_set_grad_enabled(true);
    levin_set_autocast(LEVIN_F32);
    levin_scope_end(scope);
    free_product(&p);
}

typedef struct {
    int nulls, agreements; // results that are NULL; results that are NULL exactly after an error
} failures;

enum { TRIES = 10 };

/* In a thread of its own, whose scopes have no spare memory yet. Later on its workers alone, new
 * ones each time, need some: whether they come to it before the work is done is theirs to say. */
static void *fail_everywhere(void *result)
{
    failures *f = result;
    const int64_t shape[] = { 300, 700 };
    levin_tensor *x = leaf(2, shape, 0), *w = leaf(2, shape, 0);
    for (int i = 1; i <= TRIES; i++) {
        levin_set_num_threads(i + 1);
        levin_scope *scope = levin_scope_begin();
        levin__alloc_fail_at(i <= 4 ? i : 1);
        levin_tensor *y = levin_gelu(levin_linear_op(x, w, NULL));
        levin__alloc_fail_at(0);
        f->nulls += !y;
        f->agreements += !y == (levin_error() == LEVIN_ENOMEM);
        levin_error_clear();
        levin_scope_end(scope);
    }
    levin_tensor_free(x);
    levin_tensor_free(w);
    return NULL;
}

static void what_a_kernel_could_not_finish_is_null(void **state)
{
    (void)state;
    pthread_t thread;
    failures f = { 0 };
    assert_int_equal(pthread_create(&thread, NULL, fail_everywhere, &f), 0);
    pthread_join(thread, NULL);
    assert_int_equal(f.agreements, TRIES);
    assert_in_range(f.nulls, 2, TRIES);
    levin_set_num_threads(2);
}

enum { MANY = 4096 };

/* Which elements the next dropout call with p = 0.5 keeps, as text. */
static void pattern(char out[MANY + 1], const levin_tensor *ones)
{
    levin_scope *scope = levin_scope_begin();
    levin_tensor *y = levin_dropout(ones, 0.5, true);
    for (int64_t i = 0; i < MANY; i++)
        out[i] = levin_tensor_get(y, i) == 0 ? '-' : '+';
    out[MANY] = '\0';
    levin_scope_end(scope);
}

static levin_tensor *ones(void)
{
    levin_tensor *t = vector_leaf(MANY, 0);
    float *x = levin_tensor_data(t);
    for (int i = 0; i < MANY; i++)
        x[i] = 1;
    return t;
}

static void the_same_key_gives_the_same_pattern(void **state)
{
    (void)state;
    levin_tensor *x = ones();
    char first[MANY + 1], second[MANY + 1], again[MANY + 1];
    levin_set_random(7, 3);
    pattern(first, x);
    pattern(second, x);
    levin_set_random(7, 3);
    pattern(again, x);
    assert_string_equal(first, again);
    assert_string_not_equal(first, second); // another call
    pattern(again, x);
    assert_string_equal(second, again);
    levin_tensor_free(x);
}

static void another_seed_or_step_gives_another_pattern(void **state)
{
    (void)state;
    static const uint64_t keys[][2] = {
        { 7, 3 }, { 8, 3 }, { 7, 4 }, { 7 + (1ULL << 32), 3 }, { 7, 3 + (1ULL << 32) },
        { 3, 7 }, { 0, 0 }
    };
    enum { KEYS = sizeof keys / sizeof *keys };
    levin_tensor *x = ones();
    char(*patterns)[MANY + 1] = malloc(KEYS * sizeof *patterns);
    for (int i = 0; i < KEYS; i++) {
        levin_set_random(keys[i][0], keys[i][1]);
        pattern(patterns[i], x);
        int differ = 0;
        for (int j = 0; j < i; j++, differ = 0) {
            for (int k = 0; k < MANY; k++)
                differ += patterns[i][k] != patterns[j][k];
            assert_in_range(differ, MANY / 2 - 160, MANY / 2 + 160); // five deviations
        }
    }
    free(patterns);
    levin_tensor_free(x);
}

static void only_a_call_that_draws_takes_a_key(void **state)
{
    (void)state;
    levin_tensor *x = ones();
    levin_set_random(7, 3);
    assert_ptr_equal(levin_dropout(x, 0.5, false), x);
    assert_ptr_equal(levin_dropout(x, 0, true), x);
    levin_random_key key = levin__next_key();
    assert_int_equal(key.call, 0);
    assert_int_equal(levin__next_key().call, 1);
    levin_tensor_free(x);
}

static void gradients_pass_where_numbers_passed(void **state)
{
    (void)state;
    levin_tensor *x = ones();
    levin_scope *scope = levin_scope_begin();
    levin_set_random(9, 1);
    levin_tensor *y = levin_dropout(x, 0.25, true);
    assert_int_equal(levin_backward(levin_sum(y, 0)), LEVIN_OK);
    for (int64_t i = 0; i < MANY; i++) // ones make y the mask itself
        assert_true(levin_tensor_get(y, i) == levin_tensor_get(levin_tensor_grad(x), i));
    levin_scope_end(scope);
    levin_tensor_free(x);
}

static void *look_at_the_modes(void *unused)
{
    (void)unused;
    bool untouched =
        levin__grad_enabled() && levin__autocast() == LEVIN_F32 && levin__next_key().seed == 0;
    return (void *)(intptr_t)untouched;
}

static void modes_are_a_threads_own(void **state)
{
    (void)state;
    pthread_t thread;
    void *untouched;
    levin_set_grad_enabled(false);
    levin_set_autocast(LEVIN_BF16);
    levin_set_random(5, 5);
    assert_int_equal(pthread_create(&thread, NULL, look_at_the_modes, NULL), 0);
    pthread_join(thread, &untouched);
    assert_non_null(untouched);
    levin_set_grad_enabled(true);
    levin_set_autocast(LEVIN_F32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_gradients_nothing_is_recorded),
        cmocka_unit_test(what_leads_to_no_parameter_is_not_recorded),
        cmocka_unit_test(autocast_makes_products_bf16_and_can_be_turned_off),
        cmocka_unit_test(autocast_to_another_type_is_refused),
        cmocka_unit_test(gradients_of_parameters_are_f32_under_autocast),
        cmocka_unit_test(a_changed_parameter_is_read_again),
        cmocka_unit_test(a_packing_is_made_once_and_refreshed_in_place),
        cmocka_unit_test(a_packing_that_finds_no_memory_is_an_error),
        cmocka_unit_test(what_a_kernel_could_not_finish_is_null),
        cmocka_unit_test(the_same_key_gives_the_same_pattern),
        cmocka_unit_test(another_seed_or_step_gives_another_pattern),
        cmocka_unit_test(only_a_call_that_draws_takes_a_key),
        cmocka_unit_test(gradients_pass_where_numbers_passed),
        cmocka_unit_test(modes_are_a_threads_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
