/* amx.h: Intel's Advanced Matrix Extensions: eight registers of sixteen rows of 64 bytes, and
 * products of whole registers. A thread says first how it wants them divided, and gives them back,
 * since they make it costly to be put aside. Tests have them done in plain C, on any machine. */
#ifndef LEVIN_BACKENDS_CPU_KERNELS_AMX_H
#define LEVIN_BACKENDS_CPU_KERNELS_AMX_H

#include "backends/cpu/kernels/vec.h"

#if defined LEVIN_EMULATE_TILES

typedef struct {
    uint8_t row[16][64];
} amx_register;
static _Thread_local amx_register amx_registers[8] __attribute__((unused));

INLINE void amx_begin(void) {}
INLINE void amx_end(void) {}
INLINE void amx_zero(int t) { memset(&amx_registers[t], 0, sizeof *amx_registers); }
INLINE void amx_load(int t, const void *from, size_t stride)
{
    for (size_t r = 0; r < 16; r++)
        memcpy(amx_registers[t].row[r], (const char *)from + r * stride, 64);
}
INLINE void amx_store(int t, void *to, size_t stride)
{
    for (size_t r = 0; r < 16; r++)
        memcpy((char *)to + r * stride, amx_registers[t].row[r], 64);
}
/* Element (r, column) of c += the step r, s of a times the step s, column of b, for all of them. */
INLINE void amx_each(int c, int a, int b, uint32_t (*dot)(uint32_t sum, uint32_t a, uint32_t b))
{
    uint32_t sum[16][16], left[16][16], right[16][16];
    memcpy(sum, &amx_registers[c], sizeof sum);
    memcpy(left, &amx_registers[a], sizeof left);
    memcpy(right, &amx_registers[b], sizeof right);
    for (int r = 0; r < 16; r++)
        for (int s = 0; s < 16; s++)
            for (int column = 0; column < 16; column++)
                sum[r][column] = dot(sum[r][column], left[r][s], right[s][column]);
    memcpy(&amx_registers[c], sum, sizeof sum);
}
INLINE float amx_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static inline __attribute__((unused)) uint32_t amx_dot_pairs(uint32_t sum, uint32_t a, uint32_t b)
{
    float x = amx_float(sum) + amx_float(a << 16) * amx_float(b << 16) +
              amx_float(a & 0xffff0000u) * amx_float(b & 0xffff0000u);
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static inline __attribute__((unused)) uint32_t amx_dot_bytes(uint32_t sum, uint32_t a, uint32_t b)
{
    for (int i = 0; i < 32; i += 8)
        sum += (uint32_t)((int32_t)(a >> i & 0xff) * (int8_t)(b >> i & 0xff));
    return sum;
}
INLINE void amx_pairs(int c, int a, int b) { amx_each(c, a, b, amx_dot_pairs); }
INLINE void amx_bytes(int c, int a, int b) { amx_each(c, a, b, amx_dot_bytes); }

#elif HAS_TILES

INLINE void amx_begin(void)
{
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } shape = { .palette = 1 };
    for (int i = 0; i < 8; i++) {
        shape.row_bytes[i] = 64;
        shape.rows[i] = 16;
    }
    __asm__ volatile("ldtilecfg %0" : : "m"(shape)); // gcc's own takes it for eight bytes
}
INLINE void amx_end(void) { _tile_release(); }
/* Registers are named by the instruction, so that these are no functions. */
#    define amx_zero(t) _tile_zero(t)
/* gcc 12 does not know that a load reads memory: what was written there is written by then. */
#    define amx_load(t, from, apart)                                                               \
        do {                                                                                       \
            __asm__ volatile("" : : : "memory");                                                   \
            _tile_loadd(t, from, (apart));                                                         \
        } while (0)
#    define amx_store(t, to, apart) _tile_stored(t, to, (apart))
#    define amx_pairs(c, a, b)      _tile_dpbf16ps(c, a, b)
#    define amx_bytes(c, a, b)      _tile_dpbusd(c, a, b)

#endif
#endif
