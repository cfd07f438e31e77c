/* pickle_tensor.c: storages and tensors. A tensor is a view of a storage: where it begins, and for
 * each dimension its size and the step to the next element; every element must lie inside. */
#include "base/error.h"
#include "formats/pickle_machine.h"
#include "formats/safetensors_header.h"

#include <string.h>

enum { MAX_KEY = 64 };

static levin_value *refuse(levin_machine *m, const char *why)
{
    return levin__machine_fail(m, LEVIN_EFORMAT, "%s", why);
}

static bool is_count(const levin_value *v) { return v->kind == LEVIN_VALUE_INT && v->integer >= 0; }

/* A storage that has been seen must be the same every time. */
static levin_pickle_storage *known_storage(levin_machine *m, const levin_pickle_storage *wanted)
{
    char shown[80];
    int64_t at = levin__map_get(m->storages, wanted->key.bytes, wanted->key.size, 0);
    levin_pickle_storage *s = (levin_pickle_storage *)(intptr_t)at;
    if (s && (s->dtype != wanted->dtype || s->numel != wanted->numel))
        return levin__machine_fail(
            m, LEVIN_EFORMAT, "storage %s is declared twice, as %llu x %s and %llu x %s",
            levin__printable(shown, s->key.bytes, s->key.size), (unsigned long long)s->numel,
            levin_st_dtype_name(s->dtype), (unsigned long long)wanted->numel,
            levin_st_dtype_name(wanted->dtype));
    return s;
}

static levin_pickle_storage *add_storage(levin_machine *m, const levin_pickle_storage *wanted)
{
    levin_pickle *p = m->pickle;
    levin_pickle_storage *s = levin__machine_alloc(m, sizeof *s);
    if (!s || levin__map_set(m->storages, wanted->key.bytes, wanted->key.size,
                             (int64_t)(intptr_t)s) != LEVIN_OK)
        return NULL;
    *s = *wanted;
    s->at = m->offset + (size_t)(m->op - m->begin);
    if (p->last_storage)
        p->last_storage->next = s;
    else
        p->storages = s;
    p->last_storage = s;
    return s;
}

/* ("storage", class, key, location, numel), and in old files a view, which was never used. */
static bool read_id(levin_machine *m, const levin_value *id, levin_pickle_storage *out)
{
    levin_value *const *part = id->items.at;
    size_t n = id->kind == LEVIN_VALUE_TUPLE ? id->items.n : 0;
    bool fits =
        (n == 5 || (n == 6 && part[5]->kind == LEVIN_VALUE_NONE)) &&
        levin__value_is(part[0], "storage") && part[1]->kind == LEVIN_VALUE_NAME &&
        (part[1]->name->role == LEVIN_NAME_STORAGE || part[1]->name->role == LEVIN_NAME_BYTES) &&
        part[2]->kind == LEVIN_VALUE_TEXT && part[3]->kind == LEVIN_VALUE_TEXT && is_count(part[4]);
    if (!fits || part[2]->text.size > MAX_KEY || memchr(part[2]->text.bytes, 0, part[2]->text.size))
        return refuse(m, "not the id of a storage: (\"storage\", class, key, location, number)");
    uint64_t numel = (uint64_t)part[4]->integer, counted;
    *out = (levin_pickle_storage){ .key = part[2]->text,
                                   .dtype = part[1]->name->dtype,
                                   .numel = numel };
    return levin__st_size(&numel, 1, out->dtype, &counted, &out->bytes) ||
           refuse(m, "a storage of 2^61 bytes or more");
}

levin_value *levin__pickle_persistent(levin_machine *m, const levin_value *id)
{
    levin_pickle_storage wanted;
    if (!read_id(m, id, &wanted))
        return NULL;
    levin_pickle_storage *s = known_storage(m, &wanted);
    if (!s && !levin_error())
        s = add_storage(m, &wanted);
    levin_value *v = s && !levin_error() ? levin__value_new(m, LEVIN_VALUE_STORAGE) : NULL;
    if (v)
        v->storage = s;
    return v;
}

/* A tuple of counts as numbers of the pickle's own. */
static const uint64_t *read_counts(levin_machine *m, const levin_value *v)
{
    uint64_t *counts = levin__machine_alloc(m, v->items.n * sizeof *counts + 1);
    for (size_t i = 0; counts && i < v->items.n; i++) {
        if (!is_count(v->items.at[i]))
            return levin__machine_fail(m, LEVIN_EFORMAT,
                                       "sizes and strides must be whole numbers from 0");
        counts[i] = (uint64_t)v->items.at[i]->integer;
    }
    return counts;
}

/* One past the last element, from the beginning of the storage; false if that overflows. */
static bool find_end(const levin_pickle_tensor *t, uint64_t *end)
{
    uint64_t last = t->offset, step;
    for (int64_t d = 0; d < t->ndim; d++)
        if (__builtin_mul_overflow(t->shape[d] - 1, t->stride[d], &step) ||
            __builtin_add_overflow(last, step, &last))
            return false;
    return !__builtin_add_overflow(last, 1, end);
}

static bool check_inside(levin_machine *m, levin_pickle_tensor *t)
{
    char shown[80];
    uint64_t end = 0, counted, bytes;
    if (!levin__st_size(t->shape, t->ndim, t->dtype, &t->numel, &t->bytes))
        return refuse(m, "a tensor of 2^61 bytes or more");
    if (!t->numel)
        return true;
    if (find_end(t, &end) && levin__st_size(&end, 1, t->dtype, &counted, &bytes) &&
        bytes <= t->storage->bytes)
        return true;
    const levin_text key = t->storage->key;
    return levin__machine_fail(
        m, LEVIN_EFORMAT, "a tensor that reaches beyond the %llu bytes of its storage %s",
        (unsigned long long)t->storage->bytes, levin__printable(shown, key.bytes, key.size));
}

/* storage, offset, sizes and strides: the first four arguments of every way to rebuild one. */
static levin_value *rebuild(levin_machine *m, const levin_values *args, levin_st_dtype dtype)
{
    levin_value *const *a = args->at;
    bool fits = args->n >= 4 && a[0]->kind == LEVIN_VALUE_STORAGE && is_count(a[1]) &&
                a[2]->kind == LEVIN_VALUE_TUPLE && a[3]->kind == LEVIN_VALUE_TUPLE &&
                a[2]->items.n == a[3]->items.n && a[2]->items.n <= LEVIN_PICKLE_MAX_DIMS;
    if (!fits)
        return refuse(m, "a tensor must be made of storage, offset, sizes and strides");
    levin_value *v = levin__value_new(m, LEVIN_VALUE_TENSOR);
    levin_pickle_tensor *t = v ? levin__machine_alloc(m, sizeof *t) : NULL;
    if (!t)
        return NULL;
    *t = (levin_pickle_tensor){ .storage = a[0]->storage,
                                .dtype = dtype,
                                .ndim = (int64_t)a[2]->items.n,
                                .shape = read_counts(m, a[2]),
                                .stride = read_counts(m, a[3]),
                                .offset = (uint64_t)a[1]->integer };
    v->tensor = t;
    return t->shape && t->stride && check_inside(m, t) ? v : NULL;
}

static levin_st_dtype dtype_of(const levin_values *args)
{
    const levin_value *storage = args->n ? args->at[0] : NULL;
    return storage && storage->kind == LEVIN_VALUE_STORAGE ? storage->storage->dtype : LEVIN_ST_U8;
}

levin_value *levin__call_tensor(levin_machine *m, const levin_pickle_name *me,
                                const levin_values *args)
{
    (void)me;
    return rebuild(m, args, dtype_of(args));
}

/* What a lazy conjugate or negative would mean to the numbers: nothing that we could pass on. */
static bool has_flags(const levin_values *args, size_t at)
{
    const levin_value *flags = args->n > at ? args->at[at] : NULL;
    for (size_t i = 1; flags && flags->kind == LEVIN_VALUE_DICT && i < flags->items.n; i += 2)
        if (flags->items.at[i]->kind == LEVIN_VALUE_BOOL && flags->items.at[i]->truth)
            return true;
    return false;
}

/* ..., requires_grad, hooks[, metadata] */
levin_value *levin__call_tensor_v2(levin_machine *m, const levin_pickle_name *me,
                                   const levin_values *args)
{
    (void)me;
    if (args->n > 7 || has_flags(args, 6))
        return refuse(m, "a tensor with a pending conjugate or sign");
    return rebuild(m, args, dtype_of(args));
}

/* ..., requires_grad, hooks, dtype[, metadata] */
levin_value *levin__call_tensor_v3(levin_machine *m, const levin_pickle_name *me,
                                   const levin_values *args)
{
    (void)me;
    const levin_value *dtype = args->n > 6 ? args->at[6] : NULL;
    if (!dtype || dtype->kind != LEVIN_VALUE_NAME || dtype->name->role != LEVIN_NAME_DTYPE)
        return refuse(m, "a tensor without a dtype");
    if (args->n > 8 || has_flags(args, 7))
        return refuse(m, "a tensor with a pending conjugate or sign");
    return rebuild(m, args, dtype->name->dtype);
}

/* (tensor, requires_grad, hooks[, state]) */
levin_value *levin__call_parameter(levin_machine *m, const levin_pickle_name *me,
                                   const levin_values *args)
{
    (void)me;
    bool fits = args->n >= 1 && args->at[0]->kind == LEVIN_VALUE_TENSOR;
    return fits ? args->at[0] : refuse(m, "a parameter must be made of a tensor");
}

/* (function, class, its arguments, state): a tensor with attributes of its own. */
levin_value *levin__call_from_type(levin_machine *m, const levin_pickle_name *me,
                                   const levin_values *args)
{
    levin_value *const *a = args->at;
    bool fits =
        args->n == 4 && a[0]->kind == LEVIN_VALUE_NAME && a[2]->kind == LEVIN_VALUE_TUPLE &&
        (a[0]->name->call == levin__call_tensor_v2 || a[0]->name->call == levin__call_tensor_v3 ||
         a[0]->name->call == levin__call_parameter);
    (void)me;
    return fits ? levin__pickle_call(m, a[0]->name, &a[2]->items)
                : refuse(m, "a tensor must be made by a function that rebuilds tensors");
}
