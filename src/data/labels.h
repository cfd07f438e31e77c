/* labels.h: class names and class numbers. Labels go by name; a number is taken for a class only
 * where no class has that name. */
#ifndef LEVIN_DATA_LABELS_H
#define LEVIN_DATA_LABELS_H

#include <levin/base.h>

typedef struct levin_labels {
    char **names;
    int64_t n, capacity;
    struct levin_map *map; // name -> number
    bool open;             // names come from the file, as they turn up
} levin_labels;

enum { LEVIN_MAX_LABELS = 10000 };

/** Names that are given, or an open set (names NULL). 0 or an error code. */
int levin__labels_init(levin_labels *l, const char *const *names, int64_t n);
void levin__labels_free(levin_labels *l);
/** The class of a label: its number, -1 if there is none such (records nothing), or an error code
 *  below that. An open set takes every new name. */
int64_t levin__labels_class(levin_labels *l, const char *text, size_t n);
/** Whether a class has exactly this name. */
bool levin__labels_has(const levin_labels *l, const char *text, size_t n);
/** Closes an open set: classes are numbered in the order of their names (as numbers, if all are),
 *  and so are the n classes that were handed out before. */
int levin__labels_close(levin_labels *l, int64_t *classes, int64_t n);
/** Writes "a, b, c" into text, cut to its size; returns text. */
const char *levin__labels_list(const levin_labels *l, char *text, size_t size);

/** The finite number that the n bytes are, and nothing else. */
bool levin__parse_number(const char *text, size_t n, double *value);

#endif
