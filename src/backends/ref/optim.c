/* optim.c: steps of optimizers, element by element, in double; only what is stored is rounded. The
 * formulas are torch.optim's. */
#include "backends/ref/optim.h"

#include "tensor/tensor.h"

#include <math.h>

/* What is not live is computed like the rest: that it makes no difference is what others are held
 * to. */
bool levin__ref_sum_squares(double *sum, const float *x, int64_t n, levin_live live)
{
    (void)live;
    double s = 0;
    for (int64_t i = 0; i < n; i++)
        s += (double)x[i] * (double)x[i];
    *sum = s;
    return true;
}

bool levin__ref_clamp(float *x, double low, double high, int64_t n)
{
    for (int64_t i = 0; i < n; i++) { // a NaN stays one
        if ((double)x[i] < low)
            x[i] = (float)low;
        if ((double)x[i] > high)
            x[i] = (float)high;
    }
    return true;
}

bool levin__ref_adam(const levin_adam_args *a)
{
    for (int64_t i = 0; i < a->n; i++) {
        double p = (double)a->p[i];
        double g = (double)a->g[i] * a->grad_scale + a->l2 * p;
        double m = a->beta1 * (double)a->m[i] + (1 - a->beta1) * g;
        double v = a->beta2 * (double)a->v[i] + (1 - a->beta2) * g * g;
        a->m[i] = (float)m;
        a->v[i] = (float)v;
        if (a->v_max) {
            v = fmax(v, (double)a->v_max[i]);
            a->v_max[i] = (float)v;
        }
        p *= 1 - a->decay;
        p -= a->lr * (m / a->bias1) / (sqrt(v / a->bias2) + a->eps);
        a->p[i] = (float)p;
    }
    return true;
}

bool levin__ref_sgd(const levin_sgd_args *a)
{
    for (int64_t i = 0; i < a->n; i++) {
        double p = (double)a->p[i];
        double g = (double)a->g[i] * a->grad_scale + a->weight_decay * p;
        if (a->momentum_buffer) {
            double old = (double)a->momentum_buffer[i];
            double buffer = a->first ? g : a->momentum * old + (1 - a->dampening) * g;
            a->momentum_buffer[i] = (float)buffer;
            g = a->nesterov ? g + a->momentum * buffer : buffer;
        }
        a->p[i] = (float)(p - a->lr * g);
    }
    return true;
}
