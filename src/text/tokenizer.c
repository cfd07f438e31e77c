/* tokenizer.c: what a tokenizer consists of, and asking it about its tokens. Where it comes from
 * stands in tokenizer_config.c, vocab_file.c and tokenizer_json.c. */
#include "text/tokenizer.h"

#include "base/error.h"
#include "base/memory.h"
#include "text/unicode.h"

const char *const levin__special_keys[LEVIN_SPECIALS] = { "unk_token", "sep_token", "pad_token",
                                                          "cls_token", "mask_token" };
static const char *const DEFAULT_SPECIALS[LEVIN_SPECIALS] = { "[UNK]", "[SEP]", "[PAD]", "[CLS]",
                                                              "[MASK]" };
enum { DEFAULT_MAX_CHARS = 100 };

levin_tokenizer *levin__tokenizer_new(levin_vocab *vocab)
{
    levin_tokenizer *t = vocab ? levin__calloc(1, sizeof *t) : NULL;
    if (!t) {
        levin__vocab_free(vocab);
        return NULL;
    }
    t->wordpiece = (levin_wordpiece){ .vocab = vocab, .max_chars_per_word = DEFAULT_MAX_CHARS };
    t->normalizer.clean_text = t->normalizer.handle_chinese_chars = true;
    t->normalizer.lowercase = true;
    t->decoder_cleanup = true;
    t->decoder_prefix = levin__strdup("##");
    bool ok = t->decoder_prefix != NULL;
    for (int i = 0; ok && i < LEVIN_SPECIALS; i++)
        ok = levin__tokenizer_set_special(t, i, DEFAULT_SPECIALS[i]) == LEVIN_OK;
    if (!ok) {
        levin_tokenizer_free(t);
        return NULL;
    }
    return t;
}

void levin_tokenizer_free(levin_tokenizer *t)
{
    if (!t)
        return;
    levin__vocab_free(t->wordpiece.vocab);
    levin__added_free(&t->added);
    levin__free(t->added_at);
    for (int i = 0; i < LEVIN_SPECIALS; i++)
        levin__free(t->special[i]);
    levin__free(t->decoder_prefix);
    levin__free(t);
}

int levin__tokenizer_set_special(levin_tokenizer *t, int which, const char *content)
{
    char *copy = levin__strdup(content);
    if (content && !copy)
        return LEVIN_ENOMEM;
    levin__free(t->special[which]);
    t->special[which] = copy;
    return LEVIN_OK;
}

/* Ids of new tokens follow the number of tokens in the vocabulary, as in `tokenizers`. */
static int32_t next_id(const levin_tokenizer *t)
{
    int32_t tokens = t->wordpiece.vocab->n_tokens;
    return t->added.next_id > tokens ? t->added.next_id : tokens;
}

int levin__tokenizer_add(levin_tokenizer *t, const levin_added_token *token)
{
    if (!token->content || !*token->content)
        return LEVIN_OK;
    int32_t id = levin_tokenizer_token_to_id(t, token->content);
    if (id < 0)
        id = next_id(t);
    if (id >= LEVIN_VOCAB_MAX_ID)
        return levin__error_set(LEVIN_EINVAL, "no id left for the added token '%.60s'",
                                token->content);
    return levin__added_put(&t->added, token, id);
}

int levin__tokenizer_add_special(levin_tokenizer *t, const char *content)
{
    levin_added_token token = { .content = content, .special = true };
    if (!content || levin_tokenizer_token_to_id(t, content) < 0)
        return LEVIN_OK;
    int32_t at = levin__added_find(&t->added, content, strlen(content));
    if (at >= 0)
        token = t->added.items[at].token;
    token.special = true;
    return levin__tokenizer_add(t, &token);
}

int levin__tokenizer_bert_template(levin_tokenizer *t, const char *where)
{
    int32_t id[LEVIN_SPECIALS];
    for (int i = 0; i < LEVIN_SPECIALS; i++)
        id[i] = levin_tokenizer_token_to_id(t, t->special[i]);
    for (int i = LEVIN_SEP; i <= LEVIN_CLS; i += LEVIN_CLS - LEVIN_SEP)
        if (id[i] < 0)
            return levin__error_set(LEVIN_EFORMAT, "%s: the vocabulary lacks the %s '%.60s'", where,
                                    levin__special_keys[i], t->special[i] ? t->special[i] : "");
    levin__template_bert(&t->single, &t->pair, id[LEVIN_CLS], id[LEVIN_SEP]);
    return LEVIN_OK;
}

/* The table from ids to added tokens. */
static int place_added(levin_tokenizer *t)
{
    t->n_ids = t->wordpiece.vocab->n_ids;
    for (int32_t i = 0; i < t->added.n; i++)
        if (t->added.items[i].id >= t->n_ids)
            t->n_ids = t->added.items[i].id + 1;
    size_t bytes = (size_t)t->n_ids * sizeof *t->added_at;
    t->added_at = levin__alloc(bytes);
    if (!t->added_at)
        return LEVIN_ENOMEM;
    memset(t->added_at, 0xFF, bytes); // -1
    for (int32_t i = 0; i < t->added.n; i++)
        t->added_at[t->added.items[i].id] = i;
    return LEVIN_OK;
}

/* A special token that no id stands for would index past the end of an embedding. */
static int check_template(const levin_tokenizer *t, const levin_template *template,
                          const char *where)
{
    for (int i = 0; i < template->n; i++) {
        int32_t id = template->pieces[i].id;
        if (id >= 0 && !levin_tokenizer_id_to_token(t, id))
            return levin__error_set(LEVIN_EFORMAT,
                                    "%s: the post-processor puts in id %d, which no "
                                    "token has",
                                    where, (int)id);
    }
    return LEVIN_OK;
}

int levin__tokenizer_finish(levin_tokenizer *t, const char *where)
{
    const char *unknown = t->special[LEVIN_UNK];
    t->wordpiece.unknown =
        unknown ? levin__vocab_id(t->wordpiece.vocab, unknown, strlen(unknown)) : -1;
    if (t->wordpiece.unknown < 0)
        return levin__error_set(LEVIN_EFORMAT, "%s: the vocabulary lacks the unknown token '%.60s'",
                                where, unknown ? unknown : "[UNK]");
    signed char strip = t->strip_accents.value;
    t->normalizer.strip_accents = strip ? strip > 0 : t->normalizer.lowercase;
    levin__normalizer_init(&t->normalizer);
    int result = place_added(t);
    if (result == LEVIN_OK)
        result = check_template(t, &t->single, where);
    if (result == LEVIN_OK)
        result = check_template(t, &t->pair, where);
    return result == LEVIN_OK ? levin__added_finish(&t->added, &t->normalizer) : result;
}

static levin_tokenizer *copy_without_tables(const levin_tokenizer *t)
{
    levin_tokenizer *copy = levin__tokenizer_new(levin__vocab_share(t->wordpiece.vocab));
    if (!copy)
        return NULL;
    bool ok = true;
    for (int i = 0; ok && i < LEVIN_SPECIALS; i++)
        ok = levin__tokenizer_set_special(copy, i, t->special[i]) == LEVIN_OK;
    for (int32_t i = 0; ok && i < t->added.n; i++)
        ok = levin__added_put(&copy->added, &t->added.items[i].token, t->added.items[i].id) ==
             LEVIN_OK;
    levin__free(copy->decoder_prefix);
    copy->decoder_prefix = levin__strdup(t->decoder_prefix);
    if (!ok || !copy->decoder_prefix) {
        levin_tokenizer_free(copy);
        return NULL;
    }
    copy->wordpiece = t->wordpiece;
    copy->normalizer = t->normalizer;
    copy->strip_accents = t->strip_accents;
    copy->single = t->single;
    copy->pair = t->pair;
    copy->decoder_cleanup = t->decoder_cleanup;
    copy->model_max_length = t->model_max_length;
    return copy;
}

levin_tokenizer *levin_tokenizer_with_added(const levin_tokenizer *t,
                                            const levin_added_token *tokens, int n)
{
    if (!t || (n > 0 && !tokens))
        return NULL;
    levin_tokenizer *copy = copy_without_tables(t);
    int result = copy ? LEVIN_OK : LEVIN_ENOMEM;
    for (int i = 0; result == LEVIN_OK && i < n; i++) {
        size_t size = tokens[i].content ? strlen(tokens[i].content) : 0;
        if (levin__utf8_check(tokens[i].content, size) < size)
            result = levin__error_set(LEVIN_EINVAL, "added token %d is not valid UTF-8", i);
        else
            result = levin__tokenizer_add(copy, &tokens[i]);
    }
    if (result == LEVIN_OK)
        result = levin__tokenizer_finish(copy, "added tokens");
    if (result == LEVIN_OK)
        return copy;
    levin_tokenizer_free(copy);
    return NULL;
}

int64_t levin_tokenizer_vocab_size(const levin_tokenizer *t) { return t ? t->n_ids : 0; }

int levin_tokenizer_model_max_length(const levin_tokenizer *t)
{
    return t ? t->model_max_length : 0;
}

int32_t levin_tokenizer_token_to_id(const levin_tokenizer *t, const char *token)
{
    if (!t || !token)
        return -1;
    size_t n = strlen(token);
    int32_t at = levin__added_find(&t->added, token, n);
    return at >= 0 ? t->added.items[at].id : levin__vocab_id(t->wordpiece.vocab, token, n);
}

const char *levin_tokenizer_id_to_token(const levin_tokenizer *t, int32_t id)
{
    if (!t || id < 0 || id >= t->n_ids)
        return NULL;
    int32_t at = t->added_at[id];
    if (at < 0)
        return levin__vocab_token(t->wordpiece.vocab, id);
    const levin_added *added = &t->added.items[at];
    return added->normal ? added->normal : added->token.content;
}
