/* hparams.h: hyper-parameters: texts by name, in the order they came. */
#ifndef LEVIN_TRAINER_HPARAMS_H
#define LEVIN_TRAINER_HPARAMS_H

#include <levin/base.h>
#include <stdarg.h>

typedef struct levin_hparams {
    char *(*pairs)[2]; // key, value
    int n, capacity;
} levin_hparams;

/** Sets key to the value that the format makes; a later one replaces an earlier one. 0 or an error
 * code. */
int levin__hparams_set(levin_hparams *h, const char *key, const char *value_fmt, va_list args);
/** The value of key, lent; NULL if there is none. */
const char *levin__hparams_get(const levin_hparams *h, const char *key);
void levin__hparams_free(levin_hparams *h);

#endif
