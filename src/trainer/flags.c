/* flags.c: the rows of the flag table. How a value is read from text and written as YAML stands in
 * flag_text.c and flag_print.c, what values mean together in settings.c. */
#include "trainer/flags.h"

#include "base/error.h"
#include "base/suggest.h"
#include "base/text.h"

#include <string.h>

#define FLAG(field, missing, help) LEVIN_ARGUMENT(levin_trainer_flags, field, missing, help)
#define FLAG_WORDS(field, missing, help, words)                                                    \
    LEVIN_ARGUMENT_WORDS(levin_trainer_flags, field, missing, help, words)
/* A number and the text behind it, for one name. */
#define FLAG_BY_EPOCH(field, text_field, when_missing, text)                                       \
    {                                                                                              \
        .name = #field, .offset = offsetof(levin_trainer_flags, field),                            \
        .size = offsetof(levin_trainer_flags, text_field) + sizeof(const char *) -                 \
                offsetof(levin_trainer_flags, field),                                              \
        .type = LEVIN_FLAG_BY_EPOCH, .missing = when_missing, .help = text                         \
    }

static const char batches[] = "a number of batches or a share of them";

const levin_flag levin__flags[] = {
    FLAG(accelerator, "auto", "kind of device: auto or cpu"),
    FLAG(strategy, "auto", "how devices share the work: auto or single_device"),
    FLAG(devices, "auto", "how many devices: auto or 1"),
    FLAG(num_nodes, "1", "how many machines: 1"),
    FLAG(precision, "32-true", "32-true, bf16-mixed; int8 but for fit"),
    FLAG(default_root_dir, "null", "folder for lightning_logs; null is the current one"),
    FLAG(max_epochs, "null", "stop after this many epochs; null is 1000, -1 no limit"),
    FLAG(min_epochs, "null", "train at least this many epochs"),
    FLAG(max_steps, "-1", "stop after this many optimizer steps; -1 no limit"),
    FLAG(min_steps, "null", "train at least this many optimizer steps"),
    FLAG(max_time, "null", "stop after this time, DD:HH:MM:SS"),
    FLAG_WORDS(limit_train_batches, "1.0", "batches of an epoch, as a number or a share", batches),
    FLAG_WORDS(limit_val_batches, "1.0", "batches of a validation, as a number or a share; 0 off",
               batches),
    FLAG_WORDS(limit_test_batches, "1.0", "batches of a test, as a number or a share", batches),
    FLAG_WORDS(limit_predict_batches, "1.0", "batches of a prediction, as a number or a share",
               batches),
    FLAG_WORDS(overfit_batches, "0.0", "train and validate on these first batches only", batches),
    FLAG_WORDS(fast_dev_run, "false", "run this many batches of everything once, without files",
               "true"),
    FLAG(reload_dataloaders_every_n_epochs, "0",
         "ask the program for new loaders every n epochs; 0 never"),
    FLAG_WORDS(
        val_check_interval, "1.0",
        "validate after so many batches, share of an epoch, time, or optimizer steps (100 steps)",
        "a number of batches, a share of an epoch, a time DD:HH:MM:SS or steps (100 steps)"),
    FLAG(check_val_every_n_epoch, "1",
         "validate in every n-th epoch; null counts batches over epochs"),
    FLAG_WORDS(num_sanity_val_steps, "2", "validation batches before training; -1 all",
               "a number of batches, or -1 for all"),
    FLAG_BY_EPOCH(accumulate_grad_batches, accumulate_grad_schedule, "1",
                  "batches of one optimizer step; by epoch: {0: 1, 4: 2}"),
    FLAG(gradient_clip_val, "null", "clip gradients to this; 0 off"),
    FLAG(gradient_clip_algorithm, "norm", "clip by norm or by value"),
    FLAG(auto_lr_find, "false", "look for a learning rate before training"),
    FLAG(auto_scale_batch_size, "false",
         "look for the batch size that memory allows: power or binsearch"),
    FLAG(stochastic_weight_avg, "false", "average the weights of the last fifth of the epochs"),
    FLAG_WORDS(track_grad_norm, "-1", "log norms of gradients of this order, or inf; -1 off",
               "inf"),
    FLAG(terminate_on_nan, "null",
         "what ends training: true a loss or a weight that is not finite, null a loss, false none"),
    FLAG(detect_anomaly, "false",
         "stop at the operator that first makes what is not finite, and name it"),
    FLAG(log_every_n_steps, "50", "steps between rows of step metrics; 0 none"),
    FLAG(enable_checkpointing, "true", "save checkpoints"),
    FLAG(enable_progress_bar, "true", "show a progress bar"),
    FLAG(enable_model_summary, "true", "show a summary of the model"),
    FLAG(enable_autolog_hparams, "true", "write hyper-parameters to the loggers"),
    FLAG(barebones, "false", "train without logs, checkpoints, bar, summary and sanity check"),
    FLAG_WORDS(deterministic, "true",
               "same bits for the same seed: always so; warn is true as well", "warn"),
    FLAG(benchmark, "false", "nothing to choose from on a CPU: no effect"),
    FLAG(inference_mode, "true", "evaluations never record gradients: no effect"),
    FLAG(use_distributed_sampler, "true", "for several processes: no effect with one"),
    FLAG(sync_batchnorm, "false", "for several processes: no effect with one"),
    FLAG(plugins, "null", "a CheckpointIO, made by a program: where checkpoints lie"),
    FLAG(logger, "true", "what logs go to: csv, tensorboard, true for both, false for none"),
    FLAG(callbacks, "null", "callbacks beside the built-in ones"),
    FLAG(profiler, "null", "where the time goes; simple, advanced or trace for short"),
};
const size_t levin__num_flags = sizeof levin__flags / sizeof *levin__flags;

/* Names that Lightning's Trainer had from 0.6 on and has no more. */
static const char *const old_flags[][2] = {
    { "checkpoint_callback", "enable_checkpointing, or a ModelCheckpoint in callbacks" },
    { "early_stop_callback", "an EarlyStopping in callbacks" },
    { "process_position", "a progress bar in callbacks, with process_position" },
    { "progress_bar_refresh_rate", "enable_progress_bar, or a progress bar with refresh_rate" },
    { "show_progress_bar", "enable_progress_bar" },
    { "num_processes", "devices" },
    { "gpus", "accelerator and devices" },
    { "auto_select_gpus", "devices: auto" },
    { "tpu_cores", "accelerator and devices" },
    { "ipus", "accelerator and devices" },
    { "distributed_backend", "strategy" },
    { "nb_gpu_nodes", "num_nodes" },
    { "num_gpu_nodes", "num_nodes" },
    { "log_gpu_memory", "a DeviceStatsMonitor in callbacks" },
    { "overfit_pct", "overfit_batches" },
    { "train_percent_check", "limit_train_batches" },
    { "val_percent_check", "limit_val_batches" },
    { "test_percent_check", "limit_test_batches" },
    { "max_nb_epochs", "max_epochs" },
    { "min_nb_epochs", "min_epochs" },
    { "nb_sanity_val_steps", "num_sanity_val_steps" },
    { "row_log_interval", "log_every_n_steps" },
    { "add_row_log_interval", "log_every_n_steps" },
    { "log_save_interval", "flush_logs_every_n_steps of the logger" },
    { "flush_logs_every_n_steps", "flush_logs_every_n_steps of the logger" },
    { "gradient_clip", "gradient_clip_val" },
    { "use_amp", "precision: bf16-mixed" },
    { "amp_backend", "precision: bf16-mixed" },
    { "amp_level", "precision: bf16-mixed" },
    { "weights_summary", "enable_model_summary, or a ModelSummary with max_depth" },
    { "weights_save_path", "default_root_dir, or the dirpath of a ModelCheckpoint" },
    { "default_save_path", "default_root_dir" },
    { "truncated_bptt_steps", "manual optimization over the parts of a batch" },
    { "resume_from_checkpoint", "ckpt_path of fit" },
    { "reload_dataloaders_every_epoch", "reload_dataloaders_every_n_epochs: 1" },
    { "replace_sampler_ddp", "use_distributed_sampler" },
    { "prepare_data_per_node", "prepare_data, which runs once" },
    { "automatic_optimization", "manual_optimization of the module's class" },
    { "move_metrics_to_cpu", "nothing, metrics are numbers on the CPU" },
    { "multiple_trainloader_mode", "one training loader over all the data" },
    { "print_nan_grads", "detect_anomaly" },
    { NULL, NULL },
};

/* Those that it has, and that mean nothing here. */
static const char *const foreign_flags[][2] = {
    { "model_registry", "it is a service of Lightning's cloud" },
    { "suggest_integrations", "levin does not advertise" },
    { NULL, NULL },
};

bool levin__flag_refuse(const char *what, const char *shown, const char *name)
{
    const char *now = levin__second_of(old_flags, name),
               *why = levin__second_of(foreign_flags, name);
    if (now)
        levin__error_set(LEVIN_EINVAL, "%s %s is gone: now %s", what, shown, now);
    else if (why)
        levin__error_set(LEVIN_EINVAL, "%s %s is not supported: %s", what, shown, why);
    return now || why;
}

const levin_flag *levin__flag_find(const char *name)
{
    const char *names[sizeof levin__flags / sizeof *levin__flags + 1] = { NULL };
    for (size_t i = 0; i < levin__num_flags; i++) {
        if (strcmp(levin__flags[i].name, name) == 0)
            return &levin__flags[i];
        names[i] = levin__flags[i].name;
    }
    if (!levin__flag_refuse("flag", name, name))
        levin__unknown_word("flag", name, names);
    return NULL;
}
