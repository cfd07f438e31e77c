/* labels.c: see labels.h. */
#include "data/labels.h"

#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool levin__parse_number(const char *text, size_t n, double *value)
{
    char copy[64], *end;
    if (n == 0 || n >= sizeof copy || !strchr("+-.0123456789", text[0]))
        return false; // strtod alone would also take " 1", "inf" and "nan"
    memcpy(copy, text, n);
    copy[n] = '\0';
    *value = strtod(copy, &end);
    return end == copy + n && isfinite(*value);
}

/* A class number: digits and nothing else. */
static int64_t parse_class(const char *text, size_t n)
{
    int64_t class = 0;
    if (n == 0 || n > 9)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        class = 10 * class + (text[i] - '0');
    }
    return class;
}

static int add(levin_labels *l, const char *text, size_t n)
{
    if (l->n == l->capacity) {
        int64_t capacity = l->capacity ? 2 * l->capacity : 8;
        char **grown = levin__realloc(l->names, (size_t)l->n * sizeof *grown,
                                      (size_t)capacity * sizeof *grown);
        if (!grown)
            return LEVIN_ENOMEM;
        l->names = grown;
        l->capacity = capacity;
    }
    l->names[l->n] = levin__strndup(text, n);
    if (!l->names[l->n])
        return LEVIN_ENOMEM;
    return levin__map_set(l->map, text, n, l->n++);
}

int levin__labels_init(levin_labels *l, const char *const *names, int64_t n)
{
    *l = (levin_labels){ .map = levin__map_new(16), .open = !names };
    if (!l->map)
        return LEVIN_ENOMEM;
    for (int64_t i = 0; names && i < n; i++) {
        if (levin__labels_has(l, names[i], strlen(names[i])))
            return levin__error_set(LEVIN_EINVAL, "label name '%s' is given twice", names[i]);
        if (add(l, names[i], strlen(names[i])) != LEVIN_OK)
            return levin_error();
    }
    return LEVIN_OK;
}

void levin__labels_free(levin_labels *l)
{
    for (int64_t i = 0; i < l->n; i++)
        levin__free(l->names[i]);
    levin__free(l->names);
    levin__map_free(l->map);
    *l = (levin_labels){ 0 };
}

bool levin__labels_has(const levin_labels *l, const char *text, size_t n)
{
    return levin__map_get(l->map, text, n, -1) >= 0;
}

/* A name that differs in letter case alone, if there is just one. */
static int64_t class_by_case(const levin_labels *l, const char *text, size_t n)
{
    int64_t found = -1;
    for (int64_t i = 0; i < l->n; i++) {
        if (strlen(l->names[i]) != n || strncasecmp(l->names[i], text, n) != 0)
            continue;
        if (found >= 0)
            return -1;
        found = i;
    }
    return found;
}

int64_t levin__labels_class(levin_labels *l, const char *text, size_t n)
{
    int64_t class = levin__map_get(l->map, text, n, -1);
    if (class >= 0)
        return class;
    if (l->open) {
        if (l->n == LEVIN_MAX_LABELS)
            return levin__error_set(LEVIN_EINVAL,
                                    "more than %d different labels; is this a regression?",
                                    LEVIN_MAX_LABELS);
        return add(l, text, n) == LEVIN_OK ? l->n - 1 : levin_error();
    }
    class = class_by_case(l, text, n);
    if (class < 0)
        class = parse_class(text, n);
    return class < l->n ? class : -1;
}

static int compare_names(const void *a, const void *b, void *as_numbers)
{
    const char *x = **(char **const *)a, *y = **(char **const *)b;
    if (as_numbers) {
        double u = strtod(x, NULL), v = strtod(y, NULL);
        if (u < v || u > v)
            return u < v ? -1 : 1;
    }
    return strcmp(x, y);
}

static bool all_numbers(const levin_labels *l)
{
    double value;
    for (int64_t i = 0; i < l->n; i++)
        if (!levin__parse_number(l->names[i], strlen(l->names[i]), &value))
            return false;
    return true;
}

int levin__labels_close(levin_labels *l, int64_t *classes, int64_t n)
{
    bool numbers = all_numbers(l);
    l->open = false;
    char ***sorted = levin__alloc((size_t)l->n * sizeof *sorted); // pointers into names
    char **names = levin__alloc((size_t)l->n * sizeof *names);
    int64_t *renumbered = levin__alloc((size_t)l->n * sizeof *renumbered);
    if (sorted && names && renumbered) {
        for (int64_t i = 0; i < l->n; i++)
            sorted[i] = &l->names[i];
        qsort_r(sorted, (size_t)l->n, sizeof *sorted, compare_names, numbers ? l : NULL);
        for (int64_t i = 0; i < l->n; i++) {
            names[i] = *sorted[i];
            renumbered[sorted[i] - l->names] = i;
            levin__map_set(l->map, names[i], strlen(names[i]), i); // known already: cannot fail
        }
        for (int64_t i = 0; i < n; i++)
            if (classes[i] >= 0)
                classes[i] = renumbered[classes[i]];
        memcpy(l->names, names, (size_t)l->n * sizeof *names);
    }
    levin__free(sorted);
    levin__free(names);
    levin__free(renumbered);
    return levin_error();
}

const char *levin__labels_list(const levin_labels *l, char *text, size_t size)
{
    size_t at = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < l->n && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i ? ", " : "", l->names[i]);
    return text;
}
