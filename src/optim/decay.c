/* decay.c: which parameters weight decay usually leaves alone, by name, as transformers.Trainer
 * decides: biases and what belongs to a layer norm. */
#include "optim/optimizer.h"

#include <string.h>

static bool ends_with(const char *text, size_t n, const char *end)
{
    size_t k = strlen(end);
    return n >= k && memcmp(text + n - k, end, k) == 0;
}

bool levin__no_decay_name(const char *name)
{
    size_t n = strlen(name);
    if (ends_with(name, n, "bias") || strcasestr(name, "layernorm") ||
        strcasestr(name, "layer_norm"))
        return true;
    const char *last = strrchr(name, '.');
    size_t owner = last ? (size_t)(last - name) : 0; // "final_norm" of "final_norm.weight"
    return ends_with(name, owner, "_norm") || ends_with(name, owner, ".norm") ||
           (owner == 4 && memcmp(name, "norm", 4) == 0);
}
