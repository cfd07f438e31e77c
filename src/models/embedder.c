/* embedder.c: texts to vectors. Texts go by windows, so that memory does not grow with their
 * number; a window goes by batches of tokens; what a batch needs is gone when its scope ends. */
#include "autograd/precision.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/scope.h"
#include "base/suggest.h"
#include "data/token_batches.h"
#include "models/pooling.h"
#include "models/sentence_config.h"
#include "models/state.h"
#include "text/tokenizer.h"

#include <levin/embed.h>
#include <string.h>

enum { BATCH_TOKENS = 2048, WINDOW = 4096, SHORTEST = 3 };

struct levin_embedder {
    levin_module *root; // what the encoder belongs to
    levin_bert *bert;
    levin_tokenizer *tokenizer;
    levin_pooling pooling;
    bool normalize;
    int max_length;
    int64_t batch_tokens;
    levin_dtype autocast;
};

static const levin_module_class root_class = { .name = "Embedder", .size = sizeof(levin_module) };

/* A pooler that begins anew would give vectors that mean nothing. */
static int check_pooler(const levin_embedder *e, const char *missing, const char *folder)
{
    if (e->pooling != LEVIN_POOL_POOLER || !missing || !strstr(missing, "pooler."))
        return LEVIN_OK;
    return levin__error_set(LEVIN_EINVAL, "%s: no weights for the pooler; pool by mean, cls or max",
                            folder);
}

static int load_encoder(levin_embedder *e, const char *folder)
{
    e->root = levin_module_new(&root_class);
    e->bert = e->root ? levin__bert_declare_from(e->root, "bert", folder) : NULL;
    if (!e->bert)
        return levin_error();
    levin_load_report report = { .missing = LEVIN_BUFFER(1 << 20) };
    int result = levin__state_load(e->root, levin__weights_open(folder), NULL, &report);
    if (result == LEVIN_OK)
        result = check_pooler(e, report.missing.data, folder);
    if (result == LEVIN_OK)
        result = levin__bert_complete(e->bert, folder);
    levin__buffer_free(&report.missing);
    levin_module_freeze(e->root);
    return result;
}

static int load_tokenizer(levin_embedder *e, const levin_sentence_config *c)
{
    e->tokenizer = levin_tokenizer_from_pretrained(c->encoder);
    if (e->tokenizer && c->lowercase && !e->tokenizer->normalizer.lowercase)
        return levin__error_set(LEVIN_EUNSUPPORTED,
                                "%s/sentence_bert_config.json: do_lower_case is true, but the "
                                "tokenizer keeps case",
                                c->encoder);
    return levin_error();
}

static int settle_length(levin_embedder *e, int64_t wanted, int64_t own, const char *folder)
{
    int64_t positions = e->bert->config.max_position_embeddings;
    int64_t limit = levin_tokenizer_model_max_length(e->tokenizer);
    own = own ? own : limit ? limit : positions;
    if (wanted > positions)
        return levin__error_set(LEVIN_EINVAL,
                                "max_length %lld: the model has positions for %lld tokens",
                                (long long)wanted, (long long)positions);
    int64_t settled = wanted ? wanted : own < positions ? own : positions;
    if (settled < SHORTEST)
        return levin__error_set(LEVIN_EINVAL,
                                "%s: max_length %lld; a text takes %d tokens or more, [CLS] and "
                                "[SEP] counted",
                                folder, (long long)settled, SHORTEST);
    e->max_length = (int)settled;
    return LEVIN_OK;
}

static int settle(levin_embedder *e, const levin_embedder_opts *o, const levin_sentence_config *c)
{
    int pooling = o->pooling ? levin__find_word(o->pooling, levin__pooling_words) : (int)c->pooling;
    if (pooling < 0)
        return levin__unknown_word("pooling", o->pooling, levin__pooling_words);
    if (o->batch_tokens < 0)
        return levin__error_set(LEVIN_EINVAL, "batch_tokens %lld; it should be above 0",
                                (long long)o->batch_tokens);
    e->pooling = (levin_pooling)pooling;
    e->normalize = o->normalize.value ? o->normalize.value > 0 : c->normalize;
    e->batch_tokens = o->batch_tokens ? o->batch_tokens : BATCH_TOKENS;
    return levin__precision_parse(o->precision, &e->autocast);
}

static int load(levin_embedder *e, const char *folder, const levin_embedder_opts *o)
{
    levin_sentence_config c;
    int result = levin__sentence_config_read(&c, folder);
    if (result == LEVIN_OK)
        result = settle(e, o, &c);
    if (result == LEVIN_OK)
        result = load_encoder(e, c.encoder);
    if (result == LEVIN_OK)
        result = load_tokenizer(e, &c);
    if (result == LEVIN_OK)
        result = settle_length(e, o->max_length, c.max_length, folder);
    levin__sentence_config_free(&c);
    return result;
}

levin_embedder *levin_embedder_from_pretrained(const char *folder, const levin_embedder_opts *opts)
{
    static const levin_embedder_opts defaults = { 0 };
    if (!folder || levin_error())
        return NULL;
    levin_embedder *e = levin__calloc(1, sizeof *e);
    if (e && load(e, folder, opts ? opts : &defaults) == LEVIN_OK)
        return e;
    levin_embedder_free(e);
    return NULL;
}

void levin_embedder_free(levin_embedder *e)
{
    if (!e)
        return;
    levin_module_free(e->root);
    levin_tokenizer_free(e->tokenizer);
    levin__free(e);
}

int64_t levin_embedder_size(const levin_embedder *e)
{
    return e ? levin_bert_hidden_size(e->bert) : 0;
}
int levin_embedder_max_length(const levin_embedder *e) { return e ? e->max_length : 0; }
bool levin_embedder_normalizes(const levin_embedder *e) { return e && e->normalize; }

const char *levin_embedder_pooling(const levin_embedder *e)
{
    return e ? levin__pooling_words[e->pooling] : NULL;
}

/* Computes the next batch of a window; false when there is none or after an error. */
static bool embed_batch(levin_embedder *e, levin_token_batches *window, float *out)
{
    levin_batch b;
    levin_scope *scope = levin_scope_begin();
    bool done = scope && levin__token_batches_next(window, &b) &&
                levin__pool_into(out, e->bert, &b, e->pooling, e->normalize) == LEVIN_OK;
    levin_scope_end(scope);
    return done;
}

/* Texts first to first + n - 1, whose vectors go to out. */
static void embed_window(levin_embedder *e, const char *const *texts, const size_t *lengths,
                         int64_t first, int64_t n, float *out)
{
    levin_scope *scope = levin_scope_begin();
    levin_text_row *rows = scope ? levin__scope_alloc((size_t)n * sizeof *rows) : NULL;
    for (int64_t i = 0; rows && i < n; i++) {
        const char *text = texts[first + i];
        size_t bytes = lengths ? lengths[first + i] : text ? strlen(text) : 0;
        rows[i] = (levin_text_row){ .text = text, .n = bytes };
    }
    levin_token_batches window = { .tokenizer = e->tokenizer,
                                   .max_length = e->max_length,
                                   .budget = e->batch_tokens,
                                   .first = first };
    if (rows && levin__token_batches_begin(&window, rows, n) == LEVIN_OK)
        while (embed_batch(e, &window, out))
            continue;
    levin__token_batches_end(&window);
    levin_scope_end(scope);
}

int levin_embedder_embed(levin_embedder *e, const char *const *texts, const size_t *lengths,
                         int64_t n, float *out)
{
    if (levin_error())
        return levin_error();
    if (n < 0 || !e || (n > 0 && (!texts || !out)))
        return levin__error_set(LEVIN_EINVAL, "embed: no %s given",
                                !e       ? "embedder"
                                : n < 0  ? "number of texts"
                                : !texts ? "texts"
                                         : "place for the vectors");
    bool recorded = levin_set_grad_enabled(false);
    levin_dtype before = levin_set_autocast(e->autocast);
    int64_t size = levin_embedder_size(e);
    for (int64_t i = 0; i < n && !levin_error(); i += WINDOW)
        embed_window(e, texts, lengths, i, n - i < WINDOW ? n - i : WINDOW, out + i * size);
    levin_set_autocast(before);
    levin_set_grad_enabled(recorded);
    return levin_error();
}
