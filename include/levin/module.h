/* module.h: the module tree and the layers.
 *
 * A LightningModule is a struct of yours whose first member is `levin_module base`, and one
 * constant levin_module_class of hooks under Lightning's own names. A hook left NULL does what
 * Lightning does by default. Layers are modules too; made with a parent, they belong to it. */
#ifndef LEVIN_MODULE_H
#define LEVIN_MODULE_H

#include <levin/ops.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_module levin_module;
typedef struct levin_module_class levin_module_class;
typedef struct levin_batch levin_batch;           // data.h
typedef struct levin_dataloader levin_dataloader; // data.h
typedef struct levin_optimizer levin_optimizer;   // optim.h
typedef struct levin_callback levin_callback;     // callbacks.h
typedef struct levin_trainer levin_trainer;       // trainer.h
typedef struct levin_state levin_state;           // trainer.h: a checkpoint's own dictionary

/* Filled in by the user as a constant. Order and meaning of the calls: docs/hooks.md. */
struct levin_module_class {
    const char *name;
    size_t size;
    void (*init)(levin_module *m);
    void (*free)(levin_module *m); // what init took beyond children and parameters; also called
                                   // when init met an error, so expect what it had not made yet

    levin_tensor *(*forward)(levin_module *m, const levin_batch *b);
    levin_tensor *(*training_step)(levin_module *m, const levin_batch *b); // the loss; NULL skips
    /* training_step calls levin_manual_backward and steps the optimizers itself (Lightning's
     * automatic_optimization = False). */
    bool manual_optimization;
    void (*validation_step)(levin_module *m, const levin_batch *b);
    void (*test_step)(levin_module *m, const levin_batch *b);
    levin_tensor *(*predict_step)(levin_module *m, const levin_batch *b); // default: forward
    levin_optimizer *(*configure_optimizers)(levin_module *m); // several: levin_optimizer_and
    /* Callbacks of the module, a list closed by NULL, taken; each replaces one of its class. */
    levin_callback *const *(*configure_callbacks)(levin_module *m);

    /* Several: levin_dataloader_and. */
    levin_dataloader *(*train_dataloader)(levin_module *m);
    levin_dataloader *(*val_dataloader)(levin_module *m);
    levin_dataloader *(*test_dataloader)(levin_module *m);
    levin_dataloader *(*predict_dataloader)(levin_module *m);

    void (*prepare_data)(levin_module *m);
    void (*setup)(levin_module *m, const char *stage);
    void (*teardown)(levin_module *m, const char *stage);
    void (*configure_model)(levin_module *m);

    /* May change what the batch points to, not what lies there. */
    void (*on_before_batch_transfer)(levin_module *m, levin_batch *b);
    void (*transfer_batch_to_device)(levin_module *m, levin_batch *b);
    void (*on_after_batch_transfer)(levin_module *m, levin_batch *b);

    void (*on_fit_start)(levin_module *m);
    void (*on_fit_end)(levin_module *m);
    void (*on_train_start)(levin_module *m);
    void (*on_train_end)(levin_module *m);
    void (*on_train_epoch_start)(levin_module *m);
    void (*on_train_epoch_end)(levin_module *m);
    int (*on_train_batch_start)(levin_module *m, const levin_batch *b); // -1 ends the epoch
    void (*on_train_batch_end)(levin_module *m, const levin_tensor *loss, const levin_batch *b);

    void (*on_validation_start)(levin_module *m);
    void (*on_validation_end)(levin_module *m);
    void (*on_validation_epoch_start)(levin_module *m);
    void (*on_validation_epoch_end)(levin_module *m);
    void (*on_validation_batch_start)(levin_module *m, const levin_batch *b);
    void (*on_validation_batch_end)(levin_module *m, const levin_batch *b);
    void (*on_validation_model_eval)(levin_module *m);
    void (*on_validation_model_train)(levin_module *m);
    void (*on_validation_model_zero_grad)(levin_module *m);

    void (*on_test_start)(levin_module *m);
    void (*on_test_end)(levin_module *m);
    void (*on_test_epoch_start)(levin_module *m);
    void (*on_test_epoch_end)(levin_module *m);
    void (*on_test_batch_start)(levin_module *m, const levin_batch *b);
    void (*on_test_batch_end)(levin_module *m, const levin_batch *b);

    void (*on_predict_start)(levin_module *m);
    void (*on_predict_end)(levin_module *m);
    void (*on_predict_epoch_start)(levin_module *m);
    void (*on_predict_epoch_end)(levin_module *m);
    void (*on_predict_batch_start)(levin_module *m, const levin_batch *b);
    void (*on_predict_batch_end)(levin_module *m, const levin_tensor *prediction,
                                 const levin_batch *b);

    void (*on_before_zero_grad)(levin_module *m, levin_optimizer *optimizer);
    void (*on_before_backward)(levin_module *m, levin_tensor *loss);
    void (*backward)(levin_module *m, levin_tensor *loss); // default: levin_backward
    void (*on_after_backward)(levin_module *m);
    void (*on_before_optimizer_step)(levin_module *m, levin_optimizer *optimizer);
    void (*configure_gradient_clipping)(levin_module *m, levin_optimizer *optimizer);
    void (*optimizer_step)(levin_module *m, levin_optimizer *optimizer);
    void (*optimizer_zero_grad)(levin_module *m, levin_optimizer *optimizer);
    void (*lr_scheduler_step)(levin_module *m, levin_optimizer *optimizer);

    void (*on_save_checkpoint)(levin_module *m, levin_state *state);
    void (*on_load_checkpoint)(levin_module *m, const levin_state *state);
    void (*on_exception)(levin_module *m, int code, const char *message);

    /* Of a layer that keeps running statistics (batch norm): forgets them; the passes in training
     * mode that follow make them anew, each with the same weight. */
    void (*reset_running_stats)(levin_module *m);
};

#define LEVIN_MODULE(type) .name = #type, .size = sizeof(type)

/* Embedded first in the user's struct. */
struct levin_module {
    const levin_module_class *type;
    struct levin_module_node *node; // the library's part: parent, children, parameters, mode
};

/** The module as the user's own struct. */
static inline void *levin_self(levin_module *m) { return m; }

/** A module of the class: allocates, calls init. Yours. NULL after an error, also one within init.
 */
LEVIN_API levin_module *levin_module_new(const levin_module_class *type);
/** A module that belongs to parent under the given name, which becomes part of its parameters'
 * names ("" adds nothing to them); NULL if parent is NULL. type->init may be NULL. */
LEVIN_API levin_module *levin_module_add(levin_module *parent, const char *name,
                                         const levin_module_class *type);
/** Frees m and everything below it. Free optimizers of its parameters before. */
LEVIN_API void levin_module_free(levin_module *m);

/** A parameter of m, (shape) f32 zeros, owned by m; trainable. */
LEVIN_API levin_tensor *levin_parameter_new(levin_module *m, const char *name, int ndim,
                                            const int64_t *shape);
/** Fills with normal(0, deviation) from the thread's seed (levin_seed_everything); returns t. */
LEVIN_API levin_tensor *levin_init_normal(levin_tensor *t, double deviation);
LEVIN_API levin_tensor *levin_init_constant(levin_tensor *t, double value);
/** Seeds the generator of new weights and all randomness of runs that begin on this thread. */
LEVIN_API void levin_seed_everything(uint64_t seed);

/** Training or evaluation mode for m and everything below it (dropout looks at it). Training at
 * first. */
LEVIN_API void levin_module_train(levin_module *m, bool on);
LEVIN_API bool levin_module_is_training(const levin_module *m);
/** No gradients for the parameters of m and below, and evaluation mode; unfreeze is the reverse. */
LEVIN_API void levin_module_freeze(levin_module *m);
LEVIN_API void levin_module_unfreeze(levin_module *m);

/* A list of parameters for an optimizer. */
typedef struct levin_params levin_params;
/** All parameters of m that require gradients, each module's own before its children's, in the
 * order they were made. Yours unless an optimizer takes it. */
LEVIN_API levin_params *levin_parameters(levin_module *m);
LEVIN_API void levin_params_free(levin_params *p);
LEVIN_API int64_t levin_params_count(const levin_params *p);
LEVIN_API levin_tensor *levin_params_tensor(const levin_params *p, int64_t i);
/** In full, from the root of the tree: "bert.pooler.dense.weight". Lent by p. */
LEVIN_API const char *levin_params_name(const levin_params *p, int64_t i);

/* The state dict: every parameter under its name below m, whether it requires gradients or not. A
 * fused parameter (query, key and value in one) appears as its parts, under their Hugging Face
 * names. */
typedef struct levin_state_entry {
    const char *name; // "bert.encoder.layer.0.attention.self.query.weight"; lent
    int ndim;
    int64_t shape[LEVIN_MAX_DIMS];
    float *data;          // may be written until visit returns
    const float *grad;    // NULL if there is none
    levin_tensor *tensor; // the parameter that these numbers are part of
} levin_state_entry;
/** Calls visit for each entry; stops and returns its result when that is not 0. */
LEVIN_API int levin_state_dict_visit(levin_module *m,
                                     int (*visit)(void *payload, const levin_state_entry *entry),
                                     void *payload);
/** Number of parameters' elements; trainable ones alone if asked. */
LEVIN_API int64_t levin_module_numel(const levin_module *m, bool trainable_only);

/* A linear layer, torch.nn.Linear: "weight" (out, in) normal(0, 0.02) and "bias" (out) zero, as
 * Hugging Face's BERT begins. Belongs to parent. */
typedef struct levin_linear levin_linear;
LEVIN_API levin_linear *levin_linear_new(levin_module *parent, const char *name, int64_t in,
                                         int64_t out);
/** x (..., in) -> (..., out) */
LEVIN_API levin_tensor *levin_linear_forward(levin_linear *l, const levin_tensor *x);

#ifdef __cplusplus
}
#endif
#endif
