/* slots.h: a problem for every slot of the kernel contract: one row each, like levin_kernels
 * itself. rows and cols of the problem set its size; variant goes through the flags. */
#ifndef LEVIN_TESTS_BACKENDS_SLOTS_H
#define LEVIN_TESTS_BACKENDS_SLOTS_H

#include "unit/backends/problem.h"

static const levin_random_key slot_key = { 0x5eed, 3, 8 };

static bool bit(int variant, int i) { return variant >> i & 1; }

static int64_t size(const problem *p) { return p->rows * p->cols; }

static bool slot_fill(problem *p, int v)
{
    levin_array y = output(p, p->dtype, size(p));
    return LEVIN_RUN(fill, y, v - 0.3, size(p));
}

static bool slot_axpy(problem *p, int v)
{
    levin_array x = input(p, bit(v, 1) ? LEVIN_BF16 : LEVIN_F32, size(p));
    levin_array y = output(p, p->dtype, size(p));
    return LEVIN_RUN(axpy, y, 0.7, x, size(p), bit(v, 0));
}

static bool slot_unary(problem *p, int v)
{
    levin_array x = input(p, p->dtype, size(p));
    for (int64_t i = 0; i < size(p); i++)
        set_number(x, i, 6 * levin__get(x, i));
    levin_array y = output(p, p->dtype, size(p));
    return LEVIN_RUN(unary, (levin_unary)v, y, x, size(p));
}

static bool slot_unary_bwd(problem *p, int v)
{
    levin_array x = input(p, p->dtype, size(p)), y = input(p, p->dtype, size(p));
    levin_array dy = input(p, p->dtype, size(p)), dx = output(p, p->dtype, size(p));
    return LEVIN_RUN(unary_bwd, (levin_unary)(v / 2), dx, dy, x, y, size(p), bit(v, 0));
}

/* The second operand of a binary operator: whole, one row, one number. */
static int64_t size_b(const problem *p, int kind)
{
    return kind == 0 ? size(p) : kind == 1 ? p->cols : 1;
}

static bool slot_binary(problem *p, int v)
{
    int64_t n = size(p), n_b = size_b(p, v / 3);
    levin_array a = input(p, p->dtype, n), b = input(p, p->dtype, n_b);
    levin_array y = output(p, p->dtype, n);
    return LEVIN_RUN(binary, (levin_binary)(v % 3), y, a, b, n, n_b);
}

static bool slot_binary_bwd(problem *p, int v)
{
    int side = bit(v, 0);
    int64_t n = size(p), n_b = size_b(p, v / 4 / 3);
    levin_array a = input(p, p->dtype, n), b = input(p, p->dtype, n_b);
    levin_array dy = input(p, p->dtype, n), dx = output(p, p->dtype, side ? n_b : n);
    return LEVIN_RUN(binary_bwd, (levin_binary)(v / 4 % 3), side, dx, dy, a, b, n, n_b, bit(v, 1));
}

static bool slot_dropout(problem *p, int v)
{
    levin_array x = input(p, p->dtype, size(p));
    levin_array y = output(p, p->dtype, size(p));
    return LEVIN_RUN(dropout, y, x, size(p), bit(v, 1) ? 0.1 : 0.6, slot_key, bit(v, 0));
}

/* c (rows, cols), the inner dimension a little more than cols. */
static bool slot_matmul(problem *p, int v)
{
    int64_t k = p->cols + 3;
    bool pre = v / 4 == 1, add = v / 4 == 2;
    levin_matmul_args m = { .m = p->rows, .n = p->cols, .k = k };
    m.trans_a = bit(v, 0);
    m.trans_b = bit(v, 1);
    m.a = input(p, p->dtype, p->rows * k);
    m.b = input(p, p->dtype, k * p->cols);
    m.c = output(p, p->dtype, size(p));
    m.add = add;
    if (!add)
        m.bias = input(p, LEVIN_F32, p->cols);
    if (pre)
        m.pre = output(p, p->dtype, size(p));
    return LEVIN_RUN(matmul, &m);
}

static bool slot_column_sum(problem *p, int v)
{
    levin_array x = input(p, p->dtype, size(p));
    levin_array y = output(p, LEVIN_F32, p->cols);
    return LEVIN_RUN(column_sum, y, x, p->rows, p->cols, bit(v, 0));
}

static bool slot_softmax(problem *p, int v)
{
    levin_array x = input(p, p->dtype, size(p));
    for (int64_t i = 0; i < size(p); i++)
        set_number(x, i, 8 * levin__get(x, i));
    levin_array y = output(p, p->dtype, size(p));
    return LEVIN_RUN(softmax, y, x, p->rows, p->cols, bit(v, 0));
}

static bool slot_softmax_bwd(problem *p, int v)
{
    levin_array y = input(p, p->dtype, size(p)), dy = input(p, p->dtype, size(p));
    levin_array dx = output(p, p->dtype, size(p));
    return LEVIN_RUN(softmax_bwd, dx, dy, y, p->rows, p->cols, bit(v, 0), bit(v, 1));
}

static bool slot_layer_norm(problem *p, int v)
{
    levin_array x = input(p, p->dtype, size(p)), gamma = input(p, LEVIN_F32, p->cols);
    levin_array beta = input(p, LEVIN_F32, p->cols), y = output(p, p->dtype, size(p));
    levin_array stats = output(p, LEVIN_F32, 2 * p->rows);
    for (int64_t i = 0; v && i < size(p); i++)
        set_number(x, i, 3 + levin__get(x, i)); // a mean away from zero
    return LEVIN_RUN(layer_norm, y, floats(stats), x, floats(gamma), floats(beta), p->rows, p->cols,
                     1e-5);
}

static bool slot_layer_norm_bwd(problem *p, int v)
{
    levin_array x = input(p, p->dtype, size(p)), gamma = input(p, LEVIN_F32, p->cols);
    levin_array dy = input(p, p->dtype, size(p)), stats = input(p, LEVIN_F32, 2 * p->rows);
    levin_array dx = output(p, p->dtype, size(p)), dgamma = output(p, LEVIN_F32, p->cols);
    levin_array dbeta = output(p, LEVIN_F32, p->cols);
    for (int64_t i = 0; i < p->rows; i++)
        floats(stats)[2 * i + 1] += 1.5f;
    return LEVIN_RUN(layer_norm_bwd, v == 4 ? (levin_array){ 0 } : dx,
                     v == 5 ? NULL : floats(dgamma), v == 6 ? NULL : floats(dbeta), dy, x,
                     floats(stats), floats(gamma), p->rows, p->cols, bit(v, 0), bit(v, 1));
}

static bool slot_residual_norm(problem *p, int v)
{
    levin_residual_norm_args a = { .rows = p->rows, .cols = p->cols, .eps = 1e-5 };
    a.p = v ? 0.1 : 0;
    a.key = slot_key;
    a.residual = input(p, p->dtype, size(p));
    a.gamma = floats(input(p, LEVIN_F32, p->cols));
    a.beta = floats(input(p, LEVIN_F32, p->cols));
    a.y = output(p, p->dtype, size(p));
    a.z = output(p, p->dtype, size(p));
    a.stats = floats(output(p, LEVIN_F32, 2 * p->rows));
    return LEVIN_RUN(residual_norm, &a);
}

enum { HEADS = 2, SEQUENCES = 9 };

/* Sequences of odd lengths, some empty, that add up to the rows. */
static const int32_t *cut_rows(problem *p, int64_t *longest)
{
    static const int64_t lengths[] = { 3, 0, 33, 1, 31, 2, 64, 0 };
    int32_t *cu = whole_numbers(p, LEVIN_I32, SEQUENCES + 1, 0, 1).data;
    *longest = 0;
    for (int i = 0; i < SEQUENCES; i++) {
        int64_t left = p->rows - cu[i];
        int64_t n = i < SEQUENCES - 1 && lengths[i] < left ? lengths[i] : left;
        cu[i + 1] = (int32_t)(cu[i] + n);
        *longest = n > *longest ? n : *longest;
    }
    return cu;
}

/* Forward, and with back the way back from what the forward pass left. */
static bool run_attention(problem *p, bool drops, bool back)
{
    int64_t h = HEADS * p->cols;
    levin_attention_args a = { .batch = SEQUENCES, .heads = HEADS, .head_size = p->cols };
    a.cu_seqlens = cut_rows(p, &a.max_length);
    a.p = drops ? 0.2 : 0;
    a.key = slot_key;
    a.qkv = input(p, p->dtype, 3 * p->rows * h);
    a.y = output(p, p->dtype, p->rows * h);
    a.lse = floats(output(p, LEVIN_F32, p->rows * HEADS));
    levin_array y = input(p, p->dtype, p->rows * h);
    if (!LEVIN_RUN(attention, &a) || !back)
        return !back;
    a.dy = y;
    a.dqkv = output(p, p->dtype, 3 * p->rows * h);
    return LEVIN_RUN(attention_bwd, &a);
}

static bool slot_attention(problem *p, int v) { return run_attention(p, v, false); }
static bool slot_attention_bwd(problem *p, int v) { return run_attention(p, v, true); }

/* Row numbers below limit, some twice, some -1. */
static const int64_t *picks(problem *p, int64_t n, int64_t limit)
{
    return whole_numbers(p, LEVIN_I64, n, -1, limit).data;
}

static bool slot_gather(problem *p, int v)
{
    int64_t n = p->rows + v;
    const int64_t *rows = picks(p, n, p->rows);
    levin_array x = input(p, p->dtype, size(p));
    levin_array y = output(p, p->dtype, n * p->cols);
    return LEVIN_RUN(gather, y, x, rows, n, p->cols);
}

static bool slot_scatter_add(problem *p, int v)
{
    int64_t total = p->rows / 2 + 1;
    const int64_t *rows = picks(p, p->rows, total);
    levin_array y = input(p, p->dtype, size(p)), x = output(p, LEVIN_F32, total * p->cols);
    return LEVIN_RUN(scatter_add, x, y, rows, p->rows, p->cols, total, bit(v, 0));
}

static bool slot_segment_sum(problem *p, int v)
{
    int64_t longest;
    const int32_t *cu = cut_rows(p, &longest);
    levin_array x = input(p, p->dtype, size(p));
    levin_array y = output(p, p->dtype, SEQUENCES * p->cols);
    return LEVIN_RUN(segment_sum, y, x, cu, SEQUENCES, p->cols, bit(v, 0));
}

static bool slot_segment_sum_bwd(problem *p, int v)
{
    int64_t longest;
    const int32_t *cu = cut_rows(p, &longest);
    levin_array dy = input(p, p->dtype, SEQUENCES * p->cols);
    levin_array y = output(p, p->dtype, size(p));
    return LEVIN_RUN(segment_sum_bwd, y, dy, cu, SEQUENCES, p->cols, bit(v, 0), bit(v, 1));
}

static bool slot_copy_block(problem *p, int v)
{
    levin_array x = input(p, p->dtype, p->rows * (p->cols + 2));
    levin_array y = output(p, p->dtype, p->rows * (p->cols + 5));
    return LEVIN_RUN(copy_block, y, p->cols + 5, x, p->cols + 2, p->rows, p->cols, bit(v, 0));
}

static levin_array labels(problem *p, int v)
{
    return whole_numbers(p, bit(v, 0) ? LEVIN_I32 : LEVIN_I64, p->rows, 0, p->cols);
}

static bool slot_cross_entropy(problem *p, int v)
{
    levin_array x = input(p, p->dtype, size(p)), t = labels(p, v);
    levin_array loss = output(p, LEVIN_F32, 1), lse = output(p, LEVIN_F32, p->rows);
    return LEVIN_RUN(cross_entropy, floats(loss), floats(lse), x, t, p->rows, p->cols,
                     bit(v, 1) ? 0 : -100, bit(v, 2) ? 0.1 : 0);
}

static bool slot_cross_entropy_bwd(problem *p, int v)
{
    levin_array x = input(p, p->dtype, size(p)), t = labels(p, v);
    levin_array dloss = input(p, LEVIN_F32, 1), lse = input(p, LEVIN_F32, p->rows);
    levin_array y = output(p, p->dtype, size(p));
    return LEVIN_RUN(cross_entropy_bwd, y, floats(dloss), floats(lse), x, t, p->rows, p->cols,
                     bit(v, 1) ? 0 : -100, bit(v, 2) ? 0.1 : 0, bit(v, 3));
}

static bool slot_pair_loss(problem *p, int v)
{
    levin_array x = input(p, p->dtype, size(p)), t = input(p, p->dtype, size(p));
    levin_array y = output(p, LEVIN_F32, 1);
    return LEVIN_RUN(pair_loss, (levin_loss)v, floats(y), x, t, size(p));
}

static bool slot_pair_loss_bwd(problem *p, int v)
{
    levin_array x = input(p, p->dtype, size(p)), t = input(p, p->dtype, size(p));
    levin_array dloss = input(p, LEVIN_F32, 1);
    levin_array y = output(p, p->dtype, size(p));
    return LEVIN_RUN(pair_loss_bwd, (levin_loss)(v / 2), y, floats(dloss), x, t, size(p),
                     bit(v, 0));
}

static bool slot_argmax(problem *p, int v)
{
    levin_array x = input(p, p->dtype, size(p));
    for (int64_t i = 0; v && i < size(p); i++)
        set_number(x, i, floor(3 * levin__get(x, i))); // with many equals
    levin_array y = output(p, LEVIN_I64, p->rows);
    return LEVIN_RUN(argmax, y.data, x, p->rows, p->cols);
}

static bool slot_accuracy(problem *p, int v)
{
    levin_array a = whole_numbers(p, LEVIN_I64, size(p), 0, 3);
    levin_array b = whole_numbers(p, v ? LEVIN_F32 : LEVIN_I32, size(p), 0, 3);
    levin_array y = output(p, LEVIN_F32, 1);
    return LEVIN_RUN(accuracy, floats(y), a, b, size(p));
}

static bool slot_find_outside(problem *p, int v)
{
    levin_array ids = whole_numbers(p, bit(v, 0) ? LEVIN_I32 : LEVIN_I64, size(p), -1, 50);
    levin_array where = output(p, LEVIN_I64, 1);
    return LEVIN_RUN(find_outside, where.data, ids, size(p), bit(v, 1) ? 40 : 50, -1);
}

/* Rows 0, 3, 6 and so on are live. */
static levin_live every_third_row(problem *p)
{
    levin_array rows = input(p, LEVIN_I64, p->rows / 8 + 1); // room for a byte each
    uint8_t *live = rows.data;
    for (int64_t i = 0; i < p->rows; i++)
        live[i] = i % 3 == 0;
    return (levin_live){ live, p->cols };
}

static void clear_dead_rows(const problem *p, levin_live live, levin_array x)
{
    for (int64_t i = 0; live.rows && i < size(p); i++)
        if (!live.rows[i / p->cols])
            set_number(x, i, 0);
}

/* The sum is told as a float, which is enough to compare and shows every thread that adds. */
static bool slot_sum_squares(problem *p, int v)
{
    double sum;
    levin_array x = input(p, LEVIN_F32, size(p)), y = output(p, LEVIN_F32, 2);
    levin_live live = v ? every_third_row(p) : (levin_live){ 0 };
    clear_dead_rows(p, live, x);
    if (!LEVIN_RUN(sum_squares, &sum, floats(x), size(p), live))
        return false;
    set_number(y, 0, sum);
    set_number(y, 1, sum - (double)(float)sum);
    return true;
}

static bool slot_clamp(problem *p, int v)
{
    (void)v;
    levin_array y = output(p, LEVIN_F32, size(p));
    return LEVIN_RUN(clamp, floats(y), -0.4, 0.6, size(p));
}

static bool slot_adam(problem *p, int v)
{
    levin_adam_args a = { .n = size(p), .lr = 1e-2, .beta1 = 0.9, .beta2 = 0.99, .eps = 1e-6 };
    a.p = floats(output(p, LEVIN_F32, a.n));
    a.m = floats(output(p, LEVIN_F32, a.n));
    a.v = floats(output(p, LEVIN_F32, a.n));
    a.g = floats(input(p, LEVIN_F32, a.n));
    for (int64_t i = 0; i < a.n; i++)
        a.v[i] = a.v[i] * a.v[i];
    if (bit(v, 0))
        a.v_max = floats(output(p, LEVIN_F32, a.n));
    for (int64_t i = 0; a.v_max && i < a.n; i++)
        a.v_max[i] = a.v_max[i] * a.v_max[i];
    a.l2 = bit(v, 2) ? 0.1 : 0;
    a.decay = bit(v, 2) ? 0 : 1e-3;
    a.bias1 = 0.3;
    a.bias2 = 0.2;
    a.grad_scale = 0.5;
    if (bit(v, 1) && !bit(v, 2)) // rows without a gradient learn nothing from an L2 penalty
        a.live = every_third_row(p);
    levin_array zero[] = { { (float *)a.g, LEVIN_F32 }, { a.m, LEVIN_F32 }, { a.v, LEVIN_F32 } };
    for (int i = 0; i < 3; i++)
        clear_dead_rows(p, a.live, zero[i]);
    return LEVIN_RUN(adam, &a);
}

static bool slot_sgd(problem *p, int v)
{
    levin_sgd_args a = { .n = size(p), .lr = 1e-2, .momentum = 0.9, .weight_decay = 0.1 };
    a.p = floats(output(p, LEVIN_F32, a.n));
    a.g = floats(input(p, LEVIN_F32, a.n));
    if (v)
        a.momentum_buffer = floats(output(p, LEVIN_F32, a.n));
    a.first = v == 1;
    a.nesterov = v == 2;
    a.dampening = v == 3 ? 0.3 : 0;
    a.grad_scale = 0.5;
    return LEVIN_RUN(sgd, &a);
}

/* What it counts is the back end's own: that all answer is all there is to compare. */
static bool slot_peak(problem *p, int v)
{
    double operations = -1;
    levin_array y = output(p, LEVIN_F32, 1);
    bool done = LEVIN_RUN(peak, (levin_peak)v, 10, &operations);
    set_number(y, 0, operations >= 0);
    return done;
}

/* In the order of levin_kernels. f32 alone: the numbers do not depend on the dtype. */
static const struct {
    const char *name;
    bool (*run)(problem *p, int variant);
    int variants;
    bool f32_alone;
} slots[] = {
    { "fill", slot_fill, 2, false },
    { "axpy", slot_axpy, 4, false },
    { "unary", slot_unary, 5, false },
    { "unary_bwd", slot_unary_bwd, 10, false },
    { "binary", slot_binary, 9, false },
    { "binary_bwd", slot_binary_bwd, 36, false },
    { "dropout", slot_dropout, 4, false },
    { "matmul", slot_matmul, 12, false },
    { "column_sum", slot_column_sum, 2, false },
    { "softmax", slot_softmax, 2, false },
    { "softmax_bwd", slot_softmax_bwd, 4, false },
    { "layer_norm", slot_layer_norm, 2, false },
    { "layer_norm_bwd", slot_layer_norm_bwd, 7, false },
    { "residual_norm", slot_residual_norm, 2, false },
    { "attention", slot_attention, 2, false },
    { "attention_bwd", slot_attention_bwd, 2, false },
    { "gather", slot_gather, 2, false },
    { "scatter_add", slot_scatter_add, 2, false },
    { "segment_sum", slot_segment_sum, 2, false },
    { "segment_sum_bwd", slot_segment_sum_bwd, 4, false },
    { "copy_block", slot_copy_block, 2, false },
    { "cross_entropy", slot_cross_entropy, 8, false },
    { "cross_entropy_bwd", slot_cross_entropy_bwd, 16, false },
    { "pair_loss", slot_pair_loss, 2, false },
    { "pair_loss_bwd", slot_pair_loss_bwd, 4, false },
    { "argmax", slot_argmax, 2, false },
    { "accuracy", slot_accuracy, 2, true },
    { "find_outside", slot_find_outside, 4, true },
    { "sum_squares", slot_sum_squares, 2, true },
    { "clamp", slot_clamp, 1, true },
    { "adam", slot_adam, 16, true },
    { "sgd", slot_sgd, 4, true },
    { "peak", slot_peak, 3, true },
};
enum { SLOTS = sizeof slots / sizeof *slots };

/* Runs a slot's problem on the back end in use, which takes it. */
static problem run_slot(int slot, int variant, levin_dtype dtype, int64_t rows, int64_t cols)
{
    problem p = new_problem((uint64_t)(slot * 100 + variant), dtype, rows, cols);
    if (!slots[slot].run(&p, variant))
        fail_msg("%s: no back end took it", slots[slot].name);
    assert_int_equal(levin_error(), LEVIN_OK);
    return p;
}

#endif
