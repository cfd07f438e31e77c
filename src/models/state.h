/* state.h: moving numbers between a module's state dict and the tensors of a folder. */
#ifndef LEVIN_MODELS_STATE_H
#define LEVIN_MODELS_STATE_H

#include "base/buffer.h"
#include "formats/weights.h"

#include <levin/module.h>

/* What a folder lacked and had too much, as Transformers reports it. */
typedef struct levin_load_report {
    levin_buffer missing; // names, ", " between them
    int64_t n_missing;
} levin_load_report;

/** Fills the parameters of m (those in its state dict) from the weights of a folder. A name of the
 * state dict is looked for as it is, with "bert." or "module." before it, without "bert.", and with
 * the old endings gamma and beta of LayerNorm. Whole f32 tensors are used where they lie in the
 * file; m keeps the weights alive (takes w). What is not found keeps the numbers it has and is
 * reported; another shape is an error, except for names that begin with head, which are reported
 * too. head may be NULL. */
int levin__state_load(levin_module *m, levin_weights *w, const char *head,
                      levin_load_report *report);

/** Writes the state dict of m as folder/model.safetensors. */
int levin__state_save(levin_module *m, const char *folder);

#endif
