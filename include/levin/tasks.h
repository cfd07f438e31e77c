/* tasks.h: recipes over the rooms below: GLUE by name. */
#ifndef LEVIN_TASKS_H
#define LEVIN_TASKS_H

#include <levin/data.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What GLUE says about a task. */
typedef struct levin_glue_task {
    const char *name;               // "mnli"
    const char *const *label_names; // in GLUE's order, closed by NULL; NULL for a regression
    int64_t num_labels;             // as many; 1 for a regression
    bool regression;
    const char *const *metrics; // names for levin_metric_new, the first counts most; closed by NULL
} levin_glue_task;

/** By name (any case; "sst2" or "SST-2"): cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli, ax.
 * NULL and an error if there is none such. */
LEVIN_API const levin_glue_task *levin_glue_find(const char *task);

/** A split of a task from data_dir: "train", "dev" (or "validation"), "test"; mnli has dev_matched,
 * dev_mismatched, test_matched and test_mismatched, and "dev" and "test" are its matched ones.
 * Looks for GLUE's files in data_dir/MNLI, data_dir/mnli and data_dir itself. opts may be NULL;
 * what it leaves open is as GLUE has it, so label_names of a model folder may set another order. A
 * test split need not have labels. Yours. */
LEVIN_API levin_dataset *levin_glue_dataset(const char *task, const char *split,
                                            const char *data_dir, const levin_text_opts *opts);

/** A loader over such a dataset of opts->data_dir, tokenized with the tokenizer of a model folder.
 * Shuffles the train split unless told otherwise. Yours, unless the trainer takes it. */
LEVIN_API levin_dataloader *levin_glue(const char *task, const char *split,
                                       const char *model_folder, const levin_dataloader_opts *opts);

#ifdef __cplusplus
}
#endif
#endif
