/* profiler.h: for people who write a profiler. A struct of yours with `levin_profiler base` first
 * and one constant levin_profiler_class. */
#ifndef LEVIN_SYS_PROFILER_H
#define LEVIN_SYS_PROFILER_H

#include <levin/profilers.h>
#include <levin/sys/span.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a profiler is told of the call that it profiles. */
typedef struct levin_profiled_call {
    const char *stage;    // "fit", "validate", "test", "predict"
    const char *dir;      // of the run, or default_root_dir; lent
    levin_dtype autocast; // what products are computed in; LEVIN_F32 without autocast
} levin_profiled_call;

typedef struct levin_profiler_class {
    const char *name;
    size_t size;
    /* Is told of operators and other threads too, and then by any thread, one at a time. Two such
     * profilers cannot run in one process at once. */
    bool operators;
    /** A call of the trainer begins. 0 or an error code, recorded with levin_error_set or not,
     * which ends it. */
    int (*setup)(levin_profiler *p, const levin_profiled_call *call);
    /** Something is over. An error here would be that of whoever was profiled: keep it for finish.
     */
    void (*record)(levin_profiler *p, const levin_span *span);
    /** The call is over, after an error too: a text to be shown, given to levin_free; NULL for
     * none. */
    char *(*finish)(levin_profiler *p);
    void (*free)(levin_profiler *p); // what the struct holds, not the struct; may be NULL
} levin_profiler_class;

#define LEVIN_PROFILER(type) .name = #type, .size = sizeof(type)

struct levin_profiler {
    const levin_profiler_class *type;
};

/** A profiler of the class, zeroed behind its base. Yours until a trainer takes it. NULL after an
 * error. */
LEVIN_API levin_profiler *levin_profiler_new(const levin_profiler_class *type);

#ifdef __cplusplus
}
#endif
#endif
