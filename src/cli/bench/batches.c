/* batches.c: see batches.h. Each batch takes one length from each of as many equal shares of the
 * distribution as it has texts, so that a few steps tell as much as many. */
#include "cli/bench/batches.h"

#include "base/memory.h"
#include "base/random.h"

static void take_lengths(int64_t *out, int64_t n, const bench_lengths *l, levin_generator *g)
{
    for (int64_t i = 0; i < n; i++) {
        double u = ((double)i + levin__generator_uniform(g)) / (double)n;
        out[i] = l->sorted[(int64_t)(u * (double)l->n)];
    }
    for (int64_t i = n - 1; i > 0; i--) { // the order of a shuffled set
        int64_t k = (int64_t)levin__generator_below(g, (uint64_t)i + 1), length = out[i];
        out[i] = out[k];
        out[k] = length;
    }
}

static bool make_batch(bench_batch *b, const bench_lengths *l, int64_t size, levin_generator *g)
{
    b->lengths = levin__calloc((size_t)size, sizeof *b->lengths);
    if (!b->lengths)
        return false;
    take_lengths(b->lengths, size, l, g);
    b->ids = levin_tensor_new_ragged(LEVIN_I32, size, b->lengths, 0, NULL);
    b->types = levin_tensor_new_ragged(LEVIN_I32, size, b->lengths, 0, NULL);
    b->labels = levin_tensor_new(LEVIN_I64, 1, &size);
    b->batch = (levin_batch){
        .input_ids = b->ids, .token_type_ids = b->types, .labels = b->labels, .size = size
    };
    return b->ids && b->types && b->labels;
}

static void fill_batch(bench_batch *b, int64_t vocabulary, int64_t classes, levin_generator *g)
{
    int32_t *ids = levin_tensor_data(b->ids);
    int64_t *labels = levin_tensor_data(b->labels);
    for (int64_t i = 0; i < levin_tensor_numel(b->ids); i++)
        ids[i] = (int32_t)levin__generator_below(g, (uint64_t)vocabulary);
    for (int64_t i = 0; i < b->batch.size; i++)
        labels[i] = (int64_t)levin__generator_below(g, (uint64_t)classes);
}

int bench_batches_make(bench_batches *out, const bench_lengths *l, int64_t size, int64_t vocabulary,
                       int64_t classes)
{
    levin_generator g;
    levin__generator_seed(&g, 1);
    for (int i = 0; i < BENCH_BATCHES; i++) {
        if (!make_batch(&out->at[i], l, size, &g))
            return levin_error();
        fill_batch(&out->at[i], vocabulary, classes, &g);
        out->tokens += (double)levin_tensor_numel(out->at[i].ids) / BENCH_BATCHES;
    }
    return LEVIN_OK;
}

void bench_batches_free(bench_batches *b)
{
    for (int i = 0; i < BENCH_BATCHES; i++) {
        levin_tensor_free(b->at[i].ids);
        levin_tensor_free(b->at[i].types);
        levin_tensor_free(b->at[i].labels);
        levin__free(b->at[i].lengths);
    }
}
