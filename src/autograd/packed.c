/* packed.c: parameters kept in the order in which a back end multiplies by them, as long as they do
 * not change; the optimizer may keep them up in its own pass. */
#include "autograd/autograd.h"

#include "base/memory.h"
#include "base/region.h"

/* Room for the packing, empty or with what it held before, if that is multiplied by the same. */
static levin_packing *room_for(levin_tensor *w, levin_packing_use use, size_t bytes,
                               levin_dtype operand)
{
    if (!w->packings)
        w->packings = levin__calloc(LEVIN_PACKINGS, sizeof *w->packings);
    levin_packing *p = w->packings ? &w->packings[use] : NULL;
    if (p && p->data && (p->bytes != bytes || p->operand != operand)) {
        levin__region_free(p->data, p->bytes);
        p->data = NULL;
    }
    if (p && !p->data) {
        *p = (levin_packing){ .data = levin__region_alloc(bytes),
                              .bytes = bytes,
                              .operand = operand };
        if (!p->data)
            return NULL;
    }
    return p;
}

const void *levin__packed_of(const levin_tensor *t, levin_packing_use use,
                             const levin_matmul_args *m, bool learns)
{
    const levin_kernels *table = levin__kernel_tables()[0];
    levin_tensor *w = (levin_tensor *)t; // a cache, not part of the value
    levin_matmul_args args = *m;
    args.b = levin__array(w);
    size_t bytes;
    if (!levin__is_weight(w) || w->lent || !table->packed_size || !table->pack ||
        !table->packed_size(&bytes, &args, learns))
        return NULL;
    levin_packing *p = room_for(w, use, bytes, m->a.dtype);
    if (!p || (p->by == table && p->version == w->version))
        return p ? p->data : NULL;
    if (!table->pack(p->data, &args))
        return NULL;
    p->by = table;
    p->version = w->version;
    return p->data;
}
