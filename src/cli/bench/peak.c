/* peak.c: what the machine can do at most: products in registers on all threads, and copying. */
#include "cli/bench/report.h"

#include "base/clock.h"
#include "tensor/peak.h"

static double best_of(levin_peak kind, double seconds)
{
    double began = levin__seconds(), best = 0;
    for (int i = 0; i < 3 || levin__seconds() - began < seconds; i++) {
        double rate = levin__peak_measure(kind, seconds / 16);
        if (rate <= 0)
            return 0;
        best = rate > best ? rate : best;
    }
    return best;
}

static void report_memory(bench *b, const char *name, bool in_place)
{
    double rate = bench_memory(in_place, b->args->bench.seconds);
    b->memory = rate > b->memory ? rate : b->memory;
    bench_report(
        b, &(bench_row){
               .name = name, .detail = "read and written", .rate = rate / 1e9, .unit = "GB/s" });
}

void bench_peak(bench *b)
{
    static const struct {
        levin_peak kind;
        const char *name, *detail, *unit;
    } kinds[] = {
        { LEVIN_PEAK_F32, "f32", "in registers", "GFLOP/s" },
        { LEVIN_PEAK_BF16, "bf16", "in registers", "GFLOP/s" },
        { LEVIN_PEAK_INT8, "int8", "in registers", "GOP/s" },
    };
    bench_report_section(b, "peak");
    for (int i = 0; i < 3; i++) {
        double rate = best_of(kinds[i].kind, b->args->bench.seconds);
        if (rate > 0)
            bench_report(b, &(bench_row){ .name = kinds[i].name,
                                          .detail = kinds[i].detail,
                                          .rate = rate / 1e9,
                                          .unit = kinds[i].unit });
        else
            bench_report_absent(b, kinds[i].name, "no instruction for it");
    }
    report_memory(b, "copy", false);
    report_memory(b, "change in place", true);
}
