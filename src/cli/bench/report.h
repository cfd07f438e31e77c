/* report.h: results of levin bench, a line of the table each and a member of the JSON object. */
#ifndef LEVIN_CLI_BENCH_REPORT_H
#define LEVIN_CLI_BENCH_REPORT_H

#include "cli/bench/measure.h"

/* One result. What is zero or NULL is left out. */
typedef struct bench_row {
    const char *name, *detail;  // "qkv forward", "1270 x 1152 x 384"
    const bench_timing *timing; // of one run
    double rate;                // in units of unit
    const char *unit;           // "GFLOP/s"
    double peak;                // in the same units: rate is a share of it
} bench_row;

/** Version, machine, model and settings: the head of the table. */
void bench_report_begin(bench *b);
/** A section: its title and the columns. */
void bench_report_section(bench *b, const char *name);
void bench_report(bench *b, const bench_row *row);
/** What cannot be measured, and why. */
void bench_report_absent(bench *b, const char *name, const char *why);
/** Prints the JSON object, if that was asked for. */
void bench_report_end(const bench *b);

/** Work of a timing told in thousands of millions a second: GFLOP/s as a share of the peak between
 * its runs, GB/s as a share of what memory gave, if section peak was run. */
void bench_report_flops(bench *b, const char *name, const char *detail, const bench_timing *t,
                        double flops);
void bench_report_bytes(bench *b, const char *name, const char *detail, const bench_timing *t,
                        double bytes);

#endif
