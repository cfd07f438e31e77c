/* restore.c: a .ckpt comes back. The weights must be those of this module, all of them and no
 * others; the rest must be there if training is to go on. */
#include "trainer/checkpoint.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "nn/init.h"
#include "nn/module.h"
#include "optim/optimizer.h"
#include "trainer/loaders.h"
#include "trainer/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 4200, LONGEST_SHAPE = 160 };

typedef struct {
    const char *path;
    const levin_safetensors *tensors;
    const char *prefix;
    int64_t taken; // how many were found
} source;

static void print_shape(char out[LONGEST_SHAPE], const levin_st_tensor *t, int64_t ndim,
                        const int64_t *dim)
{
    size_t n = 0;
    for (int i = 0; i < ndim && n < LONGEST_SHAPE - 24; i++)
        n += (size_t)snprintf(out + n, LONGEST_SHAPE - n, "%s%lld", i ? ", " : "(",
                              t ? (long long)t->shape[i] : (long long)dim[i]);
    snprintf(out + n, LONGEST_SHAPE - n, "%s", ndim ? ")" : "()");
}

static void refuse_shape(const source *s, const levin_st_tensor *t, int ndim, const int64_t *dim)
{
    char file[LONGEST_SHAPE], own[LONGEST_SHAPE];
    print_shape(file, t, t->ndim, NULL);
    print_shape(own, NULL, ndim, dim);
    levin__error_set(LEVIN_ESHAPE, "%s: '%s' is %s %s, in this module it is F32 %s", s->path,
                     t->name, levin_st_dtype_name(t->dtype), file, own);
}

/* Copies the tensor of that name, which must have this shape; false after an error. */
static bool take(source *s, const char *name, int ndim, const int64_t *dim, float *to)
{
    const levin_st_tensor *t = levin_safetensors_find(s->tensors, name);
    bool fits = t && t->dtype == LEVIN_ST_F32 && t->ndim == ndim;
    for (int i = 0; fits && i < ndim; i++)
        fits = t->shape[i] == (uint64_t)dim[i];
    if (!t)
        levin__error_set(LEVIN_EFORMAT, "%s: no tensor '%s', which this module has", s->path, name);
    else if (!fits)
        refuse_shape(s, t, ndim, dim);
    if (!fits)
        return false;
    s->taken++;
    return levin_st_to_f32(t, 0, t->numel, to) == LEVIN_OK;
}

static int take_weight(void *payload, const levin_state_entry *e)
{
    source *s = payload;
    char name[LONGEST_NAME];
    snprintf(name, sizeof name, "%s%s", LEVIN_CKPT_WEIGHT, e->name);
    levin__tensor_touch(e->tensor);
    take(s, name, e->ndim, e->shape, e->data);
    return levin_error();
}

/* A weight of the file that the module lacks. */
static void check_all_taken(const source *s)
{
    int64_t n = 0;
    for (int64_t i = 0; i < levin_safetensors_count(s->tensors); i++) {
        const char *name = levin_safetensors_at(s->tensors, i)->name;
        n += strncmp(name, s->prefix, strlen(s->prefix)) == 0;
    }
    if (n != s->taken && !levin_error())
        levin__error_set(LEVIN_EFORMAT, "%s: %lld weights, but this module has %lld", s->path,
                         (long long)n, (long long)s->taken);
}

static void take_weights(levin_module *m, const levin_checkpoint *c, const char *path)
{
    source s = { path, levin__checkpoint_tensors(c), LEVIN_CKPT_WEIGHT, 0 };
    levin_state_dict_visit(m, take_weight, &s);
    check_all_taken(&s);
}

static void restore_callbacks(levin_trainer *t, const json_t *states,
                              const levin_safetensors *tensors)
{
    for (int i = 0; i < t->n_callbacks && !levin_error(); i++) {
        levin_callback *c = t->callbacks[i];
        char prefix[LEVIN_CKPT_PREFIX];
        const char *key = levin__callback_key(c);
        snprintf(prefix, sizeof prefix, "%s%s.", LEVIN_CKPT_CALLBACK, key);
        levin_state state = { .object = json_object_get(states, key),
                              .prefix = prefix,
                              .tensors = tensors };
        if (c->type->load_state_dict && state.object)
            c->type->load_state_dict(c, &state);
    }
}

/* Of a data module of the same class. */
static void restore_datamodule(levin_trainer *t, const json_t *header,
                               const levin_safetensors *tensors)
{
    levin_datamodule *d = t->datamodule;
    const char *name = json_string_value(json_object_get(header, "datamodule_name"));
    levin_state state = { .object = json_object_get(header, "datamodule"),
                          .prefix = LEVIN_CKPT_DATAMODULE,
                          .tensors = tensors };
    if (d && d->type->load_state_dict && name && strcmp(name, d->type->name) == 0 && state.object)
        d->type->load_state_dict(d, &state);
}

/* The module's own part of the file. */
static levin_state module_state(const levin_checkpoint *c)
{
    return (levin_state){ .object = json_object_get(levin__checkpoint_header(c), "module"),
                          .prefix = LEVIN_CKPT_MODULE,
                          .tensors = levin__checkpoint_tensors(c) };
}

void levin__restore_model(levin_trainer *t, const levin_checkpoint *c, const char *path)
{
    const json_t *header = levin__checkpoint_header(c);
    const levin_safetensors *tensors = levin__checkpoint_tensors(c);
    levin_state own = module_state(c);
    take_weights(t->module, c, path);
    if (levin_error())
        return;
    double began = levin__hook_enter(t, LEVIN_HOOK_on_load_checkpoint);
    if (t->module->type->on_load_checkpoint && own.object) {
        t->module->type->on_load_checkpoint(t->module, &own);
        levin__hook_leave(t, LEVIN_HOOK_on_load_checkpoint, began);
    }
    restore_datamodule(t, header, tensors);
    levin__hook_callbacks(t, LEVIN_HOOK_on_load_checkpoint, LEVIN_ALL);
    restore_callbacks(t, json_object_get(header, "callbacks"), tensors);
}

int levin_module_load_checkpoint(levin_module *m, const char *path)
{
    levin_checkpoint *c = m && path && !levin_error() ? levin__checkpoint_open(path) : NULL;
    if (c)
        take_weights(m, c, path);
    levin_state own = module_state(c);
    if (own.object && m->type->on_load_checkpoint && !levin_error())
        m->type->on_load_checkpoint(m, &own);
    levin__checkpoint_free(c);
    return levin_error();
}

static void restore_position(levin_trainer *t, const json_t *o, const char *path)
{
    levin_position *p = &t->position;
    const char *moment = levin__json_string(o, "moment", "", path);
    *p = (levin_position){
        .moment = levin__moment_find(moment),
        .epoch = levin__json_need_int(o, "epoch", path),
        .batch = levin__json_need_int(o, "batch", path),
        .global_step = levin__json_need_int(o, "global_step", path),
        .total_batches = levin__json_need_int(o, "total_batches", path),
        .stepped_batches = levin__json_need_int(o, "stepped_batches", path),
        .stepped = levin__json_bool(o, "stepped", false, path),
        .last = levin__json_bool(o, "last", false, path),
        .val_loader = levin__json_need_int(o, "val_loader", path),
        .val_batch = levin__json_need_int(o, "val_batch", path),
        .val_runs = levin__json_need_int(o, "val_runs", path),
        .val_batches = levin__json_need_int(o, "val_batches", path),
        .seconds = levin__json_need_real(o, "seconds", path),
    };
    t->saved_batch_size = levin__json_int(o, "batch_size", 0, path);
    p->batch_steps = json_object_get(o, "batch_steps")
                         ? levin__json_need_int(o, "batch_steps", path)
                         : p->stepped; // of a file that does not tell yet
    if (p->moment == LEVIN_MOMENTS)
        levin__error_set(LEVIN_EFORMAT, "%s: an unknown moment '%s'", path, moment);
    if (p->moment == LEVIN_AT_EPOCH_END) {
        p->epoch++;
        p->batch = 0;
        p->last = false;
        p->moment = LEVIN_AT_EPOCH_START;
    }
    t->current_epoch = p->epoch;
}

typedef struct {
    const json_t *numbers;
    source *source;
} optimizer_source;

static int take_number(void *payload, const char *name, double *value)
{
    const optimizer_source *s = payload;
    *value = levin__json_need_real(s->numbers, name, s->source->path);
    return levin_error();
}

static int take_array(void *payload, const levin_optimizer_array *a)
{
    optimizer_source *s = payload;
    char name[LONGEST_NAME];
    snprintf(name, sizeof name, "%s%s.%s", s->source->prefix, a->parameter, a->state);
    take(s->source, name, a->like->ndim, a->like->dim, a->data);
    return levin_error();
}

static void restore_optimizer(levin_optimizer *optimizer, const json_t *o, source *s)
{
    const char *saved = levin__json_string(o, "name", "none", s->path);
    const char *schedule = levin__json_string(o, "lr_scheduler", "none", s->path);
    const char *now = optimizer ? levin_optimizer_name(optimizer) : "none";
    const char *name = optimizer ? levin__lr_scheduler_name(optimizer) : NULL;
    if (levin_error())
        return;
    if (strcmp(saved, now) != 0 || strcmp(schedule, name ? name : "none") != 0) {
        levin__error_set(LEVIN_EINVAL,
                         "%s: saved with optimizer %s and schedule %s, this run has %s and %s",
                         s->path, saved, schedule, now, name ? name : "none");
        return;
    }
    optimizer_source numbers = { json_object_get(o, "numbers"), s };
    if (optimizer && levin__optimizer_visit_numbers(optimizer, take_number, &numbers) == 0)
        levin__optimizer_visit_arrays(optimizer, take_array, &numbers);
    levin__optimizer_moments_changed(optimizer);
}

static void restore_optimizers(levin_trainer *t, const json_t *header, source *s)
{
    const json_t *more = json_object_get(header, "more_optimizers");
    int saved = 1 + (int)json_array_size(more);
    if (t->n_optimizers > 0 && saved != t->n_optimizers) {
        levin__error_set(LEVIN_EINVAL, "%s: saved with %d optimizers, this run has %d", s->path,
                         saved, t->n_optimizers);
        return;
    }
    s->prefix = LEVIN_CKPT_OPTIMIZER;
    restore_optimizer(t->optimizer, json_object_get(header, "optimizer"), s);
    for (int i = 1; i < t->n_optimizers && !levin_error(); i++) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, LEVIN_CKPT_OPTIMIZER_N, i);
        s->prefix = prefix;
        restore_optimizer(t->optimizers[i], json_array_get(more, (size_t)i - 1), s);
    }
    s->prefix = NULL;
}

static uint64_t read_hex(const json_t *text, const char *path)
{
    const char *digits = json_string_value(text);
    if (digits && strlen(digits) == 16 && strspn(digits, "0123456789abcdef") == 16)
        return strtoull(digits, NULL, 16);
    levin__error_set(LEVIN_EFORMAT, "%s: the state of a generator must be 16 hex digits", path);
    return 0;
}

static void restore_samplers(levin_trainer *t, const json_t *seeds, levin_stage stage,
                             const char *path)
{
    for (size_t i = 0; i < json_array_size(seeds); i++)
        levin__loaders_restore_seed(t, stage, (int)i, read_hex(json_array_get(seeds, i), path));
}

static void restore_randomness(levin_trainer *t, const json_t *o, const char *path)
{
    const json_t *generator = json_object_get(o, "generator");
    const json_t *samplers = json_object_get(o, "samplers");
    t->seed = read_hex(json_object_get(o, "seed"), path);
    for (size_t i = 0; i < 4; i++)
        levin__generator()->s[i] = read_hex(json_array_get(generator, i), path);
    if (!json_is_object(samplers))
        levin__error_set(LEVIN_EFORMAT,
                         "%s: no seeds of samplers by stage: of a levin that kept "
                         "them in another way",
                         path);
    restore_samplers(t, json_object_get(samplers, "train"), LEVIN_STAGE_TRAIN, path);
    restore_samplers(t, json_object_get(samplers, "validate"), LEVIN_STAGE_VALIDATE, path);
}

static int take_gradient(void *payload, const levin_state_entry *e)
{
    source *s = payload;
    char name[LONGEST_NAME];
    snprintf(name, sizeof name, "%s%s", LEVIN_CKPT_GRADIENT, e->name);
    if (!levin_safetensors_find(s->tensors, name))
        return LEVIN_OK;
    levin_tensor *t = e->tensor;
    if (!t->grad)
        t->grad = levin_tensor_new(LEVIN_F32, t->ndim, t->dim);
    if (!t->grad)
        return levin_error();
    t->grad_is_fresh = false;
    levin__grad_note_write(t->grad);
    take(s, name, e->ndim, e->shape, (float *)t->grad->data + (e->data - (float *)t->data));
    return levin_error();
}

void levin__restore_fit(levin_trainer *t, const levin_checkpoint *c, const char *path)
{
    const json_t *header = levin__checkpoint_header(c);
    source s = { .path = path, .tensors = levin__checkpoint_tensors(c) };
    if (!json_object_get(header, "random")) {
        levin__error_set(
            LEVIN_EINVAL,
            "%s: holds weights only (save_weights_only), training cannot go on from it", path);
        return;
    }
    restore_position(t, json_object_get(header, "loops"), path);
    t->accumulate = levin__by_epoch_at(&t->set.accumulate, t->position.epoch);
    restore_optimizers(t, header, &s);
    restore_randomness(t, json_object_get(header, "random"), path);
    if (!levin_error())
        levin_state_dict_visit(t->module, take_gradient, &s);
    if (!levin_error())
        levin__restore_log(t, json_object_get(header, "log"), path);
    t->resumed = !levin_error();
}
