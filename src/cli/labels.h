/* labels.h: the classes of a model and of its data. Labels go by name, never by order: a folder
 * that calls class 0 contradiction keeps doing so when it is trained on. */
#ifndef LEVIN_CLI_LABELS_H
#define LEVIN_CLI_LABELS_H

#include <levin/base.h>

/* Names of classes in the order of the model's outputs. */
typedef struct cli_labels {
    char **names; // closed by NULL; NULL without names
    int64_t n;
} cli_labels;

void cli_labels_free(cli_labels *l);
/** A copy of n names, any of which may be NULL at the end. False after an error. */
bool cli_labels_copy(cli_labels *out, const char *const *names, int64_t n);

/** The classes that config.json of a folder names, in its order; none if it has none or calls them
 *  LABEL_0, LABEL_1 and so on, which says nothing. False after an error. */
bool cli_labels_of_folder(cli_labels *out, const char *folder);
/** The same of a checkpoint that `levin fit` wrote. */
bool cli_labels_of_checkpoint(cli_labels *out, const char *path);
/** Whether both have the same names, letter case and order aside. */
bool cli_labels_same(const cli_labels *a, const cli_labels *b);
/** Puts data's names, which are the same as model's, into model's order. False after an error. */
bool cli_labels_order(cli_labels *data, const cli_labels *model);

#endif
