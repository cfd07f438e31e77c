/* gemm.c: the matrix products of an encoder layer, as the linear operator asks a back end for
 * them: y = x wT + b; dx = dy w; dw = dyT x. T is the average batch. */
#include "cli/bench/report.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/scope.h"
#include "tensor/dispatch.h"
#include "tensor/tensor.h"

#include <stdio.h>

static double run_product(void *context)
{
    const levin_matmul_args *m = context;
    double began = levin__seconds();
    if (!LEVIN_RUN(matmul, m))
        return -1;
    return levin__seconds() - began;
}

static levin_tensor *matrix(levin_dtype dtype, int64_t rows, int64_t cols)
{
    levin_tensor *t = levin__tensor_scoped(dtype, 2, (int64_t[]){ rows, cols }, NULL);
    if (t)
        (void)LEVIN_RUN(fill, levin__array(t), 0.01, t->numel);
    return t;
}

static void measure(bench *b, const char *layer, const char *way, levin_matmul_args m)
{
    char name[48], detail[48];
    bench_timing t;
    snprintf(name, sizeof name, "%s %s", layer, way);
    snprintf(detail, sizeof detail, "%lld x %lld x %lld", (long long)m.m, (long long)m.n,
             (long long)m.k);
    if (bench_time(b, true, run_product, &m, &t))
        bench_report_flops(b, name, detail, &t, 2.0 * (double)m.m * (double)m.n * (double)m.k);
}

/* The product forward in int8, by a weight that was packed once. */
static void measure_bytes(bench *b, const char *layer, levin_matmul_args m)
{
    const levin_kernels *table = levin__kernel_tables()[0];
    size_t bytes;
    m.bytes = true;
    if (table->packed_size && table->packed_size(&bytes, &m, false)) {
        void *packed = levin__scope_alloc(bytes);
        if (!packed || !table->pack(packed, &m))
            return;
        m.packed = packed;
    }
    measure(b, layer, "forward", m);
}

/* Rows of tokens, from in numbers to out. */
static void measure_layer(bench *b, const char *layer, int64_t rows, int64_t in, int64_t out)
{
    levin_scope *scope = levin_scope_begin();
    levin_array x = levin__array(matrix(b->dtype, rows, in));
    levin_array y = levin__array(matrix(b->dtype, rows, out));
    levin_array w = levin__array(matrix(b->dtype, out, in));
    levin_array dw = levin__array(matrix(LEVIN_F32, out, in));
    levin_array bias = levin__array(matrix(LEVIN_F32, 1, out));
    levin_matmul_args forward = {
        .c = y, .a = x, .b = w, .m = rows, .n = out, .k = in, .trans_b = true, .bias = bias
    };
    if (!levin_error() && b->autocast == LEVIN_I8) {
        measure_bytes(b, layer, forward);
    } else if (!levin_error()) {
        measure(b, layer, "forward", forward);
        measure(b, layer, "dx",
                (levin_matmul_args){ .c = x, .a = y, .b = w, .m = rows, .n = in, .k = out });
        measure(b, layer, "dw",
                (levin_matmul_args){
                    .c = dw, .a = y, .b = x, .m = out, .n = in, .k = rows, .trans_a = true });
    }
    levin_scope_end(scope);
}

void bench_gemm(bench *b)
{
    int64_t h = b->config.hidden_size, f = b->config.intermediate_size;
    int64_t rows = (int64_t)(b->batches.tokens + 0.5);
    bench_report_section(b, "gemm");
    measure_layer(b, "qkv", rows, h, 3 * h);
    measure_layer(b, "output", rows, h, h);
    measure_layer(b, "up", rows, h, f);
    measure_layer(b, "down", rows, f, h);
}
