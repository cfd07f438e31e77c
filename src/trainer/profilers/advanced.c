/* advanced.c: what Lightning's AdvancedProfiler is to Python's functions, this is to levin's
 * operators: calls, time and work of each, there and back. The time of an operator is its own:
 * where one computes others again (levin_recompute), theirs are taken out of it. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/span.h"
#include "tensor/peak.h"
#include "trainer/classes.h"
#include "trainer/profilers/file_profiler.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_REPORT = 1 << 20, MAX_ROWS = 256, MAX_INNER = 4096 };
static const double PROBE = 0.02; // seconds that a look at the peak takes

typedef struct {
    const char *name; // of the operator, a constant
    bool back;
    int64_t calls;
    double seconds, flops;
} row;

typedef struct {
    double began, seconds;
} piece;

typedef struct {
    levin_file_profiler file;
    int thread; // the trainer's
    double began;
    levin_peak kind;
    double peak; // operations a second
    row rows[MAX_ROWS];
    int n;
    piece inner[MAX_INNER]; // operators since the last action ended: candidates for being inside
    int n_inner;
} advanced_profiler;

static row *find_row(advanced_profiler *p, const char *name, bool back)
{
    for (int i = 0; i < p->n; i++)
        if (p->rows[i].name == name && p->rows[i].back == back)
            return &p->rows[i];
    if (p->n == MAX_ROWS)
        return NULL;
    p->rows[p->n] = (row){ .name = name, .back = back };
    return &p->rows[p->n++];
}

/* Seconds of the operators inside the span, which is then one piece itself. */
static double take_inner(advanced_profiler *p, const levin_span *span)
{
    double sum = 0;
    while (p->n_inner && p->inner[p->n_inner - 1].began >= span->began)
        sum += p->inner[--p->n_inner].seconds;
    if (p->n_inner < MAX_INNER)
        p->inner[p->n_inner++] = (piece){ span->began, span->ended - span->began };
    return sum;
}

static void record(levin_profiler *base, const levin_span *span)
{
    advanced_profiler *p = (advanced_profiler *)base;
    if (span->thread != p->thread || span->kind == LEVIN_SPAN_WORK)
        return;
    if (span->kind == LEVIN_SPAN_ACTION) { // no operator holds an action
        p->n_inner = 0;
        return;
    }
    row *r = find_row(p, span->name, span->kind == LEVIN_SPAN_BACKWARD);
    double inner = take_inner(p, span);
    if (!r)
        return;
    r->calls++;
    r->seconds += span->ended - span->began - inner;
    r->flops += span->flops;
}

static int setup(levin_profiler *base, const levin_profiled_call *call)
{
    advanced_profiler *p = (advanced_profiler *)base;
    levin_span here;
    levin__span_set_thread(&here);
    p->thread = here.thread;
    p->n = p->n_inner = 0;
    p->kind = levin__peak_of(call->autocast);
    p->peak = levin__peak_measure(p->kind, PROBE);
    p->began = levin__seconds();
    return levin__file_profiler_setup(&p->file, call);
}

static int by_seconds(const void *a, const void *b)
{
    const row *x = a, *y = b;
    return x->seconds < y->seconds ? 1 : x->seconds > y->seconds ? -1 : strcmp(x->name, y->name);
}

static void add_row(levin_buffer *out, const char *name, const char *way, const row *r, double all,
                    double peak)
{
    levin__buffer_addf(out, "%-30s %-8s %9lld %11.4f %11.1f %7.1f", name, way, (long long)r->calls,
                       r->seconds, r->calls ? 1e6 * r->seconds / (double)r->calls : 0,
                       100 * r->seconds / all);
    double rate = r->seconds > 0 ? r->flops / r->seconds : 0;
    if (rate > 0)
        levin__buffer_addf(out, " %10.1f", rate / 1e9);
    if (rate > 0 && peak > 0)
        levin__buffer_addf(out, " %8.1f", 100 * rate / peak);
    levin__buffer_add_char(out, '\n');
}

static void add_line(levin_buffer *out)
{
    for (int i = 0; i < 101; i++)
        levin__buffer_add_char(out, '-');
    levin__buffer_add_char(out, '\n');
}

static void add_rows(levin_buffer *out, advanced_profiler *p, double all)
{
    row sum = { .name = "all operators" };
    for (int i = 0; i < p->n; i++) {
        const row *r = &p->rows[i];
        add_row(out, r->name, r->back ? "backward" : "forward", r, all, p->peak);
        sum.calls += r->calls;
        sum.seconds += r->seconds;
        sum.flops += r->flops;
    }
    add_line(out);
    add_row(out, sum.name, "", &sum, all, p->peak);
    levin__buffer_addf(out, "%-30s %-8s %9s %11.4f %11s %7.1f\n", "everything else", "", "",
                       all - sum.seconds, "", 100 * (all - sum.seconds) / all);
}

static char *finish(levin_profiler *base)
{
    static const char *const kinds[] = {
        [LEVIN_PEAK_F32] = "f32", [LEVIN_PEAK_BF16] = "bf16", [LEVIN_PEAK_INT8] = "int8"
    };
    advanced_profiler *p = (advanced_profiler *)base;
    double all = levin__seconds() - p->began, peak = levin__peak_measure(p->kind, PROBE);
    p->peak = peak > p->peak ? peak : p->peak;
    levin_buffer out = LEVIN_BUFFER(MAX_REPORT);
    levin__file_profiler_title(&p->file, &out);
    add_line(&out);
    levin__buffer_addf(&out, "%-30s %-8s %9s %11s %11s %7s %10s %8s\n", "Operator", "", "Calls",
                       "Total (s)", "Mean (us)", "% time", "GFLOP/s", "% peak");
    add_line(&out);
    qsort(p->rows, (size_t)p->n, sizeof *p->rows, by_seconds);
    add_rows(&out, p, all);
    add_line(&out);
    levin__buffer_addf(&out, "peak: %.1f GFLOP/s, %s in registers, %d threads\n", p->peak / 1e9,
                       kinds[p->kind], levin_num_threads());
    return levin__file_profiler_report(&p->file, &out);
}

static const levin_profiler_class advanced_class = {
    .name = "AdvancedProfiler",
    .size = sizeof(advanced_profiler),
    .operators = true,
    .setup = setup,
    .record = record,
    .finish = finish,
    .free = levin__file_profiler_free,
};

levin_profiler *levin_advanced_profiler(const levin_advanced_profiler_opts *opts)
{
    static const levin_advanced_profiler_opts plain;
    const levin_advanced_profiler_opts *o = opts ? opts : &plain;
    levin_file_profiler *p = levin__file_profiler_new(&advanced_class, o->dirpath, o->filename);
    return p ? &p->base : NULL;
}

#define ARGUMENT(field, missing, help)                                                             \
    LEVIN_ARGUMENT(levin_advanced_profiler_opts, field, missing, help)

static const levin_flag arguments[] = {
    ARGUMENT(dirpath, "null", "folder of the report; null is that of the run"),
    ARGUMENT(filename, "null", "add the report to <stage>-<filename>.txt; null shows it"),
    { 0 },
};

static levin_profiler *make(const void *options) { return levin_advanced_profiler(options); }

const levin_class levin__class_advanced_profiler = {
    .kind = LEVIN_CLASS_PROFILER,
    .name = "AdvancedProfiler",
    .paths =
        (const char *const[]){ "lightning.pytorch.profilers.AdvancedProfiler", "advanced", NULL },
    .help = "the time of each operator, and its share of the peak",
    .arguments = arguments,
    .size = sizeof(levin_advanced_profiler_opts),
    .fixed = (const char *const[][2]){ { "line_count_restriction", "1.0" },
                                       { "dump_stats", "false" },
                                       { NULL } },
    .make.profiler = make,
};
