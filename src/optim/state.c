/* state.c: what a checkpoint keeps of an optimizer, shown piece by piece. Whoever writes or reads
 * the file decides by the name what to do; bits go in as they came out. */
#include "optim/optimizer.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "optim/schedule_shapes.h"

#include <math.h>

int levin__optimizer_visit_arrays(levin_optimizer *o,
                                  int (*visit)(void *payload, const levin_optimizer_array *array),
                                  void *payload)
{
    for (int k = 0; o && k < o->n_groups; k++) {
        levin_group *g = &o->groups[k];
        if (!levin__optimizer_make_states(o, g))
            return levin_error();
        for (int64_t i = 0; i < g->n; i++) {
            const levin_slot *s = &g->slots[i];
            for (int j = 0; j < o->n_states; j++) {
                levin_optimizer_array array = { s->name, o->rule->states[j], s->tensor,
                                                s->state[j] };
                int result = visit(payload, &array);
                if (result)
                    return result;
            }
        }
    }
    return 0;
}

void levin__optimizer_moments_changed(levin_optimizer *o)
{
    for (int k = 0; o && k < o->n_groups; k++) {
        for (int64_t i = 0; i < o->groups[k].n; i++) {
            levin_slot *s = &o->groups[k].slots[i];
            levin__free(s->live_rows);
            s->live_rows = NULL;
            s->moments_are_zero = false;
        }
    }
}

/* The visitor, the buffer that names are made in, and the first result that was not 0. */
typedef struct {
    int (*visit)(void *payload, const char *name, double *value);
    void *payload;
    levin_buffer name;
    int result;
} walk;

/* One that may have any sign, or be infinite. */
static void any_number(walk *w, double *value)
{
    if (!w->result)
        w->result = w->name.failed ? levin_error() : w->visit(w->payload, w->name.data, value);
}

static void number(walk *w, double *value)
{
    if (w->result)
        return;
    if (w->name.failed) {
        w->result = levin_error();
        return;
    }
    double read = *value;
    w->result = w->visit(w->payload, w->name.data, &read);
    if (!w->result && !(read >= 0 && isfinite(read)))
        w->result =
            levin__error_set(LEVIN_EFORMAT, "optimizer state: %s cannot be %g", w->name.data, read);
    if (!w->result)
        *value = read;
}

static void count(walk *w, int64_t *value)
{
    double read = (double)*value;
    number(w, &read);
    if (!w->result && (read != floor(read) || read > 0x1p53))
        w->result =
            levin__error_set(LEVIN_EFORMAT, "optimizer state: %s cannot be %g", w->name.data, read);
    if (!w->result)
        *value = (int64_t)read;
}

static void group(walk *w, levin_group *g, int k)
{
    const struct {
        const char *name;
        double *value;
    } numbers[] = {
        { "lr", &g->lr },
        { "initial_lr", &g->initial_lr },
        { "weight_decay", &g->weight_decay },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        levin__buffer_clear(&w->name);
        levin__buffer_addf(&w->name, "group.%d.%s", k, numbers[i].name);
        number(w, numbers[i].value);
    }
    for (int64_t i = 0; i < g->n; i++) {
        levin__buffer_clear(&w->name);
        levin__buffer_addf(&w->name, "step.%s", g->slots[i].name);
        count(w, &g->slots[i].steps);
    }
}

static void name_it(walk *w, const char *name)
{
    levin__buffer_clear(&w->name);
    levin__buffer_add_text(&w->name, name);
}

static void schedule(walk *w, levin_optimizer *o)
{
    levin_schedule *s = &o->schedule;
    double *momentum = levin__optimizer_momentum(o);
    name_it(w, "schedule.step");
    count(w, &s->step);
    name_it(w, "schedule.momentum");
    if (s->shape->momentum && momentum)
        number(w, momentum);
    if (!s->shape->is_plateau)
        return;
    name_it(w, "schedule.best");
    any_number(w, &s->best);
    name_it(w, "schedule.bad_steps");
    count(w, &s->bad_steps);
    name_it(w, "schedule.cooldown_left");
    count(w, &s->cooldown_left);
}

int levin__optimizer_visit_numbers(levin_optimizer *o,
                                   int (*visit)(void *payload, const char *name, double *value),
                                   void *payload)
{
    if (!o)
        return levin_error();
    walk w = { visit, payload, LEVIN_BUFFER(8192), 0 };
    for (int k = 0; k < o->n_groups; k++)
        group(&w, &o->groups[k], k);
    if (o->schedule.shape)
        schedule(&w, o);
    levin__buffer_free(&w.name);
    return w.result;
}
