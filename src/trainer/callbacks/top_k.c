/* top_k.c: see top_k.h. Ties keep the older model, as in Lightning. */
#include "trainer/callbacks/top_k.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

static bool is_better(const levin_top_k *list, double a, double b)
{
    return list->mode == LEVIN_MODE_MIN ? a < b : a > b;
}

static double without_nan(const levin_top_k *list, double score)
{
    if (!isnan(score))
        return score;
    return list->mode == LEVIN_MODE_MIN ? (double)INFINITY : -(double)INFINITY;
}

/* The first of the worst. */
static int worst(const levin_top_k *list)
{
    int at = 0;
    for (int i = 1; i < list->n; i++)
        if (is_better(list, list->at[at].score, list->at[i].score))
            at = i;
    return at;
}

static bool is_full(const levin_top_k *list) { return list->k >= 0 && list->n >= list->k; }

bool levin__top_k_wants(const levin_top_k *list, double score)
{
    if (list->k == 0)
        return false;
    return !is_full(list) || is_better(list, without_nan(list, score), list->at[worst(list)].score);
}

static levin_scored take_off(levin_top_k *list, int i)
{
    levin_scored taken = list->at[i];
    memmove(&list->at[i], &list->at[i + 1], (size_t)(list->n - i - 1) * sizeof *list->at);
    list->n--;
    return taken;
}

void levin__top_k_make_room(levin_top_k *list, levin_scored *out)
{
    if (is_full(list) && list->n > 0)
        *out = take_off(list, worst(list));
}

void levin__top_k_drop(levin_top_k *list, const char *path)
{
    for (int i = 0; i < list->n; i++) {
        if (strcmp(list->at[i].path, path) == 0) {
            levin_scored taken = take_off(list, i);
            levin__free(taken.path);
            return;
        }
    }
}

int levin__top_k_add(levin_top_k *list, const char *path, double score)
{
    for (int i = 0; i < list->n; i++) {
        if (strcmp(list->at[i].path, path) == 0) {
            list->at[i].score = without_nan(list, score);
            return LEVIN_OK;
        }
    }
    size_t n = (size_t)list->n, size = sizeof *list->at;
    levin_scored *grown = levin__realloc(list->at, n * size, (n + 1) * size);
    char *copy = grown ? levin__strdup(path) : NULL;
    if (grown)
        list->at = grown;
    if (!copy)
        return LEVIN_ENOMEM;
    list->at[list->n++] = (levin_scored){ copy, without_nan(list, score) };
    return LEVIN_OK;
}

const levin_scored *levin__top_k_best(const levin_top_k *list)
{
    const levin_scored *best = list->n ? &list->at[0] : NULL;
    for (int i = 1; i < list->n; i++)
        if (is_better(list, list->at[i].score, best->score))
            best = &list->at[i];
    return best;
}

void levin__top_k_free(levin_top_k *list)
{
    for (int i = 0; i < list->n; i++)
        levin__free(list->at[i].path);
    levin__free(list->at);
    list->at = NULL;
    list->n = 0;
}
