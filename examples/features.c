/* features.c: BERT as a feature extractor. The encoder keeps its weights; one linear layer learns
 * on what it says. Beside mnli.c: init freezes, forward takes the mean, the rate is higher. */
#include <levin/levin.h>
#include <stdio.h>

static const char *model_folder, *data_folder; // from the command line

typedef struct {
    levin_module base;
    levin_bert *bert; // frozen
    levin_linear *W;  // learns
} feature_classifier;

static void init(levin_module *m)
{
    feature_classifier *self = levin_self(m);
    self->bert = levin_bert_from_pretrained(m, "bert", model_folder);
    levin_module_freeze(m); // what m has so far: no gradients, no dropout
    self->W = levin_linear_new(m, "W", levin_bert_hidden_size(self->bert), 3);
}

static levin_tensor *forward(levin_module *m, const levin_batch *b)
{
    feature_classifier *self = levin_self(m);
    levin_tensor *h = levin_bert_forward(self->bert, b).last_hidden_state; // (B, T*, H)
    levin_tensor *features = levin_mean(h, 1);                             // (B, H)
    return levin_linear_forward(self->W, features);                        // (B, 3)  logits
}

static levin_tensor *training_step(levin_module *m, const levin_batch *b)
{
    levin_tensor *loss = levin_cross_entropy(forward(m, b), b->labels);
    levin_log(m, "train_loss", loss);
    return loss;
}

static void shared_eval(levin_module *m, const levin_batch *b, const char *stage)
{
    levin_tensor *y_hat = forward(m, b);
    levin_logf(m, levin_cross_entropy(y_hat, b->labels), "%s_loss", stage);
    levin_logf(m, levin_accuracy(levin_argmax(y_hat, 1), b->labels), "%s_acc", stage);
}
static void validation_step(levin_module *m, const levin_batch *b) { shared_eval(m, b, "val"); }
static void test_step(levin_module *m, const levin_batch *b) { shared_eval(m, b, "test"); }

static levin_optimizer *configure_optimizers(levin_module *m)
{
    return levin_adam(levin_parameters(m), 1e-2, NULL); // the parameters of W: the rest is frozen
}

static const levin_module_class feature_classifier_class = {
    LEVIN_MODULE(feature_classifier),
    .init = init,
    .forward = forward,
    .training_step = training_step,
    .validation_step = validation_step,
    .test_step = test_step,
    .configure_optimizers = configure_optimizers,
};

static levin_dataloader *mnli(const char *split)
{
    return levin_glue("mnli", split, model_folder,
                      &(levin_dataloader_opts){ .batch_size = 32, .data_dir = data_folder });
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return fprintf(stderr, "usage: features MODEL_FOLDER MNLI_FOLDER\n"), 2;
    model_folder = argv[1];
    data_folder = argv[2];
    levin_module *model = levin_module_new(&feature_classifier_class);
    levin_trainer *trainer = levin_trainer_new(&(levin_trainer_flags){ .max_epochs = 3 });
    levin_trainer_fit(trainer, model, mnli("train"), mnli("dev_matched"));
    levin_trainer_test(trainer, model, mnli("dev_mismatched"));
    levin_trainer_free(trainer);
    levin_module_free(model);
    return levin_perror("features");
}
