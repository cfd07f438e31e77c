/* classes.h: callbacks by the name of their class, for whoever configures them from text: each has
 * rows for its arguments, of the same kind as the flags of the Trainer, over its own options. */
#ifndef LEVIN_TRAINER_CLASSES_H
#define LEVIN_TRAINER_CLASSES_H

#include "trainer/flags.h"

#include <levin/callbacks.h>

typedef struct levin_class {
    const char *name; // Lightning's
    const char *help;
    size_t size;                 // of the struct of options
    const levin_flag *arguments; // closed by a row without a name
    /* One with these options, the caller's; NULL after an error. */
    levin_callback *(*make)(const void *options);
} levin_class;

/* Each in the file of its callback. */
extern const levin_class levin__class_backbone_finetuning, levin__class_batch_size_finder,
    levin__class_early_stopping, levin__class_ema_weight_averaging,
    levin__class_gradient_accumulation_scheduler, levin__class_learning_rate_finder,
    levin__class_model_checkpoint, levin__class_model_summary, levin__class_on_exception_checkpoint,
    levin__class_progress_bar, levin__class_rich_progress_bar, levin__class_spike_detection,
    levin__class_stochastic_weight_averaging, levin__class_timer, levin__class_tqdm_progress_bar,
    levin__class_weight_averaging;

/* All of them by name; closed by NULL. */
extern const levin_class *const levin__callback_classes[];

/** The class of that name (Lightning's module path before it does not matter); NULL after an error
 * that names the nearest. */
const levin_class *levin__callback_class_find(const char *name);

#endif
