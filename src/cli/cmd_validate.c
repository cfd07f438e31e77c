/* cmd_validate.c: levin validate and levin test, which differ in the split. */
#include "cli/results.h"
#include "cli/session.h"
#include "trainer/checks.h"

static const char *const metrics[] = { "val_loss", "val_acc", "test_loss", "test_acc", NULL };

static void evaluate(cli_session *s, cli_split split)
{
    const cli_args *a = s->args;
    levin_dataloader *loaders[] = { cli_session_open(s, split, true), NULL };
    const levin_run_opts opts = { .loaders = loaders, .ckpt_path = a->ckpt_path };
    if (loaders[0])
        (split == CLI_TEST ? levin_trainer_test_with
                           : levin_trainer_validate_with)(s->trainer, s->model, &opts);
}

static int run_split(const levin_command *c, const cli_args *a, cli_split split)
{
    cli_session s;
    json_t *results = json_object();
    int status = cli_session_begin(&s, c, a, split);
    levin_running running = split == CLI_TEST ? LEVIN_RUNNING_TEST : LEVIN_RUNNING_VALIDATE;
    if (status == CLI_DONE && levin__check_ahead(s.trainer, running) < 0)
        status = CLI_USAGE;
    if (status == CLI_DONE)
        evaluate(&s, split);
    if (!levin_error()) {
        cli_result_metrics(results, s.trainer, metrics);
        cli_result_print(results, a->json);
    }
    cli_session_end(&s);
    json_decref(results);
    return status ? status : levin_error() ? CLI_FAILED : CLI_DONE;
}

static int run_validate(const levin_command *c, const cli_args *a)
{
    return run_split(c, a, CLI_VALIDATION);
}

static int run_test(const levin_command *c, const cli_args *a) { return run_split(c, a, CLI_TEST); }

static const cli_group *const groups[] = {
    &cli_model_group, &cli_head_group, &cli_data_group,   &cli_reading_group, &cli_run_group,
    &cli_ckpt_group,  &cli_json_group, &cli_config_group, &cli_trainer_group, NULL
};

const levin_command cli_cmd_validate = {
    .name = "validate",
    .help = "loss and accuracy on the validation set",
    .usage = "--model.name DIR --data.task NAME --data.dir DIR [--ckpt_path FILE]\n"
             "       levin validate --model.name DIR --data.validation_file FILE",
    .about = "Passes the validation set through a model that levin fit has saved, or through the "
             "weights of a checkpoint.",
    .groups = groups,
    .run = run_validate,
};

const levin_command cli_cmd_test = {
    .name = "test",
    .help = "loss and accuracy on the test set",
    .usage = "--model.name DIR --data.task NAME --data.dir DIR [--ckpt_path FILE]\n"
             "       levin test --model.name DIR --data.test_file FILE",
    .about = "Passes the test set through a model that levin fit has saved, or through the weights "
             "of a checkpoint.",
    .groups = groups,
    .run = run_test,
};
