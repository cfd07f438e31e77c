/* tensor.c: making tensors and asking them about themselves. Computes nothing. */
#include "tensor/tensor.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/region.h"
#include "base/scope.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [LEVIN_F32] = { "f32", 4 }, [LEVIN_BF16] = { "bf16", 2 }, [LEVIN_I32] = { "i32", 4 },
    [LEVIN_I64] = { "i64", 8 }, [LEVIN_I8] = { "i8", 1 },
};

size_t levin_dtype_size(levin_dtype dtype) { return dtypes[dtype].size; }
const char *levin_dtype_name(levin_dtype dtype) { return dtypes[dtype].name; }

/* Elements of a shape, or -1 after recording why it cannot be. */
static int64_t count(levin_dtype dtype, int ndim, const int64_t *dim, const levin_ragged *ragged)
{
    if (ndim < 0 || ndim > LEVIN_MAX_DIMS || (ragged && ndim < 2)) {
        levin__error_set(LEVIN_ESHAPE, "a tensor of %d dimensions; 0 to %d are possible", ndim,
                         LEVIN_MAX_DIMS);
        return -1;
    }
    int64_t n = ragged ? ragged->rows : 1;
    for (int i = ragged ? 2 : 0; i < ndim; i++) {
        if (dim[i] < 0 || __builtin_mul_overflow(n, dim[i], &n)) {
            levin__error_set(LEVIN_ESHAPE, "dimension %d of a tensor cannot be %lld", i,
                             (long long)dim[i]);
            return -1;
        }
    }
    if (n > (int64_t)(PTRDIFF_MAX / 2 / (int64_t)dtypes[dtype].size)) {
        levin__error_set(LEVIN_ENOMEM, "a tensor of %lld elements does not fit", (long long)n);
        return -1;
    }
    return n;
}

levin_tensor *levin__tensor_wrap(levin_tensor *t, levin_dtype dtype, int ndim, const int64_t *dim,
                                 const levin_ragged *ragged, void *data)
{
    int64_t n = count(dtype, ndim, dim, ragged);
    if (n < 0)
        return NULL;
    *t = (levin_tensor){
        .data = data, .numel = n, .ragged = ragged, .ndim = (int8_t)ndim, .dtype = (int8_t)dtype
    };
    for (int i = 0; i < ndim; i++)
        t->dim[i] = dim[i];
    if (ragged) {
        t->dim[0] = ragged->batch;
        t->dim[1] = LEVIN_RAGGED;
    }
    return t;
}

levin_tensor *levin__tensor_scoped(levin_dtype dtype, int ndim, const int64_t *dim,
                                   const levin_ragged *ragged)
{
    int64_t n = count(dtype, ndim, dim, ragged);
    if (n < 0)
        return NULL;
    levin_tensor *t = levin__scope_alloc(sizeof *t);
    void *data = t ? levin__scope_alloc((size_t)n * dtypes[dtype].size) : NULL;
    return data ? levin__tensor_wrap(t, dtype, ndim, dim, ragged, data) : NULL;
}

levin_tensor *levin__tensor_like(const levin_tensor *t, levin_dtype dtype)
{
    return levin__tensor_scoped(dtype, t->ndim, t->dim, t->ragged);
}

levin_tensor *levin_zeros(levin_dtype dtype, int ndim, const int64_t *shape)
{
    levin_tensor *t = levin__tensor_scoped(dtype, ndim, shape, NULL);
    if (t)
        memset(t->data, 0, (size_t)t->numel * dtypes[dtype].size);
    return t;
}

/* Bytes of a levin_ragged with its cu_seqlens behind it. */
static size_t ragged_bytes(int64_t batch)
{
    return sizeof(levin_ragged) + (size_t)(batch + 1) * sizeof(int32_t);
}

/* Fills memory of ragged_bytes(batch); NULL after recording what is wrong with the lengths. */
static levin_ragged *fill_ragged(void *memory, int64_t batch, const int64_t *lengths)
{
    levin_ragged *r = memory;
    int32_t *cu = (int32_t *)(r + 1);
    *r = (levin_ragged){ .batch = batch, .cu_seqlens = cu };
    cu[0] = 0;
    for (int64_t i = 0; i < batch; i++) {
        if (lengths[i] < 0 || lengths[i] > INT32_MAX - r->rows) {
            levin__error_set(LEVIN_ESHAPE, "sequence %lld of a batch cannot have %lld tokens",
                             (long long)i, (long long)lengths[i]);
            return NULL;
        }
        r->rows += lengths[i];
        if (lengths[i] > r->max_length)
            r->max_length = lengths[i];
        cu[i + 1] = (int32_t)r->rows;
    }
    return r;
}

static bool ragged_shape(int64_t batch, int n_inner, const int64_t *inner, int64_t *dim)
{
    if (batch < 0 || batch > INT32_MAX - 1 || n_inner < 0 || n_inner > LEVIN_MAX_DIMS - 2) {
        levin__error_set(LEVIN_ESHAPE, "a ragged tensor of %lld sequences with %d inner dimensions",
                         (long long)batch, n_inner);
        return false;
    }
    dim[0] = batch;
    dim[1] = LEVIN_RAGGED;
    for (int i = 0; i < n_inner; i++)
        dim[2 + i] = inner[i];
    return true;
}

levin_tensor *levin_zeros_ragged(levin_dtype dtype, int64_t batch, const int64_t *lengths,
                                 int n_inner, const int64_t *inner)
{
    int64_t dim[LEVIN_MAX_DIMS];
    if (!ragged_shape(batch, n_inner, inner, dim))
        return NULL;
    void *memory = levin__scope_alloc(ragged_bytes(batch));
    levin_ragged *r = memory ? fill_ragged(memory, batch, lengths) : NULL;
    levin_tensor *t = r ? levin__tensor_scoped(dtype, n_inner + 2, dim, r) : NULL;
    if (t)
        memset(t->data, 0, (size_t)t->numel * dtypes[dtype].size);
    return t;
}

static size_t round_up(size_t n) { return (n + LEVIN_ALIGN - 1) / LEVIN_ALIGN * LEVIN_ALIGN; }

/* One block: header, then extra bytes, then the numbers, zeroed. */
static levin_tensor *heap_block(levin_dtype dtype, int64_t n, size_t extra, void **data)
{
    size_t head = round_up(sizeof(levin_tensor) + extra);
    char *block = levin__calloc(1, head + (size_t)n * dtypes[dtype].size);
    if (!block)
        return NULL;
    *data = block + head;
    return (levin_tensor *)block;
}

levin_tensor *levin_tensor_new(levin_dtype dtype, int ndim, const int64_t *shape)
{
    void *data;
    int64_t n = count(dtype, ndim, shape, NULL);
    levin_tensor *t = n < 0 ? NULL : heap_block(dtype, n, 0, &data);
    if (!t)
        return NULL;
    levin__tensor_wrap(t, dtype, ndim, shape, NULL, data);
    t->on_heap = t->owned = true;
    return t;
}

levin_tensor *levin_tensor_new_ragged(levin_dtype dtype, int64_t batch, const int64_t *lengths,
                                      int n_inner, const int64_t *inner)
{
    int64_t dim[LEVIN_MAX_DIMS];
    if (!ragged_shape(batch, n_inner, inner, dim))
        return NULL;
    levin_ragged *draft = levin__alloc(ragged_bytes(batch));
    levin_tensor *t = NULL;
    if (draft && fill_ragged(draft, batch, lengths)) {
        void *data;
        int64_t n = count(dtype, n_inner + 2, dim, draft);
        t = n < 0 ? NULL : heap_block(dtype, n, ragged_bytes(batch), &data);
        if (t) {
            levin_ragged *r = (levin_ragged *)(t + 1);
            levin__tensor_wrap(t, dtype, n_inner + 2, dim, fill_ragged(r, batch, lengths), data);
            t->on_heap = t->owned = true;
        }
    }
    levin__free(draft);
    return t;
}

/* A copy of from, whose cu_seqlens stand behind it in memory. */
static levin_ragged *copy_ragged(void *memory, const levin_ragged *from)
{
    levin_ragged *r = memory;
    *r = *from;
    r->cu_seqlens = memcpy(r + 1, from->cu_seqlens, (size_t)(from->batch + 1) * sizeof(int32_t));
    return r;
}

levin_tensor *levin__tensor_heap_like(const levin_tensor *like, levin_dtype dtype)
{
    void *data;
    const levin_ragged *r = like->ragged;
    levin_tensor *t = heap_block(dtype, like->numel, r ? ragged_bytes(r->batch) : 0, &data);
    if (!t)
        return NULL;
    levin__tensor_wrap(t, dtype, like->ndim, like->dim, r ? copy_ragged(t + 1, r) : NULL, data);
    t->on_heap = t->owned = true;
    return t;
}

void levin__packings_free(levin_packing *p)
{
    for (int i = 0; p && i < LEVIN_PACKINGS; i++)
        levin__region_free(p[i].data, p[i].bytes);
    levin__free(p);
}

void levin_tensor_free(levin_tensor *t)
{
    if (!t || !t->on_heap)
        return;
    levin_tensor_free(t->grad);
    levin__packings_free(t->packings);
    levin__free(t->live_rows);
    levin__free(t);
}

levin_dtype levin_tensor_dtype(const levin_tensor *t)
{
    return t ? (levin_dtype)t->dtype : LEVIN_F32;
}

int levin_tensor_ndim(const levin_tensor *t) { return t ? t->ndim : 0; }

int64_t levin_tensor_dim(const levin_tensor *t, int dim)
{
    if (!t)
        return 0;
    int i = dim < 0 ? dim + t->ndim : dim;
    return i < 0 || i >= t->ndim ? 0 : t->dim[i];
}

int64_t levin_tensor_numel(const levin_tensor *t) { return t ? t->numel : 0; }

int64_t levin__last_dim(const levin_tensor *t)
{
    if (t->ndim == 0 || (t->ragged && t->ndim == 2))
        return 1;
    return t->dim[t->ndim - 1];
}

int64_t levin_tensor_rows(const levin_tensor *t)
{
    if (!t)
        return 0;
    int64_t n = t->ragged ? t->ragged->rows : 1;
    for (int i = t->ragged ? 2 : 0; i < t->ndim - 1; i++)
        n *= t->dim[i];
    return n;
}

const int32_t *levin_tensor_cu_seqlens(const levin_tensor *t)
{
    return t && t->ragged ? t->ragged->cu_seqlens : NULL;
}

void *levin_tensor_data(levin_tensor *t)
{
    if (!t)
        return NULL;
    levin__tensor_touch(t);
    t->lent = true; // the caller may write, now or at any time
    return t->data;
}

const void *levin_tensor_const_data(const levin_tensor *t) { return t ? t->data : NULL; }

double levin_tensor_get(const levin_tensor *t, int64_t i)
{
    if (!t)
        return 0;
    if (i < 0 || i >= t->numel) {
        char text[96];
        levin__error_set(LEVIN_EINVAL, "get: element %lld of %s, which has %lld", (long long)i,
                         levin_tensor_describe(t, text, sizeof text), (long long)t->numel);
        return 0;
    }
    switch (t->dtype) {
    case LEVIN_F32:
        return (double)((const float *)t->data)[i];
    case LEVIN_BF16:
        return (double)levin__bf16_to_f32(((const uint16_t *)t->data)[i]);
    case LEVIN_I32:
        return ((const int32_t *)t->data)[i];
    case LEVIN_I8:
        return ((const int8_t *)t->data)[i];
    default:
        return (double)((const int64_t *)t->data)[i];
    }
}

double levin_item(const levin_tensor *t)
{
    if (t && t->numel != 1) {
        char text[96];
        levin__error_set(LEVIN_ESHAPE, "item: %s has not exactly one element",
                         levin_tensor_describe(t, text, sizeof text));
        return 0;
    }
    return levin_tensor_get(t, 0);
}

bool levin__same_shape(const levin_tensor *a, const levin_tensor *b)
{
    if (a->ndim != b->ndim || (a->ragged == NULL) != (b->ragged == NULL))
        return false;
    for (int i = 0; i < a->ndim; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    if (!a->ragged || a->ragged == b->ragged)
        return true;
    return memcmp(a->ragged->cu_seqlens, b->ragged->cu_seqlens,
                  (size_t)(a->ragged->batch + 1) * sizeof(int32_t)) == 0;
}

char *levin_tensor_describe(const levin_tensor *t, char *text, size_t size)
{
    if (!t) {
        snprintf(text, size, "NULL");
        return text;
    }
    size_t at = (size_t)snprintf(text, size, "(");
    for (int i = 0; i < t->ndim && at < size; i++) {
        const char *before = i ? ", " : "";
        if (t->dim[i] == LEVIN_RAGGED)
            at += (size_t)snprintf(text + at, size - at, "%sT*", before);
        else
            at += (size_t)snprintf(text + at, size - at, "%s%lld", before, (long long)t->dim[i]);
    }
    if (at < size)
        snprintf(text + at, size - at, ") %s", dtypes[t->dtype].name);
    return text;
}

levin_tensor *levin_keep(const levin_tensor *t)
{
    levin_scope *around = levin__scope_parent(levin__scope_current());
    if (!t)
        return NULL;
    if (!around) {
        levin__error_set(LEVIN_ESTATE, "keep: there is no scope around the current one");
        return NULL;
    }
    size_t bytes = (size_t)t->numel * dtypes[t->dtype].size;
    levin_tensor *kept = levin__scope_alloc_in(around, sizeof *kept);
    void *data = kept ? levin__scope_alloc_in(around, bytes) : NULL;
    void *ragged = NULL;
    if (data && t->ragged) {
        ragged = levin__scope_alloc_in(around, ragged_bytes(t->ragged->batch));
        if (!ragged)
            return NULL;
        copy_ragged(ragged, t->ragged);
    }
    if (!data)
        return NULL;
    memcpy(data, t->data, bytes);
    return levin__tensor_wrap(kept, (levin_dtype)t->dtype, t->ndim, t->dim, ragged, data);
}
