/* tuner.h: what is looked for before training: a learning rate, and the batch size that memory
 * allows. Both leave the module, the trainer and all randomness as they were; auto_lr_find and
 * auto_scale_batch_size of the flags do the same at the start of fit. */
#ifndef LEVIN_TUNER_H
#define LEVIN_TUNER_H

#include <levin/trainer.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum levin_lr_spacing { LEVIN_LR_EXPONENTIAL, LEVIN_LR_LINEAR } levin_lr_spacing;

typedef struct levin_lr_finder_opts {
    double min_lr, max_lr;       // of the first and the last step; 0 means 1e-8 and 1
    int64_t num_training;        // optimizer steps; 0 means 100
    levin_lr_spacing mode;       // how the rates lie between
    double early_stop_threshold; // ends when the loss is so many times the best; 0 means 4, below
                                 // 0 never
    levin_switch update_attr;    // fits of the module begin with the suggestion, also in its
                                 // hyper-parameters lr, learning_rate or optimizer.lr; default on
    const char *save_plot;       // a file, by its ending .svg or .csv; NULL: lr_find.svg and
                                 // lr_find.csv in the logger's folder
} levin_lr_finder_opts;

/* The loss of each step and the rate it had. */
typedef struct levin_lr_found {
    int64_t n;
    double *lr, *loss; // the loss smoothed
    double suggestion; // where it falls steepest over the logarithm of the rate; NaN if that cannot
                       // be told
} levin_lr_found;

/** Looks for a learning rate for m with the data of fit, which is taken. The outcome is yours; NULL
 * in *out after an error, and where there is nothing to look for: with fast_dev_run, and where fit
 * would go on from a checkpoint. out must not be NULL. */
LEVIN_API int levin_trainer_lr_find(levin_trainer *t, levin_module *m, const levin_run_opts *data,
                                    const levin_lr_finder_opts *opts, levin_lr_found **out);
LEVIN_API void levin_lr_found_free(levin_lr_found *f);
/** Writes the curve: a drawing to a file that ends in .svg, the numbers to .csv. */
LEVIN_API int levin_lr_found_save(const levin_lr_found *f, const char *path);

typedef enum levin_batch_search { LEVIN_BATCH_POWER, LEVIN_BATCH_BINSEARCH } levin_batch_search;

typedef struct levin_batch_size_finder_opts {
    levin_batch_search mode; // doubles; binsearch then halves the last interval
    int64_t steps_per_trial; // 0 means 3
    int64_t init_val;        // the first size; 0 means 2
    int64_t max_trials;      // 0 means 25
    int64_t max_val;         // the largest size; 0 means 8192; never above the rows of the data
    double margin;           // share that binsearch stays below the limit it met; 0 means 0.05
    int64_t memory_budget;   // bytes that a step may take beside the weights; 0: nine tenths of
                             // what the machine has free
} levin_batch_size_finder_opts;

/** The largest batch size whose steps fit into memory; sizes that would not are never tried, so
 * that the system has no reason to end the program. The data of fit is taken. 0 in *out after an
 * error and where there is nothing to look for, as above; out must not be NULL. */
LEVIN_API int levin_trainer_scale_batch_size(levin_trainer *t, levin_module *m,
                                             const levin_run_opts *data,
                                             const levin_batch_size_finder_opts *opts,
                                             int64_t *out);

#ifdef __cplusplus
}
#endif
#endif
