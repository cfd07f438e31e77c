/* datamodule.h: the data of a run in one piece, Lightning's LightningDataModule. A struct of yours
 * with `levin_datamodule base` first, and one constant levin_datamodule_class of hooks. */
#ifndef LEVIN_DATAMODULE_H
#define LEVIN_DATAMODULE_H

#include <levin/data.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_datamodule levin_datamodule;

/* Order and meaning of the calls: docs/hooks.md. A hook left NULL does nothing. */
typedef struct levin_datamodule_class {
    const char *name;
    size_t size;
    void (*free)(levin_datamodule *d);

    void (*prepare_data)(levin_datamodule *d); // downloads and the like
    void (*setup)(levin_datamodule *d, const char *stage);
    void (*teardown)(levin_datamodule *d, const char *stage);

    /* Loaders that the trainer takes; several by levin_dataloader_and, but one for training. */
    levin_dataloader *(*train_dataloader)(levin_datamodule *d);
    levin_dataloader *(*val_dataloader)(levin_datamodule *d);
    levin_dataloader *(*test_dataloader)(levin_datamodule *d);
    levin_dataloader *(*predict_dataloader)(levin_datamodule *d);

    /* May change what the batch points to, not what lies there; instead of the module's. */
    void (*on_before_batch_transfer)(levin_datamodule *d, levin_batch *b);
    void (*transfer_batch_to_device)(levin_datamodule *d, levin_batch *b);
    void (*on_after_batch_transfer)(levin_datamodule *d, levin_batch *b);

    /* What checkpoints keep of it. */
    void (*state_dict)(levin_datamodule *d, levin_state *state);
    void (*load_state_dict)(levin_datamodule *d, const levin_state *state);

    void (*on_exception)(levin_datamodule *d, int code, const char *message);
} levin_datamodule_class;

#define LEVIN_DATAMODULE(type) .name = #type, .size = sizeof(type)

/* Embedded first in the user's struct. */
struct levin_datamodule {
    const levin_datamodule_class *type;
    struct levin_hparams *hparams; // the library's part
    levin_trainer *trainer;        // that runs it now, or NULL
};

/** A data module of the class, zeroed beyond its base. Yours. */
LEVIN_API levin_datamodule *levin_datamodule_new(const levin_datamodule_class *type);
LEVIN_API void levin_datamodule_free(levin_datamodule *d);
/** A hyper-parameter, as levin_save_hyperparameter is of a module; one key cannot have two values.
 */
LEVIN_API int levin_datamodule_save_hyperparameter(levin_datamodule *d, const char *key,
                                                   const char *value_fmt, ...) LEVIN_FORMAT(3, 4);

#ifdef __cplusplus
}
#endif
#endif
