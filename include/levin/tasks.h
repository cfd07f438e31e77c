/* tasks.h: recipes over the rooms below: GLUE by name. */
#ifndef LEVIN_TASKS_H
#define LEVIN_TASKS_H

#include <levin/data.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A loader over a split ("train", "dev_matched", "test", ...) of a GLUE task in opts->data_dir, in
 * GLUE's own folder layout, tokenized with the tokenizer of a model folder. Shuffles the train
 * split unless told otherwise. Yours, unless the trainer takes it. */
LEVIN_API levin_dataloader *levin_glue(const char *task, const char *split,
                                       const char *model_folder, const levin_dataloader_opts *opts);

#ifdef __cplusplus
}
#endif
#endif
