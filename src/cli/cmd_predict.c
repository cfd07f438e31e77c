/* cmd_predict.c: levin predict. One pair from the command line, or JSON lines from standard input,
 * answered as they come. */
#include "base/error.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/model.h"
#include "cli/output.h"
#include "cli/predict.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const cli_args *args;
    levin_tokenizer *tokenizer;
    levin_module *model;
    int max_length;              // tokens of a text or pair
    int most;                    // lines of a batch
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
    while (!levin_error() && (n = cli_lines_next(lines, &batch)) > 0) {
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

static int run(const levin_command *c, const cli_args *a)
{
    (void)c;
    if (a->text_pair && !a->text)
        levin__error_set(LEVIN_EINVAL, "--text_pair needs --text");
    if (levin_error() || !cli_take_trainer_flags(a))
        return CLI_USAGE;
    predictor p = { .args = a, .most = a->text ? 1 : (int)a->data.batch_size };
    if (open_model(&p))
        a->text ? answer_argument(&p) : answer_input(&p);
    levin_module_free(p.model);
    levin_tokenizer_free(p.tokenizer);
    levin__free(p.predictions);
    levin__free(p.examples);
    return levin_error() ? CLI_FAILED : CLI_DONE;
}

static const cli_group *const groups[] = {
    &cli_example_group, &cli_model_group,         &cli_head_group,
    &cli_reading_group, &cli_ckpt_group,          &cli_json_group,
    &cli_config_group,  &cli_trainer_brief_group, NULL
};

const levin_command cli_cmd_predict = {
    .name = "predict",
    .help = "classes of texts, from the command line or standard input",
    .usage = "--model.name DIR [--text TEXT [--text_pair TEXT]]",
    .about =
        "Writes {\"label\": ..., \"score\": ...} a line: the likeliest class and its probability; "
        "a regression writes {\"score\": ...}. Without --text, reads {\"text\": ..., "
        "\"text_pair\": ...} lines from standard input and answers them in their order, as they "
        "come.",
    .groups = groups,
    .run = run,
};
