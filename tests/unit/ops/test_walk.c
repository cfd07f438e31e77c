/* test_walk.c: one walk over every row of ops.def and every case of it: against finite differences,
 * against ref on every back end that this machine has, with NULL, and with wrong shapes. */
#include "support/back_ends.h"
#include "support/cases.h"

#include "tensor/backends.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Numbers of a run: the result, and the gradient of every input. */
typedef struct {
    double *y, *grad[CASE_TENSORS];
    int64_t n_y;
} outcome;

static double *numbers(const levin_tensor *t)
{
    double *x = calloc((size_t)(levin_tensor_numel(t) + 1), sizeof *x);
    for (int64_t i = 0; i < levin_tensor_numel(t); i++)
        x[i] = levin_tensor_get(t, i);
    return x;
}

static void outcome_free(outcome *o)
{
    free(o->y);
    for (int i = 0; i < CASE_TENSORS; i++)
        free(o->grad[i]);
}

/* A target for the loss over y: something that is the same for every run. */
static double wanted(int64_t i) { return sin((double)i * 1.7) * 0.8; }

static levin_tensor *loss_of(levin_tensor *y)
{
    if (y->ndim == 0 && y->dtype == LEVIN_F32)
        return y;
    levin_tensor *t = levin__tensor_like(y, LEVIN_F32);
    for (int64_t i = 0; i < t->numel; i++)
        ((float *)t->data)[i] = (float)wanted(i);
    return levin_mse(y, t);
}

static levin_tensor *call(const levin_op *op, const levin_case *c)
{
    levin_set_random(7, 3);
    levin_dtype before = levin_set_autocast(c->bf16 ? LEVIN_BF16 : LEVIN_F32);
    levin_tensor *y = levin_case_call(op, c);
    levin_set_autocast(before);
    return y;
}

static outcome run(const levin_op *op, const levin_case *c)
{
    outcome o = { 0 };
    levin_scope *scope = levin_scope_begin();
    levin_tensor *y = call(op, c);
    if (!y)
        fail_msg("%s: %s: %s", op->name, c->text, levin_error_message());
    o.y = numbers(y);
    o.n_y = y->numel;
    if (op->backward && y->numel) {
        levin_dtype before = levin_set_autocast(c->bf16 ? LEVIN_BF16 : LEVIN_F32);
        assert_int_equal(levin_backward(loss_of(y)), 0);
        levin_set_autocast(before);
    }
    for (int i = 0; i < c->n; i++) {
        if (levin_tensor_grad(c->t[i]))
            o.grad[i] = numbers(levin_tensor_grad(c->t[i]));
        c->t[i]->grad_is_fresh = true;
    }
    levin_scope_end(scope);
    return o;
}

static double largest(const double *x, int64_t n)
{
    double top = 0;
    for (int64_t i = 0; x && i < n; i++)
        top = fmax(top, fabs(x[i]));
    return top;
}

static void compare(const char *what, const levin_op *op, const levin_case *c, const double *got,
                    const double *right, int64_t n)
{
    assert_int_equal(got == NULL, right == NULL);
    double allowed =
        (c->bf16 ? 2e-2 : 2e-6) * (largest(right, n) + 1e-30) + (c->bf16 ? 1e-6 : 1e-9);
    for (int64_t i = 0; right && i < n; i++)
        if (!(fabs(got[i] - right[i]) <= allowed))
            fail_msg("%s: %s: %s[%lld] is %.9g, ref says %.9g", op->name, c->text, what,
                     (long long)i, got[i], right[i]);
}

static void every_back_end_agrees_with_ref(void **state)
{
    (void)state;
    for (int o = 0; levin__ops[o]; o++) {
        const levin_op *op = levin__ops[o];
        const char *cases = op->cases;
        levin_case c;
        for (uint64_t seed = 1; levin_case_next(&c, &cases, seed); seed++) {
            assert_true(levin__use_back_end("ref"));
            outcome right = run(op, &c);
            for (int b = 0; b < BACK_ENDS; b++) {
                if (!use_back_end(back_ends[b]))
                    continue;
                outcome got = run(op, &c);
                compare("y", op, &c, got.y, right.y, right.n_y);
                for (int i = 0; i < c.n; i++)
                    compare("gradient", op, &c, got.grad[i], right.grad[i], c.t[i]->numel);
                outcome_free(&got);
            }
            outcome_free(&right);
            levin_case_free(&c);
        }
    }
    levin__use_back_end(NULL);
}

/* The loss of a case in double, from the numbers of the forward pass. */
static double loss_in_double(const levin_op *op, const levin_case *c)
{
    levin_scope *scope = levin_scope_begin();
    levin_tensor *y = call(op, c);
    double loss = 0;
    for (int64_t i = 0; i < y->numel; i++) {
        double d = levin_tensor_get(y, i) - wanted(i);
        loss += y->ndim == 0 ? levin_tensor_get(y, i) : d * d / (double)y->numel;
    }
    levin_scope_end(scope);
    return loss;
}

/* The padding row of an embedding gets no gradient, whatever the differences say. */
static bool is_padding(const levin_case *c, int input, int64_t i)
{
    int64_t row = (int64_t)levin_case_number(c, "pad", -1);
    return row >= 0 && input == 0 && i / levin_tensor_dim(c->t[0], 1) == row;
}

static void check_slope(const levin_op *op, const levin_case *c, int input, int64_t i, double got)
{
    if (is_padding(c, input, i)) {
        assert_true(got == 0);
        return;
    }
    float *x = (float *)c->t[input]->data + i;
    float kept = *x;
    double h = 4e-3;
    *x = (float)((double)kept + h);
    double up = loss_in_double(op, c), x_up = (double)*x;
    *x = (float)((double)kept - h);
    double down = loss_in_double(op, c), x_down = (double)*x;
    *x = kept;
    double slope = (up - down) / (x_up - x_down);
    if (!(fabs(slope - got) <= 1e-3 * fabs(slope) + 3e-4))
        fail_msg("%s: %s: gradient %d[%lld] is %.6g, differences say %.6g", op->name, c->text,
                 input, (long long)i, got, slope);
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    assert_true(levin__use_back_end("ref"));
    for (int o = 0; levin__ops[o]; o++) {
        const levin_op *op = levin__ops[o];
        const char *cases = op->cases;
        levin_case c;
        for (uint64_t seed = 1; levin_case_next(&c, &cases, seed); seed++) {
            outcome got = run(op, &c);
            for (int i = 0; op->backward && !c.bf16 && i < c.n; i++)
                for (int64_t j = 0; got.grad[i] && j < c.t[i]->numel; j += 1 + c.t[i]->numel / 12)
                    check_slope(op, &c, i, j, got.grad[i][j]);
            outcome_free(&got);
            levin_case_free(&c);
        }
    }
    levin__use_back_end(NULL);
}

static void null_in_gives_null_out_in_silence(void **state)
{
    (void)state;
    for (int o = 0; levin__ops[o]; o++) {
        const levin_op *op = levin__ops[o];
        const char *cases = op->cases;
        levin_case c;
        assert_true(levin_case_next(&c, &cases, 1));
        for (int i = 0; i < c.n; i++) {
            levin_tensor *kept = c.t[i];
            c.t[i] = NULL;
            bool optional = op == &levin__op_linear && i == 2;
            bool target = i == 1 && strstr(c.text, " t="); // the helper of the test refuses NULL
            if (!optional && !target)
                assert_null(call(op, &c));
            assert_int_equal(levin_error(), 0);
            c.t[i] = kept;
        }
        levin_case_free(&c);
    }
}

static void wrong_shapes_are_refused_by_name(void **state)
{
    (void)state;
    for (int o = 0; levin__ops[o]; o++) {
        const levin_op *op = levin__ops[o];
        const char *cases = op->cases;
        levin_case c;
        assert_true(levin_case_next(&c, &cases, 1));
        levin_tensor *odd = levin_tensor_new(LEVIN_F32, 4, (int64_t[]){ 2, 1, 3, 11 });
        for (int i = 0; i < c.n && c.n > 1; i++) {
            levin_tensor *kept = c.t[i];
            c.t[i] = odd;
            if (!call(op, &c)) {
                assert_true(levin_error() == LEVIN_ESHAPE || levin_error() == LEVIN_EDTYPE);
                if (strncmp(levin_error_message(), op->name, strlen(op->name)) != 0)
                    fail_msg("%s says: %s", op->name, levin_error_message());
            } else if (i == 0) {
                fail_msg("%s took a %s", op->name, "(2, 1, 3, 11) as its first input");
            }
            levin_error_clear();
            c.t[i] = kept;
        }
        levin_tensor_free(odd);
        levin_case_free(&c);
    }
}

/* The first case of op, made to ask for this dropout probability; levin_case_free it. */
static levin_case case_with_probability(const levin_op *op, const char *p)
{
    levin_case c;
    const char *cases = op->cases;
    char text[sizeof c.text];
    assert_true(levin_case_next(&c, &cases, 1));
    assert_true(snprintf(text, sizeof text, " p=%s %s", p, c.text) < (int)sizeof text);
    memcpy(c.text, text, sizeof text); // of two, the first counts
    return c;
}

static void a_probability_outside_0_to_1_is_refused_by_name_and_value(void **state)
{
    (void)state;
    static const char *const wrong[] = { "-0.25", "1", "1.5", "inf", "-inf", "nan" };
    int operators = 0;
    for (int o = 0; levin__ops[o]; o++) {
        const levin_op *op = levin__ops[o];
        operators += strstr(op->cases, " p=") != NULL;
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong && strstr(op->cases, " p="); i++) {
            levin_case c = case_with_probability(op, wrong[i]);
            char expected[100];
            snprintf(expected, sizeof expected, "%s: probability %s is not in [0, 1)", op->name,
                     wrong[i]);
            assert_null(call(op, &c));
            assert_int_equal(levin_error(), LEVIN_EINVAL);
            assert_string_equal(levin_error_message(), expected);
            levin_error_clear();
            levin_case_free(&c);
        }
    }
    assert_int_equal(operators, 4); // dropout, attention, linear_residual_norm, feed_forward
}

static void a_probability_is_looked_at_out_of_training_too(void **state)
{
    (void)state;
    levin_scope *scope = levin_scope_begin();
    levin_tensor *x = levin_zeros(LEVIN_F32, 2, (int64_t[]){ 3, 5 });
    levin_tensor *w = levin_zeros(LEVIN_F32, 2, (int64_t[]){ 5, 5 });
    levin_tensor *v = levin_zeros(LEVIN_F32, 1, (int64_t[]){ 5 });
    levin_tensor *qkv = levin_zeros_ragged(LEVIN_F32, 1, (int64_t[]){ 2 }, 1, (int64_t[]){ 12 });
    assert_ptr_equal(levin_dropout(x, 0.5, false), x);
    assert_null(levin_dropout(x, 1.5, false));
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    levin_error_clear();
    assert_non_null(levin_attention(qkv, 2, 0.5, false));
    assert_null(levin_attention(qkv, 2, (double)NAN, false));
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    levin_error_clear();
    assert_non_null(levin_linear_residual_norm(x, w, v, x, v, v, 0.5, 1e-5, false));
    assert_null(levin_linear_residual_norm(x, w, v, x, v, v, -1, 1e-5, false));
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    levin_error_clear();
    levin_scope_end(scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(every_back_end_agrees_with_ref),
        cmocka_unit_test(null_in_gives_null_out_in_silence),
        cmocka_unit_test(wrong_shapes_are_refused_by_name),
        cmocka_unit_test(a_probability_outside_0_to_1_is_refused_by_name_and_value),
        cmocka_unit_test(a_probability_is_looked_at_out_of_training_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
