/* flags.c: the rows of the flag table. How a value is read from text and written as YAML stands in
 * flag_text.c, what values mean together in settings.c. */
#include "trainer/flags.h"

#include "base/error.h"
#include "base/suggest.h"

#include <string.h>

#define FLAG(field, missing, help) LEVIN_ARGUMENT(levin_trainer_flags, field, missing, help)

const levin_flag levin__flags[] = {
    FLAG(accelerator, "auto", "kind of device: auto or cpu"),
    FLAG(devices, "auto", "how many devices: auto or 1"),
    FLAG(precision, "32-true", "32-true, bf16-mixed; int8 but for fit"),
    FLAG(default_root_dir, "null", "folder for lightning_logs; null is the current one"),
    FLAG(max_epochs, "null", "stop after this many epochs; null is 1000, -1 no limit"),
    FLAG(min_epochs, "null", "train at least this many epochs"),
    FLAG(max_steps, "-1", "stop after this many optimizer steps; -1 no limit"),
    FLAG(min_steps, "null", "train at least this many optimizer steps"),
    FLAG(max_time, "null", "stop after this time, DD:HH:MM:SS"),
    FLAG(limit_train_batches, "1.0", "batches of an epoch, as a number or a share"),
    FLAG(limit_val_batches, "1.0", "batches of a validation, as a number or a share; 0 off"),
    FLAG(limit_test_batches, "1.0", "batches of a test, as a number or a share"),
    FLAG(limit_predict_batches, "1.0", "batches of a prediction, as a number or a share"),
    FLAG(overfit_batches, "0.0", "train and validate on these first batches only"),
    FLAG(fast_dev_run, "false", "run this many batches of everything once, without files"),
    FLAG(val_check_interval, "1.0", "validate after so many batches, share of an epoch or time"),
    FLAG(check_val_every_n_epoch, "1",
         "validate in every n-th epoch; -1 counts batches over epochs"),
    FLAG(num_sanity_val_steps, "2", "validation batches before training; -1 all"),
    FLAG(accumulate_grad_batches, "1", "batches of one optimizer step"),
    FLAG(gradient_clip_val, "null", "clip gradients to this; 0 off"),
    FLAG(gradient_clip_algorithm, "norm", "clip by norm or by value"),
    FLAG(log_every_n_steps, "50", "steps between rows of step metrics; 0 none"),
    FLAG(enable_checkpointing, "true", "save checkpoints"),
    FLAG(enable_progress_bar, "true", "show a progress bar"),
    FLAG(enable_model_summary, "true", "show a summary of the model"),
    FLAG(deterministic, "true", "same bits for the same seed: always so"),
    FLAG(logger, "true", "what logs go to: csv, tensorboard, true for both, false for none"),
    FLAG(callbacks, "null", "callbacks beside the built-in ones"),
    FLAG(profiler, "null",
         "where the time goes: simple (hooks), advanced (operators), trace (a file)"),
};
const size_t levin__num_flags = sizeof levin__flags / sizeof *levin__flags;

const levin_flag *levin__flag_find(const char *name)
{
    const char *names[sizeof levin__flags / sizeof *levin__flags + 1] = { NULL };
    for (size_t i = 0; i < levin__num_flags; i++) {
        if (strcmp(levin__flags[i].name, name) == 0)
            return &levin__flags[i];
        names[i] = levin__flags[i].name;
    }
    levin__unknown_word("flag", name, names);
    return NULL;
}
