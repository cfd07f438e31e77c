/* cmd_tokenize.c: texts to tokens, or to ids with their byte offsets. Lines are worked on by all
 * threads and written in the order of the input. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cli/command.h"
#include "cli/example.h"
#include "cli/output.h"

#include <levin/tokenizer.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 512 };
static const size_t MAX_OUTPUT = (size_t)1 << 31; // bytes for one line of input

/* A batch on its way through the threads. */
typedef struct {
    const cli_args *args;
    const levin_tokenizer *tokenizer;
    levin_encode_opts opts;
    const cli_line *lines;
    levin_buffer *outputs;    // one a line
    levin_error_note *errors; // likewise
} work;

static levin_encode_opts encode_opts(const cli_args *a)
{
    const cli_tokenize_args *t = &a->tokenize;
    const struct {
        const char *word;
        levin_truncation truncation;
    } truncations[] = {
        { "longest_first", LEVIN_TRUNCATE_LONGEST_FIRST },
        { "only_first", LEVIN_TRUNCATE_ONLY_FIRST },
        { "only_second", LEVIN_TRUNCATE_ONLY_SECOND },
        { "do_not_truncate", LEVIN_DO_NOT_TRUNCATE },
    };
    levin_encode_opts o = {
        .max_length = (int)t->max_length,
        .truncate_left = strcmp(t->truncation_side, "left") == 0 ? LEVIN_ON : LEVIN_OFF,
        .add_special_tokens = t->no_special_tokens ? LEVIN_OFF : LEVIN_ON,
        .return_offsets = a->json ? LEVIN_ON : LEVIN_OFF,
    };
    for (size_t i = 0; i < sizeof truncations / sizeof *truncations; i++)
        if (strcmp(truncations[i].word, t->truncation) == 0)
            o.truncation = truncations[i].truncation;
    return o;
}

static void add_numbers(levin_buffer *out, const char *name, const int32_t *x, int64_t n)
{
    levin__buffer_addf(out, "\"%s\": [", name);
    for (int64_t i = 0; i < n; i++)
        levin__buffer_addf(out, i ? ", %d" : "%d", (int)x[i]);
    levin__buffer_add_char(out, ']');
}

static void add_json(levin_buffer *out, const levin_encoding *e)
{
    levin__buffer_add_char(out, '{');
    add_numbers(out, "ids", e->ids, e->n);
    levin__buffer_add_text(out, ", ");
    add_numbers(out, "type_ids", e->type_ids, e->n);
    levin__buffer_add_text(out, ", \"offsets\": [");
    for (int64_t i = 0; i < e->n; i++)
        levin__buffer_addf(out, i ? ", [%d, %d]" : "[%d, %d]", (int)e->offsets[i][0],
                           (int)e->offsets[i][1]);
    levin__buffer_add_text(out, "]}\n");
}

static void add_tokens(levin_buffer *out, const levin_tokenizer *t, const levin_encoding *e)
{
    for (int64_t i = 0; i < e->n; i++) {
        const char *token = levin_tokenizer_id_to_token(t, e->ids[i]);
        levin__buffer_addf(out, "%s%s", i ? " " : "", token ? token : "[UNK]");
    }
    levin__buffer_add_char(out, '\n');
}

static void encode(const work *w, const cli_example *e, levin_buffer *out)
{
    levin_encoding encoding;
    if (levin_tokenizer_encode(w->tokenizer, e->text, e->n, e->pair, e->n_pair, &w->opts,
                               &encoding) < 0)
        return;
    if (w->args->json)
        add_json(out, &encoding);
    else
        add_tokens(out, w->tokenizer, &encoding);
    levin_encoding_free(&encoding);
}

/* One line of the batch, on some thread: its error travels in a note. */
static void encode_line(void *context, int64_t i)
{
    const work *w = context;
    const cli_line *line = &w->lines[i];
    cli_example e = { .text = line->text, .n = line->n };
    bool is_json = strcmp(w->args->input_format, "jsonl") == 0;
    levin__buffer_clear(&w->outputs[i]);
    w->errors[i].code = LEVIN_OK;
    if (is_json && cli_line_is_blank(line))
        return;
    if (!is_json || cli_example_parse(&e, line, "text", "text_pair") == LEVIN_OK)
        encode(w, &e, &w->outputs[i]);
    cli_example_free(&e);
    if (levin_error())
        levin__error_take(&w->errors[i]);
}

/* Writes a batch up to the first line with an error, which then stands. */
static int write_batch(const work *w, int n)
{
    for (int i = 0; i < n; i++) {
        if (w->errors[i].code) {
            levin__error_give(&w->errors[i]);
            return levin_error();
        }
        if (w->outputs[i].size)
            fwrite(w->outputs[i].data, 1, w->outputs[i].size, stdout);
    }
    return cli_flush() ? LEVIN_OK : levin_error();
}

static void encode_input(work *w)
{
    cli_lines *lines = cli_lines_new(STDIN_FILENO, "standard input", BATCH);
    w->outputs = levin__calloc(BATCH, sizeof *w->outputs);
    w->errors = levin__calloc(BATCH, sizeof *w->errors);
    for (int i = 0; w->outputs && i < BATCH; i++)
        w->outputs[i] = LEVIN_BUFFER(MAX_OUTPUT);
    int n;
    while (!levin_error() && (n = cli_lines_next(lines, &w->lines)) > 0) {
        levin__parallel_for(n, encode_line, w);
        write_batch(w, n);
    }
    for (int i = 0; w->outputs && i < BATCH; i++)
        levin__buffer_free(&w->outputs[i]);
    levin__free(w->outputs);
    levin__free(w->errors);
    cli_lines_free(lines);
}

static void encode_argument(const work *w, const cli_args *a)
{
    cli_example e = { .text = a->text,
                      .n = strlen(a->text),
                      .pair = a->text_pair,
                      .n_pair = a->text_pair ? strlen(a->text_pair) : 0 };
    levin_buffer out = LEVIN_BUFFER(MAX_OUTPUT);
    encode(w, &e, &out);
    if (out.size)
        fwrite(out.data, 1, out.size, stdout);
    levin__buffer_free(&out);
}

static int run(const levin_command *c, const cli_args *a)
{
    (void)c;
    if (a->text_pair && !a->text) {
        levin__error_set(LEVIN_EINVAL, "--text_pair needs --text");
        return CLI_USAGE;
    }
    levin_tokenizer *tokenizer = levin_tokenizer_from_pretrained(a->model.name);
    work w = { .args = a, .tokenizer = tokenizer, .opts = encode_opts(a) };
    if (tokenizer && a->text)
        encode_argument(&w, a);
    else if (tokenizer)
        encode_input(&w);
    levin_tokenizer_free(tokenizer);
    return levin_error() ? CLI_FAILED : CLI_DONE;
}

static const cli_group *const groups[] = { &cli_model_group,  &cli_example_group,
                                           &cli_format_group, &cli_tokenize_group,
                                           &cli_json_group,   NULL };

const levin_command cli_cmd_tokenize = {
    .name = "tokenize",
    .help = "texts to tokens, ids and byte offsets",
    .usage = "--model DIR [--text TEXT [--text_pair TEXT]] [--input-format jsonl] [--json]",
    .about = "Reads texts from --text or standard input and writes the tokens of each on a line of "
             "its own. "
             "With --json each line is {\"ids\": [...], \"type_ids\": [...], \"offsets\": [[begin, "
             "end], ...]}; "
             "offsets count bytes of the text that the token is from.",
    .groups = groups,
    .run = run,
};
