/* data.h: the data that the options name: files, or the splits of a task. */
#ifndef LEVIN_CLI_DATA_H
#define LEVIN_CLI_DATA_H

#include "cli/args.h"
#include "cli/labels.h"

/* CLI_PREDICT reads the rows of the test set, with labels or without. */
typedef enum cli_split { CLI_TRAIN, CLI_VALIDATION, CLI_TEST, CLI_PREDICT } cli_split;

/* What is known of a command's data once its first file was opened. */
typedef struct cli_data {
    const cli_args *args;
    const levin_tokenizer *tokenizer; // lent
    int max_length;                   // tokens of a row
    bool regression;
    cli_labels labels; // the data's spelling, the order of the model's outputs
    bool as_model;     // the model has these labels already
} cli_data;

/** Whether the options name data for split and make sense together; false after an error of usage.
 */
bool cli_data_check(const cli_args *a, cli_split split);
/** Whether the options name a file for split, or a folder where one may lie. */
bool cli_data_is_named(const cli_args *a, cli_split split);
/** Whether split has a file: one that is named, or one that the task's folder holds. */
bool cli_data_has(const cli_args *a, cli_split split);

/** Opens the dataset of split and finds out its labels: from the task, or from the file, in the
 *  order of model_labels where these are the same. With keep, and model_labels not empty, they must
 *  be the model's. Yours; NULL after an error. End d either way. */
levin_dataset *cli_data_begin(cli_data *d, cli_split split, const cli_labels *model_labels,
                              bool keep);
/** Another split under the same labels. Yours. NULL, without an error, for the test set of a task
 *  whose labels are not public. */
levin_dataset *cli_data_open(const cli_data *d, cli_split split);
/** Batches of a dataset, which it takes; shuffled for training. Yours. */
levin_dataloader *cli_data_loader(const cli_data *d, cli_split split, levin_dataset *dataset);
/** Outputs of a model for this data. */
int64_t cli_data_num_outputs(const cli_data *d);
void cli_data_end(cli_data *d);

#endif
