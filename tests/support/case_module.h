/* case_module.h: the module that Lightning's recorded cases were made with, told by `about` of the
 * golden file: one parameter w, a loss of w*w or the mean of the batch, and a trace of what
 * happened to it. */
#ifndef LEVIN_TESTS_CASE_MODULE_H
#define LEVIN_TESTS_CASE_MODULE_H

#include <jansson.h>
#include <levin/levin.h>

typedef struct case_module {
    levin_module base;
    levin_tensor *w;
    levin_tensor *v;    // of the backbone; NULL: there is none
    levin_module *bn;   // a batch norm, or NULL
    const json_t *spec; // "model" of the case, or NULL
    json_t *trace;      // fields of the case's `expected`
    int64_t batch_idx;  // of the running training batch
    int64_t train_batches, val_batches, sanity_batches, val_runs, epochs;
    int64_t trace_epoch; // the epoch that train_batches_per_epoch is at
} case_module;

/** A module after a case's model object, which is lent and may be NULL. */
case_module *case_module_new(const json_t *spec);
void case_module_free(case_module *m);
/** Puts the counters into the trace. */
void case_module_finish(case_module *m);

#endif
