/* row_sums.c: sums of the rows of an operand that was packed a moment ago: a bias's gradient, in
 * the order of the steps, by parts of PART so that many small terms are not lost in a large sum. */
#include "backends/cpu/kernels/pack.h"

enum { PART = 64 }; // steps

/* A step of pairs: both members of each. */
INLINE vf members(vf step) { return vlower(step) + vupper(step); }

/* Row r of the TILE rows of a panel (k, TILE), for LANES rows at a time; lanes past the panel hold
 * rubbish. */
INLINE void sum_panel(float *to, const float *panel, int64_t k, bool pairs)
{
    enum { VECTORS = (TILE + LANES - 1) / LANES };
    vf all[VECTORS] = { { 0 } };
    for (int64_t part = 0; part < k; part += PART) {
        int64_t end = part + PART < k ? part + PART : k;
        vf some[VECTORS] = { { 0 } };
        for (int64_t s = part; s < end; s++)
            for (int v = 0; v < VECTORS; v++) {
                int lanes = TILE - v * LANES < LANES ? TILE - v * LANES : LANES;
                vf step = s + 1 < k ? vload(panel + s * TILE + v * LANES)
                                    : vload_n(panel + s * TILE + v * LANES, lanes);
                some[v] += pairs ? members(step) : step;
            }
        for (int v = 0; v < VECTORS; v++)
            all[v] += some[v];
    }
    memcpy(to, all, sizeof all);
}

#if HAS_TILES
/* The same of a panel of AMX: (k / AMX_STEPS, AMX_ROWS, AMX_STEPS). */
INLINE void sum_amx(float *to, const float *panel, int64_t k)
{
    for (int64_t r = 0; r < AMX_ROWS; r++) {
        float sum = 0;
        for (int64_t part = 0; part < k; part += PART) {
            vf some = { 0 };
            for (int64_t s = part; s < part + PART && s < k; s += AMX_STEPS)
                for (int v = 0; v < AMX_STEPS; v += LANES)
                    some += members(vload(panel + (s * AMX_ROWS + r * AMX_STEPS) + v));
            sum += vsum(some);
        }
        to[r] = sum;
    }
}
#endif

void sum_left(const levin_matmul_args *m, const float *from, int64_t first, int64_t rows, int64_t k,
              bool add)
{
    step_type type = step_of(m);
    int64_t height = height_of(type);
    float sums[AMX_ROWS + LANES], *to = (float *)m->row_sums.data + first;
    for (int64_t i = 0; i < rows; i += height, from += height * k) {
#if HAS_TILES
        if (type == STEP_PAIR)
            sum_amx(sums, from, k);
        else
#endif
            sum_panel(sums, from, k, type == STEP_PAIR);
        for (int64_t r = 0; r < height && i + r < rows; r++)
            to[i + r] = sums[r] + (add ? to[i + r] : 0);
    }
}
