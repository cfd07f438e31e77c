/* bert.h: the BERT encoder and its folders: config.json, model.safetensors, tokenizer files, as
 * Hugging Face reads and writes them. */
#ifndef LEVIN_BERT_H
#define LEVIN_BERT_H

#include <levin/data.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_bert levin_bert;

/* config.json under its own names. */
typedef struct levin_bert_config {
    int64_t vocab_size, hidden_size, num_hidden_layers, num_attention_heads, intermediate_size;
    int64_t max_position_embeddings, type_vocab_size, pad_token_id;
    double hidden_dropout_prob, attention_probs_dropout_prob;
    double classifier_dropout; // negative: as hidden_dropout_prob
    double layer_norm_eps, initializer_range;
    char hidden_act[32];
} levin_bert_config;

/** Reads config.json of a folder; a model that is not BERT is LEVIN_EUNSUPPORTED and says what it
 * is. */
LEVIN_API int levin_bert_config_read(levin_bert_config *out, const char *folder);

/** A new encoder with random weights (normal, initializer_range). Belongs to parent, its
 * parameters' names begin with name. */
LEVIN_API levin_bert *levin_bert_new(levin_module *parent, const char *name,
                                     const levin_bert_config *config);
/** An encoder with the weights of a folder, mapped, not copied, where the layout allows. A pooler
 * that the folder lacks begins with random weights. */
LEVIN_API levin_bert *levin_bert_from_pretrained(levin_module *parent, const char *name,
                                                 const char *folder);
LEVIN_API const levin_bert_config *levin_bert_get_config(const levin_bert *bert);
/** Whether the insides of layers are thrown away on the way there and computed again on the way
 * back: a third more work for a fraction of the memory, for long texts. The results have the same
 * bits. Off at first. */
LEVIN_API void levin_bert_gradient_checkpointing(levin_bert *bert, bool on);
LEVIN_API int64_t levin_bert_hidden_size(const levin_bert *bert);

typedef struct levin_bert_output {
    levin_tensor *last_hidden_state; // (B, T*, H)
    levin_tensor *pooler_output;     // (B, H) tanh(W h[:, 0] + b)
    levin_tensor **hidden_states;    // num_hidden_layers + 1 of (B, T*, H), if asked for; else NULL
} levin_bert_output;

LEVIN_API levin_bert_output levin_bert_forward(levin_bert *bert, const levin_batch *b);
/** The same, with the output of every layer. */
LEVIN_API levin_bert_output levin_bert_forward_all(levin_bert *bert, const levin_batch *b);
/** last_hidden_state[:, 0] alone (B, H): the same numbers for less work, since the last layer is
 * computed for first tokens only. */
LEVIN_API levin_tensor *levin_bert_first_token(levin_bert *bert, const levin_batch *b);

/* BertForSequenceClassification: encoder, dropout, linear head. A LightningModule with training,
 * validation, test and predict steps that log train_loss, val_loss, val_acc, test_loss, test_acc.
 */
typedef struct levin_classifier_opts {
    const char *pooling;            // "pooler" (default), "cls", "mean"
    const char *optimizer;          // "adamw" (default), "adam", "sgd"
    double lr;                      // 0 means 2e-5
    double weight_decay;            // 0 means 0.01 for adamw, which spares biases and LayerNorm,
                                    // and none for the others; negative: none
    const char *lr_scheduler;       // "constant" (default), "linear", "cosine", "polynomial", ...
    double warmup;                  // steps, or a share of them below 1
    const char *const *label_names; // num_labels names; NULL: the folder's, or LABEL_0, ...
    double classifier_dropout;      // 0: from config.json; negative: none
    double dropout;                 // of the encoder; 0: from config.json; negative: none
    levin_switch freeze_encoder;    // on: only the head learns
    levin_switch gradient_checkpointing; // on: levin_bert_gradient_checkpointing
    /* In place of optimizer, lr, weight_decay, lr_scheduler and warmup: makes the optimizer of all
     * parameters, which it takes, with its schedule. */
    levin_optimizer *(*configure_optimizers)(void *payload, levin_params *params);
    void *payload;
} levin_classifier_opts;

/** A classifier with num_labels classes (0: as many as the folder has) on the encoder of a folder;
 * the head is taken from the folder where names and shapes fit, else new. Yours. */
LEVIN_API levin_module *levin_classifier_from_pretrained(const char *folder, int64_t num_labels,
                                                         const levin_classifier_opts *opts);
/** Saves a classifier as a Hugging Face folder: config.json, model.safetensors and the tokenizer,
 * which may be NULL. A folder that was not there appears as a whole or not at all. While an error
 * stands, nothing is written. */
LEVIN_API int levin_classifier_save(levin_module *classifier, const levin_tokenizer *tokenizer,
                                    const char *folder);
/** What was not in the folder and began anew, names with ", " between them; "" if nothing. Lent. */
LEVIN_API const char *levin_classifier_new_weights(const levin_module *classifier);
LEVIN_API int64_t levin_classifier_num_labels(const levin_module *classifier);
LEVIN_API const char *levin_classifier_label_name(const levin_module *classifier, int64_t label);

#ifdef __cplusplus
}
#endif
#endif
