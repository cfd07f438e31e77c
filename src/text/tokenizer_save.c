/* tokenizer_save.c: a tokenizer as the files that transformers 4 and 5 load: tokenizer.json holds
 * everything; the others repeat what older code, or BertTokenizer, looks for there. */
#include "text/tokenizer.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "text/unicode.h"

#include <stdio.h>

static const size_t TEXT_LIMIT = (size_t)2 << 30;

/* Both return what they were given, or NULL, which they may be given in turn: the whole file is
 * then not written. */
static json_t *append(json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) == 0)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *set(json_t *o, const char *key, json_t *value)
{
    if (json_object_set_new(o, key, value) == 0)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *boolean_or_null(levin_switch s)
{
    return s.value ? json_boolean(s.value > 0) : json_null();
}

static json_t *describe(const levin_added *added, bool with_id)
{
    const levin_added_token *a = &added->token;
    json_t *o = json_pack("{s:s, s:b, s:b, s:b, s:b, s:b}", "content", a->content, "single_word",
                          a->single_word, "lstrip", a->lstrip, "rstrip", a->rstrip, "normalized",
                          a->normalized, "special", a->special);
    return with_id ? set(o, "id", json_integer(added->id)) : o;
}

static json_t *added_list(const levin_tokenizer *t)
{
    json_t *list = json_array();
    for (int32_t id = 0; id < t->n_ids; id++)
        if (t->added_at[id] >= 0)
            list = append(list, describe(&t->added.items[t->added_at[id]], true));
    return list;
}

static json_t *added_decoder(const levin_tokenizer *t)
{
    json_t *o = json_object();
    for (int32_t id = 0; id < t->n_ids; id++) {
        char key[16];
        if (t->added_at[id] < 0)
            continue;
        snprintf(key, sizeof key, "%d", (int)id);
        o = set(o, key, describe(&t->added.items[t->added_at[id]], false));
    }
    return o;
}

static const char *content_of(const levin_tokenizer *t, int32_t id)
{
    int32_t at = t->added_at[id];
    return at >= 0 ? t->added.items[at].token.content : levin__vocab_token(t->wordpiece.vocab, id);
}

static json_t *template_pieces(const levin_tokenizer *t, const levin_template *template)
{
    json_t *list = json_array();
    for (int i = 0; i < template->n; i++) {
        levin_template_piece piece = template->pieces[i];
        const char *kind = piece.id < 0 ? "Sequence" : "SpecialToken";
        const char *name = piece.id == LEVIN_SEQUENCE_A   ? "A"
                           : piece.id == LEVIN_SEQUENCE_B ? "B"
                                                          : content_of(t, piece.id);
        list = append(list,
                      json_pack("{s:{s:s, s:i}}", kind, "id", name, "type_id", (int)piece.type_id));
    }
    return list;
}

static json_t *template_specials(const levin_tokenizer *t)
{
    const levin_template *both[2] = { &t->single, &t->pair };
    json_t *o = json_object();
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < both[k]->n; i++) {
            int32_t id = both[k]->pieces[i].id;
            const char *name = id < 0 ? NULL : content_of(t, id);
            if (name)
                o = set(
                    o, name,
                    json_pack("{s:s, s:[i], s:[s]}", "id", name, "ids", (int)id, "tokens", name));
        }
    return o;
}

static json_t *post_processor(const levin_tokenizer *t)
{
    if (!t->single.specials && !t->pair.specials)
        return json_null();
    return json_pack("{s:s, s:o, s:o, s:o}", "type", "TemplateProcessing", "single",
                     template_pieces(t, &t->single), "pair", template_pieces(t, &t->pair),
                     "special_tokens", template_specials(t));
}

static json_t *model(const levin_tokenizer *t)
{
    const levin_vocab *v = t->wordpiece.vocab;
    json_t *tokens = json_object();
    for (int32_t id = 0; id < v->n_ids; id++) {
        const char *token = levin__vocab_token(v, id);
        if (token)
            tokens = set(tokens, token, json_integer(id));
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:o}", "type", "WordPiece", "unk_token",
                     levin__vocab_token(v, t->wordpiece.unknown), "continuing_subword_prefix",
                     v->prefix, "max_input_chars_per_word",
                     (json_int_t)t->wordpiece.max_chars_per_word, "vocab", tokens);
}

static json_t *whole(const levin_tokenizer *t)
{
    const levin_normalizer *z = &t->normalizer;
    json_t *normalizer =
        json_pack("{s:s, s:b, s:b, s:o, s:b}", "type", "BertNormalizer", "clean_text",
                  z->clean_text, "handle_chinese_chars", z->handle_chinese_chars, "strip_accents",
                  boolean_or_null(t->strip_accents), "lowercase", z->lowercase);
    return json_pack("{s:s, s:n, s:n, s:o, s:o, s:{s:s}, s:o, s:{s:s, s:s, s:b}, s:o}", "version",
                     "1.0", "truncation", "padding", "added_tokens", added_list(t), "normalizer",
                     normalizer, "pre_tokenizer", "type", "BertPreTokenizer", "post_processor",
                     post_processor(t), "decoder", "type", "WordPiece", "prefix", t->decoder_prefix,
                     "cleanup", t->decoder_cleanup, "model", model(t));
}

/* BertTokenizer of transformers 5 builds itself from the vocabulary and a few settings; where those
 * cannot say all, another class is named, which takes tokenizer.json as it is. */
static bool is_plain_bert(const levin_tokenizer *t)
{
    levin_template single, pair;
    int32_t cls = levin_tokenizer_token_to_id(t, t->special[LEVIN_CLS]);
    int32_t sep = levin_tokenizer_token_to_id(t, t->special[LEVIN_SEP]);
    levin__template_bert(&single, &pair, cls, sep);
    return cls >= 0 && sep >= 0 && levin__template_equal(&single, &t->single) &&
           levin__template_equal(&pair, &t->pair) && t->normalizer.clean_text &&
           t->wordpiece.max_chars_per_word == 100 && t->decoder_cleanup &&
           strcmp(t->wordpiece.vocab->prefix, "##") == 0 && strcmp(t->decoder_prefix, "##") == 0;
}

/* The names of special tokens; null for one that is missing, or transformers would add its own. */
static json_t *set_names(const levin_tokenizer *t, json_t *o, bool with_missing)
{
    for (int i = 0; i < LEVIN_SPECIALS; i++) {
        bool there = levin_tokenizer_token_to_id(t, t->special[i]) >= 0;
        if (there || with_missing)
            o = set(o, levin__special_keys[i], there ? json_string(t->special[i]) : json_null());
    }
    return o;
}

static bool is_named(const levin_tokenizer *t, const char *content)
{
    for (int i = 0; i < LEVIN_SPECIALS; i++)
        if (t->special[i] && strcmp(t->special[i], content) == 0)
            return true;
    return false;
}

/* Special tokens that have no name of their own. */
static json_t *set_additional(const levin_tokenizer *t, json_t *o)
{
    json_t *list = json_array();
    for (int32_t id = 0; id < t->n_ids; id++) {
        const levin_added_token *a =
            t->added_at[id] < 0 ? NULL : &t->added.items[t->added_at[id]].token;
        if (a && a->special && !is_named(t, a->content))
            list = append(list, json_string(a->content));
    }
    if (!list || json_array_size(list))
        return set(o, "additional_special_tokens", list);
    json_decref(list);
    return o;
}

static json_t *config(const levin_tokenizer *t)
{
    bool bert = is_plain_bert(t);
    json_t *o = json_pack("{s:o, s:b, s:o, s:b, s:s}", "added_tokens_decoder", added_decoder(t),
                          "do_lower_case", t->normalizer.lowercase, "strip_accents",
                          boolean_or_null(t->strip_accents), "tokenize_chinese_chars",
                          t->normalizer.handle_chinese_chars, "tokenizer_class",
                          bert ? "BertTokenizer" : "PreTrainedTokenizerFast");
    if (!bert)
        o = set(o, "model_input_names",
                json_pack("[s, s, s]", "input_ids", "token_type_ids", "attention_mask"));
    if (t->model_max_length)
        o = set(o, "model_max_length", json_integer(t->model_max_length));
    return set_additional(t, set_names(t, o, true));
}

static json_t *special_map(const levin_tokenizer *t)
{
    return set_additional(t, set_names(t, json_object(), false));
}

static int save_json(const char *folder, const char *name, json_t *value)
{
    char *path = levin__path_join(folder, name);
    int result = LEVIN_ENOMEM;
    if (!value)
        levin__error_set(LEVIN_ENOMEM, "%s: out of memory for %s", folder, name);
    else if (path)
        result = levin__json_save(path, value);
    json_decref(value);
    levin__free(path);
    return result;
}

/* A token that a line cannot hold leaves its line blank: the ids of the others stay right. */
static bool fits_a_line(const char *token, size_t n)
{
    if (strpbrk(token, "\r\n"))
        return false;
    return !n || !(levin__char(levin__utf8_before(token, n))->flags & LEVIN_CHAR_SPACE);
}

static int save_vocab(const levin_tokenizer *t, const char *folder)
{
    const levin_vocab *v = t->wordpiece.vocab;
    levin_buffer text = LEVIN_BUFFER(TEXT_LIMIT);
    for (int32_t id = 0; id < v->n_ids; id++) {
        const char *token = levin__vocab_token(v, id);
        if (token && fits_a_line(token, strlen(token)))
            levin__buffer_add_text(&text, token);
        levin__buffer_add_char(&text, '\n');
    }
    char *path = levin__path_join(folder, "vocab.txt");
    bool ok = path && !text.failed;
    int result = ok ? levin__file_write(path, text.data, text.size) : LEVIN_ENOMEM;
    levin__free(path);
    levin__buffer_free(&text);
    return result;
}

int levin_tokenizer_save(const levin_tokenizer *t, const char *folder)
{
    if (levin_error() != LEVIN_OK)
        return levin_error();
    if (!t || !folder)
        return levin__error_set(LEVIN_EINVAL, "tokenizer save: no %s given",
                                t ? "folder" : "tokenizer");
    int result = levin__make_dirs(folder);
    if (result == LEVIN_OK)
        result = save_vocab(t, folder);
    if (result == LEVIN_OK)
        result = save_json(folder, "special_tokens_map.json", special_map(t));
    if (result == LEVIN_OK)
        result = save_json(folder, "tokenizer_config.json", config(t));
    if (result == LEVIN_OK)
        result = save_json(folder, "tokenizer.json", whole(t));
    return result;
}
