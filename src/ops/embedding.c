/* embedding.c: rows of a table picked by ids. */
#include "ops/op.h"

#include "base/scope.h"

static int check_ids(levin_call *c, const levin_tensor *ids, int64_t limit)
{
    int64_t where = -1;
    if (!LEVIN_RUN(find_outside, &where, levin__array(ids), ids->numel, limit, -1))
        return LEVIN_EBUG;
    if (where < 0)
        return LEVIN_OK;
    return levin__error_set(
        LEVIN_EINVAL, "%s: id %.0f at place %lld is outside the table's %lld rows", c->op->name,
        levin_tensor_get(ids, where), (long long)where, (long long)limit);
}

static int infer(levin_call *c)
{
    const levin_tensor *table = c->x[0], *ids = c->x[1];
    if (levin__need_float(c, table) < 0 || levin__need_int(c, ids) < 0)
        return levin_error();
    if (table->ndim != 2 || ids->ndim >= LEVIN_MAX_DIMS)
        return levin__shape_error(c, "table and ids should be (V, H) and (...), but are", table,
                                  ids);
    if (check_ids(c, ids, table->dim[0]) < 0)
        return levin_error();
    int64_t *rows = levin__scope_alloc((size_t)ids->numel * sizeof *rows);
    if (!rows)
        return LEVIN_ENOMEM;
    for (int64_t i = 0; i < ids->numel; i++)
        rows[i] = ids->dtype == LEVIN_I32 ? ((const int32_t *)ids->data)[i]
                                          : ((const int64_t *)ids->data)[i];
    c->index = rows;
    int64_t dim[LEVIN_MAX_DIMS];
    for (int i = 0; i < ids->ndim; i++)
        dim[i] = ids->dim[i];
    dim[ids->ndim] = table->dim[1];
    return levin__result(c, (levin_dtype)table->dtype, ids->ndim + 1, dim, ids->ragged);
}

static bool forward(levin_call *c)
{
    return LEVIN_RUN(gather, levin__array(c->y), levin__array(c->x[0]), c->index, c->x[1]->numel,
                     c->x[0]->dim[1]);
}

static bool backward(levin_call *c)
{
    bool add;
    const levin_tensor *table = c->x[0];
    int64_t *rows = (int64_t *)c->index; // this call's own; used for the last time
    for (int64_t i = 0; c->i[0] >= 0 && i < c->x[1]->numel; i++)
        rows[i] = rows[i] == c->i[0] ? -1 : rows[i];
    levin_array d = levin__grad_of_rows(c, 0, rows, c->x[1]->numel, &add);
    return d.data && LEVIN_RUN(scatter_add, d, levin__grad_in(c), rows, c->x[1]->numel,
                               table->dim[1], table->dim[0], add);
}

const levin_op levin__op_embedding = {
    .name = "embedding",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .cases = "x=5x3 ids=0<5 pad=-1\nx=5x3 ids=4<5 pad=-1\nx=5x3 ids=2x9<5 pad=0\n"
             "x=1x1 ids=1<1 pad=-1\nx=50x33 ids=(1,4,0,2)<50 pad=0\nx=50x96 ids=70<50 pad=0 bf16\n",
};

levin_tensor *levin_embedding(const levin_tensor *table, const levin_tensor *ids,
                              int64_t padding_idx)
{
    levin_call c = { .x = { table, ids }, .n = 2, .i = { padding_idx } };
    return levin__apply(&levin__op_embedding, &c, 2);
}
