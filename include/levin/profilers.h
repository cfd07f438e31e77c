/* profilers.h: where the time of a run goes. A profiler is given to a trainer in its flags. */
#ifndef LEVIN_PROFILERS_H
#define LEVIN_PROFILERS_H

#include <levin/trainer.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_simple_profiler_opts {
    const char *dirpath;   // NULL: the folder of the run
    const char *filename;  // the report is added to dirpath/<stage>-<filename>.txt; NULL: is shown
    levin_switch extended; // default on: with numbers of calls and percentages
} levin_simple_profiler_opts;

/** SimpleProfiler: the time of every hook and loop, as Lightning's table. opts may be NULL; texts
 * are copied. Yours until a trainer takes it, as every profiler. */
LEVIN_API levin_profiler *levin_simple_profiler(const levin_simple_profiler_opts *opts);

typedef struct levin_advanced_profiler_opts {
    const char *dirpath, *filename; // as above
} levin_advanced_profiler_opts;

/** AdvancedProfiler: every operator, there and back: calls, time, and what it reaches of the peak
 * that is measured when the run is over. */
LEVIN_API levin_profiler *levin_advanced_profiler(const levin_advanced_profiler_opts *opts);

typedef struct levin_trace_profiler_opts {
    const char *dirpath;  // as above
    const char *filename; // NULL: "trace"; the file is dirpath/<stage>-<filename>.json
    int64_t max_events;   // what comes later is left out; 0: a million, some 100 MB
} levin_trace_profiler_opts;

/** TraceProfiler: hooks, operators and threads on a line of time, in Chrome's trace format, for
 * ui.perfetto.dev and chrome://tracing. The file is whole JSON from one write to the next. */
LEVIN_API levin_profiler *levin_trace_profiler(const levin_trace_profiler_opts *opts);

LEVIN_API void levin_profiler_free(levin_profiler *p);

/** with trainer.profiler.profile("action"): begin, do it, end with what begin gave. The text of
 * action is lent until the call of the trainer is over. Without a profiler nothing happens. */
LEVIN_API double levin_profile_begin(const levin_trainer *t);
LEVIN_API void levin_profile_end(levin_trainer *t, const char *action, double began);

#ifdef __cplusplus
}
#endif
#endif
