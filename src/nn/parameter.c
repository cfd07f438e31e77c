/* parameter.c: parameters of a module: their numbers, their lists for optimizers, and the state
 * dict, in which a fused parameter shows its parts. The order is torch's: a module's own parameters
 * in the order they were made, then its children's. */
#include "nn/module.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdalign.h>
#include <string.h>

enum { LONGEST_NAME = 4096 };

static bool has_name(const levin_module *m, const char *name)
{
    for (const levin_parameter *p = m->node->first; p; p = p->next) {
        if (strcmp(p->name, name) == 0)
            return true;
        for (int i = 0; i < p->n_parts; i++)
            if (strcmp(p->parts[i].name, name) == 0)
                return true;
    }
    return false;
}

static bool check_name(const levin_module *m, const char *name)
{
    if (!name || !*name)
        levin__error_set(LEVIN_EINVAL, "a parameter needs a name");
    else if (has_name(m, name))
        levin__error_set(LEVIN_EINVAL, "a module has two parameters of the name '%s'", name);
    return !levin_error();
}

/* Copies the parts into p, whose shape stands already. */
static bool take_parts(levin_parameter *p, const levin_part *parts, int n)
{
    int64_t rows = 0;
    p->parts = levin__calloc((size_t)n, sizeof *p->parts);
    for (; p->parts && p->n_parts < n; p->n_parts++) {
        const levin_part *part = &parts[p->n_parts];
        p->parts[p->n_parts] = (levin_part){ levin__strdup(part->name), part->rows };
        rows += part->rows;
    }
    if (!levin_error() && (p->tensor.ndim == 0 || rows != p->tensor.dim[0]))
        levin__error_set(LEVIN_ESHAPE, "parameter %s: its parts have %lld rows together, not %lld",
                         p->name, (long long)rows, (long long)p->tensor.dim[0]);
    return !levin_error();
}

void levin__parameter_free(levin_parameter *p)
{
    levin_tensor_free(p->tensor.grad); // does nothing to a view of an optimizer's bucket
    levin__packings_free(p->tensor.packings);
    for (int i = 0; i < p->n_parts; i++)
        levin__free((void *)p->parts[i].name);
    levin__free(p->parts);
    levin__free(p->name);
    levin__free(p->owned);
    levin__free(p);
}

levin_tensor *levin__parameter_declare(levin_module *m, const char *name, int ndim,
                                       const int64_t *shape, const levin_part *parts, int n_parts)
{
    if (!m || levin_error() || !check_name(m, name))
        return NULL;
    for (int i = 0; i < n_parts; i++) {
        LEVIN_ASSERT(parts[i].rows >= 0, NULL);
        if (!check_name(m, parts[i].name))
            return NULL;
    }
    levin_parameter *p = levin__calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->name = levin__strdup(name);
    if (!p->name || !levin__tensor_wrap(&p->tensor, LEVIN_F32, ndim, shape, NULL, NULL) ||
        (n_parts && !take_parts(p, parts, n_parts))) {
        levin__parameter_free(p);
        return NULL;
    }
    p->tensor.requires_grad = p->tensor.owned = true;
    if (m->node->last)
        m->node->last->next = p;
    else
        m->node->first = p;
    m->node->last = p;
    return &p->tensor;
}

float *levin__parameter_data(levin_tensor *t)
{
    if (!t)
        return NULL;
    if (!t->data)
        t->data = ((levin_parameter *)t)->owned = levin__calloc((size_t)t->numel, sizeof(float));
    levin__tensor_touch(t);
    return t->data;
}

bool levin__parameter_bind(levin_tensor *t, void *data)
{
    if (!t || (uintptr_t)data % alignof(float) != 0)
        return false;
    levin_parameter *p = (levin_parameter *)t;
    levin__free(p->owned);
    p->owned = NULL;
    t->data = data;
    levin__tensor_touch(t);
    return true;
}

levin_tensor *levin__parameter_new_fused(levin_module *m, const char *name, int ndim,
                                         const int64_t *shape, const levin_part *parts, int n_parts)
{
    levin_tensor *t = levin__parameter_declare(m, name, ndim, shape, parts, n_parts);
    return levin__parameter_data(t) ? t : NULL;
}

levin_tensor *levin_parameter_new(levin_module *m, const char *name, int ndim, const int64_t *shape)
{
    return levin__parameter_new_fused(m, name, ndim, shape, NULL, 0);
}

static levin_state_entry whole(levin_parameter *p)
{
    levin_tensor *t = &p->tensor;
    levin_state_entry e = { .ndim = t->ndim, .data = t->data, .tensor = t };
    memcpy(e.shape, t->dim, sizeof e.shape);
    if (t->grad && !t->grad_is_fresh)
        e.grad = t->grad->data;
    return e;
}

/* One entry under prefix and name, which stands in the buffer for the time of the call. */
static int visit_entry(levin_buffer *text, const char *name, levin_state_entry *e,
                       int (*visit)(void *payload, const levin_state_entry *entry), void *payload)
{
    size_t prefix = text->size;
    if (!levin__buffer_add_text(text, name))
        return levin_error();
    e->name = text->data;
    levin__tensor_touch(e->tensor); // the visitor may write, then compute
    int result = visit(payload, e);
    levin__tensor_touch(e->tensor); // or compute, then write
    text->size = prefix;
    text->data[prefix] = '\0';
    return result;
}

static int visit_parameter(levin_buffer *text, levin_parameter *p,
                           int (*visit)(void *payload, const levin_state_entry *entry),
                           void *payload)
{
    levin_state_entry e = whole(p);
    if (!p->n_parts)
        return visit_entry(text, p->name, &e, visit, payload);
    int64_t width = e.shape[0] ? p->tensor.numel / e.shape[0] : 0;
    int result = 0;
    for (int i = 0; i < p->n_parts && result == 0; i++) {
        e.shape[0] = p->parts[i].rows;
        result = visit_entry(text, p->parts[i].name, &e, visit, payload);
        e.data = e.data ? e.data + width * e.shape[0] : NULL;
        e.grad = e.grad ? e.grad + width * e.shape[0] : NULL;
    }
    return result;
}

int levin_state_dict_visit(levin_module *top,
                           int (*visit)(void *payload, const levin_state_entry *entry),
                           void *payload)
{
    levin_buffer text = LEVIN_BUFFER(LONGEST_NAME);
    int result = 0;
    for (levin_module *m = top; m && result == 0; m = levin__module_next(top, m)) {
        levin__buffer_clear(&text);
        if (!levin__module_path(&text, m, top))
            result = levin_error();
        for (levin_parameter *p = m->node->first; p && result == 0; p = p->next)
            result = visit_parameter(&text, p, visit, payload);
    }
    levin__buffer_free(&text);
    return result;
}
