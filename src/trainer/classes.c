/* classes.c: the list of callback classes. */
#include "trainer/classes.h"

#include "base/error.h"
#include "base/suggest.h"

#include <string.h>

const levin_class *const levin__callback_classes[] = {
    &levin__class_backbone_finetuning,
    &levin__class_batch_size_finder,
    &levin__class_early_stopping,
    &levin__class_ema_weight_averaging,
    &levin__class_gradient_accumulation_scheduler,
    &levin__class_learning_rate_finder,
    &levin__class_model_checkpoint,
    &levin__class_model_summary,
    &levin__class_on_exception_checkpoint,
    &levin__class_progress_bar,
    &levin__class_rich_progress_bar,
    &levin__class_spike_detection,
    &levin__class_stochastic_weight_averaging,
    &levin__class_timer,
    &levin__class_tqdm_progress_bar,
    &levin__class_weight_averaging,
    NULL,
};

const levin_class *levin__callback_class_find(const char *name)
{
    const char *names[sizeof levin__callback_classes / sizeof *levin__callback_classes] = { NULL };
    const char *last = strrchr(name, '.');
    name = last ? last + 1 : name;
    for (int i = 0; levin__callback_classes[i]; i++) {
        if (strcmp(levin__callback_classes[i]->name, name) == 0)
            return levin__callback_classes[i];
        names[i] = levin__callback_classes[i]->name;
    }
    levin__unknown_word("callback", name, names);
    return NULL;
}
