/* op.h: what the files of this room share: shape rules, and the list of all rows. */
#ifndef LEVIN_OPS_OP_H
#define LEVIN_OPS_OP_H

#include "autograd/autograd.h"
#include "base/error.h"

#include <levin/ops.h>

#define OP(symbol) extern const levin_op levin__op_##symbol;
#include "ops/ops.def"
#undef OP

/** Every row, closed by NULL. */
extern const levin_op *const levin__ops[];

/** Records LEVIN_ESHAPE: "<op>: <what> <first> and <second>"; second may be NULL. Returns the code.
 */
int levin__shape_error(const levin_call *c, const char *what, const levin_tensor *first,
                       const levin_tensor *second);
/** 0 if t is f32 or bf16, else LEVIN_EDTYPE. */
int levin__need_float(const levin_call *c, const levin_tensor *t);
/** 0 if t is i32 or i64, else LEVIN_EDTYPE. */
int levin__need_int(const levin_call *c, const levin_tensor *t);
/** 0 if t is an f32 vector of n elements (a bias, gamma, beta), else an error that says which. */
int levin__need_vector(const levin_call *c, const levin_tensor *t, int64_t n, const char *what);
/** 0 if p, the probability of a dropout, lies in [0, 1), else LEVIN_EINVAL. Out of training too. */
int levin__need_probability(const levin_call *c, double p);
/** Makes c->y like t with the given dtype; 0 or an error code. */
int levin__result_like(levin_call *c, const levin_tensor *t, levin_dtype dtype);
/** Makes c->y with a shape of its own. */
int levin__result(levin_call *c, levin_dtype dtype, int ndim, const int64_t *dim,
                  const levin_ragged *ragged);
/** An f32 buffer of n numbers to keep for the way back, as saved[slot]; 0 or an error code. */
int levin__save(levin_call *c, int slot, int64_t n);
/** dim made non-negative, or -1 after LEVIN_ESHAPE. */
int levin__axis(const levin_call *c, const levin_tensor *t, int dim);
/** The dtype of products and norms of x: autocast's if it is on, else that of x. */
levin_dtype levin__compute_dtype(const levin_tensor *x);
/** x as an operand of a product: itself, or under autocast its conversion to bf16 in the scope.
 * NULL after an error. */
const levin_tensor *levin__operand(const levin_tensor *x);

#endif
