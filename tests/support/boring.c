/* boring.c: see boring.h. */
#include "support/boring.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"

#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void init(levin_module *m)
{
    boring *self = levin_self(m);
    self->layer = levin_linear_new(m, "layer", BORING_IN, BORING_OUT);
}

static levin_tensor *forward(levin_module *m, const levin_batch *b)
{
    boring *self = levin_self(m);
    levin_tensor *x = levin_dropout(b->features, self->dropout, levin_module_is_training(m));
    return levin_linear_forward(self->layer, x); // (B, 3)
}

static levin_tensor *training_step(levin_module *m, const levin_batch *b)
{
    boring *self = levin_self(m);
    levin_tensor *loss = levin_cross_entropy(forward(m, b), b->labels);
    if (self->log_twice)
        levin_log_with(m, "train_loss", loss,
                       &(levin_log_opts){ .on_step = LEVIN_ON, .on_epoch = LEVIN_ON });
    else
        levin_log_with(m, "train_loss", loss, &(levin_log_opts){ .prog_bar = LEVIN_ON });
    if (++self->batches == self->nan_at)
        loss = levin_scale(loss, (double)NAN);
    if (self->during_step)
        self->during_step(self, b);
    return loss;
}

static void evaluate(levin_module *m, const levin_batch *b, const char *stage)
{
    levin_tensor *logits = forward(m, b);
    levin_logf(m, levin_cross_entropy(logits, b->labels), "%s_loss", stage);
    levin_logf(m, levin_accuracy(levin_argmax(logits, 1), b->labels), "%s_acc", stage);
}

static void validation_step(levin_module *m, const levin_batch *b) { evaluate(m, b, "val"); }
static void test_step(levin_module *m, const levin_batch *b) { evaluate(m, b, "test"); }

static levin_optimizer *configure_optimizers(levin_module *m)
{
    const boring *self = levin_self(m);
    double lr = self->lr > 0 ? self->lr : 0.01;
    levin_optimizer *o = self->sgd ? levin_sgd(levin_parameters(m), lr, NULL)
                                   : levin_adamw(levin_parameters(m), lr, 0.01, NULL);
    if (self->schedule)
        levin_optimizer_set_lr_scheduler(o, "linear", &(levin_lr_scheduler_opts){ .warmup = 2 });
    return o;
}

static const levin_module_class boring_class = {
    LEVIN_MODULE(boring),
    .init = init,
    .forward = forward,
    .training_step = training_step,
    .validation_step = validation_step,
    .test_step = test_step,
    .configure_optimizers = configure_optimizers,
};

boring *boring_new(uint64_t seed)
{
    levin_seed_everything(seed);
    return (boring *)levin_module_new(&boring_class);
}

levin_dataloader *boring_loader(int64_t rows, uint64_t seed, const levin_dataloader_opts *opts)
{
    levin_generator g;
    levin__generator_seed(&g, seed);
    float *x = levin__calloc((size_t)rows * BORING_IN, sizeof *x);
    int64_t *y = levin__calloc((size_t)rows, sizeof *y);
    for (int64_t i = 0; i < rows; i++) {
        y[i] = (int64_t)levin__generator_below(&g, BORING_OUT);
        for (int64_t j = 0; j < BORING_IN; j++)
            x[i * BORING_IN + j] = (float)(levin__generator_normal(&g) + (j == y[i] ? 1.0 : 0.0));
    }
    levin_dataset *d = levin_dataset_from_numbers(x, rows, BORING_IN, y);
    levin__free(x);
    levin__free(y);
    return levin_dataloader_new(d, opts);
}

typedef struct {
    float *at;
    int64_t n;
} weights;

static int add_weights(void *payload, const levin_state_entry *e)
{
    weights *w = payload;
    int64_t n = 1;
    for (int i = 0; i < e->ndim; i++)
        n *= e->shape[i];
    w->at = levin__realloc(w->at, (size_t)w->n * sizeof *w->at, (size_t)(w->n + n) * sizeof *w->at);
    memcpy(w->at + w->n, e->data, (size_t)n * sizeof *w->at);
    w->n += n;
    return 0;
}

float *boring_weights(boring *m, int64_t *n)
{
    weights w = { NULL, 0 };
    levin_state_dict_visit(&m->base, add_weights, &w);
    *n = w.n;
    return w.at;
}

char *temporary_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *path = levin__format("%s/levin-test-XXXXXX", base ? base : "/tmp");
    return mkdtemp(path);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void remove_folder(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

char *slurp(const char *path)
{
    return levin__is_file(path) ? levin__file_read(path, 1 << 26, NULL) : NULL;
}
