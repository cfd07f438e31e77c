/* binary.c: add, sub, mul: element by element; the second operand may be one row or one number that
 * serves every row of the first. */
#include "ops/op.h"

static int infer(levin_call *c)
{
    const levin_tensor *a = c->x[0], *b = c->x[1];
    if (levin__need_float(c, a) < 0 || levin__need_float(c, b) < 0)
        return levin_error();
    bool row = !b->ragged && b->ndim == 1 && a->ndim > 1 && b->dim[0] == levin__last_dim(a);
    if (!levin__same_shape(a, b) && !row && !(b->numel == 1 && !b->ragged))
        return levin__shape_error(c, "neither the same shape, nor one row, nor one number:", a, b);
    c->i[1] = b->numel ? b->numel : 1;
    return levin__result_like(c, a, (levin_dtype)a->dtype);
}

static bool forward(levin_call *c)
{
    return LEVIN_RUN(binary, (levin_binary)c->i[0], levin__array(c->y), levin__array(c->x[0]),
                     levin__array(c->x[1]), c->y->numel, c->i[1]);
}

static bool backward(levin_call *c)
{
    bool done = true;
    for (int side = 0; done && side < 2; side++) {
        if (!levin__wants_grad(c, side))
            continue;
        bool add;
        levin_array d = levin__grad_of(c, side, &add);
        done = d.data &&
               LEVIN_RUN(binary_bwd, (levin_binary)c->i[0], side, d, levin__grad_in(c),
                         levin__array(c->x[0]), levin__array(c->x[1]), c->y->numel, c->i[1], add);
    }
    return done;
}

#define BINARY(word, function)                                                                     \
    const levin_op levin__op_##word = {                                                            \
        .name = #word,                                                                             \
        .infer = infer,                                                                            \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .cases = "x=0x3 y=0x3\nx=1 y=1\nx=3x5 y=3x5\nx=3x5 y=5\nx=3x5 y=1\n"                       \
                 "x=(1,4,0,2)x9 y=(1,4,0,2)x9\nx=(1,4,0,2)x9 y=9\nx=130x67 y=67 bf16\n",           \
    };                                                                                             \
    levin_tensor *levin_##word(const levin_tensor *a, const levin_tensor *b)                       \
    {                                                                                              \
        levin_call c = { .x = { a, b }, .n = 2, .i = { function } };                               \
        return levin__apply(&levin__op_##word, &c, 2);                                             \
    }

BINARY(add, LEVIN_BINARY_ADD)
BINARY(sub, LEVIN_BINARY_SUB)
BINARY(mul, LEVIN_BINARY_MUL)
