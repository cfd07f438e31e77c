/* Parts that are computed again on the way back: the same bits, random draws and all, for less
 * memory. */
#include "unit/autograd/leaf.h"

#include "autograd/autograd.h"
#include "base/scope.h"

enum { WIDTH = 24, DEPTH = 5, ROWS = 64 };

typedef struct {
    levin_tensor *w;
    int calls;
} part;

static levin_tensor *run_part(void *context, const levin_tensor *x)
{
    part *p = context;
    p->calls++;
    levin_tensor *h = levin_gelu(levin_matmul(x, p->w));
    return levin_add(levin_dropout(h, 0.3, true), x);
}

typedef struct {
    float loss, dx[ROWS * WIDTH], dw[DEPTH][WIDTH * WIDTH];
    int calls;
    size_t bytes;
    double flops;
} outcome;

static void copy(float *to, const levin_tensor *t)
{
    memcpy(to, levin_tensor_const_data(t), (size_t)levin_tensor_numel(t) * sizeof *to);
}

static levin_tensor *small_leaf(int64_t rows)
{
    levin_tensor *t = leaf(2, (const int64_t[]){ rows, WIDTH }, 0);
    float *x = levin_tensor_data(t);
    for (int64_t i = 0; i < rows * WIDTH; i++)
        x[i] = (float)(i * 37 % 101) / 200 - 0.25f;
    return t;
}

static void run(outcome *out, bool again)
{
    part parts[DEPTH] = { { 0 } };
    levin_tensor *x = small_leaf(ROWS);
    for (int i = 0; i < DEPTH; i++)
        parts[i].w = small_leaf(WIDTH);
    levin_scope *scope = levin_scope_begin();
    double before = levin__flops_done();
    levin_set_random(4, 2);
    levin_tensor *h = x;
    for (int i = 0; i < DEPTH; i++)
        h = again ? levin_recompute(run_part, &parts[i], h) : run_part(&parts[i], h);
    out->bytes = levin__scope_bytes();
    h = levin_dropout(h, 0.5, true); // draws after what draws twice
    levin_tensor *loss = levin_mean(levin_mean(levin_mul(h, h), 1), 0);
    out->loss = (float)levin_item(loss);
    assert_int_equal(levin_backward(loss), LEVIN_OK);
    out->flops = levin__flops_done() - before;
    levin_scope_end(scope);
    copy(out->dx, levin_tensor_grad(x));
    out->calls = 0;
    for (int i = 0; i < DEPTH; i++) {
        copy(out->dw[i], levin_tensor_grad(parts[i].w));
        out->calls += parts[i].calls;
        levin_tensor_free(parts[i].w);
    }
    levin_tensor_free(x);
}

static void gradients_have_the_same_bits(void **state)
{
    (void)state;
    static outcome once, again;
    run(&once, false);
    run(&again, true);
    assert_true(once.loss == again.loss);
    assert_memory_equal(once.dx, again.dx, sizeof once.dx);
    assert_memory_equal(once.dw, again.dw, sizeof once.dw);
    assert_int_equal(once.calls, DEPTH);
    assert_int_equal(again.calls, 2 * DEPTH);
    assert_true(once.flops == 3.0 * DEPTH * 2 * ROWS * WIDTH * WIDTH);
    assert_true(again.flops == once.flops); // what is done twice counts once
}

static void only_results_stay(void **state)
{
    (void)state;
    static outcome once, again;
    run(&once, false);
    run(&again, true);
    size_t one = ROWS * WIDTH * sizeof(float);
    assert_true(once.bytes >= 4 * DEPTH * one);
    assert_true(again.bytes <= DEPTH * (one + 1024));
}

/* Two ways lead to x: through the part and past it. They add up in another order. */
static void gradients_of_both_ways_add_up(void **state)
{
    (void)state;
    float sums[2][ROWS * WIDTH];
    for (int again = 0; again < 2; again++) {
        part p = { .w = small_leaf(WIDTH) };
        levin_tensor *x = small_leaf(ROWS);
        levin_scope *scope = levin_scope_begin();
        levin_set_random(1, 1);
        levin_tensor *g = levin_scale(x, 2);
        levin_tensor *h = again ? levin_recompute(run_part, &p, g) : run_part(&p, g);
        levin_tensor *loss = levin_mean(levin_mean(levin_mul(h, g), 1), 0);
        assert_int_equal(levin_backward(loss), LEVIN_OK);
        copy(sums[again], levin_tensor_grad(x));
        levin_scope_end(scope);
        levin_tensor_free(x);
        levin_tensor_free(p.w);
    }
    for (int i = 0; i < ROWS * WIDTH; i++)
        assert_true(fabsf(sums[0][i] - sums[1][i]) <= 1e-6f * fabsf(sums[0][i]) + 1e-9f);
}

static void frozen_parts_and_modes_without_gradients(void **state)
{
    (void)state;
    part p = { .w = small_leaf(WIDTH) };
    levin_tensor *x = small_leaf(ROWS);
    levin_requires_grad(x, false);
    levin_requires_grad(p.w, false);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *scale = scalar_leaf(3);
    levin_tensor *h = levin_recompute(run_part, &p, x); // nothing in there learns
    levin_tensor *loss = levin_mean(levin_mean(levin_mul(h, scale), 1), 0);
    assert_int_equal(levin_backward(loss), LEVIN_OK);
    assert_non_null(levin_tensor_grad(scale));
    assert_null(levin_tensor_grad(p.w));
    levin_set_grad_enabled(false);
    assert_non_null(levin_recompute(run_part, &p, x));
    assert_int_equal(p.calls, 3);
    assert_false(levin_set_grad_enabled(true));
    assert_null(levin_recompute(run_part, &p, NULL));
    assert_int_equal(levin_error(), LEVIN_OK);
    levin_scope_end(scope);
    levin_tensor_free(scale);
    levin_tensor_free(x);
    levin_tensor_free(p.w);
}

static levin_tensor *fail_the_second_time(void *context, const levin_tensor *x)
{
    int *calls = context;
    return (*calls)++ ? levin_scale(levin_reshape(x, 1, (const int64_t[]){ 3 }), 2)
                      : levin_scale(x, 2);
}

static void an_error_the_second_time_is_that_of_the_part(void **state)
{
    (void)state;
    int calls = 0;
    levin_tensor *x = vector_leaf(4, 1);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *loss = levin_mean(levin_recompute(fail_the_second_time, &calls, x), 0);
    assert_int_equal(levin_backward(loss), LEVIN_ESHAPE);
    assert_error(LEVIN_ESHAPE, "reshape");
    levin_scope_end(scope);
    levin_tensor_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_have_the_same_bits),
        cmocka_unit_test(only_results_stay),
        cmocka_unit_test(gradients_of_both_ways_add_up),
        cmocka_unit_test(frozen_parts_and_modes_without_gradients),
        cmocka_unit_test(an_error_the_second_time_is_that_of_the_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
