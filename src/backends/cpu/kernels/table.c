/* table.c: the table of one instruction set. Slots left out fall through to ref: they are cold. */
#include "backends/cpu/kernels/kernels.h"

#include "backends/cpu/cpu.h"

#define LEVIN_TEXT_2(x) #x
#define LEVIN_TEXT(x)   LEVIN_TEXT_2(x)

const levin_kernels LEVIN_JOIN(levin__, kernels, LEVIN_ISA) = {
    .name = LEVIN_TEXT(LEVIN_ISA),
    .fill = KERNEL(fill),
    .axpy = KERNEL(axpy),
    .unary = KERNEL(unary),
    .unary_bwd = KERNEL(unary_bwd),
    .binary = KERNEL(binary),
    .binary_bwd = KERNEL(binary_bwd),
    .dropout = KERNEL(dropout),
    .matmul = KERNEL(matmul),
    .packed_size = KERNEL(packed_size),
    .pack = KERNEL(pack),
    .column_sum = KERNEL(column_sum),
    .softmax = KERNEL(softmax),
    .softmax_bwd = KERNEL(softmax_bwd),
    .layer_norm = KERNEL(layer_norm),
    .layer_norm_bwd = KERNEL(layer_norm_bwd),
    .residual_norm = KERNEL(residual_norm),
    .attention = KERNEL(attention),
    .attention_bwd = KERNEL(attention_bwd),
    .gather = KERNEL(gather),
    .scatter_add = KERNEL(scatter_add),
    .segment_sum = KERNEL(segment_sum),
    .segment_sum_bwd = KERNEL(segment_sum_bwd),
    .sum_squares = KERNEL(sum_squares),
    .clamp = KERNEL(clamp),
    .adam = KERNEL(adam),
    .sgd = KERNEL(sgd),
    .peak = KERNEL(peak),
};
