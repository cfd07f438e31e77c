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

/* LANES members of the step that begins with row p. */
INLINE vf step_at(const levin_matmul_args *m, int64_t p, int64_t column, bool pairs)
{
    int lanes = column < m->n ? vlanes(column, m->n) : 0;
    int64_t at = p * m->n + column;
    if (!pairs) {
        vf x = number_at(m, at, lanes);
        return rounds_right(m) ? vfrom_half(vto_half(x)) : x;
    }
    vu low = half_at(m, at, lanes);
    return (vf)(p + 1 < m->k ? low | half_at(m, at + m->n, lanes) << 16 : low);
}

/* The steps of rows [first, end): columns [column, column + width), whole panels of them. */
INLINE void pack_columns(float *packed, const levin_matmul_args *m, int64_t first, int64_t end,
                         int64_t column, int64_t width, bool pairs)
{
    int members = pairs ? 2 : 1;
    int64_t steps = steps_of(m), wanted = m->n - column < width ? m->n - column : width;
    for (int64_t p = first; p < end; p += members) {
        for (int row = 0; row < members; row++)
            expect(m->b, (p + row + SOON) * m->n + column, wanted);
        float *to = packed + column * steps + p / members * COLS;
        for (int64_t c = 0; c < width; c += COLS, to += COLS * steps)
            for (int64_t v = 0; v < COLS; v += LANES)
                vstore(to + v, step_at(m, p, column + c + v, pairs));
    }
}

void pack_right_rows(float *packed, const levin_matmul_args *m, int64_t first, int64_t rows,
                     int64_t column)
{
    levin_matmul_args args = *m; // what others may see is read again after each store of a vector
    int64_t columns = (m->n - column + COLS - 1) / COLS * COLS;
    int64_t width = columns < SIDE_BY_SIDE ? columns : SIDE_BY_SIDE;
    if (step_of(m) == STEP_PAIR)
        pack_columns(packed, &args, first, first + rows, column, width, true);
    else
        pack_columns(packed, &args, first, first + rows, column, width, false);
}
