/* peak.c: see peak.h. */
#include "tensor/peak.h"

#include "base/clock.h"
#include "base/threads.h"
#include "tensor/dispatch.h"

enum { MAX_THREADS = 256, PIECES = 8 }; // of each thread

/* A burst cut into pieces, so that a thread that is late does not decide. */
typedef struct {
    levin_peak kind;
    int64_t rounds;
    double operations[MAX_THREADS * PIECES]; // of each piece
} burst;

static void burn(void *context, int64_t piece)
{
    burst *b = context;
    (void)LEVIN_RUN(peak, b->kind, b->rounds, &b->operations[piece]);
}

/* Operations a second. */
static double run_burst(burst *b, double *seconds)
{
    int64_t pieces = (int64_t)levin_num_threads() * PIECES;
    double began = levin__seconds(), sum = 0;
    levin__parallel_for(pieces, burn, b);
    *seconds = levin__seconds() - began;
    for (int64_t i = 0; i < pieces; i++)
        sum += b->operations[i];
    return *seconds > 0 ? sum / *seconds : 0;
}

double levin__peak_measure(levin_peak kind, double seconds)
{
    burst b = { .kind = kind, .rounds = 1000 };
    double took;
    if (run_burst(&b, &took) <= 0)
        return 0;
    while (took < seconds / 8) { // twice as long until the clock can tell
        b.rounds *= 2;
        run_burst(&b, &took);
    }
    b.rounds = (int64_t)((double)b.rounds * seconds / took) + 1;
    return run_burst(&b, &took);
}

levin_peak levin__peak_of(levin_dtype autocast)
{
    levin_peak wanted = autocast == LEVIN_BF16 ? LEVIN_PEAK_BF16
                        : autocast == LEVIN_I8 ? LEVIN_PEAK_INT8
                                               : LEVIN_PEAK_F32;
    return levin__peak_measure(wanted, 1e-3) > 0 ? wanted : LEVIN_PEAK_F32;
}
