/* rows.c: moving rows: gather, scatter, segments, blocks. */
#include "backends/ref/ref.h"

#include "backends/ref/element.h"

bool levin__ref_gather(levin_array y, levin_array x, const int64_t *rows, int64_t n, int64_t width)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < width; j++)
            levin__put(y, i * width + j, rows[i] < 0 ? 0 : levin__get(x, rows[i] * width + j),
                       false);
    return true;
}

bool levin__ref_scatter_add(levin_array x, levin_array y, const int64_t *rows, int64_t n,
                            int64_t width, int64_t total, bool add)
{
    if (!add)
        levin__ref_fill(x, 0, total * width);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; rows[i] >= 0 && j < width; j++)
            levin__put(x, rows[i] * width + j, levin__get(y, i * width + j), true);
    return true;
}

bool levin__ref_segment_sum(levin_array y, levin_array x, const int32_t *cu, int64_t segments,
                            int64_t width, bool mean)
{
    for (int64_t s = 0; s < segments; s++) {
        int64_t n = cu[s + 1] - cu[s];
        for (int64_t j = 0; j < width; j++) {
            double sum = 0;
            for (int64_t i = cu[s]; i < cu[s + 1]; i++)
                sum += levin__get(x, i * width + j);
            levin__put(y, s * width + j, mean && n ? sum / (double)n : sum, false);
        }
    }
    return true;
}

bool levin__ref_segment_sum_bwd(levin_array dx, levin_array dy, const int32_t *cu, int64_t segments,
                                int64_t width, bool mean, bool add)
{
    for (int64_t s = 0; s < segments; s++) {
        double factor = mean ? 1.0 / (double)(cu[s + 1] - cu[s]) : 1;
        for (int64_t i = cu[s]; i < cu[s + 1]; i++)
            for (int64_t j = 0; j < width; j++)
                levin__put(dx, i * width + j, factor * levin__get(dy, s * width + j), add);
    }
    return true;
}

bool levin__ref_copy_block(levin_array y, int64_t y_stride, levin_array x, int64_t x_stride,
                           int64_t rows, int64_t width, bool add)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < width; j++)
            levin__put(y, i * y_stride + j, levin__get(x, i * x_stride + j), add);
    return true;
}
