/* pack_rows.c: a right operand that is stored (K, N): a row of it is a step of every panel, or one
 * of the two members of its pairs. Rows are read some lines at a time, for panels side by side. */
#include "backends/cpu/kernels/functions.h"
#include "backends/cpu/kernels/pack.h"

INLINE vf number_at(const levin_matmul_args *m, int64_t at, int lanes)
{
    vf x = lanes ? vget(m->b, at, lanes) : vset(0.0f);
    return m->gelu_b ? vgelu(x) : x;
}

/* As bf16, in the lower half of each lane. */
INLINE vu half_at(const levin_matmul_args *m, int64_t at, int lanes)
{
    if (m->b.dtype == LEVIN_F32 || m->gelu_b)
        return vwiden(vto_half(number_at(m, at, lanes)));
    return vwiden(vget_half(m->b, at, lanes));
}

INLINE int lanes_at(const levin_matmul_args *m, int64_t column)
{
    return column < m->n ? vlanes(column, m->n) : 0;
}

/* LANES floats of the step that begins with row p, from the one that holds column on. */
INLINE vf step_at(const levin_matmul_args *m, int64_t p, int64_t column, step_type type)
{
    int lanes = lanes_at(m, column);
    int64_t at = p * m->n + column;
    if (type == STEP_FLOAT) {
        vf x = number_at(m, at, lanes);
        return rounds_right(m) ? vfrom_half(vto_half(x)) : x;
    }
    vu low = half_at(m, at, lanes);
    if (type == STEP_HALF)
        return (vf)(low | half_at(m, at + COLS / 2, lanes_at(m, column + COLS / 2)) << 16);
    return (vf)(p + 1 < m->k ? low | half_at(m, at + m->n, lanes) << 16 : low);
}

/* The steps of rows [first, end): columns [column, column + width), whole panels of them. */
INLINE void pack_columns(float *packed, const levin_matmul_args *m, int64_t first, int64_t end,
                         int64_t column, int64_t width, step_type type)
{
    int members = type == STEP_PAIR ? 2 : 1;
    int64_t floats = width_of(type), steps = steps_of(m);
    int64_t wanted = m->n - column < width ? m->n - column : width;
    for (int64_t p = first; p < end; p += members) {
        for (int row = 0; row < members; row++)
            expect(m->b, (p + row + SOON) * m->n + column, wanted);
        float *to = packed + (column / COLS * steps + p / members) * floats;
        for (int64_t c = 0; c < width; c += COLS, to += floats * steps)
            for (int64_t v = 0; v < floats; v += LANES)
                vstore(to + v, step_at(m, p, column + c + v, type));
    }
}

void pack_right_rows(float *packed, const levin_matmul_args *m, int64_t first, int64_t rows,
                     int64_t column)
{
    levin_matmul_args args = *m; // what others may see is read again after each store of a vector
    int64_t columns = (m->n - column + COLS - 1) / COLS * COLS;
    int64_t width = columns < SIDE_BY_SIDE ? columns : SIDE_BY_SIDE;
    switch (step_of(m)) { // each a constant to the compiler
    case STEP_FLOAT:
        pack_columns(packed, &args, first, first + rows, column, width, STEP_FLOAT);
        break;
    case STEP_HALF:
        pack_columns(packed, &args, first, first + rows, column, width, STEP_HALF);
        break;
    default:
        pack_columns(packed, &args, first, first + rows, column, width, STEP_PAIR);
    }
}
