/* dataset.h: the inside of datasets: what the library keeps for each, and rows with their checks.
 */
#ifndef LEVIN_DATA_DATASET_H
#define LEVIN_DATA_DATASET_H

#include <levin/data.h>

struct levin_features; // features.h

struct levin_dataset_node {
    char *name; // the path of its file, else of its class: for messages
    int64_t num_labels;
    char **label_names; // num_labels of them
    int64_t skipped;
    struct levin_features *features;
};

/** Gives messages a better name than that of the class. */
int levin__dataset_rename(levin_dataset *d, const char *name);
/** Makes the dataset free the tokenizer when it goes; takes it also on failure. */
int levin__dataset_own_tokenizer(levin_dataset *d, levin_tokenizer *t);
/** Row i, checked: in range, and label among the classes. 0, 1 at the end of a stream, or an error
 * code. */
int levin__dataset_get(const levin_dataset *d, int64_t i, levin_example *out);

#endif
