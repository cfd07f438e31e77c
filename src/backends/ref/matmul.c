/* matmul.c: products and sums of columns. */
#include "backends/ref/ref.h"

#include "backends/ref/element.h"
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

/* A row of a or a column of b as bytes: to q (k); returns their scale. */
static float round_to_bytes(float *q, levin_array x, const levin_matmul_args *m, int64_t i,
                            int64_t (*at)(const levin_matmul_args *m, int64_t i, int64_t p))
{
    float top = 0;
    for (int64_t p = 0; p < m->k; p++) {
        float magnitude = fabsf((float)levin__get(x, at(m, i, p)));
        top = magnitude > top || isnan(magnitude) ? magnitude : top;
    }
    bool tiny = top < LEVIN_BYTES_TINY;
    for (int64_t p = 0; p < m->k; p++)
        q[p] = tiny ? 0 : nearbyintf((float)levin__get(x, at(m, i, p)) * (127.0f / top));
    return tiny ? 0 : top / 127.0f;
}

static bool matmul_of_bytes(const levin_matmul_args *m)
{
    levin_scope *scope = levin_scope_begin();
    float *a = levin__scope_alloc((size_t)m->k * sizeof *a);
    float *b = levin__scope_alloc((size_t)(m->n * m->k) * sizeof *b);
    float *scales = levin__scope_alloc((size_t)m->n * sizeof *scales);
    bool room = a && b && scales;
    for (int64_t j = 0; room && j < m->n; j++)
        scales[j] = round_to_bytes(b + j * m->k, m->b, m, j, in_b);
    for (int64_t i = 0; room && i < m->m; i++) {
        float scale = round_to_bytes(a, m->a, m, i, in_a);
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
    double sum = 0;
    for (int64_t p = 0; p < m->k; p++)
        sum += levin__get(m->a, in_a(m, i, p)) * levin__get(m->b, in_b(m, j, p));
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

bool levin__ref_matmul(const levin_matmul_args *m)
{
    if (!(m->bytes ? matmul_of_bytes(m) : matmul_of_floats(m)))
        return false;
    if (!m->pre.data && !m->gelu)
        return true;
    levin_array s = m->pre.data ? m->pre : m->c;
    return levin__ref_unary(LEVIN_UNARY_GELU, m->c, s, m->m * m->n);
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
