/* cmd_predict.c: classes of texts, a JSON object a line. One pair from the command line, or JSON
 * lines from standard input, answered as they come. No trainer and no data set: what a batch needs
 * is made here from the tokenizer's output. */
#include "base/error.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/example.h"
#include "cli/model.h"
#include "cli/output.h"
#include "trainer/settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const cli_args *args;
    const levin_tokenizer *tokenizer;
    levin_module *model;
    int most;                  // lines of a batch
    cli_example *examples;     // (most)
    levin_encoding *encodings; // (most)
    int64_t *lengths;          // (most) tokens of each
} predictor;

/* {"label": "entailment", "score": 0.97} with a class and its probability, or the value that a
 * regression gives. */
static int print_one(const levin_module *model, const levin_tensor *logits, int64_t row)
{
    int64_t classes = levin_tensor_dim(logits, -1), best = 0;
    double sum = 0, top = levin_tensor_get(logits, row * classes);
    for (int64_t i = 1; i < classes; i++)
        if (levin_tensor_get(logits, row * classes + i) > top) {
            best = i;
            top = levin_tensor_get(logits, row * classes + i);
        }
    for (int64_t i = 0; i < classes; i++)
        sum += exp(levin_tensor_get(logits, row * classes + i) - top);
    double score = classes == 1 ? top : 1 / sum;
    if (!isfinite(score))
        return levin__error_set(LEVIN_ENUMERIC, "the model gives a score that is not a number; "
                                                "its weights are damaged");
    const char *label = levin_classifier_label_name(model, best);
    json_t *out = classes == 1 ? json_object() : json_pack("{s:s}", "label", label ? label : "");
    json_object_set_new(out, "score", json_real(score));
    json_dumpf(out, stdout, JSON_REAL_PRECISION(8));
    putchar('\n');
    json_decref(out);
    return LEVIN_OK;
}

/* The packed batch of n encodings, in the current scope. */
static levin_batch pack(const predictor *p, int n)
{
    levin_tensor *ids = levin_zeros_ragged(LEVIN_I32, n, p->lengths, 0, NULL);   // (B, T*)
    levin_tensor *types = levin_zeros_ragged(LEVIN_I32, n, p->lengths, 0, NULL); // (B, T*)
    int32_t *id = levin_tensor_data(ids), *type = levin_tensor_data(types);
    for (int i = 0; id && type && i < n; i++) {
        size_t bytes = (size_t)p->lengths[i] * sizeof *id;
        memcpy(id, p->encodings[i].ids, bytes);
        memcpy(type, p->encodings[i].type_ids, bytes);
        id += p->lengths[i];
        type += p->lengths[i];
    }
    return (levin_batch){ .input_ids = ids, .token_type_ids = types, .size = n };
}

static void forward(const predictor *p, int n)
{
    const levin_module_class *type = p->model->type;
    levin_scope *scope = levin_scope_begin();
    levin_batch batch = pack(p, n);
    levin_tensor *logits =
        (type->predict_step ? type->predict_step : type->forward)(p->model, &batch); // (B, C)
    for (int i = 0; logits && !levin_error() && i < n; i++)
        print_one(p->model, logits, i);
    levin_scope_end(scope);
}

/* Predicts the first n examples and forgets them. */
static void predict(predictor *p, int n)
{
    const levin_encode_opts opts = { .max_length = (int)p->args->data.max_length };
    int made = 0;
    while (made < n) {
        const cli_example *e = &p->examples[made];
        if (levin_tokenizer_encode(p->tokenizer, e->text, e->n, e->pair, e->n_pair, &opts,
                                   &p->encodings[made]) < 0)
            break;
        p->lengths[made] = p->encodings[made].n;
        made++;
    }
    if (made == n && n > 0)
        forward(p, n);
    for (int i = 0; i < made; i++)
        levin_encoding_free(&p->encodings[i]);
    for (int i = 0; i < n; i++)
        cli_example_free(&p->examples[i]);
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

static void predict_input(predictor *p)
{
    cli_lines *lines = cli_lines_new(STDIN_FILENO, p->most);
    const cli_line *batch;
    levin_error_note note;
    int n;
    while (!levin_error() && (n = cli_lines_next(lines, &batch)) > 0) {
        predict(p, parse(p, batch, n, &note));
        if (!cli_flush())
            break;
        levin__error_give(&note);
    }
    cli_lines_free(lines);
}

static void predict_argument(predictor *p)
{
    const cli_args *a = p->args;
    p->examples[0] = (cli_example){ .text = a->text,
                                    .n = strlen(a->text),
                                    .pair = a->text_pair,
                                    .n_pair = a->text_pair ? strlen(a->text_pair) : 0 };
    predict(p, 1);
}

static bool make_room(predictor *p)
{
    size_t most = (size_t)p->most;
    p->examples = levin__calloc(most, sizeof *p->examples);
    p->encodings = levin__calloc(most, sizeof *p->encodings);
    p->lengths = levin__calloc(most, sizeof *p->lengths);
    return p->examples && p->encodings && p->lengths;
}

/* accelerator, devices and precision, as a trainer would read them. */
static bool take_trainer_flags(const cli_args *a)
{
    levin_settings settings;
    bool good = levin__settings_resolve(&settings, &a->trainer) == LEVIN_OK;
    if (good && settings.precision == LEVIN_PRECISION_BF16_MIXED)
        levin_set_autocast(LEVIN_BF16);
    levin__settings_free(&settings);
    return good;
}

static int run(const levin_command *c, const cli_args *a)
{
    (void)c;
    if (a->text_pair && !a->text)
        levin__error_set(LEVIN_EINVAL, "--text_pair needs --text");
    if (levin_error() || !take_trainer_flags(a))
        return CLI_USAGE;
    predictor p = { .args = a, .most = a->text ? 1 : (int)a->data.batch_size };
    levin_tokenizer *tokenizer = cli_tokenizer(a);
    p.tokenizer = tokenizer;
    p.model = tokenizer ? cli_trained_classifier(a) : NULL;
    if (p.model && make_room(&p)) {
        levin_set_grad_enabled(false);
        levin_module_train(p.model, false);
        a->text ? predict_argument(&p) : predict_input(&p);
    }
    levin__free(p.lengths);
    levin__free(p.encodings);
    levin__free(p.examples);
    levin_module_free(p.model);
    levin_tokenizer_free(tokenizer);
    return levin_error() ? CLI_FAILED : CLI_DONE;
}

static const cli_group *const groups[] = { &cli_example_group, &cli_model_group, &cli_head_group,
                                           &cli_reading_group, &cli_trainer_brief_group,
                                           &cli_ckpt_group,    &cli_json_group,  NULL };

const levin_command cli_cmd_predict = {
    .name = "predict",
    .help = "classes of texts, from the command line or standard input",
    .usage = "--model.name DIR [--text TEXT [--text_pair TEXT]]",
    .about =
        "Writes {\"label\": ..., \"score\": ...} a line: the likeliest class and its probability; "
        "a regression\nwrites {\"score\": ...}. Without --text, reads {\"text\": ..., "
        "\"text_pair\": ...} lines from standard input\nand answers them in their order, as they "
        "come.",
    .groups = groups,
    .run = run,
};
