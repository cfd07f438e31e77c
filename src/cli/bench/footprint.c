/* footprint.c: see footprint.h. Linux forgets a peak when 5 is written to clear_refs, proc(5);
 * elsewhere it is that of the whole process. */
#include "cli/bench/footprint.h"

#include "cli/bench/report.h"

#include <stdio.h>
#include <sys/resource.h>
#if defined __GLIBC__
#    include <malloc.h>
#endif

void bench_footprint_begin(void)
{
#if defined __GLIBC__
    malloc_trim(0);
#endif
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (!f)
        return;
    fputs("5", f);
    fclose(f);
}

/* Bytes; of the whole process if the system keeps no other account. */
static double peak_bytes(void)
{
    char line[256];
    double kilobytes = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f) && sscanf(line, "VmHWM: %lf", &kilobytes) != 1)
        continue;
    if (f)
        fclose(f);
    struct rusage usage;
    if (kilobytes <= 0 && getrusage(RUSAGE_SELF, &usage) == 0)
        kilobytes = (double)usage.ru_maxrss;
    return 1024 * kilobytes;
}

void bench_report_footprint(bench *b)
{
    bench_report(b, &(bench_row){ .name = "peak RSS",
                                  .detail = "model and all",
                                  .rate = peak_bytes() / 1e6,
                                  .unit = "MB" });
}
