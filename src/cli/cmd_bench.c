/* cmd_bench.c: levin bench: what this machine can do at most, and what levin reaches of it, all in
 * one run. Each section has a thread of its own, so that its memory ends with it. */
#include "autograd/precision.h"
#include "base/error.h"
#include "base/suggest.h"
#include "cli/bench/report.h"
#include "cli/command.h"

#include <pthread.h>
#include <string.h>

static const struct section {
    const char *name;
    void (*run)(bench *b);
    bool needs_tokenizer, learns;
} sections[] = {
    { "peak", bench_peak, false, false },          { "gemm", bench_gemm, false, false },
    { "operators", bench_operators, false, true }, { "optimizer", bench_optimizer, false, true },
    { "train", bench_train, false, true },         { "infer", bench_infer, false, false },
    { "tokenizer", bench_tokenizer, true, false }, { "embed", bench_embed, true, false },
};
enum { SECTIONS = sizeof sections / sizeof *sections, ALL = (1 << SECTIONS) - 1 };

/* The sections that a word names, "gemm,train" or "all", as bits; 0 after an error. */
static int find_sections(const char *word)
{
    char name[32];
    const char *names[SECTIONS + 2] = { NULL };
    for (int i = 0; i < SECTIONS; i++)
        names[i] = sections[i].name;
    names[SECTIONS] = "all";
    int chosen = 0;
    for (;; word++) {
        size_t n = strcspn(word, ",");
        size_t kept = n < sizeof name - 1 ? n : sizeof name - 1;
        memcpy(name, word, kept);
        name[kept] = '\0';
        int found = levin__find_word(name, names);
        if (found < 0) {
            levin__unknown_word("section", name, names);
            return 0;
        }
        chosen |= found == SECTIONS ? ALL : 1 << found;
        word += n;
        if (!*word)
            return chosen;
    }
}

static bool take_precision(bench *b)
{
    if (levin__precision_parse(b->args->trainer.precision, &b->autocast) < 0)
        return false;
    b->dtype = b->autocast == LEVIN_BF16 ? LEVIN_BF16 : LEVIN_F32;
    levin_peak wanted = b->autocast == LEVIN_BF16 ? LEVIN_PEAK_BF16
                        : b->autocast == LEVIN_I8 ? LEVIN_PEAK_INT8
                                                  : LEVIN_PEAK_F32;
    if (bench_probe(wanted, 1e-3) > 0)
        b->peak = wanted;
    return true;
}

static bool take_lengths(bench *b)
{
    const bench_lengths *l = &b->lengths;
    if (bench_lengths_read(&b->lengths, b->args->bench.lengths) < 0)
        return false;
    if (l->sorted[l->n - 1] <= b->config.max_position_embeddings)
        return true;
    levin__error_set(LEVIN_EINVAL, "--lengths: %lld tokens, but this model takes %lld",
                     (long long)l->sorted[l->n - 1], (long long)b->config.max_position_embeddings);
    return false;
}

static bool open_model(bench *b)
{
    const char *folder = b->args->model.name, *shape = b->args->bench.config;
    b->name = folder ? folder : shape ? shape : "minilm";
    if (folder ? levin_bert_config_read(&b->config, folder) < 0
               : bench_config_read(&b->config, b->name) < 0)
        return false;
    if (!take_lengths(b))
        return false;
    b->model = bench_model_new(folder, &b->config);
    if (b->model)
        levin_bert_gradient_checkpointing(b->model->bert, b->args->model.gradient_checkpointing);
    if (b->model && folder)
        b->tokenizer = levin_tokenizer_from_pretrained(folder);
    return !levin_error() && bench_batches_make(&b->batches, &b->lengths, b->args->data.batch_size,
                                                b->config.vocab_size, BENCH_CLASSES) == LEVIN_OK;
}

/* One section on its way to a thread. */
typedef struct {
    bench *b;
    const struct section *section;
    levin_error_note error;
} job;

static void *run_job(void *context)
{
    job *j = context;
    levin_set_autocast(j->b->autocast);
    j->section->run(j->b);
    levin__error_take(&j->error);
    return NULL;
}

static void run_section(bench *b, const struct section *s)
{
    pthread_t thread;
    job j = { .b = b, .section = s };
    if ((s->needs_tokenizer && !b->tokenizer) || (s->learns && b->autocast == LEVIN_I8)) {
        json_object_set_new(b->results, s->name, json_null());
        return;
    }
    int error = pthread_create(&thread, NULL, run_job, &j);
    if (error) {
        levin__error_system(error, "a thread for section %s", s->name);
        return;
    }
    pthread_join(thread, NULL);
    levin__error_give(&j.error);
}

static void run_sections(bench *b, int chosen)
{
    bench_report_begin(b);
    for (int i = 0; i < SECTIONS && !levin_error(); i++)
        if (chosen >> i & 1)
            run_section(b, &sections[i]);
    if (!levin_error())
        bench_report_end(b);
}

static void bench_free(bench *b)
{
    if (b->model)
        levin_module_free(&b->model->base);
    levin_tokenizer_free(b->tokenizer);
    bench_batches_free(&b->batches);
    bench_lengths_free(&b->lengths);
    json_decref(b->results);
}

static bool check_usage(const cli_args *a, int chosen, levin_dtype autocast)
{
    for (int i = 0; i < SECTIONS && chosen != ALL && !a->model.name; i++)
        if (sections[i].needs_tokenizer && chosen >> i & 1)
            levin__error_set(LEVIN_EINVAL, "section %s needs --model.name, for its vocabulary",
                             sections[i].name);
    for (int i = 0; i < SECTIONS && chosen != ALL && autocast == LEVIN_I8; i++)
        if (sections[i].learns && chosen >> i & 1)
            levin__error_set(LEVIN_EINVAL, "section %s: nothing is learned in int8",
                             sections[i].name);
    if (a->model.name && a->bench.config)
        levin__error_set(LEVIN_EINVAL, "--model.name and --model.config: only one of them");
    return !levin_error();
}

static int run(const levin_command *c, const cli_args *a)
{
    (void)c;
    int chosen = a->words[0] ? find_sections(a->words[0]) : ALL;
    bench b = { .args = a, .results = json_object() };
    if (!chosen || !take_precision(&b) || !check_usage(a, chosen, b.autocast)) {
        bench_free(&b);
        return CLI_USAGE;
    }
    if (open_model(&b))
        run_sections(&b, chosen);
    bench_free(&b);
    return levin_error() ? CLI_FAILED : CLI_DONE;
}

static const cli_group *const groups[] = { &cli_bench_group, &cli_learning_group, &cli_json_group,
                                           &cli_trainer_precision_group, NULL };

const levin_command cli_cmd_bench = {
    .name = "bench",
    .help = "how fast this machine is, and how much of that levin uses",
    .usage = "[SECTION,...] [--model.name DIR | --model.config NAME] [--json]",
    .about =
        "Measures, in one run: peak (products in registers, memory), gemm (the products of a "
        "layer), operators, optimizer, train (whole steps), infer (texts to vectors), "
        "tokenizer, embed (text in, vectors out). All of them without a SECTION. What is "
        "bound by products is told as a share of the peak that was taken between its own runs, "
        "what is bound by memory as a share of the better of copying and changing in place. "
        "docs/performance.md says what each row means.",
    .groups = groups,
    .n_words = 1,
    .run = run,
};
