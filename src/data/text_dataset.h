/* text_dataset.h: rows of texts in memory: all bytes in one buffer, two offsets and a label a row.
 */
#ifndef LEVIN_DATA_TEXT_DATASET_H
#define LEVIN_DATA_TEXT_DATASET_H

#include <levin/data.h>

/** An empty one. Its classes are whatever levin_dataset_set_labels is told afterwards. */
levin_dataset *levin__text_dataset_new(bool with_pairs);

/* A label as it is kept: a class number, or a value. */
typedef union levin_target {
    int64_t class;
    float value;
} levin_target;

/** Adds a row; pair is ignored without pairs. 0 or an error code. */
int levin__text_dataset_add(levin_dataset *d, const char *text, size_t n, const char *pair,
                            size_t n_pair, levin_target target);
/** Says what the targets are: class numbers, values, or (neither) nothing yet. */
typedef enum levin_target_kind { LEVIN_NO_TARGET, LEVIN_CLASSES, LEVIN_VALUES } levin_target_kind;
void levin__text_dataset_set_kind(levin_dataset *d, levin_target_kind kind);
/** The targets, one a row, lent until the next add. */
levin_target *levin__text_dataset_targets(levin_dataset *d);

#endif
