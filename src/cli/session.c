/* session.c: see session.h. */
#include "cli/session.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/checkpoint_options.h"
#include "cli/model.h"
#include "cli/objects.h"
#include "cli/save_config.h"
#include "cli/signals.h"

#include <stdio.h>

bool cli_is_fast_dev_run(const cli_args *a)
{
    int64_t n = a->trainer.fast_dev_run;
    return n != 0 && n != LEVIN_ZERO;
}

/* levin fit writes down how it was configured. */
static bool saves_config(const cli_session *s)
{
    return s->command == &cli_cmd_fit && !cli_is_fast_dev_run(s->args);
}

static levin_trainer *make_trainer(cli_session *s)
{
    const cli_args *a = s->args;
    levin_callback *own[] = { NULL, NULL, NULL };
    s->meter = cli_meter_new();
    own[0] = (levin_callback *)s->meter;
    if (own[0] && saves_config(s))
        own[1] = cli_save_config(s->command, a);
    return cli_make_trainer(a, own);
}

int cli_session_begin(cli_session *s, const levin_command *c, const cli_args *a, cli_split split)
{
    *s = (cli_session){ .command = c, .args = a, .began = levin__seconds() };
    s->data.args = a;
    s->trainer = make_trainer(s);
    if (!s->trainer || !cli_data_check(a, split))
        return CLI_USAGE;
    levin_seed_everything((uint64_t)a->seed);
    cli_interrupts(s->trainer);
    return CLI_DONE;
}

/* The labels that the weights belong to: a checkpoint's, else the folder's. */
static bool model_labels(const cli_args *a, bool keep, cli_labels *out)
{
    if (keep && !cli_checkpoint_is_there(a, false))
        return false;
    if (keep && a->ckpt_path && !cli_labels_of_checkpoint(out, a->ckpt_path))
        return false;
    return out->n || cli_labels_of_folder(out, a->model.name);
}

/* What begins from nothing is worth a line: it says whether a head was found. A checkpoint brings
 * all weights, and training makes what an evaluation would lack. */
static void note_new_weights(const cli_session *s, cli_split split)
{
    const char *names = levin_classifier_new_weights(s->model);
    const char *from = s->args->ckpt_path;
    if (!names || !*names || (from && levin__is_file(from)))
        return;
    if (split == CLI_TRAIN)
        fprintf(stderr, "new weights: %s\n", names);
    else
        fprintf(stderr,
                "%s is not trained yet: it has no weights for %s, and the numbers are those of "
                "random ones; levin fit makes them\n",
                s->args->model.name, names);
}

levin_dataloader *cli_session_open(cli_session *s, cli_split split, bool keep)
{
    const cli_args *a = s->args;
    cli_labels labels = { 0 };
    s->data.tokenizer = s->tokenizer = cli_tokenizer(a, &s->data.max_length);
    levin_dataset *d = NULL;
    if (s->tokenizer && model_labels(a, keep, &labels))
        d = cli_data_begin(&s->data, split, &labels, keep);
    if (d) {
        const char *const *names =
            (const char *const *)(s->data.as_model ? labels.names : s->data.labels.names);
        s->model = cli_classifier(a, cli_data_num_outputs(&s->data), names);
    }
    cli_labels_free(&labels);
    note_new_weights(s, split);
    if (s->model)
        return cli_data_loader(&s->data, split, d);
    levin_dataset_free(d);
    return NULL;
}

void cli_session_end(cli_session *s)
{
    cli_interrupts(NULL);
    levin_trainer_free(s->trainer);
    levin_module_free(s->model);
    cli_data_end(&s->data);
    levin_tokenizer_free(s->tokenizer);
}
