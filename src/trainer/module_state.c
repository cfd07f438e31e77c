/* module_state.c: see module_state.h. */
#include "trainer/module_state.h"

#include "base/error.h"
#include "base/memory.h"
#include "nn/module.h"
#include "trainer/trainer.h"

typedef struct {
    levin_trainer *trainer;
    levin_hparams hparams;
} module_state;

/* The module goes: its trainer must not look at it, nor at its parameters, again. */
static void free_state(void *state)
{
    module_state *s = state;
    if (s->trainer)
        levin__trainer_forget_module(s->trainer);
    levin__hparams_free(&s->hparams);
    levin__free(s);
}

static module_state *find_state(const levin_module *m)
{
    return m ? levin__module_root((levin_module *)m)->node->trainer_state : NULL;
}

static module_state *make_state(levin_module *m)
{
    module_state *s = find_state(m);
    if (s || !m)
        return s;
    s = levin__calloc(1, sizeof *s);
    if (s) {
        levin_module_node *node = levin__module_root(m)->node;
        node->trainer_state = s;
        node->trainer_state_free = free_state;
    }
    return s;
}

levin_trainer *levin_module_trainer(const levin_module *m)
{
    const module_state *s = find_state(m);
    return s ? s->trainer : NULL;
}

int levin__module_set_trainer(levin_module *m, levin_trainer *t)
{
    module_state *s = make_state(m);
    if (!s)
        return levin_error();
    if (s->trainer && t && s->trainer != t)
        levin__trainer_forget_module(s->trainer);
    s->trainer = t;
    return LEVIN_OK;
}

int levin_save_hyperparameter(levin_module *m, const char *key, const char *value_fmt, ...)
{
    module_state *s = key ? make_state(m) : NULL;
    if (!s)
        return levin_error();
    va_list args;
    va_start(args, value_fmt);
    int result = levin__hparams_set(&s->hparams, key, value_fmt, args);
    va_end(args);
    return result;
}

const levin_hparams *levin__module_hparams(const levin_module *m)
{
    static const levin_hparams none;
    const module_state *s = find_state(m);
    return s ? &s->hparams : &none;
}
