/* init.c: first numbers of parameters, and the seed that all randomness of a thread comes from. */
#include "nn/init.h"

#include "tensor/dispatch.h"
#include "tensor/tensor.h"

#include "base/error.h"

#include <levin/module.h>

static _Thread_local struct {
    bool ready;
    uint64_t seed;
    levin_generator generator;
} thread;

uint64_t levin__seed(void) { return thread.seed; }

levin_generator *levin__generator(void)
{
    if (!thread.ready) {
        levin__generator_seed(&thread.generator, thread.seed);
        thread.ready = true;
    }
    return &thread.generator;
}

void levin_seed_everything(uint64_t seed)
{
    thread.seed = seed;
    thread.ready = false;
    levin_set_random(seed, 0);
}

/* Whether t may be filled; NULL is nothing to do. */
static bool can_fill(const levin_tensor *t)
{
    if (!t)
        return false;
    if (t->dtype != LEVIN_F32) {
        levin__error_set(LEVIN_EDTYPE, "init: a parameter is f32, not %s",
                         levin_dtype_name((levin_dtype)t->dtype));
        return false;
    }
    LEVIN_ASSERT(t->data || t->numel == 0, false); // declared, and never given numbers
    return true;
}

levin_tensor *levin_init_normal(levin_tensor *t, double deviation)
{
    if (!can_fill(t))
        return NULL;
    levin_generator *g = levin__generator();
    float *x = t->data;
    levin__tensor_touch(t);
    for (int64_t i = 0; i < t->numel; i++)
        x[i] = (float)(deviation * levin__generator_normal(g));
    return t;
}

levin_tensor *levin_init_constant(levin_tensor *t, double value)
{
    if (!can_fill(t))
        return NULL;
    levin_array y = { t->data, LEVIN_F32 };
    levin__tensor_touch(t);
    if (!LEVIN_RUN(fill, y, value, t->numel)) {
        levin__error_set(LEVIN_EUNSUPPORTED, "init: no back end fills f32");
        return NULL;
    }
    return t;
}
