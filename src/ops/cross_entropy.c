/* cross_entropy.c: mean over the rows of -log softmax(logits)[label], with label smoothing and an
 * ignored label, as torch.nn.functional.cross_entropy. Keeps the log-sum-exp of each row. */
#include "ops/op.h"

static const int64_t IGNORED_BY_DEFAULT = -100;

static int check_labels(const levin_call *c, int64_t classes)
{
    const levin_tensor *labels = c->x[1];
    int64_t where = -1;
    if (!LEVIN_RUN(find_outside, &where, levin__array(labels), labels->numel, classes, c->i[0]))
        return LEVIN_EBUG;
    if (where < 0)
        return LEVIN_OK;
    return levin__error_set(LEVIN_EINVAL,
                            "cross_entropy: label %.0f in row %lld, but there are %lld classes",
                            levin_tensor_get(labels, where), (long long)where, (long long)classes);
}

static int infer(levin_call *c)
{
    const levin_tensor *logits = c->x[0], *labels = c->x[1];
    if (levin__need_float(c, logits) < 0 || levin__need_int(c, labels) < 0)
        return levin_error();
    int64_t rows = levin_tensor_rows(logits), classes = levin__last_dim(logits);
    if (logits->ndim < 1 || labels->numel != rows || classes < 1)
        return levin__shape_error(c, "logits and labels should be (..., C) and (...), but are",
                                  logits, labels);
    if (!(c->a[0] >= 0 && c->a[0] < 1))
        return levin__error_set(LEVIN_EINVAL, "cross_entropy: label_smoothing %g is not in [0, 1)",
                                c->a[0]);
    if (check_labels(c, classes) < 0 || levin__save(c, 0, rows) < 0)
        return levin_error();
    return levin__result(c, LEVIN_F32, 0, NULL, NULL);
}

static bool forward(levin_call *c)
{
    const levin_tensor *x = c->x[0];
    return LEVIN_RUN(cross_entropy, c->y->data, c->saved[0]->data, levin__array(x),
                     levin__array(c->x[1]), levin_tensor_rows(x), levin__last_dim(x), c->i[0],
                     c->a[0]);
}

static bool backward(levin_call *c)
{
    const levin_tensor *x = c->x[0];
    bool add;
    levin_array d = levin__grad_of(c, 0, &add);
    return d.data && LEVIN_RUN(cross_entropy_bwd, d, levin__grad_in(c).data, c->saved[0]->data,
                               levin__array(x), levin__array(c->x[1]), levin_tensor_rows(x),
                               levin__last_dim(x), c->i[0], c->a[0], add);
}

const levin_op levin__op_cross_entropy = {
    .name = "cross_entropy",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .cases = "x=3x5 ids=3<5\nx=1x1 ids=1<1\nx=3x5 ids=3<5 smooth=0.1\nx=8x5 ids=8<5 ignore=2\n"
             "x=2x3x4 ids=6<4\nx=70x33 ids=70<33 smooth=0.2 bf16\n",
};

levin_tensor *levin_cross_entropy_with(const levin_tensor *logits, const levin_tensor *labels,
                                       const levin_cross_entropy_opts *opts)
{
    levin_call c = { .x = { logits, labels }, .n = 2, .i = { IGNORED_BY_DEFAULT } };
    if (opts) {
        c.a[0] = opts->label_smoothing;
        c.i[0] = opts->ignore_index ? *opts->ignore_index : IGNORED_BY_DEFAULT;
    }
    return levin__apply(&levin__op_cross_entropy, &c, 2);
}

levin_tensor *levin_cross_entropy(const levin_tensor *logits, const levin_tensor *labels)
{
    return levin_cross_entropy_with(logits, labels, NULL);
}
