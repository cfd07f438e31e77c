/* pickle_values.c: making values and asking them. Their memory is counted, so that a small pickle
 * cannot ask for more than LEVIN_PICKLE_MAX_MEMORY. */
#include "base/error.h"
#include "base/memory.h"
#include "formats/pickle_machine.h"

#include <stdio.h>
#include <string.h>

enum { CHUNK = 1 << 15, ALIGNMENT = 16 };

static levin_pickle_chunk *new_chunk(levin_machine *m, size_t bytes)
{
    levin_pickle *p = m->pickle;
    size_t room = bytes > CHUNK ? bytes : CHUNK;
    if (room > LEVIN_PICKLE_MAX_MEMORY - p->memory)
        return levin__machine_fail(m, LEVIN_EFORMAT,
                                   "the values of the pickle take more than %d bytes",
                                   LEVIN_PICKLE_MAX_MEMORY);
    levin_pickle_chunk *c = levin__alloc(sizeof *c + room);
    if (!c)
        return NULL;
    *c = (levin_pickle_chunk){ .next = p->chunks, .room = room };
    p->chunks = c;
    p->memory += room;
    return c;
}

void *levin__machine_alloc(levin_machine *m, size_t bytes)
{
    if (bytes > LEVIN_PICKLE_MAX_MEMORY)
        bytes = LEVIN_PICKLE_MAX_MEMORY; // refused below, if not for the want of memory
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    levin_pickle_chunk *c = m->pickle->chunks;
    if (!c || bytes > c->room - c->used)
        c = new_chunk(m, bytes);
    if (!c)
        return NULL;
    void *block = c->bytes + c->used;
    c->used += bytes;
    return block;
}

levin_value *levin__value_new(levin_machine *m, levin_value_kind kind)
{
    if (m->n_values == LEVIN_PICKLE_MAX_VALUES)
        return levin__machine_fail(m, LEVIN_EFORMAT, "the pickle makes more than %d values",
                                   LEVIN_PICKLE_MAX_VALUES);
    levin_value *v = levin__machine_alloc(m, sizeof *v);
    if (v)
        *v = (levin_value){ .kind = kind };
    m->n_values += v != NULL;
    return v;
}

levin_value *levin__value_integer(levin_machine *m, int64_t x)
{
    levin_value *v = levin__value_new(m, LEVIN_VALUE_INT);
    if (v)
        v->integer = x;
    return v;
}

levin_value *levin__value_real(levin_machine *m, double x)
{
    levin_value *v = levin__value_new(m, LEVIN_VALUE_REAL);
    if (v)
        v->real = x;
    return v;
}

levin_value *levin__value_bytes(levin_machine *m, levin_value_kind kind, const void *bytes,
                                size_t n)
{
    levin_value *v = levin__value_new(m, kind);
    char *copy = v ? levin__machine_alloc(m, n + 1) : NULL;
    if (!copy)
        return NULL;
    if (n)
        memcpy(copy, bytes, n);
    copy[n] = '\0';
    v->text = (levin_text){ copy, n };
    return v;
}

levin_value *levin__value_text(levin_machine *m, const void *bytes, size_t n)
{
    const unsigned char *p = bytes, *end = p + n;
    for (size_t step; p < end; p += step) {
        step = levin__utf8_size(p, end);
        if (!step)
            return levin__machine_fail(m, LEVIN_EFORMAT, "a text that is not UTF-8");
    }
    return levin__value_bytes(m, LEVIN_VALUE_TEXT, bytes, n);
}

static bool reserve(levin_machine *m, levin_values *items, size_t more)
{
    size_t need = items->n + more; // no overflow: both are below the limit of values
    if (need <= items->room)
        return true;
    size_t room = need < 2 * items->room ? 2 * items->room : need;
    levin_value **at = levin__machine_alloc(m, room * sizeof *at);
    if (!at)
        return false;
    if (items->n)
        memcpy(at, items->at, items->n * sizeof *at);
    *items = (levin_values){ at, items->n, room };
    return true;
}

bool levin__value_add(levin_machine *m, levin_value *container, levin_value *const *values,
                      size_t n)
{
    levin_values *items = &container->items;
    if (!n)
        return true;
    if (!reserve(m, items, n))
        return false;
    memcpy(items->at + items->n, values, n * sizeof *values);
    items->n += n;
    for (size_t i = 0; i < n; i++)
        if (values[i]->depth >= container->depth)
            container->depth = values[i]->depth + 1;
    if (container->depth <= LEVIN_PICKLE_MAX_DEPTH)
        return true;
    levin__machine_fail(m, LEVIN_EFORMAT, "more than %d containers inside each other",
                        LEVIN_PICKLE_MAX_DEPTH);
    return false;
}

bool levin__value_is(const levin_value *v, const char *text)
{
    return v && v->kind == LEVIN_VALUE_TEXT && v->text.size == strlen(text) &&
           memcmp(v->text.bytes, text, v->text.size) == 0;
}

const levin_value *levin__value_get(const levin_value *d, const char *key)
{
    if (!d || d->kind != LEVIN_VALUE_DICT)
        return NULL;
    for (size_t i = d->items.n; i >= 2; i -= 2)
        if (levin__value_is(d->items.at[i - 2], key))
            return d->items.at[i - 1];
    return NULL;
}

const char *levin__pickle_name_text(char out[128], const levin_pickle_name *name)
{
    snprintf(out, 128, "%s.%s", name->module, name->name);
    return out;
}

bool levin__tensor_is_contiguous(const levin_pickle_tensor *t)
{
    uint64_t expected = 1;
    for (int64_t d = t->ndim; t->numel && d-- > 0;) {
        if (t->shape[d] != 1 && t->stride[d] != expected)
            return false;
        expected *= t->shape[d];
    }
    return true;
}
