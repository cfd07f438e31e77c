/* module.h: the module tree as the library sees it: models build it, optimizers and checkpoints
 * walk it, the trainer hangs its own state on it. Knows names and parameters, no formulas, no
 * files.
 *
 * A parameter may be fused: one tensor whose rows appear in the state dict as several entries, as
 * query, key and value of Hugging Face's BERT lie in one (3H, H) matrix here. */
#ifndef LEVIN_NN_MODULE_H
#define LEVIN_NN_MODULE_H

#include "base/buffer.h"
#include "tensor/tensor.h"

#include <levin/module.h>

/* Rows of a fused parameter, with the name they have in the state dict. */
typedef struct levin_part {
    const char *name;
    int64_t rows;
} levin_part;

typedef struct levin_parameter {
    levin_tensor tensor; // first: the tensor of a parameter is the parameter
    char *name;
    levin_part *parts; // of a fused parameter; else NULL
    int n_parts;
    float *owned; // the numbers, unless they are somebody else's
    struct levin_parameter *next;
} levin_parameter;

/* Something that lives as long as a module, such as the mapped file its parameters lie in. */
typedef struct levin_keepsake {
    void *thing;
    void (*release)(void *thing);
    struct levin_keepsake *next;
} levin_keepsake;

typedef struct levin_module_node {
    levin_module *parent, *first_child, *last_child, *next; // next: the sibling after this one
    char *name;                                             // "" adds nothing to full names
    levin_parameter *first, *last;
    /* Bit 0: training mode now; the bits above: what levin__module_push_modes put aside. */
    uint64_t modes;
    levin_keepsake *kept;
    /* The trainer's: hyper-parameters, who runs this module. Released before anything of it. */
    void *trainer_state;
    void (*trainer_state_free)(void *state);
} levin_module_node;

/** The module after m in the tree below top, parents before children; NULL after the last. Begin
 *  with top itself. */
levin_module *levin__module_next(const levin_module *top, const levin_module *m);
levin_module *levin__module_root(levin_module *m);
/** Adds "bert.encoder." to out: where m stands below top, closed by a dot; nothing for top itself.
 */
bool levin__module_path(levin_buffer *out, const levin_module *m, const levin_module *top);

/** Puts the training flag of m and of every module below aside, and brings it back; up to 63 deep.
 *  A module that was added in between stays in training mode. */
void levin__module_push_modes(levin_module *m);
void levin__module_pop_modes(levin_module *m);

/** Calls release(thing) when m is freed, after its parameters are gone. On failure at once. */
int levin__module_keep(levin_module *m, void *thing, void (*release)(void *thing));

/** A parameter without numbers yet: levin__parameter_bind or levin__parameter_data gives it some.
 *  parts (n_parts, copied) make it fused; their rows add up to shape[0]. name is the optimizer's
 *  name for it then. */
levin_tensor *levin__parameter_declare(levin_module *m, const char *name, int ndim,
                                       const int64_t *shape, const levin_part *parts, int n_parts);
/** levin__parameter_declare with zeros. */
levin_tensor *levin__parameter_new_fused(levin_module *m, const char *name, int ndim,
                                         const int64_t *shape, const levin_part *parts,
                                         int n_parts);
/** Takes item i off a list, which keeps its order. */
void levin__params_remove(levin_params *list, int64_t i);
/** The numbers of a parameter, zeros of its own if it had none; NULL after LEVIN_ENOMEM. */
float *levin__parameter_data(levin_tensor *parameter);
/** Makes a parameter use numbers that belong to somebody else and outlive it (see
 *  levin__module_keep). False, and nothing done, if data is not aligned for float. */
bool levin__parameter_bind(levin_tensor *parameter, void *data);
/** Its gradient and bf16 copy too, where they are on the heap. For module.c. */
void levin__parameter_free(levin_parameter *p);

#endif
