/* datamodule.c: the life of a data module. When its hooks are called stands in calls.c, fit_call.c
 * and loaders.c. */
#include "base/error.h"
#include "base/memory.h"
#include "trainer/hparams.h"

#include <levin/datamodule.h>

levin_datamodule *levin_datamodule_new(const levin_datamodule_class *type)
{
    if (!type || type->size < sizeof(levin_datamodule) || !type->name) {
        levin__error_set(LEVIN_EINVAL,
                         "datamodule class: LEVIN_DATAMODULE(type) sets its name and size");
        return NULL;
    }
    levin_datamodule *d = levin_error() ? NULL : levin__calloc(1, type->size);
    levin_hparams *hparams = d ? levin__calloc(1, sizeof *hparams) : NULL;
    if (!hparams) {
        levin__free(d);
        return NULL;
    }
    d->type = type;
    d->hparams = hparams;
    return d;
}

void levin_datamodule_free(levin_datamodule *d)
{
    if (!d)
        return;
    if (d->type->free)
        d->type->free(d);
    levin__hparams_free(d->hparams);
    levin__free(d->hparams);
    levin__free(d);
}

int levin_datamodule_save_hyperparameter(levin_datamodule *d, const char *key,
                                         const char *value_fmt, ...)
{
    if (!d || !key)
        return levin_error();
    va_list args;
    va_start(args, value_fmt);
    int result = levin__hparams_set(d->hparams, key, value_fmt, args);
    va_end(args);
    return result;
}
