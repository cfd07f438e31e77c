/* matmul.c: products and sums of columns. */
#include "backends/ref/ref.h"

#include "backends/ref/element.h"
#include "backends/ref/optim.h"
#include "base/scope.h"

#include <math.h>

/* Where element p of row i of a, or of column j of b, lies. */
static int64_t in_a(const levin_matmul_args *m, int64_t i, int64_t p)
{
    return m->trans_a ? p * m->m + i : i * m->k + p;
}

static int64_t in_b(const levin_matmul_args *m, int64_t j, int64_t p)
{
    return m->trans_b ? j * m->k + p : p * m->n + j;
}

/* A column of b as bytes: to q (k); returns their scale. */
static float round_column(float *q, const levin_matmul_args *m, int64_t j)
{
    float top = 0;
    for (int64_t p = 0; p < m->k; p++) {
        float magnitude = fabsf((float)levin__get(m->b, in_b(m, j, p)));
        top = magnitude > top || isnan(magnitude) ? magnitude : top;
    }
    bool tiny = top < LEVIN_BYTES_TINY;
    for (int64_t p = 0; p < m->k; p++)
        q[p] = tiny ? 0 : nearbyintf((float)levin__get(m->b, in_b(m, j, p)) * (127.0f / top));
    return tiny ? 0 : top / 127.0f;
}

/* A row of a as bytes less its zero. */
static float round_row(float *q, const levin_matmul_args *m, int64_t i)
{
    float least = 0, most = 0;
    for (int64_t p = 0; p < m->k; p++) {
        float x = (float)levin__get(m->a, in_a(m, i, p));
        least = x < least || isnan(x) ? x : least;
        most = x > most || isnan(x) ? x : most;
    }
    float width = most - least, factor = width < LEVIN_BYTES_TINY ? 0 : 255.0f / width;
    float zero = nearbyintf(-least * factor);
    for (int64_t p = 0; p < m->k; p++) {
        float whole = nearbyintf((float)levin__get(m->a, in_a(m, i, p)) * factor) + zero;
        q[p] = fminf(fmaxf(whole, 0), 255) - zero;
    }
    return factor == 0 ? 0 : width / 255.0f;
}

static bool matmul_of_bytes(const levin_matmul_args *m)
{
    levin_scope *scope = levin_scope_begin();
    float *a = levin__scope_alloc((size_t)m->k * sizeof *a);
    float *b = levin__scope_alloc((size_t)(m->n * m->k) * sizeof *b);
    float *scales = levin__scope_alloc((size_t)m->n * sizeof *scales);
    bool room = a && b && scales;
    for (int64_t j = 0; room && j < m->n; j++)
        scales[j] = round_column(b + j * m->k, m, j);
    for (int64_t i = 0; room && i < m->m; i++) {
        float scale = round_row(a, m, i);
        for (int64_t j = 0; j < m->n; j++) {
            double sum = 0;
            for (int64_t p = 0; p < m->k; p++)
                sum += (double)a[p] * (double)b[j * m->k + p];
            sum = sum * (double)scale * (double)scales[j];
            sum += m->bias.data ? levin__get(m->bias, j) : 0;
            levin__put(m->pre.data ? m->pre : m->c, i * m->n + j, sum, m->add);
        }
    }
    levin_scope_end(scope);
    return room;
}

static double dot(const levin_matmul_args *m, int64_t i, int64_t j)
{
    bool rounds = m->a.dtype == LEVIN_BF16 && m->b.dtype == LEVIN_F32;
    double sum = 0;
    for (int64_t p = 0; p < m->k; p++) {
        double b = levin__get(m->b, in_b(m, j, p));
        if (rounds)
            b = (double)levin__bf16_to_f32(levin__f32_to_bf16((float)b));
        sum += levin__get(m->a, in_a(m, i, p)) * b;
    }
    return sum;
}

static bool matmul_of_floats(const levin_matmul_args *m)
{
    for (int64_t i = 0; i < m->m; i++) {
        for (int64_t j = 0; j < m->n; j++) {
            double s = dot(m, i, j) + (m->bias.data ? levin__get(m->bias, j) : 0);
            levin__put(m->pre.data ? m->pre : m->c, i * m->n + j, s, m->add);
        }
    }
    return true;
}

/* The product of gelu of b, and the product times gelu's slope: of arrays of their own. */
static bool matmul_of_gelu(levin_matmul_args m)
{
    levin_array b = m.b;
    m.b = (levin_array){ levin__scope_alloc((size_t)(m.k * m.n) * sizeof(float)), LEVIN_F32 };
    m.gelu_b = false;
    return m.b.data && levin__ref_unary(LEVIN_UNARY_GELU, m.b, b, m.k * m.n) &&
           levin__ref_matmul(&m);
}

static bool matmul_times_slope(levin_matmul_args m)
{
    levin_array c = m.c, slope = m.slope;
    double *squares = m.squares;
    m.squares = NULL;
    m.c = (levin_array){ levin__scope_alloc((size_t)(m.m * m.n) * sizeof(float)), LEVIN_F32 };
    m.slope.data = NULL;
    if (!m.c.data || !levin__ref_matmul(&m))
        return false;
    levin__ref_unary_bwd(LEVIN_UNARY_GELU, c, m.c, slope, slope, m.m * m.n, false);
    if (squares)
        levin__ref_sum_squares(squares, c.data, m.m * m.n, (levin_live){ 0 });
    return true;
}

static bool fused_with_gelu(const levin_matmul_args *m)
{
    levin_scope *scope = levin_scope_begin();
    bool done = m->slope.data ? matmul_times_slope(*m) : matmul_of_gelu(*m);
    levin_scope_end(scope);
    return done;
}

bool levin__ref_matmul(const levin_matmul_args *m)
{
    if (m->slope.data || m->gelu_b)
        return fused_with_gelu(m);
    if (!(m->bytes ? matmul_of_bytes(m) : matmul_of_floats(m)))
        return false;
    levin_array s = m->pre.data ? m->pre : m->c;
    if (m->pre.data || m->gelu)
        levin__ref_unary(LEVIN_UNARY_GELU, m->c, s, m->m * m->n);
    for (int64_t i = 0; m->row_sums.data && i < m->m; i++) {
        double sum = 0;
        for (int64_t p = 0; p < m->k; p++)
            sum += levin__get(m->a, in_a(m, i, p));
        levin__put(m->row_sums, i, sum, m->add_row_sums);
    }
    if (m->norm)
        levin__ref_residual_norm(m->norm);
    if (m->squares)
        levin__ref_sum_squares(m->squares, m->c.data, m->m * m->n, (levin_live){ 0 });
    return true;
}

bool levin__ref_packed_size(size_t *bytes, const levin_matmul_args *m, bool learns)
{
    (void)bytes;
    (void)m;
    (void)learns;
    return false;
}

bool levin__ref_pack(void *packed, const levin_matmul_args *m)
{
    (void)packed;
    (void)m;
    return false;
}

bool levin__ref_column_sum(levin_array y, levin_array x, int64_t rows, int64_t cols, bool add)
{
    for (int64_t j = 0; j < cols; j++) {
        double sum = 0;
        for (int64_t i = 0; i < rows; i++)
            sum += levin__get(x, i * cols + j);
        levin__put(y, j, sum, add);
    }
    return true;
}
