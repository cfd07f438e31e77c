/* matmul.c: products and sums of columns. */
#include "backends/ref/ref.h"

#include "backends/ref/element.h"

static double dot(const levin_matmul_args *m, int64_t i, int64_t j)
{
    double sum = 0;
    for (int64_t p = 0; p < m->k; p++)
        sum += levin__get(m->a, m->trans_a ? p * m->m + i : i * m->k + p) *
               levin__get(m->b, m->trans_b ? j * m->k + p : p * m->n + j);
    return sum;
}

bool levin__ref_matmul(const levin_matmul_args *m)
{
    for (int64_t i = 0; i < m->m; i++) {
        for (int64_t j = 0; j < m->n; j++) {
            double s = dot(m, i, j) + (m->bias.data ? levin__get(m->bias, j) : 0);
            levin__put(m->pre.data ? m->pre : m->c, i * m->n + j, s, m->add);
        }
    }
    return m->pre.data ? levin__ref_unary(LEVIN_UNARY_GELU, m->c, m->pre, m->m * m->n) : true;
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
