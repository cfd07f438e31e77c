/* test_backward.c: the way back: sums over paths and over calls, what has no way back, and that
 * nonsense is an error. */
#include "unit/autograd/leaf.h"

#include "base/memory.h"
#include "base/scope.h"

static void gradients_of_two_calls_add_up(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(5, 1);
    assert_null(levin_tensor_grad(x));
    for (int call = 1; call <= 3; call++) {
        levin_scope *scope = levin_scope_begin();
        assert_int_equal(levin_backward(levin_sum(levin_scale(x, 2), 0)), LEVIN_OK);
        levin_scope_end(scope);
        assert_grad(x, 2 * call);
    }
    levin_tensor_free(x);
}

static void an_input_that_is_used_twice_gets_both_parts(void **state)
{
    (void)state;
    levin_tensor *x = scalar_leaf(3);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *y = levin_add(levin_mul(x, x), x); // x^2 + x
    assert_true(levin_item(y) == 12);
    assert_int_equal(levin_backward(y), LEVIN_OK);
    assert_grad(x, 7);
    levin_scope_end(scope);
    levin_tensor_free(x);
}

static void a_result_that_is_used_twice_gets_both_parts(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(1, 3);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *a = levin_scale(x, 2), *b = levin_mul(a, a), *c = levin_scale(a, 3);
    assert_int_equal(levin_backward(levin_sum(levin_sub(b, c), 0)), LEVIN_OK);
    assert_grad(x, (2 * 6 - 3) * 2); // d (4 x^2 - 6 x)
    levin_scope_end(scope);
    levin_tensor_free(x);
}

static void paths_multiply_along_a_long_chain_of_diamonds(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(4, 1);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *y = x;
    for (int i = 0; i < 20; i++)
        y = levin_add(y, y);
    assert_int_equal(levin_backward(levin_sum(y, 0)), LEVIN_OK);
    assert_grad(x, 1 << 20);
    levin_scope_end(scope);
    levin_tensor_free(x);
}

static void only_what_the_loss_depends_on_gets_a_gradient(void **state)
{
    (void)state;
    levin_tensor *x = scalar_leaf(1), *y = scalar_leaf(2), *frozen = scalar_leaf(3);
    levin_requires_grad(frozen, false);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *unused = levin_mul(x, y), *loss = levin_mul(x, frozen);
    assert_int_equal(levin_backward(loss), LEVIN_OK);
    assert_grad(x, 3);
    assert_null(levin_tensor_grad(y));
    assert_null(levin_tensor_grad(frozen));
    assert_null(levin_tensor_grad(unused));
    levin_scope_end(scope);
    levin_tensor_free(x);
    levin_tensor_free(y);
    levin_tensor_free(frozen);
}

static void a_loss_that_is_a_leaf_has_slope_one(void **state)
{
    (void)state;
    levin_tensor *x = scalar_leaf(5);
    assert_int_equal(levin_backward(x), LEVIN_OK);
    assert_grad(x, 1);
    assert_int_equal(levin_backward(x), LEVIN_OK); // the second adds, as everywhere
    assert_grad(x, 2);
    levin_tensor_free(x);
}

static void a_loss_without_history_is_refused(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(3, 1);
    levin_scope *scope = levin_scope_begin();
    assert_int_equal(levin_backward(NULL), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "the loss is NULL");
    assert_int_equal(levin_backward(levin_scale(x, 2)), LEVIN_ESHAPE);
    assert_error(LEVIN_ESHAPE, "one element, this one is (3) f32");
    assert_int_equal(levin_backward(levin_zeros(LEVIN_F32, 0, NULL)), LEVIN_ESTATE);
    assert_error(LEVIN_ESTATE, "depends on no parameter");
    levin_set_grad_enabled(false);
    levin_tensor *loss = levin_sum(x, 0);
    levin_set_grad_enabled(true);
    assert_int_equal(levin_backward(loss), LEVIN_ESTATE);
    assert_error(LEVIN_ESTATE, "depends on no parameter");
    assert_null(levin_tensor_grad(x));
    levin_scope_end(scope);
    levin_tensor_free(x);
}

static void a_null_loss_gives_the_error_that_made_it(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(3, 1), *y = vector_leaf(2, 1);
    assert_int_equal(levin_backward(levin_mse(x, y)), LEVIN_ESHAPE);
    assert_error(LEVIN_ESHAPE, "(3) f32 and (2) f32");
    levin_tensor_free(x);
    levin_tensor_free(y);
}

static void backward_twice_is_an_error_and_changes_nothing(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(3, 1);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *loss = levin_sum(levin_mul(x, x), 0);
    assert_int_equal(levin_backward(loss), LEVIN_OK);
    double before = levin_tensor_get(levin_tensor_grad(x), 2);
    assert_int_equal(levin_backward(loss), LEVIN_ESTATE);
    assert_error(LEVIN_ESTATE, "a result of sum is gone");
    assert_true(levin_tensor_get(levin_tensor_grad(x), 2) == before);
    levin_scope_end(scope);
    levin_tensor_free(x);
}

static void a_second_loss_of_a_walked_graph_is_an_error(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(3, 1);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *shared = levin_mul(x, x);
    levin_tensor *early = levin_mean(shared, 0), *loss = levin_sum(shared, 0);
    assert_int_equal(levin_backward(loss), LEVIN_OK);
    assert_int_equal(levin_backward(early), LEVIN_ESTATE);
    assert_error(LEVIN_ESTATE, "a result of mean is gone");
    assert_int_equal(levin_backward(levin_sum(levin_scale(shared, 2), 0)), LEVIN_ESTATE);
    assert_error(LEVIN_ESTATE, "a result of mul is gone");
    /* What starts at the leaves again works again. */
    assert_int_equal(levin_backward(levin_sum(levin_scale(x, 5), 0)), LEVIN_OK);
    assert_true(levin_tensor_get(levin_tensor_grad(x), 2) == 2 * 3 + 5);
    levin_scope_end(scope);
    levin_tensor_free(x);
}

static void a_scope_that_ends_takes_its_tape_along(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(3, 1);
    levin_scope *outer = levin_scope_begin();
    levin_tensor *before = levin_scale(x, 2);
    levin_scope *inner = levin_scope_begin();
    levin_tensor *kept = levin_keep(levin_sum(levin_mul(before, before), 0));
    levin_scope_end(inner); // with calls on its tape
    inner = levin_scope_begin();
    memset(levin__scope_alloc(100000), 0xff, 100000);
    levin_scope_end(inner);
    assert_int_equal(levin_backward(kept), LEVIN_ESTATE); // it is a number now
    assert_error(LEVIN_ESTATE, "depends on no parameter");
    assert_int_equal(levin_backward(levin_sum(before, 0)), LEVIN_OK);
    assert_grad(x, 2);
    levin_scope_end(outer);
    levin_tensor_free(x);
}

static void a_tape_within_leaves_the_one_around_it_alone(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(3, 1), *y = vector_leaf(3, 1);
    levin_scope *outer = levin_scope_begin();
    levin_tensor *around = levin_sum(levin_scale(x, 2), 0);
    levin_scope *inner = levin_scope_begin();
    assert_int_equal(levin_backward(levin_sum(levin_scale(y, 3), 0)), LEVIN_OK);
    levin_scope_end(inner);
    assert_grad(y, 3);
    assert_null(levin_tensor_grad(x));
    assert_int_equal(levin_backward(around), LEVIN_OK);
    assert_grad(x, 2);
    levin_scope_end(outer);
    levin_tensor_free(x);
    levin_tensor_free(y);
}

static void a_way_back_that_leaves_its_scope_is_an_error(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(3, 1);
    levin_scope *outer = levin_scope_begin();
    levin_tensor *around = levin_scale(x, 2), *loss = levin_sum(around, 0);
    levin_scope *inner = levin_scope_begin();
    assert_int_equal(levin_backward(levin_sum(levin_mul(around, around), 0)), LEVIN_ESTATE);
    assert_error(LEVIN_ESTATE, "a result of scale is gone");
    assert_int_equal(levin_backward(loss), LEVIN_ESTATE);
    assert_error(LEVIN_ESTATE, "belongs to the scope around");
    levin_scope_end(inner);
    assert_null(levin_tensor_grad(x));
    assert_int_equal(levin_backward(loss), LEVIN_OK); // in its own scope all is well
    assert_grad(x, 2);
    levin_scope_end(outer);
    levin_tensor_free(x);
}

static void only_f32_tensors_of_ones_own_become_leaves(void **state)
{
    (void)state;
    levin_tensor *x = vector_leaf(3, 1);
    levin_tensor *ids = levin_tensor_new(LEVIN_I64, 1, (const int64_t[]){ 3 });
    levin_scope *scope = levin_scope_begin();
    assert_null(levin_requires_grad(NULL, true));
    assert_int_equal(levin_error(), LEVIN_OK);
    assert_null(levin_requires_grad(levin_scale(x, 2), true));
    assert_error(LEVIN_EINVAL, "requires_grad: wants a leaf, not the result of scale");
    assert_null(levin_requires_grad(ids, true));
    assert_error(LEVIN_EDTYPE, "requires_grad: wants an f32 leaf, not i64");
    /* Its gradient would live on the heap, and nobody would free it. */
    assert_null(levin_requires_grad(levin_zeros(LEVIN_F32, 0, NULL), true));
    assert_error(LEVIN_EINVAL, "levin_tensor_new");
    assert_null(levin_requires_grad(levin_reshape(ids, 1, (const int64_t[]){ 3 }), true));
    levin_error_clear();
    levin_tensor *dense = levin_zeros(LEVIN_F32, 0, NULL);
    assert_ptr_equal(levin_requires_grad(dense, false), dense);
    levin_scope_end(scope);
    levin_tensor_free(x);
    levin_tensor_free(ids);
}

static void batches_of_nothing_have_gradients_of_zero(void **state)
{
    (void)state;
    const int64_t w_shape[] = { 4, 5 }, no_rows[] = { 0, 5 };
    levin_tensor *x = leaf(2, no_rows, 0), *w = leaf(2, w_shape, 1), *b = vector_leaf(4, 1);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *y = levin_gelu(levin_linear_op(x, w, b)); // (0, 4)
    assert_int_equal(levin_backward(levin_sum(levin_sum(y, 0), 0)), LEVIN_OK);
    assert_grad(w, 0);
    assert_grad(b, 0);
    assert_int_equal(levin_tensor_numel(levin_tensor_grad(x)), 0);
    levin_scope_end(scope);
    levin_tensor_free(x);
    levin_tensor_free(w);
    levin_tensor_free(b);
}

static void texts_of_no_tokens_have_gradients_of_zero(void **state)
{
    (void)state;
    const int64_t lengths[] = { 0, 0 }, shape[] = { 12, 4 }, table_shape[] = { 9, 4 };
    levin_tensor *w = leaf(2, shape, 1), *table = leaf(2, table_shape, 1);
    for (int64_t batch = 0; batch <= 2; batch++) {
        levin_scope *scope = levin_scope_begin();
        levin_tensor *ids = levin_zeros_ragged(LEVIN_I32, batch, lengths, 0, NULL);
        levin_tensor *h = levin_embedding(table, ids, 0); // (B, T*, 4), no rows
        h = levin_attention(levin_linear_op(h, w, NULL), 2, 0.1, true);
        h = levin_mean(h, 1); // (B, 4) zeros
        assert_int_equal(levin_backward(levin_sum(levin_sum(h, 0), 0)), LEVIN_OK);
        assert_grad(w, 0);
        assert_grad(table, 0);
        levin_scope_end(scope);
    }
    levin_tensor_free(w);
    levin_tensor_free(table);
}

static void the_memory_of_dead_gradients_serves_again(void **state)
{
    (void)state;
    enum { N = 10000, LONG = 200 };
    levin_tensor *x = vector_leaf(N, 0);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *y = x;
    for (int i = 0; i < LONG; i++)
        y = levin_scale(y, 1);
    levin_tensor *loss = levin_sum(y, 0);
    size_t before = levin__scope_bytes();
    assert_int_equal(levin_backward(loss), LEVIN_OK);
    assert_in_range(levin__scope_bytes() - before, 0, 4 * N * sizeof(float));
    assert_grad(x, 1);
    levin_scope_end(scope);
    levin_tensor_free(x);
}

static levin_tensor *model(const levin_tensor *x, const levin_tensor *w, const levin_tensor *g)
{
    levin_tensor *y = levin_layer_norm(levin_linear_gelu(x, w, g), g, g, 1e-5);
    return levin_mean(levin_mean(levin_mul(y, y), 1), 0);
}

/* The result of a way back whose n-th allocation fails; every leaf is new and needs a gradient. */
static int backward_that_fails_at(int64_t n)
{
    const int64_t shape[] = { 3, 3 };
    levin_tensor *x = leaf(2, shape, 0), *w = leaf(2, shape, -1), *g = vector_leaf(3, 1);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *loss = model(x, w, g);
    levin__alloc_fail_at(n);
    int result = levin_backward(loss);
    levin__alloc_fail_at(0);
    levin_scope_end(scope);
    levin_tensor_free(x);
    levin_tensor_free(w);
    levin_tensor_free(g);
    return result;
}

static void every_allocation_that_fails_is_an_error(void **state)
{
    (void)state;
    for (int64_t n = 1; n <= 3; n++) {
        assert_int_equal(backward_that_fails_at(n), LEVIN_ENOMEM);
        assert_error(LEVIN_ENOMEM, "out of memory");
    }
    assert_int_equal(backward_that_fails_at(0), LEVIN_OK);
    assert_int_equal(levin_error(), LEVIN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_of_two_calls_add_up),
        cmocka_unit_test(an_input_that_is_used_twice_gets_both_parts),
        cmocka_unit_test(a_result_that_is_used_twice_gets_both_parts),
        cmocka_unit_test(paths_multiply_along_a_long_chain_of_diamonds),
        cmocka_unit_test(only_what_the_loss_depends_on_gets_a_gradient),
        cmocka_unit_test(a_loss_that_is_a_leaf_has_slope_one),
        cmocka_unit_test(a_loss_without_history_is_refused),
        cmocka_unit_test(a_null_loss_gives_the_error_that_made_it),
        cmocka_unit_test(backward_twice_is_an_error_and_changes_nothing),
        cmocka_unit_test(a_second_loss_of_a_walked_graph_is_an_error),
        cmocka_unit_test(a_scope_that_ends_takes_its_tape_along),
        cmocka_unit_test(a_tape_within_leaves_the_one_around_it_alone),
        cmocka_unit_test(a_way_back_that_leaves_its_scope_is_an_error),
        cmocka_unit_test(only_f32_tensors_of_ones_own_become_leaves),
        cmocka_unit_test(batches_of_nothing_have_gradients_of_zero),
        cmocka_unit_test(texts_of_no_tokens_have_gradients_of_zero),
        cmocka_unit_test(the_memory_of_dead_gradients_serves_again),
        cmocka_unit_test(every_allocation_that_fails_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
