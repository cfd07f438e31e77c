/* module_state.c: see module_state.h. */
#include "trainer/module_state.h"

#include "base/error.h"
#include "base/memory.h"
#include "nn/module.h"
#include "trainer/trainer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_VALUE = 4096 };

typedef struct {
    levin_trainer *trainer;
    char *(*pairs)[2];
    int n, capacity;
} module_state;

/* The module goes: its trainer must not look at it, nor at its parameters, again. */
static void free_state(void *state)
{
    module_state *s = state;
    if (s->trainer)
        levin__trainer_forget_module(s->trainer);
    for (int i = 0; i < s->n; i++) {
        levin__free(s->pairs[i][0]);
        levin__free(s->pairs[i][1]);
    }
    levin__free(s->pairs);
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

/* The place of key, made if it is new; -1 after an error. */
static int find_pair(module_state *s, const char *key)
{
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->pairs[i][0], key) == 0)
            return i;
    if (s->n == s->capacity) {
        int more = s->capacity ? 2 * s->capacity : 8;
        size_t size = sizeof *s->pairs;
        void *grown = levin__realloc(s->pairs, (size_t)s->n * size, (size_t)more * size);
        if (!grown)
            return -1;
        s->pairs = grown;
        s->capacity = more;
    }
    s->pairs[s->n][0] = levin__strdup(key);
    s->pairs[s->n][1] = NULL;
    return s->pairs[s->n][0] ? s->n++ : -1;
}

int levin_save_hyperparameter(levin_module *m, const char *key, const char *value_fmt, ...)
{
    char value[LONGEST_VALUE];
    va_list args;
    va_start(args, value_fmt);
    vsnprintf(value, sizeof value, value_fmt, args);
    va_end(args);
    module_state *s = key ? make_state(m) : NULL;
    int i = s ? find_pair(s, key) : -1;
    char *copy = i >= 0 ? levin__strdup(value) : NULL;
    if (!copy)
        return levin_error();
    levin__free(s->pairs[i][1]);
    s->pairs[i][1] = copy;
    return LEVIN_OK;
}

const char *const (*levin__module_hyperparameters(const levin_module *m, int *n))[2]
{
    const module_state *s = find_state(m);
    *n = s ? s->n : 0;
    return s ? (const char *const(*)[2])s->pairs : NULL;
}
