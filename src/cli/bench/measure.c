/* measure.c: see measure.h. */
#include "cli/bench/measure.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/threads.h"
#include "tensor/peak.h"

#include <emmintrin.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MAX_RUNS = 4096, MIN_RUNS = 3, LINE = 64 };
static const double SHORTEST_PROBE = 2e-3, LONGEST_PROBE = 50e-3;
static const double SMALLEST_BLOCK = (double)(64 << 20), LARGEST_BLOCK = (double)(256 << 20);

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double within(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static bool summarise(double *runs, int n, double peak, bench_timing *out)
{
    qsort(runs, (size_t)n, sizeof *runs, by_size);
    *out = (bench_timing){
        .seconds = runs[n / 2], .low = runs[n / 4], .high = runs[3 * n / 4], .peak = peak, .runs = n
    };
    return true;
}

/* Seconds of all threads on a processor. */
static double on_processors(void)
{
    struct timespec t = { 0 };
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The better of best and what the machine gives now. */
static double probe_again(bench *b, double seconds, double best)
{
    double began = levin__seconds(), used = on_processors();
    double now = levin__peak_measure(b->peak, seconds);
    b->probed += (levin__seconds() - began) * (double)levin_num_threads();
    b->probed_on_processors += on_processors() - used;
    return now > best ? now : best;
}

double bench_steadiness(const bench *b)
{
    return b->probed > 0 ? b->probed_on_processors / b->probed : 1;
}

bool bench_time(bench *b, bool with_peak, bench_task *task, void *context, bench_timing *out)
{
    double runs[MAX_RUNS], peak = 0, began = levin__seconds(), probed = 0;
    double last = task(context), probe = within(last / 8, SHORTEST_PROBE, LONGEST_PROBE);
    int n = 0;
    while (last >= 0 && n < MAX_RUNS) {
        double now = levin__seconds();
        if (n >= MIN_RUNS && now - began > b->args->bench.seconds)
            break;
        if (with_peak && now - probed > 8 * probe) {
            peak = probe_again(b, probe, peak);
            probed = levin__seconds();
        }
        runs[n++] = last = task(context);
    }
    return last >= 0 && !levin_error() && summarise(runs, n, peak, out);
}

/* Blocks of memory, cut into pieces. */
typedef struct {
    char *from, *to; // the same if they are changed in place
    size_t piece;
} blocks;

/* Past the caches, so that what is overwritten need not be read first. */
static void copy(__m128i *to, const __m128i *from, size_t n)
{
    for (size_t k = 0; k < n; k++)
        _mm_stream_si128(to + k, _mm_load_si128(from + k));
    _mm_sfence();
}

static void change(__m128i *at, size_t n)
{
    const __m128i one = _mm_set1_epi32(1);
    for (size_t k = 0; k < n; k++)
        _mm_store_si128(at + k, _mm_add_epi32(_mm_load_si128(at + k), one));
}

static void move_piece(void *context, int64_t i)
{
    const blocks *m = context;
    __m128i *from = (__m128i *)(void *)(m->from + (size_t)i * m->piece);
    __m128i *to = (__m128i *)(void *)(m->to + (size_t)i * m->piece);
    if (from == to)
        change(to, m->piece / sizeof *to);
    else
        copy(to, from, m->piece / sizeof *to);
}

static double time_moves(blocks *m, int64_t pieces)
{
    double began = levin__seconds();
    levin__parallel_for(pieces, move_piece, m);
    return levin__seconds() - began;
}

double bench_memory(bool in_place, double seconds)
{
    double cache = (double)sysconf(_SC_LEVEL3_CACHE_SIZE), began = levin__seconds(), best = 0;
    int64_t pieces = levin_num_threads();
    double block = within(4 * cache, SMALLEST_BLOCK, LARGEST_BLOCK);
    blocks m = { .piece = (size_t)block / (size_t)pieces / LINE * LINE };
    m.from = levin__calloc((size_t)pieces, m.piece);
    m.to = in_place ? m.from : levin__calloc((size_t)pieces, m.piece);
    for (int n = 0; m.from && m.to && (n <= MIN_RUNS || levin__seconds() - began < seconds); n++) {
        double rate = 2 * (double)pieces * (double)m.piece / time_moves(&m, pieces);
        best = rate > best ? rate : best;
    }
    if (m.to != m.from)
        levin__free(m.to);
    levin__free(m.from);
    return best;
}
