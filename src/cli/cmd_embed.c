/* cmd_embed.c: levin embed. Texts from the command line, a file or standard input to vectors, in
 * their order; a window of lines at a time, so that memory does not grow with the input. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/example.h"
#include "cli/model.h"
#include "cli/results.h"
#include "cli/signals.h"
#include "cli/vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <levin/embed.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 512 }; // lines

typedef struct {
    const cli_args *args;
    levin_embedder *embedder;
    cli_vectors *out;
    int64_t texts;         // embedded so far
    double seconds;        // that this took
    cli_example *examples; // (WINDOW) of JSON lines
    const char **begins;   // (WINDOW) of texts
    size_t *lengths;       // (WINDOW)
    float *vectors;        // (WINDOW, H)
} embedding;

static void embed(embedding *e, int64_t n)
{
    double began = levin__seconds();
    if (levin_embedder_embed(e->embedder, e->begins, e->lengths, n, e->vectors) == LEVIN_OK)
        cli_vectors_add(e->out, e->vectors, n);
    e->seconds += levin__seconds() - began;
    e->texts += n;
}

/* The texts of a window of lines, up to the first line with an error, which goes into note. */
static int64_t parse(embedding *e, const cli_line *lines, int n, levin_error_note *note)
{
    bool is_json = strcmp(e->args->input_format, "jsonl") == 0;
    int64_t texts = 0;
    note->code = LEVIN_OK;
    for (int i = 0; i < n; i++) {
        cli_example *x = &e->examples[texts];
        *x = (cli_example){ .text = lines[i].text, .n = lines[i].n };
        if (is_json && cli_line_is_blank(&lines[i]))
            continue;
        if (is_json && cli_example_parse(x, &lines[i], e->args->data.text_column, NULL) < 0) {
            levin__error_take(note);
            break;
        }
        e->begins[texts] = x->text;
        e->lengths[texts++] = x->n;
    }
    return texts;
}

static void embed_lines(embedding *e, int fd, const char *source)
{
    cli_lines *lines = cli_lines_new(fd, source, WINDOW);
    const cli_line *window;
    levin_error_note note;
    int n;
    while (!levin_error() && (n = cli_lines_next(lines, &window)) > 0) {
        int64_t texts = parse(e, window, n, &note);
        embed(e, texts);
        levin__error_give(&note);
        for (int64_t i = 0; i < texts; i++)
            cli_example_free(&e->examples[i]);
        if (cli_interrupted())
            levin__error_set(LEVIN_EINTERRUPTED, "interrupted");
    }
    cli_lines_free(lines);
}

static void embed_input(embedding *e)
{
    const cli_args *a = e->args;
    if (a->text) {
        e->begins[0] = a->text;
        e->lengths[0] = strlen(a->text);
        embed(e, 1);
        return;
    }
    int fd = a->embed.file ? open(a->embed.file, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (fd < 0) {
        levin__error_system(errno, "%s: cannot open", a->embed.file);
        return;
    }
    embed_lines(e, fd, a->embed.file ? a->embed.file : "standard input");
    if (a->embed.file)
        close(fd);
}

static bool open_model(embedding *e)
{
    const cli_args *a = e->args;
    const char *normalize = a->embed.normalize;
    const levin_embedder_opts opts = {
        .pooling = a->model.pooling,
        .normalize.value = (signed char)(!normalize                       ? 0
                                         : strcmp(normalize, "true") == 0 ? 1
                                                                          : -1),
        .max_length = (int)a->data.max_length,
        .batch_tokens = a->embed.batch_tokens,
        .precision = a->trainer.precision,
    };
    e->embedder = levin_embedder_from_pretrained(a->model.name, &opts);
    int64_t size = levin_embedder_size(e->embedder);
    size_t n = a->text ? 1 : WINDOW;
    e->examples = levin__calloc(n, sizeof *e->examples);
    e->begins = levin__calloc(n, sizeof *e->begins);
    e->lengths = levin__calloc(n, sizeof *e->lengths);
    e->vectors = levin__calloc(n * (size_t)size, sizeof *e->vectors);
    e->out = levin_error() ? NULL : cli_vectors_open(a->embed.output, size);
    return e->out != NULL;
}

static void close_model(embedding *e)
{
    levin_embedder_free(e->embedder);
    levin__free(e->examples);
    levin__free(e->begins);
    levin__free(e->lengths);
    levin__free(e->vectors);
}

/* What is worth knowing of a file of vectors; standard output carries these themselves. */
static void report(const embedding *e, double wall)
{
    json_t *results = json_object();
    cli_result_count(results, "texts", e->texts);
    cli_result_count(results, "size", levin_embedder_size(e->embedder));
    cli_result_text(results, "pooling", levin_embedder_pooling(e->embedder));
    cli_result_count(results, "max_length", levin_embedder_max_length(e->embedder));
    cli_result_number(results, "texts_per_second",
                      e->seconds > 0 ? (double)e->texts / e->seconds : 0);
    cli_result_number(results, "wall_s", wall);
    cli_result_text(results, "output", e->args->embed.output);
    cli_result_print(results, e->args->json);
    json_decref(results);
}

static bool check_usage(const cli_args *a)
{
    if (a->text && a->embed.file)
        levin__error_set(LEVIN_EINVAL, "--text and --file are two inputs; give one");
    return cli_vectors_check(a->embed.output) && !levin_error() && cli_take_trainer_flags(a);
}

static int run(const levin_command *c, const cli_args *a)
{
    (void)c;
    double began = levin__seconds();
    if (!check_usage(a))
        return CLI_USAGE;
    embedding e = { .args = a };
    cli_catch_interrupts(a->embed.output != NULL);
    if (open_model(&e))
        embed_input(&e);
    if (cli_vectors_close(e.out) == LEVIN_OK && a->embed.output)
        report(&e, levin__seconds() - began);
    close_model(&e);
    return levin_error() ? CLI_FAILED : CLI_DONE;
}

static const cli_group *const groups[] = { &cli_model_group,         &cli_embed_group,
                                           &cli_texts_group,         &cli_format_group,
                                           &cli_output_group,        &cli_json_group,
                                           &cli_trainer_brief_group, NULL };

const levin_command cli_cmd_embed = {
    .name = "embed",
    .help = "texts to vectors, for search and comparison",
    .usage = "--model.name DIR [--text TEXT | --file FILE] [--output vectors.npy]",
    .about =
        "Writes {\"embedding\": [...]} a line, or a file of vectors, in the order of the texts: "
        "one a line of standard input or of --file. The folder's modules.json, where there is "
        "one, says how to pool, as for sentence-transformers.",
    .groups = groups,
    .run = run,
};
