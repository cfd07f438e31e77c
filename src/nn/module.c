/* module.c: making, walking and freeing the module tree, and the modes that go down it. What a
 * parameter is stands in parameter.c; what the hooks mean, in the trainer. */
#include "nn/module.h"

#include "base/error.h"
#include "base/memory.h"
#include "tensor/backends.h"

#include <string.h>

static size_t round_up(size_t n) { return (n + LEVIN_ALIGN - 1) / LEVIN_ALIGN * LEVIN_ALIGN; }

/* The user's struct and the library's node, in one block. */
static levin_module *allocate(const levin_module_class *type, const char *name)
{
    if (type->size < sizeof(levin_module) || type->size > PTRDIFF_MAX / 2) {
        levin__error_set(LEVIN_EINVAL,
                         "module class %s: size %zu cannot hold a levin_module; LEVIN_MODULE(type) "
                         "sets it",
                         type->name ? type->name : "(unnamed)", type->size);
        return NULL;
    }
    size_t head = round_up(type->size);
    char *block = levin__calloc(1, head + sizeof(levin_module_node));
    char *own_name = block ? levin__strdup(name) : NULL;
    if (!own_name) {
        levin__free(block);
        return NULL;
    }
    levin_module *m = (levin_module *)block;
    m->type = type;
    m->node = (levin_module_node *)(block + head);
    m->node->name = own_name;
    m->node->modes = UINT64_MAX;
    return m;
}

static void attach(levin_module *parent, levin_module *m)
{
    levin_module_node *p = parent->node;
    m->node->parent = parent;
    if (p->last_child)
        p->last_child->node->next = m;
    else
        p->first_child = m;
    p->last_child = m;
}

static void detach(levin_module *m)
{
    levin_module *parent = m->node->parent;
    if (!parent)
        return;
    levin_module **link = &parent->node->first_child, *before = NULL;
    while (*link != m) {
        before = *link;
        link = &before->node->next;
    }
    *link = m->node->next;
    if (parent->node->last_child == m)
        parent->node->last_child = before;
    m->node->parent = m->node->next = NULL;
}

static void free_contents(levin_module_node *node)
{
    while (node->first) {
        levin_parameter *p = node->first;
        node->first = p->next;
        levin__parameter_free(p);
    }
    while (node->kept) {
        levin_keepsake *k = node->kept;
        node->kept = k->next;
        k->release(k->thing);
        levin__free(k);
    }
    levin__free(node->name);
}

void levin_module_free(levin_module *m)
{
    if (!m)
        return;
    detach(m);
    if (m->node->trainer_state_free) // it may hold an optimizer of the parameters
        m->node->trainer_state_free(m->node->trainer_state);
    if (m->type->free)
        m->type->free(m); // while children and parameters still stand
    while (m->node->first_child)
        levin_module_free(m->node->first_child);
    free_contents(m->node);
    levin__free(m);
}

/* Runs the class's init; a module whose init met an error is gone afterwards. */
static levin_module *initialise(levin_module *m)
{
    if (m->type->init)
        m->type->init(m);
    if (!levin_error())
        return m;
    levin_module_free(m);
    return NULL;
}

levin_module *levin_module_new(const levin_module_class *type)
{
    if (!type || levin_error() || levin__check_environment() < 0)
        return NULL;
    levin_module *m = allocate(type, "");
    return m ? initialise(m) : NULL;
}

levin_module *levin_module_add(levin_module *parent, const char *name,
                               const levin_module_class *type)
{
    if (!parent || !type || levin_error())
        return NULL;
    if (!name)
        name = "";
    for (levin_module *c = parent->node->first_child; c && *name; c = c->node->next) {
        if (strcmp(c->node->name, name) == 0) {
            levin__error_set(LEVIN_EINVAL, "a module has two children of the name '%s'", name);
            return NULL;
        }
    }
    levin_module *m = allocate(type, name);
    if (!m)
        return NULL;
    attach(parent, m);
    return initialise(m);
}

levin_module *levin__module_next(const levin_module *top, const levin_module *m)
{
    if (m->node->first_child)
        return m->node->first_child;
    while (m != top && !m->node->next)
        m = m->node->parent;
    return m == top ? NULL : m->node->next;
}

levin_module *levin__module_root(levin_module *m)
{
    while (m && m->node->parent)
        m = m->node->parent;
    return m;
}

bool levin__module_path(levin_buffer *out, const levin_module *m, const levin_module *top)
{
    if (m == top)
        return true;
    if (!levin__module_path(out, m->node->parent, top))
        return false;
    return !*m->node->name ||
           (levin__buffer_add_text(out, m->node->name) && levin__buffer_add_char(out, '.'));
}

int levin__module_keep(levin_module *m, void *thing, void (*release)(void *thing))
{
    levin_keepsake *k = levin__alloc(sizeof *k);
    if (!k) {
        release(thing);
        return levin_error();
    }
    *k = (levin_keepsake){ .thing = thing, .release = release, .next = m->node->kept };
    m->node->kept = k;
    return LEVIN_OK;
}

void levin_module_train(levin_module *top, bool on)
{
    for (levin_module *m = top; m; m = levin__module_next(top, m))
        m->node->modes = on ? m->node->modes | 1 : m->node->modes & ~(uint64_t)1;
}

bool levin_module_is_training(const levin_module *m) { return m && (m->node->modes & 1); }

void levin__module_push_modes(levin_module *top)
{
    for (levin_module *m = top; m; m = levin__module_next(top, m))
        m->node->modes = m->node->modes << 1 | (m->node->modes & 1);
}

void levin__module_pop_modes(levin_module *top)
{
    for (levin_module *m = top; m; m = levin__module_next(top, m))
        m->node->modes >>= 1;
}

static void set_requires_grad(levin_module *top, bool on)
{
    for (levin_module *m = top; m; m = levin__module_next(top, m))
        for (levin_parameter *p = m->node->first; p; p = p->next)
            p->tensor.requires_grad = on;
}

void levin_module_freeze(levin_module *m)
{
    set_requires_grad(m, false);
    levin_module_train(m, false);
}

void levin_module_unfreeze(levin_module *m)
{
    set_requires_grad(m, true);
    levin_module_train(m, true);
}

int64_t levin_module_numel(const levin_module *top, bool trainable_only)
{
    int64_t n = 0;
    for (const levin_module *m = top; m; m = levin__module_next(top, m))
        for (const levin_parameter *p = m->node->first; p; p = p->next)
            n += trainable_only && !p->tensor.requires_grad ? 0 : p->tensor.numel;
    return n;
}
