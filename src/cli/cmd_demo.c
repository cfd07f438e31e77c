/* cmd_demo.c: levin demo: everything once, on data that levin writes itself. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/predict.h"
#include "cli/results.h"
#include "cli/session.h"
#include "tasks/glue.h"

#include <stdio.h>
#include <string.h>

enum { TRAIN_ROWS = 5000, DEV_ROWS = 500, TEST_ROWS = 500, DATA_SEED = 1 };

static const char *const pairs[][2] = {
    { "A man is playing a guitar in the park.", "A man is playing a musical instrument outside." },
    { "The dog is sleeping in the garden.", "The cat is sleeping in the garden." },
    { "The boy was sleeping in the bedroom.", "The boy was running in the park." },
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

static const char *root(const cli_args *a)
{
    return a->trainer.default_root_dir ? a->trainer.default_root_dir : ".";
}

/* Writes the data; its folder is the caller's. */
static char *generate(const cli_args *a)
{
    char *folder = levin__path_join(root(a), "nli");
    fprintf(stderr, "writing %d generated sentence pairs to %s\n",
            TRAIN_ROWS + DEV_ROWS + TEST_ROWS, folder ? folder : "");
    if (folder &&
        levin_generate_nli(folder, TRAIN_ROWS, DEV_ROWS, TEST_ROWS, DATA_SEED) == LEVIN_OK)
        return folder;
    levin__free(folder);
    return NULL;
}

/* MNLI's own test sets have no labels: the mismatched validation set stands in. The caller's. */
static char *mnli_test_file(const cli_args *a)
{
    if (a->data.test_file)
        return levin__strdup(a->data.test_file);
    char *path = levin__glue_file(a->data.task, "dev_mismatched", a->data.dir);
    levin_error_clear(); // then there is none
    return path;
}

static void print_accuracy(const json_t *results, const char *key, const char *name)
{
    const json_t *value = json_object_get(results, key);
    if (json_is_number(value))
        printf("%s accuracy: %.1f %%\n", name, 100 * json_number_value(value));
}

static void print_predictions(const cli_session *s)
{
    cli_example examples[PAIRS];
    cli_prediction predictions[PAIRS];
    for (int i = 0; i < PAIRS; i++)
        examples[i] = (cli_example){ .text = pairs[i][0],
                                     .n = strlen(pairs[i][0]),
                                     .pair = pairs[i][1],
                                     .n_pair = strlen(pairs[i][1]) };
    if (cli_predict(s->model, s->tokenizer, s->data.max_length, examples, PAIRS, predictions) < 0)
        return;
    for (int i = 0; i < PAIRS; i++)
        printf("\"%s\" -> \"%s\": %s (%.2f)\n", pairs[i][0], pairs[i][1], predictions[i].label,
               predictions[i].score);
}

static void print_all(const cli_session *s, json_t *results)
{
    if (s->args->json) {
        cli_result_print(results, true);
        return;
    }
    print_accuracy(results, "val_acc", "validation");
    print_accuracy(results, "test_acc", "test");
    print_predictions(s);
    const char *folder = json_string_value(json_object_get(results, "model_dir"));
    if (folder)
        printf("the model lies in %s\n", folder);
}

static int train_and_show(const levin_command *c, const cli_args *a)
{
    cli_session s;
    json_t *results = json_object();
    int status = cli_fit_begin(&s, c, a);
    if (status == CLI_DONE && cli_fit(&s, results) == LEVIN_OK)
        print_all(&s, results);
    cli_session_end(&s);
    json_decref(results);
    return status ? status : levin_error() ? CLI_FAILED : CLI_DONE;
}

static int run(const levin_command *c, const cli_args *given)
{
    cli_args a = *given;
    char *folder = given->data.dir ? NULL : generate(given);
    char *test_file = given->data.dir ? mnli_test_file(given) : NULL;
    if (levin_error())
        return CLI_FAILED;
    if (folder)
        a.data.dir = folder;
    else if (a.data.max_train_rows)
        fprintf(stderr, "training on the first %lld rows; --data.max_train_rows 0 takes all\n",
                (long long)a.data.max_train_rows);
    if (test_file)
        a.data.test_file = test_file;
    int status = train_and_show(c, &a);
    levin__free(test_file);
    levin__free(folder);
    return status;
}

static const cli_preset presets[] = {
    { "--data.task", "mnli" },
    { "--data.max_train_rows", "5000" },
    { "--data.batch_size", "8" }, // more steps in the same time
    { "--model.pooling", "mean" },
    { "--optimizer.lr", "1e-4" },
    { "--lr_scheduler", "linear" },
    { "--lr_scheduler.warmup", "0.1" },
    { "--trainer.max_epochs", "1" },
    { "--trainer.precision", "bf16-mixed" },
    { "--trainer.default_root_dir", "demo" },
    { NULL, NULL },
};

static const cli_group *const groups[] = { &cli_model_group,
                                           &cli_head_group,
                                           &cli_learning_group,
                                           &cli_data_group,
                                           &cli_reading_group,
                                           &cli_optimizer_group,
                                           &cli_run_group,
                                           &cli_ckpt_group,
                                           &cli_json_group,
                                           &cli_trainer_group,
                                           NULL };

const levin_command cli_cmd_demo = {
    .name = "demo",
    .help = "fine-tunes a model on three-class NLI and shows what it learned",
    .usage = "--model.name DIR [--data.dir DIR]",
    .about =
        "Trains on sentence pairs that levin generates, or on the MNLI files of --data.dir; "
        "prints validation and test accuracy, predicts three pairs and names the folder of the "
        "model.",
    .groups = groups,
    .presets = presets,
    .run = run,
};
