/* classifier.c: the classifier that levin brings along: fine-tuned, the best checkpoint kept, a
 * stopped run continued, and the result saved as a Hugging Face folder. */
#include <levin/levin.h>
#include <stdio.h>

static const char *model_folder, *data_folder; // from the command line

static levin_dataloader *mnli(const char *split)
{
    return levin_glue("mnli", split, model_folder,
                      &(levin_dataloader_opts){ .batch_size = 32, .data_dir = data_folder });
}

static levin_module *classifier(void)
{
    static const char *const labels[] = { "entailment", "neutral", "contradiction" };
    return levin_classifier_from_pretrained(
        model_folder, 3,
        &(levin_classifier_opts){
            .lr = 1e-4, .lr_scheduler = "linear", .warmup = 0.1, .label_names = labels });
}

static levin_trainer *make_trainer(void)
{
    levin_callback *checkpoint = levin_model_checkpoint(&(levin_model_checkpoint_opts){
        .monitor = "val_acc", .mode = LEVIN_MODE_MAX, .save_last = LEVIN_ON });
    return levin_trainer_new(&(levin_trainer_flags){
        .max_epochs = 1,
        .val_check_interval = LEVIN_FRACTION(0.25),
        .callbacks = (levin_callback *[]){ checkpoint, NULL },
    });
}

static void save(levin_module *model, const char *folder)
{
    levin_tokenizer *tokenizer = levin_tokenizer_from_pretrained(model_folder);
    levin_classifier_save(model, tokenizer, folder);
    levin_tokenizer_free(tokenizer);
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 5)
        return fprintf(stderr, "usage: classifier MODEL_FOLDER MNLI_FOLDER NEW_FOLDER [last]\n"), 2;
    model_folder = argv[1];
    data_folder = argv[2];
    const char *ckpt_path = argc == 5 ? argv[4] : NULL; // NULL: from the beginning
    levin_module *model = classifier();
    levin_trainer *trainer = make_trainer();
    levin_trainer_fit_from(trainer, model, mnli("train"), mnli("dev_matched"), ckpt_path);
    levin_trainer_test(trainer, NULL, mnli("dev_mismatched")); // NULL: model, at its best
    save(model, argv[3]);
    levin_trainer_free(trainer);
    levin_module_free(model);
    return levin_perror("classifier");
}
