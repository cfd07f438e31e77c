/* linear.c: y = x wT + b as a layer. The formula is in ops. */
#include "nn/linear.h"

#include "base/error.h"
#include "nn/module.h"

static const levin_module_class linear_class = { LEVIN_MODULE(levin_linear) };

levin_linear *levin_linear_new(levin_module *parent, const char *name, int64_t in, int64_t out)
{
    if (!parent || levin_error())
        return NULL;
    if (in < 1 || out < 1) {
        levin__error_set(LEVIN_EINVAL,
                         "linear %s: from %lld to %lld features; both must be above 0",
                         name ? name : "", (long long)in, (long long)out);
        return NULL;
    }
    levin_linear *l = (levin_linear *)levin_module_add(parent, name, &linear_class);
    if (!l)
        return NULL;
    l->weight = levin_parameter_new(&l->base, "weight", 2, (int64_t[]){ out, in });
    l->bias = levin_parameter_new(&l->base, "bias", 1, &out);
    levin_init_normal(l->weight, 0.02);
    return l->bias ? l : NULL;
}

levin_tensor *levin_linear_forward(levin_linear *l, const levin_tensor *x)
{
    return l ? levin_linear_op(x, l->weight, l->bias) : NULL;
}
