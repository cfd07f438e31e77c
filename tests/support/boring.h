/* boring.h: to us what BoringModel is to Lightning: the smallest module that has everything a fit
 * can depend on: weights, dropout, an optimizer with moments, a schedule, logged values. */
#ifndef LEVIN_TESTS_BORING_H
#define LEVIN_TESTS_BORING_H

#include <levin/levin.h>

enum { BORING_IN = 8, BORING_OUT = 3 };

typedef struct boring {
    levin_module base;
    levin_linear *layer;
    double dropout;  // on the input
    double lr;       // 0 means 0.01
    bool schedule;   // linear, over the whole run
    bool sgd;        // instead of AdamW
    bool log_twice;  // train_loss on step and on epoch
    int64_t nan_at;  // global batch whose loss is not a number; 0: none
    int64_t batches; // training batches seen
    /* Called at the end of training_step, if there is one. */
    void (*during_step)(struct boring *self, const levin_batch *b);
    void *payload;
} boring;

/** A module with weights drawn from seed. */
boring *boring_new(uint64_t seed);
/** Random rows with labels that a linear layer can learn. */
levin_dataloader *boring_loader(int64_t rows, uint64_t seed, const levin_dataloader_opts *opts);
/** A copy of all weights, one after another; the caller frees it. */
float *boring_weights(boring *m, int64_t *n);

/** A fresh folder below the build's temporary one; the caller frees the path. */
char *temporary_folder(void);
/** Removes a folder and everything below it. */
void remove_folder(const char *path);
/** The text of a file, the caller's; NULL if there is none. */
char *slurp(const char *path);

#endif
