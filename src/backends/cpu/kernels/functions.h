/* functions.h: exp, erf and tanh of a vector. The coefficients are minimax fits of our own
 * (relative error 3e-9 for exp's polynomial, 2e-8 for erf's quotient, before rounding to float). */
#ifndef LEVIN_BACKENDS_CPU_KERNELS_FUNCTIONS_H
#define LEVIN_BACKENDS_CPU_KERNELS_FUNCTIONS_H

#include "backends/cpu/kernels/vec.h"

/* e^x = 2^n e^r, |r| <= ln 2 / 2: gives 2^n, and e^r - 1 in *rest, to the last place also where r
 * is small. x is kept within what 2^n can be; a NaN remains one. */
INLINE vf vexp_parts(vf x, vf *rest)
{
    vf in = vmax(vset(-87.3f), vmin(vset(88.0f), x)); // this way round a NaN remains one
    vf magic = vset(12582912.0f); // 1.5 * 2^23: adding it rounds to a whole number
    vf n = (in * vset(1.44269504f) + magic) - magic;
    vf r = in - n * vset(0.693359375f);
    r = r - n * vset(-2.12194440e-4f);
    vf p = vset(0.0013814466f);
    p = p * r + vset(0.008368781f);
    p = p * r + vset(0.041668393f);
    p = p * r + vset(0.1666652f);
    p = p * r + vset(0.49999994f);
    *rest = p * (r * r) + r;
    return (vf)((__builtin_convertvector(n, vi) + 127) << 23);
}

/* Overflows to a large number, underflows to zero. */
INLINE vf vexp(vf x)
{
    vf rest, power = vexp_parts(x, &rest);
    vf y = (rest + vset(1.0f)) * power;
    return (vf)((vi)y & ~(x < vset(-87.3f)));
}

/* erf(x) = x P(x^2) / Q(x^2) on [-3.92, 3.92]; beyond it differs from 1 by less than half a unit.
 * The quotient may round to more than 1, which gelu would multiply by a large x. */
INLINE vf verf(vf x)
{
    vf z = vmax(vset(-3.92f), vmin(vset(3.92f), x));
    vf u = z * z;
    vf p = vset(2.0501336e-06f);
    p = p * u + vset(0.00028486876f);
    p = p * u + vset(0.0037651204f);
    p = p * u + vset(0.052747168f);
    p = p * u + vset(0.1903953f);
    p = p * u + vset(1.1283791f);
    vf q = vset(3.809147e-05f);
    q = q * u + vset(0.0011624102f);
    q = q * u + vset(0.014968219f);
    q = q * u + vset(0.11410442f);
    q = q * u + vset(0.5020662f);
    q = q * u + vset(1.0f);
    return vmax(vset(-1.0f), vmin(vset(1.0f), z * p / q));
}

INLINE vf vsigmoid(vf x) { return vset(1.0f) / (vset(1.0f) + vexp(-x)); }

/* m / (m + 2), m = e^2x - 1, which loses no places near 0, where 1 - 2 / (e^2x + 1) has none left.
 */
INLINE vf vtanh(vf x)
{
    vf rest, power = vexp_parts(x + x, &rest);
    vf m = rest * power + (power - vset(1.0f));
    return vblend(x != x, x, m / (m + vset(2.0f)));
}

/* x Phi(x), and its slope Phi(x) + x phi(x). */
INLINE vf vgelu(vf x) { return vset(0.5f) * x * (vset(1.0f) + verf(x * vset(0.70710678f))); }
INLINE vf vgelu_slope(vf x)
{
    vf cdf = vset(0.5f) + vset(0.5f) * verf(x * vset(0.70710678f));
    return cdf + x * vset(0.39894228f) * vexp(vset(-0.5f) * x * x);
}

#endif
