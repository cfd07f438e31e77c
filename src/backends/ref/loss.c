/* loss.c: losses, and what is asked of class numbers. */
#include "backends/ref/ref.h"

#include "backends/ref/element.h"

#include <math.h>

static int64_t counted(levin_array labels, int64_t rows, int64_t ignore)
{
    int64_t n = 0;
    for (int64_t i = 0; i < rows; i++)
        n += levin__get_int(labels, i) != ignore;
    return n;
}

/* (1 - s) (lse - x[label]) + s (lse - mean x): smoothing mixes in the mean over all classes. */
static double row_loss(levin_array x, int64_t label, int64_t classes, double s, float *lse_out)
{
    double top = -HUGE_VAL, sum = 0, total = 0;
    for (int64_t j = 0; j < classes; j++) {
        top = fmax(top, levin__get(x, j));
        total += levin__get(x, j);
    }
    for (int64_t j = 0; j < classes; j++)
        sum += exp(levin__get(x, j) - top);
    double lse = top + log(sum);
    *lse_out = (float)lse;
    if (label < 0)
        return 0;
    double mean = total / (double)classes;
    return (1 - s) * (lse - levin__get(x, label)) + s * (lse - mean);
}

bool levin__ref_cross_entropy(float *loss, float *lse, levin_array logits, levin_array labels,
                              int64_t rows, int64_t classes, int64_t ignore, double smoothing)
{
    double sum = 0;
    for (int64_t i = 0; i < rows; i++) {
        int64_t label = levin__get_int(labels, i);
        sum += row_loss(levin__at(logits, i * classes), label == ignore ? -1 : label, classes,
                        smoothing, &lse[i]);
    }
    *loss = (float)(sum / (double)counted(labels, rows, ignore));
    return true;
}

bool levin__ref_cross_entropy_bwd(levin_array dlogits, const float *dloss, const float *lse,
                                  levin_array logits, levin_array labels, int64_t rows,
                                  int64_t classes, int64_t ignore, double smoothing, bool add)
{
    double scale = (double)*dloss / (double)counted(labels, rows, ignore);
    for (int64_t i = 0; i < rows; i++) {
        int64_t label = levin__get_int(labels, i);
        for (int64_t j = 0; j < classes; j++) {
            double p = exp(levin__get(logits, i * classes + j) - (double)lse[i]);
            double target = (j == label ? 1 - smoothing : 0) + smoothing / (double)classes;
            levin__put(dlogits, i * classes + j, label == ignore ? 0 : (p - target) * scale, add);
        }
    }
    return true;
}

bool levin__ref_pair_loss(levin_loss f, float *loss, levin_array x, levin_array t, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double u = levin__get(x, i), v = levin__get(t, i);
        sum += f == LEVIN_LOSS_MSE ? (u - v) * (u - v) : fmax(u, 0) - u * v + log1p(exp(-fabs(u)));
    }
    *loss = (float)(sum / (double)n);
    return true;
}

bool levin__ref_pair_loss_bwd(levin_loss f, levin_array dx, const float *dloss, levin_array x,
                              levin_array t, int64_t n, bool add)
{
    double scale = (double)*dloss / (double)n;
    for (int64_t i = 0; i < n; i++) {
        double u = levin__get(x, i), v = levin__get(t, i);
        double d = f == LEVIN_LOSS_MSE ? 2 * (u - v) : 1.0 / (1.0 + exp(-u)) - v;
        levin__put(dx, i, d * scale, add);
    }
    return true;
}

bool levin__ref_argmax(int64_t *y, levin_array x, int64_t rows, int64_t cols)
{
    for (int64_t i = 0; i < rows; i++) {
        y[i] = 0;
        for (int64_t j = 1; j < cols; j++)
            if (levin__get(x, i * cols + j) > levin__get(x, i * cols + y[i]))
                y[i] = j;
    }
    return true;
}

bool levin__ref_accuracy(float *y, levin_array a, levin_array b, int64_t n)
{
    int64_t equal = 0;
    for (int64_t i = 0; i < n; i++)
        equal += levin__get(a, i) == levin__get(b, i);
    *y = (float)((double)equal / (double)n);
    return true;
}

bool levin__ref_find_outside(int64_t *where, levin_array ids, int64_t n, int64_t limit,
                             int64_t ignore)
{
    *where = -1;
    for (int64_t i = 0; i < n && *where < 0; i++) {
        int64_t id = levin__get_int(ids, i);
        if ((id < 0 || id >= limit) && id != ignore)
            *where = i;
    }
    return true;
}
