/* elementwise.c: one element at a time. */
#include "backends/ref/ref.h"

#include "backends/ref/element.h"
#include "base/random.h"

#include <math.h>

static const double SQRT_HALF = 0.70710678118654752440;
static const double SQRT_2_OVER_PI = 0.79788456080286535588;
static const double ONE_OVER_SQRT_2PI = 0.39894228040143267794;

bool levin__ref_fill(levin_array y, double value, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        levin__put(y, i, value, false);
    return true;
}

bool levin__ref_axpy(levin_array y, double factor, levin_array x, int64_t n, bool add)
{
    for (int64_t i = 0; i < n; i++)
        levin__put(y, i, factor * levin__get(x, i), add);
    return true;
}

static double value(levin_unary f, double x)
{
    switch (f) {
    case LEVIN_UNARY_GELU:
        return 0.5 * x * (1.0 + erf(x * SQRT_HALF));
    case LEVIN_UNARY_GELU_TANH:
        return 0.5 * x * (1.0 + tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x)));
    case LEVIN_UNARY_RELU:
        return x > 0 || isnan(x) ? x : 0;
    case LEVIN_UNARY_TANH:
        return tanh(x);
    default:
        return 1.0 / (1.0 + exp(-x));
    }
}

static double slope(levin_unary f, double x, double y)
{
    switch (f) {
    case LEVIN_UNARY_GELU:
        return 0.5 * (1.0 + erf(x * SQRT_HALF)) + x * ONE_OVER_SQRT_2PI * exp(-0.5 * x * x);
    case LEVIN_UNARY_GELU_TANH: {
        double t = tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x));
        double inner = SQRT_2_OVER_PI * (1.0 + 3.0 * 0.044715 * x * x);
        return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner;
    }
    case LEVIN_UNARY_RELU:
        return x > 0 ? 1 : 0;
    case LEVIN_UNARY_TANH:
        return 1.0 - y * y;
    default:
        return y * (1.0 - y);
    }
}

bool levin__ref_unary(levin_unary f, levin_array y, levin_array x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        levin__put(y, i, value(f, levin__get(x, i)), false);
    return true;
}

bool levin__ref_unary_bwd(levin_unary f, levin_array dx, levin_array dy, levin_array x,
                          levin_array y, int64_t n, bool add)
{
    bool from_y = f == LEVIN_UNARY_TANH || f == LEVIN_UNARY_SIGMOID;
    for (int64_t i = 0; i < n; i++) {
        double at_x = from_y ? 0 : levin__get(x, i), at_y = from_y ? levin__get(y, i) : 0;
        levin__put(dx, i, levin__get(dy, i) * slope(f, at_x, at_y), add);
    }
    return true;
}

bool levin__ref_binary(levin_binary op, levin_array y, levin_array a, levin_array b, int64_t n,
                       int64_t n_b)
{
    for (int64_t i = 0; i < n; i++) {
        double u = levin__get(a, i), v = levin__get(b, i % n_b);
        double r = op == LEVIN_BINARY_ADD ? u + v : op == LEVIN_BINARY_SUB ? u - v : u * v;
        levin__put(y, i, r, false);
    }
    return true;
}

static double side_slope(levin_binary op, int side, double other)
{
    if (op == LEVIN_BINARY_MUL)
        return other;
    return op == LEVIN_BINARY_SUB && side == 1 ? -1 : 1;
}

bool levin__ref_binary_bwd(levin_binary op, int side, levin_array dx, levin_array dy, levin_array a,
                           levin_array b, int64_t n, int64_t n_b, bool add)
{
    if (side == 0) {
        for (int64_t i = 0; i < n; i++)
            levin__put(dx, i, levin__get(dy, i) * side_slope(op, 0, levin__get(b, i % n_b)), add);
        return true;
    }
    for (int64_t j = 0; j < n_b; j++) {
        double sum = 0;
        for (int64_t i = j; i < n; i += n_b)
            sum += levin__get(dy, i) * side_slope(op, 1, levin__get(a, i));
        levin__put(dx, j, sum, add);
    }
    return true;
}

bool levin__ref_dropout(levin_array y, levin_array x, int64_t n, double p, levin_random_key key,
                        bool add)
{
    uint32_t threshold = levin__drop_threshold(p);
    double scale = (double)levin__keep_scale(p);
    for (int64_t i = 0; i < n; i++) {
        bool kept = levin__random_bits16(key, (uint64_t)i) >= threshold;
        levin__put(y, i, kept ? levin__get(x, i) * scale : 0, add);
    }
    return true;
}
