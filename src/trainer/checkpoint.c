/* checkpoint.c: what goes into a .ckpt: everything that the rest of the run depends on. Numbers of
 * tensors are not copied, the file is written from where they stand. Weights are the averaged ones
 * where there are any; those that training goes on with are then among the callbacks' arrays. */
#include "trainer/checkpoint.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/scope.h"
#include "nn/init.h"
#include "optim/optimizer.h"
#include "trainer/averager.h"
#include "trainer/call_steps.h"
#include "trainer/loops.h"
#include "trainer/module_state.h"
#include "trainer/profile.h"
#include "trainer/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The list of tensors in the making; everything lives in a scope. */
typedef struct {
    levin_st_entry *at;
    int64_t n, capacity;
    bool gradients;     // collect these instead of weights
    const char *prefix; // of arrays of optimizers
} pack;

static bool grow(pack *p)
{
    if (p->n < p->capacity)
        return true;
    int64_t more = p->capacity ? 2 * p->capacity : 64;
    levin_st_entry *at = levin__scope_alloc((size_t)more * sizeof *at);
    if (!at)
        return false;
    if (p->n)
        memcpy(at, p->at, (size_t)p->n * sizeof *at);
    p->at = at;
    p->capacity = more;
    return true;
}

static char *join(const char *a, const char *b, const char *c)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = levin__scope_alloc(size);
    if (text)
        snprintf(text, size, "%s%s%s", a, b, c);
    return text;
}

static int add(pack *p, const char *name, int ndim, const int64_t *dim, const float *data)
{
    uint64_t *shape = levin__scope_alloc((size_t)ndim * sizeof *shape + 1);
    if (!name || !shape || !grow(p))
        return levin_error();
    for (int i = 0; i < ndim; i++)
        shape[i] = (uint64_t)dim[i];
    p->at[p->n++] = (levin_st_entry){
        .name = name, .dtype = LEVIN_ST_F32, .ndim = ndim, .shape = shape, .data = data
    };
    return LEVIN_OK;
}

static int add_entry(void *payload, const levin_state_entry *e)
{
    pack *p = payload;
    if (!p->gradients)
        return add(p, join(LEVIN_CKPT_WEIGHT, e->name, ""), e->ndim, e->shape, e->data);
    if (!e->grad)
        return LEVIN_OK;
    return add(p, join(LEVIN_CKPT_GRADIENT, e->name, ""), e->ndim, e->shape, e->grad);
}

static int add_array(void *payload, const levin_optimizer_array *a)
{
    char *name = join(((pack *)payload)->prefix, a->parameter, ".");
    return name ? add(payload, join(name, a->state, ""), a->like->ndim, a->like->dim, a->data)
                : levin_error();
}

static int add_state_array(void *payload, const char *prefix, const char *key, const float *data,
                           int64_t n)
{
    return add(payload, join(prefix, key, ""), 1, &n, data);
}

/* Whether the next batch adds to the gradients that are there. A module that steps by hand alone
 * knows: what it has not zeroed counts. */
static bool is_inside_window(const levin_trainer *t)
{
    const levin_position *p = &t->position;
    if (t->module->type->manual_optimization)
        return true;
    return p->moment != LEVIN_AT_EPOCH_START && p->moment != LEVIN_AT_EPOCH_END && !p->stepped &&
           p->batch % t->accumulate != 0;
}

static const char *optimizer_prefix(int i)
{
    enum { SIZE = 32 };
    char *text = i ? levin__scope_alloc(SIZE) : NULL;
    if (text)
        snprintf(text, SIZE, LEVIN_CKPT_OPTIMIZER_N, i);
    return i ? text : LEVIN_CKPT_OPTIMIZER;
}

static void collect_tensors(levin_trainer *t, pack *p, bool weights_only)
{
    levin_state_dict_visit(t->module, add_entry, p);
    if (weights_only)
        return;
    for (int i = 0; i < t->n_optimizers; i++) {
        p->prefix = optimizer_prefix(i);
        if (p->prefix)
            levin__optimizer_visit_arrays(t->optimizers[i], add_array, p);
    }
    p->gradients = true;
    if (is_inside_window(t))
        levin_state_dict_visit(t->module, add_entry, p);
}

static json_t *position(const levin_trainer *t)
{
    const levin_position *p = &t->position;
    const levin_loaders *train = &t->loaders[LEVIN_STAGE_TRAIN];
    json_t *o = json_object();
    if (train->n)
        levin__json_put(o, "batch_size", json_integer(levin_dataloader_batch_size(train->at[0])));
    levin__json_put(o, "moment", json_string(levin__moment_name(p->moment)));
    levin__json_put(o, "epoch", json_integer(p->epoch));
    levin__json_put(o, "batch", json_integer(p->batch));
    levin__json_put(o, "global_step", json_integer(p->global_step));
    levin__json_put(o, "total_batches", json_integer(p->total_batches));
    levin__json_put(o, "stepped_batches", json_integer(p->stepped_batches));
    levin__json_put(o, "stepped", json_boolean(p->stepped));
    levin__json_put(o, "batch_steps", json_integer(p->batch_steps));
    levin__json_put(o, "last", json_boolean(p->last));
    levin__json_put(o, "val_loader", json_integer(p->val_loader));
    levin__json_put(o, "val_batch", json_integer(p->val_batch));
    levin__json_put(o, "val_runs", json_integer(p->val_runs));
    levin__json_put(o, "val_batches", json_integer(p->val_batches));
    levin__json_put(o, "seconds", levin__json_real(levin__fit_seconds(t)));
    return o;
}

static int put_number(void *payload, const char *name, double *value)
{
    levin__json_put(payload, name, levin__json_real(*value));
    return levin_error();
}

static json_t *optimizer(levin_optimizer *optimizer)
{
    json_t *o = json_object(), *numbers = json_object();
    const char *schedule = levin__lr_scheduler_name(optimizer);
    levin__json_put(o, "name", json_string(levin_optimizer_name(optimizer)));
    levin__json_put(o, "lr_scheduler", schedule ? json_string(schedule) : json_null());
    levin__optimizer_visit_numbers(optimizer, put_number, numbers);
    levin__json_put(o, "numbers", numbers);
    return o;
}

/* Those behind the first. */
static json_t *more_optimizers(const levin_trainer *t)
{
    json_t *list = json_array();
    for (int i = 1; i < t->n_optimizers; i++)
        json_array_append_new(list, optimizer(t->optimizers[i]));
    return list;
}

/* 64 bits do not fit a JSON number. */
static json_t *hex(uint64_t x)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, x);
    return json_string(text);
}

/* In a sanity check the training loader may not be there yet. */
static json_t *samplers(const levin_trainer *t)
{
    json_t *o = json_object();
    for (int stage = LEVIN_STAGE_TRAIN; stage <= LEVIN_STAGE_VALIDATE; stage++) {
        json_t *list = json_array();
        for (int i = 0; i < t->loaders[stage].n; i++)
            json_array_append_new(list, hex(levin_dataloader_seed(t->loaders[stage].at[i])));
        levin__json_put(o, stage == LEVIN_STAGE_TRAIN ? "train" : "validate", list);
    }
    return o;
}

static json_t *randomness(const levin_trainer *t)
{
    json_t *o = json_object(), *generator = json_array();
    levin__json_put(o, "seed", hex(t->seed));
    for (int i = 0; i < 4; i++)
        json_array_append_new(generator, hex(levin__generator()->s[i]));
    levin__json_put(o, "generator", generator);
    levin__json_put(o, "samplers", samplers(t));
    return o;
}

const char *levin__callback_key(const levin_callback *c)
{
    return c->type->state_key ? c->type->state_key(c) : c->type->name;
}

/* A state that arrays may be added to. */
static levin_state new_state(pack *p, const char *prefix)
{
    return (levin_state){
        .object = json_object(), .prefix = prefix, .add = add_state_array, .payload = p
    };
}

static json_t *callbacks(levin_trainer *t, pack *p)
{
    json_t *o = json_object();
    for (int i = 0; i < t->n_callbacks; i++) {
        levin_callback *c = t->callbacks[i];
        const char *key = levin__callback_key(c);
        char *prefix = c->type->state_dict ? join(LEVIN_CKPT_CALLBACK, key, ".") : NULL;
        if (!prefix)
            continue;
        levin_state state = new_state(p, prefix);
        c->type->state_dict(c, &state);
        levin__json_put(o, key, state.object);
    }
    return o;
}

static json_t *pairs(const levin_hparams *h)
{
    json_t *o = json_object();
    for (int i = 0; i < h->n; i++)
        levin__json_put(o, h->pairs[i][0], json_string(h->pairs[i][1] ? h->pairs[i][1] : ""));
    return o;
}

/* "datamodule" and its hyper-parameters, if there is one. */
static void put_datamodule(json_t *header, levin_trainer *t, pack *p)
{
    levin_datamodule *d = t->datamodule;
    if (!d)
        return;
    levin_state state = new_state(p, LEVIN_CKPT_DATAMODULE);
    if (d->type->state_dict)
        d->type->state_dict(d, &state);
    levin__json_put(header, "datamodule_name", json_string(d->type->name));
    levin__json_put(header, "datamodule", state.object);
    levin__json_put(header, "datamodule_hyper_parameters", pairs(d->hparams));
}

static json_t *module_state(levin_trainer *t, pack *p)
{
    levin_state state = new_state(p, LEVIN_CKPT_MODULE);
    levin__hook_callbacks(t, LEVIN_HOOK_on_save_checkpoint, LEVIN_ALL);
    double began = levin__action_begin(t);
    if (t->module->type->on_save_checkpoint) {
        t->module->type->on_save_checkpoint(t->module, &state);
        levin__hook_leave(t, LEVIN_HOOK_on_save_checkpoint, began);
    }
    return state.object;
}

static json_t *make_header(levin_trainer *t, pack *p, bool weights_only)
{
    json_t *header = json_object();
    levin__json_put(header, "levin_version", json_string(LEVIN_VERSION));
    levin__json_put(header, "epoch", json_integer(t->current_epoch));
    levin__json_put(header, "global_step", json_integer(t->position.global_step));
    levin__json_put(header, "loops", position(t));
    levin__json_put(header, "hyper_parameters", pairs(levin__module_hparams(t->module)));
    if (!weights_only) {
        levin__json_put(header, "callbacks", callbacks(t, p));
        if (t->optimizer)
            levin__json_put(header, "optimizer", optimizer(t->optimizer));
        if (t->n_optimizers > 1)
            levin__json_put(header, "more_optimizers", more_optimizers(t));
        levin__json_put(header, "random", randomness(t));
        levin__json_put(header, "log", levin__checkpoint_log(t));
    }
    put_datamodule(header, t, p);
    levin__json_put(header, "module", module_state(t, p));
    return header;
}

/* What could not be written is not all that there is. */
static int name_newest(const levin_trainer *t)
{
    levin_error_note note;
    levin__error_take(&note);
    if (t->newest_checkpoint)
        return levin__error_set(note.code, "%s; the last good checkpoint is %s", note.message,
                                t->newest_checkpoint);
    levin__error_give(&note);
    return levin_error();
}

int levin__checkpoint_write(levin_trainer *t, const char *path, bool weights_only)
{
    levin_hook hook = t->hook;
    double began = levin__action_begin(t);
    levin_scope *scope = levin_scope_begin();
    pack tensors = { 0 };
    levin_error_note note;
    levin__log_flush(t);      // rows before a moment that training may be resumed at are not lost
    levin__error_take(&note); // a log that cannot be written must not cost the checkpoint
    bool swapped = levin__averager_show(t->averager, t->module);
    json_t *header = make_header(t, &tensors, weights_only);
    if (!levin_error())
        collect_tensors(t, &tensors, weights_only);
    if (!levin_error())
        levin__checkpoint_put(t, path, header, tensors.at, tensors.n);
    json_decref(header);
    if (swapped)
        levin__averager_swap(t->averager, t->module);
    levin_scope_end(scope);
    levin__action_end(t, "save_checkpoint", began);
    t->hook = hook;
    if (levin_error())
        return name_newest(t);
    levin__free(t->newest_checkpoint);
    t->newest_checkpoint = levin__strdup(path);
    levin__error_give(&note);
    return levin_error();
}

static int make_folder_of(const char *path)
{
    char *folder = levin__path_folder(path);
    if (folder)
        levin__make_dirs(folder);
    levin__free(folder);
    return levin_error();
}

int levin__checkpoint_write_in_folder(levin_trainer *t, const char *path, bool weights_only)
{
    if (!t->set.io && make_folder_of(path) < 0)
        return levin_error();
    return levin__checkpoint_write(t, path, weights_only);
}

const char *levin__newest_checkpoint(const levin_trainer *t) { return t->newest_checkpoint; }

/* A batch half done cannot be resumed: the file waits for its end. */
static int ask(levin_trainer *t, const char *path)
{
    int n = t->n_pending;
    char **grown =
        levin__realloc(t->pending, (size_t)n * sizeof *grown, (size_t)(n + 1) * sizeof *grown);
    char *copy = grown ? levin__strdup(path) : NULL;
    if (grown)
        t->pending = grown;
    if (copy)
        t->pending[t->n_pending++] = copy;
    return levin_error();
}

void levin__checkpoint_write_pending(levin_trainer *t)
{
    for (int i = 0; i < t->n_pending; i++) {
        if (!levin_error())
            levin__checkpoint_write(t, t->pending[i], false);
        levin__free(t->pending[i]);
    }
    t->n_pending = 0;
}

int levin_trainer_save_checkpoint(levin_trainer *t, const char *path)
{
    if (!t || levin_error())
        return levin_error();
    if (!path)
        return levin__error_set(LEVIN_EINVAL, "save_checkpoint: the path is NULL");
    if (!t->module)
        return levin__error_set(LEVIN_ESTATE, "save_checkpoint: the trainer has run no module yet");
    return t->in_batch ? ask(t, path) : levin__checkpoint_write(t, path, false);
}
