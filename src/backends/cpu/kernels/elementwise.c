/* elementwise.c: kernels that go over arrays once, in pieces shared among the threads. */
#include "backends/cpu/kernels/functions.h"
#include "backends/cpu/kernels/philox.h"
#include "base/threads.h"

enum { PIECE = 16384 }; // elements of a task; a multiple of BITS_AT_ONCE

/* One kernel call, handed to every task, which takes a copy: what lies in memory is read again
 * after each store of a vector. */
typedef struct {
    levin_array y, x, z, w;
    int64_t n, n_b;
    double factor;
    float scale;
    uint32_t threshold;
    unsigned function; // levin_unary or levin_binary
    levin_random_key key;
    bool add;
} job;

static void run(void (*fn)(void *, int64_t), job *j)
{
    levin__parallel_for((j->n + PIECE - 1) / PIECE, fn, j);
}

INLINE int64_t piece_end(job j, int64_t task)
{
    return (task + 1) * PIECE < j.n ? (task + 1) * PIECE : j.n;
}

/* Goes over the elements i of a task's piece, lanes at a time. */
#define EACH(j, task, i, lanes)                                                                    \
    for (int64_t i = (task)*PIECE, end_ = piece_end(j, task), lanes = vlanes(i, end_); i < end_;   \
         i += LANES, lanes = vlanes(i, end_))

static void fill_piece(void *context, int64_t task)
{
    job j = *(const job *)context;
    EACH(j, task, i, lanes)
    vput(j.y, i, vset((float)j.factor), (int)lanes);
}

bool KERNEL(fill)(levin_array y, double value, int64_t n)
{
    if (!is_float(y))
        return false;
    run(fill_piece, &(job){ .y = y, .n = n, .factor = value });
    return true;
}

static void axpy_piece(void *context, int64_t task)
{
    job j = *(const job *)context;
    vf factor = vset((float)j.factor);
    EACH(j, task, i, lanes)
    vput_add(j.y, i, factor * vget(j.x, i, (int)lanes), (int)lanes, j.add);
}

bool KERNEL(axpy)(levin_array y, double factor, levin_array x, int64_t n, bool add)
{
    if (!is_float(y) || !is_float(x))
        return false;
    run(axpy_piece, &(job){ .y = y, .x = x, .n = n, .factor = factor, .add = add });
    return true;
}

/* tanh's argument in the approximation of gelu, and its slope. */
INLINE vf inner(vf x) { return vset(0.79788456f) * (x + vset(0.044715f) * x * x * x); }
INLINE vf inner_slope(vf x)
{
    return vset(0.79788456f) * (vset(1.0f) + vset(3 * 0.044715f) * x * x);
}

INLINE vf value(levin_unary f, vf x)
{
    switch (f) {
    case LEVIN_UNARY_GELU:
        return vgelu(x);
    case LEVIN_UNARY_GELU_TANH:
        return vset(0.5f) * x * (vset(1.0f) + vtanh(inner(x)));
    case LEVIN_UNARY_RELU:
        return vblend(x < vset(0.0f), vset(0.0f), x);
    case LEVIN_UNARY_TANH:
        return vtanh(x);
    default:
        return vsigmoid(x);
    }
}

INLINE vf slope(levin_unary f, vf x, vf y)
{
    vf one = vset(1.0f);
    switch (f) {
    case LEVIN_UNARY_GELU:
        return vgelu_slope(x);
    case LEVIN_UNARY_GELU_TANH: {
        vf t = vtanh(inner(x));
        return vset(0.5f) * (one + t) + vset(0.5f) * x * (one - t * t) * inner_slope(x);
    }
    case LEVIN_UNARY_RELU:
        return vblend(x > vset(0.0f), one, vset(0.0f));
    case LEVIN_UNARY_TANH:
        return one - y * y;
    default:
        return y * (one - y);
    }
}

static void unary_piece(void *context, int64_t task)
{
    job j = *(const job *)context;
    EACH(j, task, i, lanes)
    vput(j.y, i, value((levin_unary)j.function, vget(j.x, i, (int)lanes)), (int)lanes);
}

bool KERNEL(unary)(levin_unary f, levin_array y, levin_array x, int64_t n)
{
    if (!is_float(y) || !is_float(x))
        return false;
    run(unary_piece, &(job){ .y = y, .x = x, .n = n, .function = (unsigned)f });
    return true;
}

static void unary_bwd_piece(void *context, int64_t task)
{
    job j = *(const job *)context; // y: dx, x: dy, z: x, w: y
    levin_unary f = (levin_unary)j.function;
    EACH(j, task, i, lanes)
    {
        vf s = slope(f, vget(j.z, i, (int)lanes), vget(j.w, i, (int)lanes));
        vput_add(j.y, i, vget(j.x, i, (int)lanes) * s, (int)lanes, j.add);
    }
}

bool KERNEL(unary_bwd)(levin_unary f, levin_array dx, levin_array dy, levin_array x, levin_array y,
                       int64_t n, bool add)
{
    if (!is_float(dx) || !is_float(dy) || !is_float(x) || !is_float(y))
        return false;
    run(unary_bwd_piece,
        &(job){ .y = dx, .x = dy, .z = x, .w = y, .n = n, .function = (unsigned)f, .add = add });
    return true;
}

INLINE vf combine(levin_binary op, vf a, vf b)
{
    return op == LEVIN_BINARY_ADD ? a + b : op == LEVIN_BINARY_SUB ? a - b : a * b;
}

static void binary_piece(void *context, int64_t task)
{
    job j = *(const job *)context;
    EACH(j, task, i, lanes)
    vput(j.y, i,
         combine((levin_binary)j.function, vget(j.x, i, (int)lanes), vget(j.z, i, (int)lanes)),
         (int)lanes);
}

/* Rows of n_b elements, each with the same b. */
static void binary_row(void *context, int64_t row)
{
    job j = *(const job *)context;
    for (int64_t i = 0; i < j.n_b; i += LANES) {
        int lanes = vlanes(i, j.n_b);
        vf a = vget(j.x, row * j.n_b + i, lanes), b = vget(j.z, i, lanes);
        vput(j.y, row * j.n_b + i, combine((levin_binary)j.function, a, b), lanes);
    }
}

bool KERNEL(binary)(levin_binary op, levin_array y, levin_array a, levin_array b, int64_t n,
                    int64_t n_b)
{
    if (!is_float(y) || !is_float(a) || !is_float(b))
        return false;
    job j = { .y = y, .x = a, .z = b, .n = n, .n_b = n_b, .function = (unsigned)op };
    if (n_b == n)
        run(binary_piece, &j);
    else if (n_b >= LANES)
        levin__parallel_for(n / n_b, binary_row, &j);
    else
        return false;
    return true;
}

static void binary_bwd_piece(void *context, int64_t task)
{
    job j = *(const job *)context; // y: dx, x: dy, z: the other operand of a product
    float sign = (float)j.factor;
    EACH(j, task, i, lanes)
    {
        vf other = j.z.data ? vget(j.z, i, (int)lanes) : vset(sign);
        vput_add(j.y, i, vget(j.x, i, (int)lanes) * other, (int)lanes, j.add);
    }
}

/* Operands of the same shape only: sums over rows are cold, but for a bias, which linear takes
 * itself. */
bool KERNEL(binary_bwd)(levin_binary op, int side, levin_array dx, levin_array dy, levin_array a,
                        levin_array b, int64_t n, int64_t n_b, bool add)
{
    if (n != n_b || !is_float(dx) || !is_float(dy) || !is_float(a) || !is_float(b))
        return false;
    job j = {
        .y = dx, .x = dy, .n = n, .factor = op == LEVIN_BINARY_SUB && side == 1 ? -1 : 1, .add = add
    };
    if (op == LEVIN_BINARY_MUL)
        j.z = side ? a : b;
    run(binary_bwd_piece, &j);
    return true;
}

static void dropout_piece(void *context, int64_t task)
{
    job j = *(const job *)context;
    int64_t end = piece_end(j, task);
    for (int64_t first = task * PIECE; first < end; first += BITS_AT_ONCE) {
        uint16_t bits[BITS_AT_ONCE];
        random_bits(bits, j.key, (uint64_t)first / 8);
        for (int64_t i = first; i < first + BITS_AT_ONCE && i < end; i += LANES) {
            int lanes = vlanes(i, end);
            vf kept = vkeep(bits + (i - first), j.threshold, j.scale);
            vput_add(j.y, i, vget(j.x, i, lanes) * kept, lanes, j.add);
        }
    }
}

bool KERNEL(dropout)(levin_array y, levin_array x, int64_t n, double p, levin_random_key key,
                     bool add)
{
    if (!is_float(y) || !is_float(x))
        return false;
    run(dropout_piece, &(job){ .y = y,
                               .x = x,
                               .n = n,
                               .scale = levin__keep_scale(p),
                               .threshold = levin__drop_threshold(p),
                               .key = key,
                               .add = add });
    return true;
}

static void clamp_piece(void *context, int64_t task)
{
    job j = *(const job *)context;
    vf low = vset((float)j.factor), high = vset(j.scale);
    EACH(j, task, i, lanes)
    {
        vf x = vget(j.y, i, (int)lanes);
        vput(j.y, i, vblend(x < low, low, vblend(x > high, high, x)), (int)lanes);
    }
}

bool KERNEL(clamp)(float *x, double low, double high, int64_t n)
{
    run(clamp_piece, &(job){ .y = { x, LEVIN_F32 }, .n = n, .factor = low, .scale = (float)high });
    return true;
}
