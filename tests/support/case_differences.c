/* case_differences.c: see case_differences.h. */
#include "support/case_differences.h"

#include <stdbool.h>
#include <string.h>

/* Contradictions are found before anything runs. */
#define REFUSED "{\"error\": \"\", \"error_phase\": \"init\"}"
/* Limits of given loaders are looked at before the sanity check. */
#define NO_SANITY "{\"sanity_val_batches\": 0}"

static const struct {
    const char *name;
    const char *part;    // "first" or "second" of two calls, "" of one; "*" replaces everything
    const char *instead; // members
} rows[] = {
    { "min_steps_greater_than_max_steps", "*", REFUSED },
    { "vci_int_0_error", "*", REFUSED },
    { "acc_0", "*", REFUSED },
    { "limit_train_float_too_small_error", "", NO_SANITY },
    { "err_lr_monitor_no_logger", "", NO_SANITY },
    { "err_train_loader_none", "", NO_SANITY },
    { "limit_train_iterable_float_error", "", NO_SANITY },
    { "acc_scheduler_plus_flag_error", "*", REFUSED },
    { "vci_int_larger_than_epoch_error", "", NO_SANITY },
    { "vci_int_3_limit_train_2_error", "", NO_SANITY },

    /* A run that was given no rule does not end without any checkpoint. */
    { "vci_time_long_never", "", "{\"ckpt_files\": [\"checkpoints/epoch=1-step=8.ckpt\"]}" },
    { "cve_3_max_2", "", "{\"ckpt_files\": [\"checkpoints/epoch=1-step=20.ckpt\"]}" },
    { "stop_with_cve_2_first_epoch", "",
      "{\"ckpt_files\": [\"checkpoints/epoch=0-step=4.ckpt\"]}" },

    /* last.ckpt is the newest state. */
    { "ckpt_save_last_monitor", "",
      "{\"ckpt_contents\": {\"checkpoints/last.ckpt\": {\"epoch\": 3, \"global_step\": 40}}}" },
    { "ckpt_save_last_every_n_train_steps", "",
      "{\"ckpt_contents\": {\"checkpoints/last.ckpt\": {\"epoch\": 1, \"global_step\": 10}}}" },

    { "ckpt_save_last_link", "",
      "{\"ckpt_files\": [\"checkpoints/epoch=1-step=20.ckpt\", \"checkpoints/last.ckpt\"]}" },

    /* frequency counts the optimizer steps of the run. */
    { "sched_step_freq_2", "",
      "{\"lr_at_each_train_batch\": [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625, "
      "0.0625]}" },
    { "sched_step_acc_2_freq_2", "",
      "{\"lr_at_each_train_batch\": [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, "
      "0.25,"
      " 0.125, 0.125, 0.125, 0.125]}" },

    /* A schedule that looks at a metric belongs to its epoch: it moves before the checkpoint. */
    { "sched_plateau_missing_metric_error", "",
      "{\"ckpt_files\": [], \"stopped_by\": \"unknown\"}" },

    /* Renewing the statistics of a batch norm is neither an epoch nor a step. */
    { "swa_with_bn_extra_epoch", "",
      "{\"train_batches\": 6, \"train_batches_per_epoch\": [2, 2, 2], \"optimizer_steps\": 6,"
      " \"epochs_started\": 3, \"current_epoch\": 3, \"val_runs\": 3, \"val_batches\": 6,"
      " \"val_at_train_batch\": [2, 4, 6], \"val_at_global_step\": [2, 4, 6],"
      " \"ckpt_files\": [\"checkpoints/epoch=2-step=6.ckpt\"], \"bn_mean\": 1.5}" },

    /* A resumed epoch reads the batches that it has not read, in the order it had. */
    { "resume_mid_epoch_step4", "second",
      "{\"samples\": [[4], [5], [6], [7], [8], [9], [0], [1], [2], [3], [4], [5], [6], [7], [8],"
      " [9]]}" },
    { "resume_mid_epoch_max_steps", "second",
      "{\"samples\": [[3], [4], [5], [6], [7], [8], [9], [0], [1], [2], [3], [4]]}" },
    { "resume_mid_epoch_acc", "second", "{\"samples\": [[8], [9]]}" },
    { "resume_shuffled_mid_epoch", "first", "{\"samples\": null}" },
    { "resume_shuffled_mid_epoch", "second", "{\"samples\": \"the rest of the first call's\"}" },
    { "resume_shuffled_epoch_end_order", "first", "{\"samples\": null}" },
    { "resume_shuffled_epoch_end_order", "second",
      "{\"samples\": \"the rest of the first call's\"}" },

    /* fast_dev_run keeps its number of batches under overfit_batches too, and validates. */
    { "fdr_with_overfit", "",
      "{\"val_runs\": 1, \"val_batches\": 2, \"val_at_train_batch\": [2],"
      " \"val_at_global_step\": [2]}" },
    { "fdr_no_ckpt_even_with_callback", "", "{\"ckpt_files\": [], \"last_model_path\": [\"\"]}" },
};

/* Members of instead replace those of object; null takes one away. */
static void replace(json_t *object, const json_t *instead)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)instead, key, value) if (json_is_null(value))
        json_object_del(object, key);
    else json_object_set(object, key, value);
}

static json_t *part_of(json_t *expected, const char *part)
{
    return *part ? json_object_get(expected, part) : expected;
}

void case_differences_apply(const char *name, json_t *expected)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        json_t *instead = json_loads(rows[i].instead, 0, NULL);
        bool everything = strcmp(rows[i].part, "*") == 0;
        if (everything)
            json_object_clear(expected);
        replace(everything ? expected : part_of(expected, rows[i].part), instead);
        json_decref(instead);
    }
}
