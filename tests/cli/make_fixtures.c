/* make_fixtures.c: writes what the tests of the program run on: DIR/plain, a BERT with two layers
 * of 32 random numbers a token; DIR/nli, the same with a random head for three classes; DIR/mnli, a
 * few rows of the generated NLI set. The same bytes every time, some hundred kilobytes in all. */
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "models/bert/config.h"
#include "models/state.h"

#include <levin/levin.h>
#include <stdio.h>

static const char *const words[] = {
    "[PAD]", "[UNK]", "[CLS]", "[SEP]",  "[MASK]", "the",  "a",    "an",    "is",    "was",
    "not",   "no",    "and",   "good",   "bad",    "fine", "poor", "dog",   "cat",   "bird",
    "man",   "woman", "child", "sleeps", "runs",   "eats", "red",  "green", "house", "street",
};
static const char marks[] = ".,!?;:'\"()-";

static char *vocabulary(void)
{
    levin_buffer text = LEVIN_BUFFER(1 << 20);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        levin__buffer_addf(&text, "%s\n", words[i]);
    for (size_t i = 0; i + 1 < sizeof marks; i++)
        levin__buffer_addf(&text, "%c\n", marks[i]);
    for (const char *c = "abcdefghijklmnopqrstuvwxyz0123456789"; *c; c++)
        levin__buffer_addf(&text, *c == 'a' ? "##%c\n" : "%c\n##%c\n", *c, *c); // a is a word
    return levin__buffer_take(&text);
}

static int64_t count_lines(const char *text)
{
    int64_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static int save_text(const char *folder, const char *name, const char *text)
{
    char *path = levin__path_join(folder, name);
    size_t n = 0;
    while (text[n])
        n++;
    int result = levin__file_write(path, text, n);
    levin__free(path);
    return result;
}

static int save_config(const char *folder, const levin_bert_config *config)
{
    char *path = levin__path_join(folder, "config.json");
    json_t *json = levin__config_new(config);
    int result = levin__json_save(path, json);
    json_decref(json);
    levin__free(path);
    return result;
}

static void make_plain(const char *folder)
{
    char *vocab = vocabulary();
    const levin_bert_config config = {
        .vocab_size = count_lines(vocab),
        .hidden_size = 32,
        .num_hidden_layers = 2,
        .num_attention_heads = 4,
        .intermediate_size = 64,
        .max_position_embeddings = 128,
        .type_vocab_size = 2,
        .hidden_dropout_prob = 0.1,
        .attention_probs_dropout_prob = 0.1,
        .classifier_dropout = -1,
        .layer_norm_eps = 1e-12,
        .initializer_range = 0.1,
        .hidden_act = "gelu",
    };
    static const levin_module_class root = { .name = "tiny", .size = sizeof(levin_module) };
    levin_seed_everything(7);
    levin_module *m = levin_module_new(&root);
    levin_bert_new(m, "bert", &config);
    levin__make_dirs(folder);
    save_config(folder, &config);
    save_text(folder, "vocab.txt", vocab);
    save_text(folder, "tokenizer_config.json", "{\"do_lower_case\": true}\n");
    if (!levin_error())
        levin__state_save(m, folder);
    levin_module_free(m);
    levin__free(vocab);
}

static void make_nli(const char *plain, const char *folder)
{
    static const char *const labels[] = { "entailment", "neutral", "contradiction", NULL };
    levin_module *m = levin_classifier_from_pretrained(
        plain, 3, &(levin_classifier_opts){ .label_names = labels });
    levin_tokenizer *t = levin_tokenizer_from_pretrained(plain);
    levin_classifier_save(m, t, folder);
    levin_tokenizer_free(t);
    levin_module_free(m);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_fixtures DIR\n");
        return 2;
    }
    char *plain = levin__path_join(argv[1], "plain"), *nli = levin__path_join(argv[1], "nli");
    char *mnli = levin__path_join(argv[1], "mnli");
    make_plain(plain);
    make_nli(plain, nli);
    levin_generate_nli(mnli, 96, 48, 48, 1);
    levin__free(plain);
    levin__free(nli);
    levin__free(mnli);
    return levin_perror("make_fixtures");
}
