/* forward.c: text to vectors, layer by layer. Post-norm, as Devlin et al. (2019) have it:
 *   h = LN(x + dropout(W_o attention(x)));  y = LN(h + dropout(W_2 act(W_1 h))). */
#include "models/bert/bert.h"

#include "base/error.h"
#include "base/scope.h"

#include <string.h>

/* 0, 1, 2, ... within each sequence. */
static levin_tensor *positions(const levin_tensor *ids)
{
    levin_tensor *p = levin__tensor_like(ids, LEVIN_I32);
    const levin_ragged *r = ids->ragged;
    int32_t *to = p ? p->data : NULL;
    for (int64_t b = 0; p && b < r->batch; b++)
        for (int32_t i = r->cu_seqlens[b]; i < r->cu_seqlens[b + 1]; i++)
            to[i] = i - r->cu_seqlens[b];
    return p;
}

static int check_batch(const levin_bert *bert, const levin_batch *b)
{
    const levin_tensor *ids = b->input_ids;
    if (!ids || !ids->ragged)
        return levin__error_set(LEVIN_EINVAL, "bert: the batch has no packed input_ids");
    if (ids->ragged->max_length > bert->config.max_position_embeddings)
        return levin__error_set(LEVIN_ESHAPE,
                                "bert: a text of %lld tokens; this model takes %lld, so truncate "
                                "with max_length",
                                (long long)ids->ragged->max_length,
                                (long long)bert->config.max_position_embeddings);
    return LEVIN_OK;
}

static levin_tensor *embed(levin_bert *bert, const levin_batch *b, bool training)
{
    const levin_bert_embeddings *e = bert->embeddings;
    const levin_bert_config *c = &bert->config;
    if (!b || check_batch(bert, b) < 0)
        return NULL;
    const levin_tensor *types = b->token_type_ids;
    if (!types) {
        levin_tensor *zeros = levin__tensor_like(b->input_ids, LEVIN_I32);
        if (zeros)
            memset(zeros->data, 0, (size_t)zeros->numel * sizeof(int32_t));
        types = zeros;
    }
    levin_tensor *x = levin_embedding(e->words, b->input_ids, c->pad_token_id); // (B, T*, H)
    x = levin_add(x, levin_embedding(e->types, types, -1));
    x = levin_add(x, levin_embedding(e->positions, positions(b->input_ids), -1));
    x = levin_layer_norm(x, e->norm_weight, e->norm_bias, c->layer_norm_eps);
    return levin_dropout(x, c->hidden_dropout_prob, training);
}

static levin_tensor *feed_forward(const levin_bert_layer *l, const levin_bert_config *c,
                                  const levin_tensor *h, bool training)
{
    if (strcmp(c->hidden_act, "gelu") == 0)
        return levin_feed_forward(h, &(levin_linear_weights){ l->up_weight, l->up_bias },
                                  &(levin_linear_weights){ l->down_weight, l->down_bias },
                                  l->down_norm_weight, l->down_norm_bias, c->hidden_dropout_prob,
                                  c->layer_norm_eps, training);
    levin_tensor *u; // (..., F)
    if (strcmp(c->hidden_act, "relu") == 0)
        u = levin_relu(levin_linear_op(h, l->up_weight, l->up_bias));
    else
        u = levin_gelu_tanh(levin_linear_op(h, l->up_weight, l->up_bias));
    return levin_linear_residual_norm(u, l->down_weight, l->down_bias, h, l->down_norm_weight,
                                      l->down_norm_bias, c->hidden_dropout_prob, c->layer_norm_eps,
                                      training);
}

/* One layer. With first, what follows the attention is computed for the first token of each
 * sequence alone: (B, H) instead of (B, T*, H). */
static levin_tensor *layer(const levin_bert_layer *l, const levin_bert_config *c,
                           const levin_tensor *x, bool first, bool training)
{
    levin_tensor *qkv = levin_linear_op(x, l->qkv_weight, l->qkv_bias); // (B, T*, 3 H)
    levin_tensor *context =
        levin_attention(qkv, c->num_attention_heads, c->attention_probs_dropout_prob, training);
    if (first) {
        context = levin_select(context, 1, 0); // (B, H)
        x = levin_select(x, 1, 0);
    }
    levin_tensor *h = levin_linear_residual_norm(
        context, l->output_weight, l->output_bias, x, l->output_norm_weight, l->output_norm_bias,
        c->hidden_dropout_prob, c->layer_norm_eps, training);
    return feed_forward(l, c, h, training);
}

/* A layer in a scope of its own while no gradient is wanted: its insides are gone when it ends. */
static levin_tensor *lean_layer(const levin_bert_layer *l, const levin_bert_config *c,
                                const levin_tensor *x, bool first)
{
    levin_scope *scope = levin_scope_begin();
    levin_tensor *y = levin_keep(layer(l, c, x, first, false));
    levin_scope_end(scope);
    return y;
}

/* A layer as levin_recompute takes it. */
typedef struct {
    const levin_bert_layer *layer;
    const levin_bert_config *config;
    bool first, training;
} part;

static levin_tensor *run_part(void *context, const levin_tensor *x)
{
    const part *p = context;
    return layer(p->layer, p->config, x, p->first, p->training);
}

static levin_tensor *recomputed_layer(part p, const levin_tensor *x)
{
    part *kept = levin__scope_alloc(sizeof *kept);
    if (!kept)
        return NULL;
    *kept = p;
    return levin_recompute(run_part, kept, x);
}

static bool wants_gradients(const levin_bert *bert)
{
    if (!levin__grad_enabled())
        return false;
    for (const levin_module *m = &bert->base; m; m = levin__module_next(&bert->base, m))
        for (const levin_parameter *p = m->node->first; p; p = p->next)
            if (p->tensor.requires_grad)
                return true;
    return false;
}

static levin_tensor *run(levin_bert *bert, const levin_batch *b, levin_tensor **states,
                         bool first_only)
{
    if (!bert)
        return NULL;
    bool training = levin_module_is_training(&bert->base), learns = wants_gradients(bert);
    bool lean = !training && !learns, again = bert->gradient_checkpointing && learns;
    const levin_bert_config *c = &bert->config;
    levin_tensor *x = embed(bert, b, training);
    for (int64_t i = 0; i < c->num_hidden_layers; i++) {
        bool first = first_only && i == c->num_hidden_layers - 1;
        if (states)
            states[i] = x;
        x = lean    ? lean_layer(bert->layers[i], c, x, first)
            : again ? recomputed_layer((part){ bert->layers[i], c, first, training }, x)
                    : layer(bert->layers[i], c, x, first, training);
    }
    if (states)
        states[c->num_hidden_layers] = x;
    return x;
}

levin_tensor *levin__bert_encode(levin_bert *bert, const levin_batch *b, levin_tensor **states)
{
    return run(bert, b, states, false);
}

levin_tensor *levin_bert_first_token(levin_bert *bert, const levin_batch *b)
{
    return run(bert, b, NULL, true);
}

levin_tensor *levin__bert_pool(levin_bert *bert, const levin_tensor *first)
{
    return bert && bert->pooler
               ? levin_tanh(levin_linear_op(first, bert->pooler->weight, bert->pooler->bias))
               : NULL;
}

static levin_bert_output output(levin_bert *bert, const levin_batch *b, levin_tensor **states)
{
    levin_tensor *h = levin__bert_encode(bert, b, states);
    levin_tensor *pooled =
        bert && bert->pooler ? levin__bert_pool(bert, levin_select(h, 1, 0)) : NULL;
    return (levin_bert_output){ h, pooled, states };
}

levin_bert_output levin_bert_forward(levin_bert *bert, const levin_batch *b)
{
    return output(bert, b, NULL);
}

levin_bert_output levin_bert_forward_all(levin_bert *bert, const levin_batch *b)
{
    if (!bert)
        return (levin_bert_output){ 0 };
    size_t n = (size_t)bert->config.num_hidden_layers + 1;
    levin_tensor **states = levin__scope_alloc(n * sizeof *states);
    return states ? output(bert, b, states) : (levin_bert_output){ 0 };
}
