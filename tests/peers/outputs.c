/* outputs FOLDER ROWS.jsonl MAX_LENGTH: what levin makes of a classifier's folder, for a peer to
 * compare: for each row a JSON object with its logits, and with what the folder's encoder alone
 * gives (levin_bert_from_pretrained): pooler and mean. Rows hold text, and all or none of them
 * text_pair. Public API only; batches of several rows, so packing is part of what is compared. */
#include <levin/levin.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    levin_module base;
    levin_bert *bert;
} encoder;

static const levin_module_class encoder_class = { LEVIN_MODULE(encoder) };

static void print_row(const char *name, const levin_tensor *t, int64_t row, const char *after)
{
    int64_t width = levin_tensor_dim(t, -1);
    printf("\"%s\": [", name);
    for (int64_t i = 0; i < width; i++)
        printf("%s%.9g", i ? ", " : "", levin_tensor_get(t, row * width + i));
    printf("]%s", after);
}

static void print_batch(levin_module *classifier, levin_bert *bert, const levin_batch *b)
{
    levin_scope *scope = levin_scope_begin();
    levin_tensor *logits = classifier->type->forward(classifier, b); // (B, C)
    levin_bert_output h = levin_bert_forward(bert, b);
    levin_tensor *mean = levin_mean(h.last_hidden_state, 1); // (B, H)
    for (int64_t i = 0; !levin_error() && i < b->size; i++) {
        printf("{");
        print_row("logits", logits, i, ", ");
        print_row("pooler", h.pooler_output, i, ", ");
        print_row("mean", mean, i, "}\n");
    }
    levin_scope_end(scope);
}

static levin_dataloader *open_rows(const char *path, const levin_tokenizer *t, int max_length)
{
    levin_dataset *rows =
        levin_dataset_from_file(path, &(levin_text_opts){ .require_labels = LEVIN_OFF });
    levin_dataset_set_tokenizer(rows, t, max_length);
    return levin_dataloader_new(rows, &(levin_dataloader_opts){ .batch_size = 8 });
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return fprintf(stderr, "usage: outputs FOLDER ROWS.jsonl MAX_LENGTH\n"), 2;
    levin_module *classifier = levin_classifier_from_pretrained(argv[1], 0, NULL);
    levin_module *alone = levin_module_new(&encoder_class);
    levin_bert *bert = levin_bert_from_pretrained(alone, "", argv[1]);
    levin_tokenizer *tokenizer = levin_tokenizer_from_pretrained(argv[1]);
    levin_dataloader *rows = open_rows(argv[2], tokenizer, (int)strtol(argv[3], NULL, 10));
    levin_module_train(classifier, false);
    levin_module_train(alone, false);
    levin_set_grad_enabled(false);
    levin_batch b;
    if (!levin_error() && levin_dataloader_begin(rows, 0, 0) == LEVIN_OK)
        while (levin_dataloader_next(rows, &b) > 0)
            print_batch(classifier, bert, &b);
    levin_dataloader_free(rows);
    levin_tokenizer_free(tokenizer);
    levin_module_free(alone);
    levin_module_free(classifier);
    return levin_perror("outputs");
}
