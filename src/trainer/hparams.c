/* hparams.c: see hparams.h. */
#include "trainer/hparams.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

static int find(const levin_hparams *h, const char *key)
{
    int i = 0;
    while (i < h->n && strcmp(h->pairs[i][0], key) != 0)
        i++;
    return i;
}

/* The place of key, made if it is new; -1 after an error. */
static int find_or_make(levin_hparams *h, const char *key)
{
    int i = find(h, key);
    if (i < h->n)
        return i;
    if (!levin__grow(&h->pairs, h->n + 1, &h->capacity, sizeof *h->pairs))
        return -1;
    h->pairs[i][0] = levin__strdup(key);
    h->pairs[i][1] = NULL;
    if (!h->pairs[i][0])
        return -1;
    h->n++;
    return i;
}

int levin__hparams_set(levin_hparams *h, const char *key, const char *value_fmt, va_list args)
{
    char *value = levin__vformat(value_fmt, args);
    int i = value ? find_or_make(h, key) : -1;
    if (i < 0) {
        levin__free(value);
        return levin_error();
    }
    levin__free(h->pairs[i][1]);
    h->pairs[i][1] = value;
    return LEVIN_OK;
}

const char *levin__hparams_get(const levin_hparams *h, const char *key)
{
    int i = find(h, key);
    return i < h->n ? h->pairs[i][1] : NULL;
}

void levin__hparams_free(levin_hparams *h)
{
    for (int i = 0; i < h->n; i++) {
        levin__free(h->pairs[i][0]);
        levin__free(h->pairs[i][1]);
    }
    levin__free(h->pairs);
    *h = (levin_hparams){ 0 };
}
