/* row_grad.c: gradients of tables of which a step reads few rows, like word embeddings. The numbers
 * lie as in any gradient; beside them stands which rows may be other than zero, so that the rest is
 * never cleared, summed up or moved. */
#include "autograd/autograd.h"

#include "base/memory.h"

#include <string.h>

/* Row i of a gradient. */
static levin_array row(const levin_tensor *grad, int64_t i, int64_t width)
{
    return (levin_array){ (float *)grad->data + i * width, LEVIN_F32 };
}

/* The numbers of the step before go. */
static bool clear(levin_tensor *grad, int64_t width)
{
    for (int64_t i = 0; i < grad->dim[0]; i++)
        if (grad->live_rows[i] && !LEVIN_RUN(fill, row(grad, i, width), 0, width))
            return false;
    memset(grad->live_rows, 0, (size_t)grad->dim[0]);
    return true;
}

levin_array levin__grad_of_rows(levin_call *c, int i, const int64_t *rows, int64_t n, bool *add)
{
    levin_tensor *x = (levin_tensor *)c->x[i], *grad = x->grad;
    if (x->call || !grad || grad->lent || !(grad->live_rows || grad->is_zero))
        return levin__grad_of(c, i, add);
    *add = true;
    if (!grad->live_rows)
        grad->live_rows = levin__calloc((size_t)grad->dim[0], 1);
    if (!grad->live_rows || (x->grad_is_fresh && !clear(grad, x->dim[1])))
        return (levin_array){ 0 };
    x->grad_is_fresh = grad->is_zero = false;
    for (int64_t k = 0; k < n; k++)
        if (rows[k] >= 0)
            grad->live_rows[rows[k]] = 1;
    return levin__array(grad);
}
