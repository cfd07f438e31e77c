/* cmd_predict.c: levin predict. One pair from the command line, or JSON lines from standard input,
 * answered as they come, both without a trainer; or the rows of a data set, by the Trainer's
 * predict. */
#include "base/error.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/model.h"
#include "cli/output.h"
#include "cli/predict.h"
#include "cli/session.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const cli_args *args;
    levin_tokenizer *tokenizer;
    levin_module *model;
    int max_length;              // tokens of a text or pair
    int most;                    // lines of a batch
    int64_t left;                // lines that may still be answered
    cli_example *examples;       // (most)
    cli_prediction *predictions; // (most)
} predictor;

/* {"label": "entailment", "score": 0.97}, or {"score": 3.2} of a regression. */
static void print(const cli_prediction *p)
{
    json_t *out = json_object();
    if (p->label)
        json_object_set_new(out, "label", json_string(p->label));
    json_object_set_new(out, "score", json_real(p->score));
    json_dumpf(out, stdout, JSON_REAL_PRECISION(8));
    putchar('\n');
    json_decref(out);
}

/* Answers the first n examples and forgets them. */
static void answer(predictor *p, int n)
{
    bool good = cli_predict(p->model, p->tokenizer, p->max_length, p->examples, n,
                            p->predictions) == LEVIN_OK;
    for (int i = 0; i < n; i++) {
        if (good)
            print(&p->predictions[i]);
        cli_example_free(&p->examples[i]);
    }
}

/* Examples of a batch of lines, up to the first line with an error, which goes into note. */
static int parse(predictor *p, const cli_line *lines, int n, levin_error_note *note)
{
    const cli_data_args *d = &p->args->data;
    const char *text = d->text_column ? d->text_column : "text";
    const char *pair = d->text_pair_column ? d->text_pair_column : "text_pair";
    int examples = 0;
    note->code = LEVIN_OK;
    for (int i = 0; i < n; i++) {
        if (cli_line_is_blank(&lines[i]))
            continue;
        if (cli_example_parse(&p->examples[examples], &lines[i], text, pair) < 0) {
            levin__error_take(note);
            break;
        }
        examples++;
    }
    return examples;
}

static void answer_input(predictor *p)
{
    cli_lines *lines = cli_lines_new(STDIN_FILENO, "standard input", p->most);
    const cli_line *batch;
    levin_error_note note;
    int n;
    while (!levin_error() && p->left > 0 && (n = cli_lines_next(lines, &batch)) > 0) {
        n = n < p->left ? n : (int)p->left;
        p->left -= n;
        answer(p, parse(p, batch, n, &note));
        if (cli_flush())
            levin__error_give(&note);
    }
    cli_lines_free(lines);
}

static void answer_argument(predictor *p)
{
    const char *text = p->args->text, *pair = p->args->text_pair;
    p->examples[0] = (cli_example){
        .text = text, .n = strlen(text), .pair = pair, .n_pair = pair ? strlen(pair) : 0
    };
    answer(p, 1);
}

static bool open_model(predictor *p)
{
    p->examples = levin__calloc((size_t)p->most, sizeof *p->examples);
    p->predictions = levin__calloc((size_t)p->most, sizeof *p->predictions);
    p->tokenizer = cli_tokenizer(p->args, &p->max_length);
    p->model = p->tokenizer ? cli_trained_classifier(p->args) : NULL;
    return !levin_error();
}

/* How many lines of standard input may be answered; of a stream there is no share. */
static bool find_limit(predictor *p)
{
    levin_amount limit = p->args->trainer.limit_predict_batches, all = LEVIN_FRACTION(1);
    bool is_all = !limit.kind || (limit.kind == all.kind && limit.value == all.value);
    if (!is_all && limit.kind == all.kind && !p->args->text)
        levin__error_set(LEVIN_EINVAL,
                         "--trainer.limit_predict_batches %g: nobody knows how much "
                         "of standard input that is; give a number of batches",
                         limit.value);
    p->left = is_all || p->args->text ? INT64_MAX : (int64_t)limit.value * p->most;
    return !levin_error();
}

static int run_texts(const cli_args *a)
{
    predictor p = { .args = a, .most = a->text ? 1 : (int)a->data.batch_size };
    if (!find_limit(&p) || !cli_take_trainer_flags(a))
        return CLI_USAGE;
    if (open_model(&p))
        a->text ? answer_argument(&p) : answer_input(&p);
    levin_module_free(p.model);
    levin_tokenizer_free(p.tokenizer);
    levin__free(p.predictions);
    levin__free(p.examples);
    return levin_error() ? CLI_FAILED : CLI_DONE;
}

/* The answers to a batch of a data set, whose rows come in their order. */
static int take(void *model, const levin_tensor *logits, const levin_batch *b)
{
    for (int64_t i = 0; i < b->size; i++) {
        cli_prediction p;
        if (cli_prediction_read(model, logits, i, &p) < 0)
            break;
        print(&p);
    }
    cli_flush();
    return levin_error();
}

static void predict_rows(cli_session *s)
{
    s->data.tokenizer = s->tokenizer = cli_tokenizer(s->args, &s->data.max_length);
    s->model = s->tokenizer ? cli_trained_classifier(s->args) : NULL;
    s->data.regression = s->model && levin_classifier_num_labels(s->model) == 1;
    levin_dataset *d = s->model ? cli_data_open(&s->data, CLI_PREDICT) : NULL;
    if (!d)
        return;
    levin_dataloader *loaders[] = { cli_data_loader(&s->data, CLI_PREDICT, d), NULL };
    levin_trainer_predict_with(
        s->trainer, s->model,
        &(levin_run_opts){ .loaders = loaders, .take = take, .payload = s->model });
}

static bool names_bar(const cli_args *a)
{
    const cli_objects *all = &a->objects[LEVIN_CLASS_CALLBACK];
    for (int i = 0; i < all->n; i++)
        if (all->at[i].type == &levin__class_progress_bar)
            return true;
    return false;
}

static int run_data(const levin_command *c, const cli_args *given)
{
    cli_args a = *given;
    cli_session s;
    if (isatty(STDOUT_FILENO) && !names_bar(&a)) // it would be drawn over the answers
        a.trainer.enable_progress_bar = LEVIN_OFF;
    int status = cli_session_begin(&s, c, &a, CLI_PREDICT);
    if (status == CLI_DONE)
        predict_rows(&s);
    cli_session_end(&s);
    return status ? status : levin_error() ? CLI_FAILED : CLI_DONE;
}

/* A text on the command line goes before the data set of a configuration. */
static int run(const levin_command *c, const cli_args *a)
{
    if (a->text_pair && !a->text)
        levin__error_set(LEVIN_EINVAL, "--text_pair needs --text");
    if (levin_error())
        return CLI_USAGE;
    return !a->text && cli_data_is_named(a, CLI_PREDICT) ? run_data(c, a) : run_texts(a);
}

static const cli_group *const groups[] = {
    &cli_example_group, &cli_model_group, &cli_head_group,   &cli_data_group,    &cli_reading_group,
    &cli_ckpt_group,    &cli_json_group,  &cli_config_group, &cli_trainer_group, NULL
};

const levin_command cli_cmd_predict = {
    .name = "predict",
    .help = "classes of texts, from the command line, standard input or a data set",
    .usage = "--model.name DIR [--text TEXT [--text_pair TEXT]]\n"
             "       levin predict --model.name DIR --data.test_file FILE\n"
             "       levin predict --model.name DIR --data.task NAME --data.dir DIR",
    .about =
        "Writes {\"label\": ..., \"score\": ...} a line: the likeliest class and its probability; "
        "a regression writes {\"score\": ...}. Without --text and a data set, reads {\"text\": "
        "..., "
        "\"text_pair\": ...} lines from standard input and answers them in their order, as they "
        "come. Of a data set the rows of the test set are answered in their order, labelled or "
        "not, under all flags of the Trainer.",
    .groups = groups,
    .run = run,
};
