/* operators.c: each fused operator of the encoder alone, there and back, over a batch.
 *
 * The way back is timed from the moment when the gradient of the result stands: an operator of our
 * own behind the one that is measured holds the watch, and one before it makes its input look like
 * another operator's result. */
#include "cli/bench/report.h"

#include "base/clock.h"
#include "base/error.h"
#include "ops/op.h"

#include <levin/optim.h>
#include <stdio.h>

enum { ROW_INPUTS = 2 };

typedef struct run run;

/* One operator, and how many numbers are read and written for each number of the input where it is
 * bound by memory. */
typedef struct {
    const char *name;
    levin_tensor *(*call)(run *r);
    int64_t (*width)(const levin_bert_config *c); // of the input
    double moved, moved_back;                     // 0: not worth telling
} spec;

struct run {
    bench *b;
    const spec *spec;
    bench_model *model;                // of one layer
    levin_optimizer *optimizer;        // whose gradients these are, as in training
    levin_tensor *leaf[ROW_INPUTS];    // numbers for x and the residual
    const levin_tensor *x[ROW_INPUTS]; // in this scope, as results
    const bench_batch *batch;
    double arrived; // when the gradient of the result stood
};

static _Thread_local run *watched;

static int watch_infer(levin_call *c) { return levin__result(c, LEVIN_F32, 0, NULL, NULL); }
static bool watch_forward(levin_call *c) { return LEVIN_RUN(fill, levin__array(c->y), 0, 1); }
static bool watch_backward(levin_call *c)
{
    bool add;
    levin_array dy = levin__grad_of(c, 0, &add);
    bool done = dy.data && LEVIN_RUN(fill, dy, 1e-3, c->x[0]->numel);
    watched->arrived = levin__seconds();
    return done;
}
static const levin_op watch = {
    .name = "watch", .infer = watch_infer, .forward = watch_forward, .backward = watch_backward
};

static int input_infer(levin_call *c)
{
    return levin__result_like(c, c->x[0], levin__compute_dtype(c->x[0]));
}
static bool input_forward(levin_call *c)
{
    return LEVIN_RUN(axpy, levin__array(c->y), 1, levin__array(c->x[0]), c->y->numel, false);
}
static bool input_backward(levin_call *c)
{
    (void)c;
    return true;
}
static const levin_op input = {
    .name = "input", .infer = input_infer, .forward = input_forward, .backward = input_backward
};

static const levin_bert_layer *layer(const run *r) { return r->model->bert->layers[0]; }

static levin_tensor *call_linear(run *r)
{
    return levin_linear_op(r->x[0], layer(r)->qkv_weight, layer(r)->qkv_bias);
}
static levin_tensor *call_linear_gelu(run *r)
{
    return levin_linear_gelu(r->x[0], layer(r)->up_weight, layer(r)->up_bias);
}
static levin_tensor *call_linear_residual_norm(run *r)
{
    const levin_bert_layer *l = layer(r);
    const levin_bert_config *c = &r->b->config;
    return levin_linear_residual_norm(r->x[0], l->output_weight, l->output_bias, r->x[1],
                                      l->output_norm_weight, l->output_norm_bias,
                                      c->hidden_dropout_prob, c->layer_norm_eps, true);
}
static levin_tensor *call_feed_forward(run *r)
{
    const levin_bert_layer *l = layer(r);
    const levin_bert_config *c = &r->b->config;
    return levin_feed_forward(r->x[0], &(levin_linear_weights){ l->up_weight, l->up_bias },
                              &(levin_linear_weights){ l->down_weight, l->down_bias },
                              l->down_norm_weight, l->down_norm_bias, c->hidden_dropout_prob,
                              c->layer_norm_eps, true);
}
static levin_tensor *call_attention(run *r)
{
    const levin_bert_config *c = &r->b->config;
    return levin_attention(r->x[0], c->num_attention_heads, c->attention_probs_dropout_prob, true);
}
static levin_tensor *call_layer_norm(run *r)
{
    const levin_bert_embeddings *e = r->model->bert->embeddings;
    return levin_layer_norm(r->x[0], e->norm_weight, e->norm_bias, r->b->config.layer_norm_eps);
}
static levin_tensor *call_dropout(run *r) { return levin_dropout(r->x[0], 0.1, true); }
static levin_tensor *call_embedding(run *r)
{
    return levin_embedding(r->model->bert->embeddings->words, r->batch->ids, -1);
}
static levin_tensor *call_cross_entropy(run *r)
{
    return levin_cross_entropy(levin_select(r->x[0], 1, 0), r->batch->labels);
}

static int64_t hidden(const levin_bert_config *c) { return c->hidden_size; }
static int64_t three_hidden(const levin_bert_config *c) { return 3 * c->hidden_size; }
static int64_t classes(const levin_bert_config *c)
{
    (void)c;
    return BENCH_CLASSES;
}

static double rows(const run *r) { return (double)levin_tensor_numel(r->batch->ids); }

static const spec specs[] = {
    { "linear", call_linear, hidden, 0, 0 },
    { "linear_gelu", call_linear_gelu, hidden, 0, 0 },
    { "linear_residual_norm", call_linear_residual_norm, hidden, 0, 0 },
    { "feed_forward", call_feed_forward, hidden, 0, 0 },
    { "attention", call_attention, three_hidden, 0, 0 },
    { "layer_norm", call_layer_norm, hidden, 2, 3 },
    { "dropout", call_dropout, hidden, 2, 2 },
    { "embedding", call_embedding, hidden, 2, 2 },
    { "cross_entropy", call_cross_entropy, classes, 0, 0 },
};

static levin_tensor *prepare(run *r)
{
    watched = r;
    levin_optimizer_zero_grad(r->optimizer); // gradients are written over, not added to
    levin_set_random(1, 0);
    for (int i = 0; i < ROW_INPUTS; i++)
        r->x[i] = levin__apply(&input, &(levin_call){ .x = { r->leaf[i] }, .n = 1 }, 1);
    return r->x[0] && r->x[1] ? (levin_tensor *)r->x[0] : NULL;
}

static double run_forward(void *context)
{
    run *r = context;
    levin_scope *scope = levin_scope_begin();
    double took = -1, began = prepare(r) ? levin__seconds() : -1;
    if (began >= 0 && r->spec->call(r))
        took = levin__seconds() - began;
    levin_scope_end(scope);
    return took;
}

static double run_backward(void *context)
{
    run *r = context;
    levin_scope *scope = levin_scope_begin();
    levin_tensor *y = prepare(r) ? r->spec->call(r) : NULL;
    levin_tensor *loss = levin__apply(&watch, &(levin_call){ .x = { y }, .n = 1 }, 1);
    double took = -1;
    if (loss && levin_backward(loss) == LEVIN_OK)
        took = levin__seconds() - r->arrived;
    levin_scope_end(scope);
    return took;
}

static void report(run *r, const char *way, const bench_timing *t, double flops, double moved)
{
    char name[48], detail[48];
    int64_t width = r->spec->width(&r->b->config);
    snprintf(name, sizeof name, "%s %s", r->spec->name, way);
    snprintf(detail, sizeof detail, "%.0f x %lld", rows(r), (long long)width);
    double bytes = moved * rows(r) * (double)width * (double)levin_dtype_size(r->b->dtype);
    if (flops > 0)
        bench_report_flops(r->b, name, detail, t, flops);
    else if (moved > 0)
        bench_report_bytes(r->b, name, detail, t, bytes);
    else
        bench_report(r->b, &(bench_row){ .name = name, .detail = detail, .timing = t });
}

static levin_tensor *new_leaf(const run *r, int64_t width)
{
    levin_tensor *t =
        levin_tensor_new_ragged(LEVIN_F32, r->batch->batch.size, r->batch->lengths, 1, &width);
    levin_init_normal(t, 1);
    return levin_requires_grad(t, true);
}

/* Products there and back, as the operator counts them; 0 where it has none. */
static void count_flops(run *r, double flops[2])
{
    levin_scope *scope = levin_scope_begin();
    const levin_tensor *y = prepare(r) ? r->spec->call(r) : NULL;
    const levin_call *c = y ? y->call : NULL;
    for (int back = 0; back < 2; back++)
        flops[back] = c && c->op->flops ? c->op->flops(c, back) : 0;
    levin_scope_end(scope);
}

static void measure(run *r)
{
    bench_timing t;
    double flops[2];
    const spec *s = r->spec;
    r->leaf[0] = new_leaf(r, s->width(&r->b->config));
    r->leaf[1] = new_leaf(r, r->b->config.hidden_size);
    count_flops(r, flops);
    if (bench_time(r->b, flops[0] > 0, run_forward, r, &t))
        report(r, "forward", &t, flops[0], s->moved);
    if (!levin_error() && bench_time(r->b, flops[1] > 0, run_backward, r, &t))
        report(r, "backward", &t, flops[1], s->moved_back);
    for (int i = 0; i < ROW_INPUTS; i++)
        levin_tensor_free(r->leaf[i]);
}

void bench_operators(bench *b)
{
    levin_bert_config one_layer = b->config;
    one_layer.num_hidden_layers = 1;
    bench_report_section(b, "operators");
    run r = { .b = b, .batch = &b->batches.at[0], .model = bench_model_new(NULL, &one_layer) };
    if (!r.model)
        return;
    r.optimizer = levin_sgd(levin_parameters(&r.model->base), 1, NULL);
    for (size_t i = 0; !levin_error() && i < sizeof specs / sizeof *specs; i++) {
        r.spec = &specs[i];
        measure(&r);
    }
    levin_optimizer_free(r.optimizer);
    levin_module_free(&r.model->base);
}
