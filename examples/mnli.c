/* mnli.c: fine-tune BERT on MNLI. Reads like the Lightning tutorial, step for step. */
#include <levin/levin.h>
#include <stdio.h>

static const char *model_folder, *data_folder; // from the command line

typedef struct {
    levin_module base; // class BertMNLIFinetuner(LightningModule):
    levin_bert *bert;  // the pretrained model: a feature extractor
    levin_linear *W;   // the finetune model: one linear layer, 3 classes
} mnli_finetuner;

static void init(levin_module *m)
{
    mnli_finetuner *self = levin_self(m);
    self->bert = levin_bert_from_pretrained(m, "bert", model_folder);
    self->W = levin_linear_new(m, "W", levin_bert_hidden_size(self->bert), 3);
}

static levin_tensor *forward(levin_module *m, const levin_batch *b)
{
    mnli_finetuner *self = levin_self(m);
    levin_tensor *h = levin_bert_forward(self->bert, b).last_hidden_state; // (B, T*, H)
    levin_tensor *h_cls = levin_select(h, 1, 0);                           // (B, H)  h[:, 0]
    return levin_linear_forward(self->W, h_cls);                           // (B, 3)  logits
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
    levin_logf(m, levin_cross_entropy(y_hat, b->labels), "%s_loss", stage); // mean over the epoch
    levin_logf(m, levin_accuracy(levin_argmax(y_hat, 1), b->labels), "%s_acc", stage);
}
static void validation_step(levin_module *m, const levin_batch *b) { shared_eval(m, b, "val"); }
static void test_step(levin_module *m, const levin_batch *b) { shared_eval(m, b, "test"); }

static levin_optimizer *configure_optimizers(levin_module *m)
{
    return levin_adam(levin_parameters(m), 2e-5, &(levin_adam_opts){ .eps = 1e-8 });
}

static const levin_module_class bert_mnli_finetuner = {
    LEVIN_MODULE(mnli_finetuner),
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
        return fprintf(stderr, "usage: mnli MODEL_FOLDER MNLI_FOLDER\n"), 2;
    model_folder = argv[1];
    data_folder = argv[2];
    levin_module *model = levin_module_new(&bert_mnli_finetuner);
    levin_trainer *trainer =
        levin_trainer_new(&(levin_trainer_flags){ .devices = "1", .max_epochs = 3 });
    levin_trainer_fit(trainer, model, mnli("train"), mnli("dev_matched"));
    levin_trainer_test(trainer, model, mnli("dev_mismatched"));
    levin_trainer_free(trainer);
    levin_module_free(model);
    return levin_perror("mnli"); // the one check: errors stick, later calls do nothing
}
