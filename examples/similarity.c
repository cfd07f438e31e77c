/* similarity.c: texts as vectors. The vector of a text is the mean over its tokens of what the
 * encoder says; texts that mean the same point the same way. */
#include <levin/levin.h>
#include <math.h>
#include <stdio.h>

typedef struct {
    levin_module base;
    levin_bert *bert;
} embedder;

static const levin_module_class embedder_class = { LEVIN_MODULE(embedder) };

static levin_tensor *embed(levin_bert *bert, const levin_batch *b)
{
    return levin_mean(levin_bert_forward(bert, b).last_hidden_state, 1); // (B, T*, H) -> (B, H)
}

/* How near the first text is to each of the others: the cosine of the angle between them. */
static void print_similarities(levin_bert *bert, const levin_batch *b, char **texts)
{
    levin_tensor *v = embed(bert, b);
    levin_tensor *dot = levin_linear_op(v, v, NULL); // (B, B)  v times v transposed
    int64_t n = b->size;
    for (int64_t i = 1; i < n && dot; i++) {
        double lengths = levin_tensor_get(dot, 0) * levin_tensor_get(dot, i * n + i); // squared
        printf("%6.3f  %s\n", levin_tensor_get(dot, i) / sqrt(lengths), texts[i]);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return fprintf(stderr, "usage: similarity MODEL_FOLDER TEXT OTHER_TEXT...\n"), 2;
    char **texts = argv + 2;
    int64_t n = argc - 2;
    levin_module *m = levin_module_new(&embedder_class);
    levin_bert *bert = levin_bert_from_pretrained(m, "bert", argv[1]);
    levin_tokenizer *tokenizer = levin_tokenizer_from_pretrained(argv[1]);
    levin_dataset *rows = levin_dataset_from_texts((const char *const *)texts, NULL, NULL, n);
    levin_dataset_set_tokenizer(rows, tokenizer, 128);
    levin_dataloader *loader =
        levin_dataloader_new(rows, &(levin_dataloader_opts){ .batch_size = n });
    levin_module_train(m, false);  // no dropout
    levin_set_grad_enabled(false); // nothing is learned: keep nothing for the way back
    levin_batch batch;
    if (levin_dataloader_begin(loader, 0, 0) == LEVIN_OK &&
        levin_dataloader_next(loader, &batch) > 0)
        print_similarities(bert, &batch, texts);
    levin_dataloader_free(loader);
    levin_tokenizer_free(tokenizer);
    levin_module_free(m);
    return levin_perror("similarity");
}
