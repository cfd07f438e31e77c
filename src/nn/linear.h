/* linear.h: the inside of a linear layer, for models that fuse it with what follows. */
#ifndef LEVIN_NN_LINEAR_H
#define LEVIN_NN_LINEAR_H

#include <levin/module.h>

struct levin_linear {
    levin_module base;
    levin_tensor *weight, *bias; // (out, in), (out)
};

#endif
