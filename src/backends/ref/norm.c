/* norm.c: softmax and layer normalisation, row by row. */
#include "backends/ref/ref.h"

#include "backends/ref/element.h"

#include <math.h>

static double row_lse(levin_array x, int64_t cols)
{
    double top = -HUGE_VAL, sum = 0;
    for (int64_t j = 0; j < cols; j++)
        top = fmax(top, levin__get(x, j));
    for (int64_t j = 0; j < cols; j++)
        sum += exp(levin__get(x, j) - top);
    return top + log(sum);
}

bool levin__ref_softmax(levin_array y, levin_array x, int64_t rows, int64_t cols, bool log_form)
{
    for (int64_t i = 0; i < rows; i++) {
        levin_array row = levin__at(x, i * cols);
        double lse = row_lse(row, cols);
        for (int64_t j = 0; j < cols; j++) {
            double l = levin__get(row, j) - lse;
            levin__put(y, i * cols + j, log_form ? l : exp(l), false);
        }
    }
    return true;
}

bool levin__ref_softmax_bwd(levin_array dx, levin_array dy, levin_array y, int64_t rows,
                            int64_t cols, bool log_form, bool add)
{
    for (int64_t i = 0; i < rows; i++) {
        double sum = 0;
        for (int64_t j = i * cols; j < (i + 1) * cols; j++)
            sum += levin__get(dy, j) * (log_form ? 1 : levin__get(y, j));
        for (int64_t j = i * cols; j < (i + 1) * cols; j++) {
            double d = levin__get(dy, j), at = levin__get(y, j);
            levin__put(dx, j, log_form ? d - exp(at) * sum : at * (d - sum), add);
        }
    }
    return true;
}

bool levin__ref_layer_norm(levin_array y, float *stats, levin_array x, const float *gamma,
                           const float *beta, int64_t rows, int64_t cols, double eps)
{
    for (int64_t i = 0; i < rows; i++) {
        levin_array row = levin__at(x, i * cols);
        double mean = 0, var = 0;
        for (int64_t j = 0; j < cols; j++)
            mean += levin__get(row, j) / (double)cols;
        for (int64_t j = 0; j < cols; j++)
            var += (levin__get(row, j) - mean) * (levin__get(row, j) - mean) / (double)cols;
        double rstd = 1.0 / sqrt(var + eps);
        for (int64_t j = 0; j < cols; j++) {
            double n = (levin__get(row, j) - mean) * rstd;
            levin__put(y, i * cols + j, n * (double)gamma[j] + (double)beta[j], false);
        }
        stats[2 * i] = (float)mean;
        stats[2 * i + 1] = (float)rstd;
    }
    return true;
}

static double normal(levin_array x, const float *stats, int64_t i, int64_t j, int64_t cols)
{
    return (levin__get(x, i * cols + j) - (double)stats[2 * i]) * (double)stats[2 * i + 1];
}

bool levin__ref_layer_norm_bwd(levin_array dx, float *dgamma, float *dbeta, levin_array dy,
                               levin_array x, const float *stats, const float *gamma, int64_t rows,
                               int64_t cols, bool add, bool add_params)
{
    for (int64_t j = 0; j < cols; j++) {
        double sum_gamma = 0, sum_beta = 0;
        for (int64_t i = 0; i < rows; i++) {
            double d = levin__get(dy, i * cols + j);
            sum_gamma += d * normal(x, stats, i, j, cols);
            sum_beta += d;
        }
        if (dgamma)
            dgamma[j] = (float)(sum_gamma + (add_params ? (double)dgamma[j] : 0));
        if (dbeta)
            dbeta[j] = (float)(sum_beta + (add_params ? (double)dbeta[j] : 0));
    }
    for (int64_t i = 0; dx.data && i < rows; i++) {
        double mean_d = 0, mean_dn = 0; // of dy gamma, and of that times the normalised x
        for (int64_t j = 0; j < cols; j++) {
            double d = levin__get(dy, i * cols + j) * (double)gamma[j];
            mean_d += d / (double)cols;
            mean_dn += d * normal(x, stats, i, j, cols) / (double)cols;
        }
        for (int64_t j = 0; j < cols; j++) {
            double d = levin__get(dy, i * cols + j) * (double)gamma[j];
            double g = d - mean_d - normal(x, stats, i, j, cols) * mean_dn;
            levin__put(dx, i * cols + j, g * (double)stats[2 * i + 1], add);
        }
    }
    return true;
}

bool levin__ref_residual_norm(const levin_residual_norm_args *a)
{
    int64_t n = a->rows * a->cols;
    if (a->p > 0)
        levin__ref_dropout(a->z, a->z, n, a->p, a->key, false);
    levin__ref_axpy(a->z, 1, a->residual, n, true);
    return levin__ref_layer_norm(a->y, a->stats, a->z, a->gamma, a->beta, a->rows, a->cols, a->eps);
}
