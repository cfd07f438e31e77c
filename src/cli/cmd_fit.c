/* cmd_fit.c: levin fit. */
#include "cli/results.h"
#include "cli/session.h"

static int run(const levin_command *c, const cli_args *a)
{
    cli_session s;
    json_t *results = json_object();
    int status = cli_fit_begin(&s, c, a);
    if (status == CLI_DONE)
        cli_fit(&s, results);
    if (json_object_size(results))
        cli_result_print(results, a->json);
    cli_session_end(&s);
    json_decref(results);
    return status ? status : levin_error() ? CLI_FAILED : CLI_DONE;
}

static const cli_group *const groups[] = { &cli_model_group,
                                           &cli_head_group,
                                           &cli_learning_group,
                                           &cli_data_group,
                                           &cli_reading_group,
                                           &cli_optimizer_group,
                                           &cli_run_group,
                                           &cli_ckpt_group,
                                           &cli_json_group,
                                           &cli_config_group,
                                           &cli_save_config_group,
                                           &cli_trainer_group,
                                           NULL };

const levin_command cli_cmd_fit = {
    .name = "fit",
    .help = "fine-tunes a model on labelled texts",
    .usage = "--model.name DIR --data.task NAME --data.dir DIR [--option value ...]\n"
             "       levin fit --model.name DIR --data.train_file FILE [--data.validation_file "
             "FILE] ...\n"
             "       levin fit --config FILE [--config FILE] [--option value ...]",
    .about = "Trains all weights of a pretrained encoder and a head, validates, tests where there "
             "is a labelled test set, and saves a Hugging Face folder as <log_dir>/model. Logs and "
             "checkpoints lie in lightning_logs/version_N, and config.yaml, which repeats the run.",
    .groups = groups,
    .run = run,
};
