/* optimizer.c: groups of parameters, the flat buckets their gradients and moments lie in, and the
 * step over all of them. The update itself is adam.c's and sgd.c's; the rate, schedule.c's. */
#include "optim/optimizer.h"

#include "base/error.h"
#include "base/memory.h"
#include "tensor/dispatch.h"

#include <math.h>

/* Floats that a tensor takes in a bucket: each begins on a cache line. */
static int64_t room_for(const levin_tensor *t)
{
    const int64_t line = LEVIN_ALIGN / (int64_t)sizeof(float);
    return (t->numel + line - 1) / line * line;
}

/* Bytes of n blocks as large as the group's bucket. */
static size_t block_bytes(const levin_group *g, int n)
{
    return (size_t)g->bucket * (size_t)n * sizeof(float);
}

static int64_t bucket_size(const levin_group *g)
{
    int64_t n = 0;
    for (int64_t i = 0; i < g->n; i++)
        n += room_for(g->slots[i].tensor);
    return n;
}

static bool in_group(const levin_group *g, const levin_tensor *t)
{
    for (int64_t i = 0; i < g->n; i++)
        if (g->slots[i].tensor == t)
            return true;
    return false;
}

bool levin__optimizer_has(const levin_optimizer *o, const levin_tensor *parameter)
{
    for (int k = 0; k < o->n_groups; k++)
        if (in_group(&o->groups[k], parameter))
            return true;
    return false;
}

static bool check_params(const levin_optimizer *o, const levin_params *params)
{
    int64_t n = levin_params_count(params);
    if (n == 0)
        levin__error_set(LEVIN_EINVAL, "%s: the list of parameters is empty", o->rule->name);
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < o->n_groups; k++)
            if (in_group(&o->groups[k], levin_params_tensor(params, i)))
                levin__error_set(LEVIN_EINVAL, "%s: parameter %s is in group %d already",
                                 o->rule->name, levin_params_name(params, i), k);
    return !levin_error();
}

static bool check_rates(const levin_optimizer *o, double lr, double weight_decay)
{
    if (!(lr >= 0 && isfinite(lr)))
        levin__error_set(LEVIN_EINVAL, "%s: lr must be at least 0, not %g", o->rule->name, lr);
    if (!(weight_decay >= 0 && isfinite(weight_decay)))
        levin__error_set(LEVIN_EINVAL, "%s: weight_decay must be at least 0, not %g", o->rule->name,
                         weight_decay);
    return !levin_error();
}

/* Gradients that stand already keep their place; all others come into the bucket. */
static void place_gradients(levin_group *g)
{
    float *at = g->grads;
    for (int64_t i = 0; i < g->n; i++) {
        levin_slot *s = &g->slots[i];
        levin_tensor *t = s->tensor;
        if (!t->grad) {
            levin__tensor_wrap(&s->grad, LEVIN_F32, t->ndim, t->dim, NULL, at);
            s->grad.is_zero = true;
            t->grad = &s->grad;
            t->grad_is_fresh = true;
        }
        at += room_for(t);
    }
}

static void free_group(const levin_optimizer *o, levin_group *g)
{
    for (int64_t i = 0; i < g->n; i++) {
        levin_slot *s = &g->slots[i];
        if (s->tensor->grad == &s->grad) {
            s->tensor->grad = NULL;
            s->tensor->grad_is_fresh = false;
        }
        levin__free(s->grad.live_rows);
        levin__free(s->live_rows);
    }
    if (g->states)
        levin__unmap(g->states, block_bytes(g, o->n_states));
    levin__unmap(g->grads, block_bytes(g, 1));
    levin__free(g->slots);
    levin_params_free(g->params);
}

static bool fill_group(const levin_optimizer *o, levin_group *g)
{
    int64_t n = levin_params_count(g->params);
    g->slots = levin__calloc((size_t)n, sizeof *g->slots);
    for (; g->slots && g->n < n; g->n++) {
        levin_slot *s = &g->slots[g->n];
        s->tensor = levin_params_tensor(g->params, g->n);
        s->name = levin_params_name(g->params, g->n);
        s->moments_are_zero = true;
        s->decays = !(o->decay_only_weights && levin__no_decay_name(s->name));
    }
    g->bucket = bucket_size(g);
    g->grads = g->slots ? levin__map_zeros(block_bytes(g, 1)) : NULL;
    if (g->grads)
        place_gradients(g);
    return g->grads != NULL;
}

int levin_optimizer_add_group(levin_optimizer *o, levin_params *params, double lr,
                              double weight_decay)
{
    levin_group g = { .params = params, .initial_lr = lr, .lr = lr, .weight_decay = weight_decay };
    levin_group *grown = NULL;
    if (o && params && !levin_error() && check_params(o, params) &&
        check_rates(o, lr, weight_decay)) {
        size_t size = (size_t)o->n_groups * sizeof g;
        grown = levin__realloc(o->groups, size, size + sizeof g);
    }
    if (grown)
        o->groups = grown;
    if (!grown || !fill_group(o, &g)) {
        if (params)
            free_group(o, &g);
        return levin_error();
    }
    o->groups[o->n_groups++] = g;
    levin__schedule_apply(o);
    return LEVIN_OK;
}

levin_optimizer *levin__optimizer_new(const levin_optimizer *draft, levin_params *params, double lr,
                                      double weight_decay)
{
    levin_optimizer *o = params && !levin_error() ? levin__alloc(sizeof *o) : NULL;
    if (!o) {
        levin_params_free(params);
        return NULL;
    }
    *o = *draft;
    o->grad_scale = 1;
    if (levin_optimizer_add_group(o, params, lr, weight_decay) == LEVIN_OK)
        return o;
    levin_optimizer_free(o);
    return NULL;
}

void levin_optimizer_free(levin_optimizer *o)
{
    if (!o)
        return;
    levin_optimizer_free(o->next);
    for (int k = 0; k < o->n_groups; k++)
        free_group(o, &o->groups[k]);
    levin__schedule_free(&o->schedule);
    levin__free(o->groups);
    levin__free(o);
}

/* Whether o stands in the chain that begins with first. */
static bool has(const levin_optimizer *first, const levin_optimizer *o)
{
    while (first && first != o)
        first = first->next;
    return first != NULL;
}

levin_optimizer *levin_optimizer_and(levin_optimizer *first, levin_optimizer *next)
{
    if (!first || !next) {
        levin_optimizer_free(first ? first : next);
        return NULL;
    }
    if (has(first, next) || has(next, first)) {
        levin__error_set(LEVIN_EINVAL, "%s: the same optimizer is given twice", first->rule->name);
        levin_optimizer_free(has(first, next) ? first : next);
        return NULL;
    }
    levin_optimizer *last = first;
    while (last->next)
        last = last->next;
    last->next = next;
    return first;
}

levin_optimizer *levin__optimizer_unchain(levin_optimizer *o)
{
    levin_optimizer *next = o->next;
    o->next = NULL;
    return next;
}

bool levin__optimizer_make_states(const levin_optimizer *o, levin_group *g)
{
    if (g->states || o->n_states == 0)
        return true;
    g->states = levin__map_zeros(block_bytes(g, o->n_states));
    if (!g->states)
        return false;
    int64_t at = 0;
    for (int64_t i = 0; i < g->n; i++) {
        for (int k = 0; k < o->n_states; k++)
            g->slots[i].state[k] = g->states + k * g->bucket + at;
        at += room_for(g->slots[i].tensor);
    }
    return true;
}

/* Moments are zero but where gradients have been; as long as all of these told their live rows, so
 * can the moments. */
static bool note_live_rows(levin_slot *s)
{
    levin_live live = levin__slot_live(s);
    int64_t rows = live.rows ? s->tensor->dim[0] : 0;
    if (live.rows && s->moments_are_zero) {
        s->live_rows = levin__calloc((size_t)rows, 1);
        if (!s->live_rows)
            return false;
    }
    s->moments_are_zero = false;
    if (!live.rows) {
        levin__free(s->live_rows);
        s->live_rows = NULL;
    }
    for (int64_t i = 0; s->live_rows && i < rows; i++)
        s->live_rows[i] |= live.rows[i];
    return true;
}

/* One parameter; what is kept packed of it is new in the same pass, if the back end can. */
static int update(const levin_optimizer *o, const levin_group *g, levin_slot *s)
{
    levin_tensor *t = s->tensor;
    const float *grad = levin__slot_grad(s);
    if (!grad)
        return LEVIN_OK;
    if (!note_live_rows(s))
        return levin_error();
    s->packings_fresh[0] = s->packings_fresh[1] = false;
    if (!o->rule->update(o, g, s, grad))
        return levin__error_set(LEVIN_EUNSUPPORTED, "%s: no back end takes the step",
                                o->rule->name);
    s->steps++;
    levin__tensor_touch(t);
    for (int i = 0; i < 2; i++)
        if (s->packings_fresh[i])
            t->packings[i].version = t->version;
    return LEVIN_OK;
}

int levin_optimizer_step(levin_optimizer *o)
{
    if (o && o->before_step && !levin_error())
        o->before_step(o->payload, o);
    int error = levin_error();
    for (int k = 0; o && !error && k < o->n_groups; k++) {
        levin_group *g = &o->groups[k];
        if (!levin__optimizer_make_states(o, g))
            error = levin_error();
        for (int64_t i = 0; !error && i < g->n; i++)
            error = update(o, g, &g->slots[i]);
    }
    return error;
}

void levin_optimizer_zero_grad(levin_optimizer *o)
{
    if (!o || levin_error())
        return;
    o->grad_scale = 1;
    for (int k = 0; k < o->n_groups; k++)
        for (int64_t i = 0; i < o->groups[k].n; i++)
            o->groups[k].slots[i].tensor->grad_is_fresh = true;
}

void levin__optimizer_note_trainable(levin_optimizer *o)
{
    for (int k = 0; k < o->n_groups && !o->noted_trainable; k++)
        for (int64_t i = 0; i < o->groups[k].n; i++)
            o->groups[k].slots[i].trainable = o->groups[k].slots[i].tensor->requires_grad;
    o->noted_trainable = true;
}

void levin__optimizer_set_trainable(levin_optimizer *o, bool on)
{
    for (int k = 0; k < o->n_groups && o->noted_trainable; k++) {
        for (int64_t i = 0; i < o->groups[k].n; i++) {
            levin_slot *s = &o->groups[k].slots[i];
            s->tensor->requires_grad = on && s->trainable;
        }
    }
}

double *levin__optimizer_momentum(levin_optimizer *o)
{
    return o->rule->momentum ? o->rule->momentum(o) : NULL;
}

bool levin__optimizer_is_finite(const levin_optimizer *o, const char **name)
{
    for (int k = 0; k < o->n_groups; k++) {
        for (int64_t i = 0; i < o->groups[k].n; i++) {
            const levin_tensor *t = o->groups[k].slots[i].tensor;
            double sum = 0;
            *name = o->groups[k].slots[i].name;
            if (!LEVIN_RUN(sum_squares, &sum, t->data, t->numel, (levin_live){ 0 }) ||
                !isfinite(sum))
                return false;
        }
    }
    return true;
}

const char *levin_optimizer_name(const levin_optimizer *o) { return o ? o->rule->name : NULL; }

int levin_optimizer_num_groups(const levin_optimizer *o) { return o ? o->n_groups : 0; }

int levin_optimizer_set_lr(levin_optimizer *o, int group, double lr)
{
    if (!o || levin_error())
        return levin_error();
    if (group < 0 || group >= o->n_groups)
        return levin__error_set(LEVIN_EINVAL, "%s: group %d, but there are %d", o->rule->name,
                                group, o->n_groups);
    if (!check_rates(o, lr, 0))
        return levin_error();
    o->groups[group].lr = lr;
    if (!o->schedule.shape)
        o->groups[group].initial_lr = lr;
    return LEVIN_OK;
}

double levin_optimizer_lr(const levin_optimizer *o, int group)
{
    return o && group >= 0 && group < o->n_groups ? o->groups[group].lr : 0;
}
