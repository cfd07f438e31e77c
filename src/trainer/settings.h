/* settings.h: the flags with every default filled in and every contradiction found. Plain numbers
 * from here on: -1 is no limit, 0 none. */
#ifndef LEVIN_TRAINER_SETTINGS_H
#define LEVIN_TRAINER_SETTINGS_H

#include "trainer/by_epoch.h"
#include "trainer/flags.h"

#include <levin/tuner.h>

typedef enum levin_stage {
    LEVIN_STAGE_TRAIN,
    LEVIN_STAGE_VALIDATE,
    LEVIN_STAGE_TEST,
    LEVIN_STAGE_PREDICT,
    LEVIN_STAGES
} levin_stage;

typedef struct levin_settings {
    char *root_dir;
    levin_dtype autocast;          // what the precision means
    int64_t max_epochs, max_steps; // -1: no limit
    int64_t min_epochs, min_steps;
    double max_time;                  // seconds; negative: no limit
    levin_amount limit[LEVIN_STAGES]; // a count or a fraction
    levin_amount overfit;             // value 0: off
    int64_t fast_dev_run;
    levin_amount val_check_interval;
    int64_t check_val_every_n_epoch; // -1: batches count over the whole run
    int64_t num_sanity_val_steps;    // INT64_MAX: all
    int64_t reload_every; // epochs after which hooks are asked for loaders again; 0: never
    levin_by_epoch accumulate;
    double gradient_clip_val; // 0: off
    bool clip_by_value;
    bool auto_lr_find, scale_batch_size, stochastic_weight_avg;
    levin_batch_search scale_mode;
    double track_grad_norm; // order of the norm; 0: off
    bool loss_must_be_finite, weights_must_be_finite;
    bool detect_anomaly;
    int64_t log_every_n_steps; // 0: never
    bool checkpointing, progress_bar, model_summary, autolog_hparams, barebones;
    const levin_checkpoint_io *io; // lent; NULL: files
} levin_settings;

/** Fills out from flags. Everything that is wrong with them is put into one message, which names
 *  each flag. 0 or LEVIN_EINVAL; release with levin__settings_free either way. */
int levin__settings_resolve(levin_settings *out, const levin_trainer_flags *flags);
/** Whether the value of one flag is possible, whatever the others are. 0 or LEVIN_EINVAL, which
 *  names the flag. */
int levin__settings_check_flag(const levin_trainer_flags *flags, const levin_flag *flag);
void levin__settings_free(levin_settings *s);

#endif
