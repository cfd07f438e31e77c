/* tokenizer_config.c: the tokenizer of a model folder. Which file says what, where several do:
 *
 *   tokenizer.json         the vocabulary, how words are cut, post-processor, decoder, added
 * tokens; it wins over vocab.txt, as in transformers 4 and 5 vocab.txt              the vocabulary,
 * if there is no tokenizer.json tokenizer_config.json  do_lower_case, strip_accents and
 * tokenize_chinese_chars: where the file names them they win over tokenizer.json's normalizer, as
 * transformers has it for BertTokenizer; not for PreTrainedTokenizerFast or TokenizersBackend,
 * which take tokenizer.json as it is. Where it does not name them, tokenizer.json holds
 * (transformers would assume lower case and so change a cased model). Flags of
 * added_tokens_decoder, names of special tokens, model_max_length. special_tokens_map.json,
 * added_tokens.json read if tokenizer_config.json has no added_tokens_decoder (old folders)
 */
#include "text/tokenizer.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>

static const size_t FILE_LIMIT = (size_t)16 << 20;
/* Larger values of model_max_length, mostly 1e30, mean that there is no limit. */
static const double NO_LIMIT = 1e9;

typedef struct {
    char *path;
    json_t *json; // NULL if there is no such file
} file;

static int load(file *f, const char *folder, const char *name)
{
    f->path = levin__path_join(folder, name);
    if (f->path && levin__is_file(f->path)) {
        f->json = levin__json_load(f->path, FILE_LIMIT);
        if (f->json && !json_is_object(f->json))
            levin__error_set(LEVIN_EFORMAT, "%s: an object is expected", f->path);
    }
    return levin_error();
}

static void unload(file *f)
{
    levin__free(f->path);
    json_decref(f->json);
}

static bool honours_json(const json_t *config, const char *where)
{
    const char *class = levin__json_string(config, "tokenizer_class", "", where);
    return strcmp(class, "PreTrainedTokenizerFast") == 0 || strcmp(class, "TokenizersBackend") == 0;
}

static void read_normalizer(levin_tokenizer *t, const json_t *config, const char *where)
{
    levin_normalizer *z = &t->normalizer;
    z->lowercase = levin__json_bool(config, "do_lower_case", z->lowercase, where);
    z->handle_chinese_chars =
        levin__json_bool(config, "tokenize_chinese_chars", z->handle_chinese_chars, where);
    const json_t *strip = json_object_get(config, "strip_accents");
    if (json_is_null(strip))
        t->strip_accents = (levin_switch){ 0 };
    else if (strip)
        t->strip_accents =
            levin__json_bool(config, "strip_accents", false, where) ? LEVIN_ON : LEVIN_OFF;
}

/* A special token is named by a string or by an object that holds it. */
static void read_names(levin_tokenizer *t, const json_t *config, bool from_json)
{
    for (int i = 0; i < LEVIN_SPECIALS; i++) {
        const json_t *name = json_object_get(config, levin__special_keys[i]);
        if (json_is_object(name))
            name = json_object_get(name, "content");
        bool model_has_it = i == LEVIN_UNK && from_json; // model.unk_token is what words become
        if (json_is_string(name) && !model_has_it)
            levin__tokenizer_set_special(t, i, json_string_value(name));
    }
}

static void add_list(levin_tokenizer *t, const json_t *list, const char *where)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *token = json_array_get(list, i);
        const char *content = json_string_value(token);
        bool known = content && levin__added_find(&t->added, content, strlen(content)) >= 0;
        if (!known && levin__tokenizer_add_json(t, token, true, where) != LEVIN_OK)
            return;
    }
}

static void add_lists(levin_tokenizer *t, const json_t *config, const char *where)
{
    add_list(t, json_object_get(config, "additional_special_tokens"), where);
    add_list(t, json_object_get(config, "extra_special_tokens"), where);
}

typedef struct {
    long id;
    const json_t *token; // a description, or NULL and name is the content
    const char *name;
} numbered;

static int by_id(const void *a, const void *b)
{
    long x = ((const numbered *)a)->id, y = ((const numbered *)b)->id;
    return (x > y) - (x < y);
}

/* Adds tokens in the order of their ids: those of added_tokens_decoder, {"id": {...}}, or those of
 * added_tokens.json, {"content": id}. */
static void add_numbered(levin_tokenizer *t, json_t *tokens, bool described, const char *where)
{
    size_t n = json_object_size(tokens), i = 0;
    numbered *list = n ? levin__alloc(n * sizeof *list) : NULL;
    const char *key;
    json_t *value;
    if (!list)
        return;
    json_object_foreach(tokens, key, value)
    {
        long id = described ? strtol(key, NULL, 10) : (long)json_integer_value(value);
        list[i++] = (numbered){ .id = id, .token = described ? value : NULL, .name = key };
    }
    qsort(list, n, sizeof *list, by_id);
    for (i = 0; i < n && levin_error() == LEVIN_OK; i++) {
        levin_added_token plain = { .content = list[i].name, .normalized = true };
        if (list[i].token)
            levin__tokenizer_add_json(t, list[i].token, false, where);
        else if (levin__added_find(&t->added, plain.content, strlen(plain.content)) < 0)
            levin__tokenizer_add(t, &plain);
    }
    levin__free(list);
}

static void read_max_length(levin_tokenizer *t, const json_t *config, const char *where)
{
    double length = levin__json_number(config, "model_max_length", 0, where);
    t->model_max_length = length >= 1 && length < NO_LIMIT ? (int)length : 0;
}

static void read_config(levin_tokenizer *t, const json_t *config, bool from_json, const char *where)
{
    if (!from_json || !honours_json(config, where))
        read_normalizer(t, config, where);
    read_max_length(t, config, where);
    read_names(t, config, from_json);
    add_numbered(t, json_object_get(config, "added_tokens_decoder"), true, where);
    add_lists(t, config, where);
}

/* What folders had before tokenizer_config.json described added tokens. */
static void read_old_files(levin_tokenizer *t, const char *folder, bool from_json)
{
    file map = { 0 }, added = { 0 };
    if (load(&map, folder, "special_tokens_map.json") == LEVIN_OK &&
        load(&added, folder, "added_tokens.json") == LEVIN_OK) {
        read_names(t, map.json, from_json);
        add_lists(t, map.json, map.path);
        add_numbered(t, added.json, false, added.path);
    }
    unload(&map);
    unload(&added);
}

/* The folder's smaller files, after its vocabulary. */
static int configure(levin_tokenizer *t, const char *folder, bool from_json)
{
    file config = { 0 };
    if (load(&config, folder, "tokenizer_config.json") == LEVIN_OK && config.json)
        read_config(t, config.json, from_json, config.path);
    if (levin_error() == LEVIN_OK && !json_object_get(config.json, "added_tokens_decoder"))
        read_old_files(t, folder, from_json);
    unload(&config);
    for (int i = 0; i < LEVIN_SPECIALS && levin_error() == LEVIN_OK; i++)
        levin__tokenizer_add_special(t, t->special[i]);
    if (levin_error() == LEVIN_OK && !from_json)
        levin__tokenizer_bert_template(t, folder);
    return levin_error() == LEVIN_OK ? levin__tokenizer_finish(t, folder) : levin_error();
}

levin_tokenizer *levin_tokenizer_from_pretrained(const char *folder)
{
    if (!folder || levin_error() != LEVIN_OK)
        return NULL;
    char *json = levin__path_join(folder, "tokenizer.json");
    char *text = levin__path_join(folder, "vocab.txt");
    bool from_json = json && levin__is_file(json);
    levin_tokenizer *t = NULL;
    if (from_json)
        t = levin__tokenizer_from_json(json);
    else if (text && levin__is_file(text))
        t = levin__tokenizer_new(levin__vocab_from_text(text));
    else if (json && text)
        levin__error_set(LEVIN_ENOTFOUND, "%s: neither tokenizer.json nor vocab.txt is there",
                         folder);
    levin__free(json);
    levin__free(text);
    if (t && configure(t, folder, from_json) != LEVIN_OK) {
        levin_tokenizer_free(t);
        return NULL;
    }
    return t;
}
