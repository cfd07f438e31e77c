/* tokenizer_json.c: reading tokenizer.json as the `tokenizers` package writes it, as far as it
 * describes a BERT tokenizer; anything else is refused by name. Truncation and padding that are
 * baked into the file are passed over, as transformers does: they belong to a call. */
#include "text/tokenizer.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "text/vocab_json.h"

static const size_t FILE_LIMIT = (size_t)256 << 20;

static int unsupported(const char *where, const char *what, const char *is, const char *wanted)
{
    return levin__error_set(LEVIN_EUNSUPPORTED, "%s: %s is of type %.60s, levin reads %s", where,
                            what, is, wanted);
}

/* Older files leave the type of the model out. */
static const char *model_type(const json_t *model, const char *where)
{
    const char *type = levin__json_string(model, "type", NULL, where);
    if (type)
        return type;
    if (json_object_get(model, "merges"))
        return "BPE";
    if (json_is_array(json_object_get(model, "vocab")))
        return "Unigram";
    return json_object_get(model, "continuing_subword_prefix") ||
                   json_object_get(model, "max_input_chars_per_word")
               ? "WordPiece"
               : "WordLevel";
}

/* The text of a file, its large object cut out and the rest parsed. */
typedef struct {
    const char *where, *text;
    size_t vocab_start, vocab_stop;
    json_t *root; // model.vocab is {} here
} source;

static levin_vocab *read_vocab(const source *file, const json_t *model)
{
    const char *where = file->where;
    if (!file->vocab_stop) {
        levin__error_set(LEVIN_EFORMAT, "%s: model.vocab must be an object of tokens and ids",
                         where);
        return NULL;
    }
    const char *prefix = levin__json_string(model, "continuing_subword_prefix", "##", where);
    levin_vocab *v = levin__vocab_new(prefix);
    if (v &&
        levin__vocab_json_read(v, file->text, file->vocab_start, file->vocab_stop, where) ==
            LEVIN_OK &&
        levin__vocab_finish(v) == LEVIN_OK)
        return v;
    levin__vocab_free(v);
    return NULL;
}

static levin_tokenizer *read_model(const source *file)
{
    const char *where = file->where;
    const json_t *model = json_object_get(file->root, "model");
    if (!json_is_object(model)) {
        levin__error_set(LEVIN_EFORMAT, "%s: not a tokenizer.json: no object \"model\"", where);
        return NULL;
    }
    const char *type = model_type(model, where);
    if (strcmp(type, "WordPiece") != 0) {
        unsupported(where, "the tokenizer's model", type, "WordPiece");
        return NULL;
    }
    levin_tokenizer *t = levin__tokenizer_new(read_vocab(file, model));
    if (!t)
        return NULL;
    const char *unknown = levin__json_string(model, "unk_token", "[UNK]", where);
    int64_t chars = levin__json_int(model, "max_input_chars_per_word", 100, where);
    if (chars < 0)
        levin__error_set(LEVIN_EFORMAT, "%s: max_input_chars_per_word is negative", where);
    t->wordpiece.max_chars_per_word = (size_t)chars;
    levin__tokenizer_set_special(t, LEVIN_UNK, unknown);
    return t;
}

/* The type of a part, "" if it is null or absent. */
static const char *part_type(const json_t *part, const char *where)
{
    return json_is_object(part) ? levin__json_string(part, "type", "without a name", where) : "";
}

static void read_normalizer(levin_tokenizer *t, const json_t *part, const char *where)
{
    const char *type = part_type(part, where);
    bool bert = strcmp(type, "BertNormalizer") == 0;
    if (*type && !bert)
        unsupported(where, "the normalizer", type, "BertNormalizer");
    t->normalizer.clean_text = levin__json_bool(part, "clean_text", bert, where);
    t->normalizer.handle_chinese_chars =
        levin__json_bool(part, "handle_chinese_chars", bert, where);
    t->normalizer.lowercase = levin__json_bool(part, "lowercase", bert, where);
    const json_t *strip = json_object_get(part, "strip_accents");
    if (!bert || (strip && !json_is_null(strip)))
        t->strip_accents =
            levin__json_bool(part, "strip_accents", false, where) ? LEVIN_ON : LEVIN_OFF;
}

static int add_special_piece(levin_template *t, const json_t *specials, const char *name,
                             int64_t type_id, const char *where)
{
    const json_t *ids = json_object_get(json_object_get(specials, name), "ids");
    if (!json_is_array(ids))
        return levin__error_set(LEVIN_EFORMAT,
                                "%s: post_processor: special_tokens has no ids for "
                                "'%.60s'",
                                where, name);
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        if (!json_is_integer(id) || json_integer_value(id) < 0 ||
            json_integer_value(id) >= LEVIN_VOCAB_MAX_ID)
            return levin__error_set(LEVIN_EFORMAT,
                                    "%s: post_processor: an id of '%.60s' is not one", where, name);
        if (!levin__template_add(t, (int32_t)json_integer_value(id), (int32_t)type_id))
            return levin__error_set(LEVIN_EUNSUPPORTED,
                                    "%s: post_processor: a template of more "
                                    "than %d pieces",
                                    where, LEVIN_TEMPLATE_MAX);
    }
    return LEVIN_OK;
}

/* {"SpecialToken": {"id": "[CLS]", "type_id": 0}} or {"Sequence": {"id": "A", "type_id": 0}} */
static int add_piece(levin_template *t, const json_t *specials, const json_t *piece,
                     const char *where)
{
    const json_t *special = json_object_get(piece, "SpecialToken");
    const json_t *sequence = json_object_get(piece, "Sequence");
    const json_t *body = special ? special : sequence;
    const char *id = levin__json_string(body, "id", NULL, where);
    int64_t type_id = levin__json_int(body, "type_id", 0, where);
    if (!id || type_id < 0 || type_id > INT32_MAX)
        return levin__error_set(LEVIN_EFORMAT,
                                "%s: post_processor: a piece that is neither a "
                                "SpecialToken nor a Sequence",
                                where);
    if (special)
        return add_special_piece(t, specials, id, type_id, where);
    bool a = strcmp(id, "A") == 0;
    if (!a && strcmp(id, "B") != 0)
        return levin__error_set(LEVIN_EFORMAT,
                                "%s: post_processor: sequence '%.60s', A or B is "
                                "expected",
                                where, id);
    if (!levin__template_add(t, a ? LEVIN_SEQUENCE_A : LEVIN_SEQUENCE_B, (int32_t)type_id))
        return levin__error_set(LEVIN_EUNSUPPORTED, "%s: post_processor: too many pieces", where);
    return LEVIN_OK;
}

static int read_template(levin_template *t, const json_t *part, bool pair, const char *where)
{
    const char *key = pair ? "pair" : "single";
    const json_t *pieces = json_object_get(part, key);
    *t = (levin_template){ 0 };
    for (size_t i = 0; i < json_array_size(pieces); i++)
        if (add_piece(t, json_object_get(part, "special_tokens"), json_array_get(pieces, i),
                      where) != LEVIN_OK)
            return LEVIN_EFORMAT;
    if (levin__template_complete(t, pair))
        return LEVIN_OK;
    return levin__error_set(LEVIN_EUNSUPPORTED, "%s: post_processor.%s must name %s exactly once",
                            where, key, pair ? "the sequences A and B" : "the sequence A");
}

/* {"type": "BertProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101]} */
static int32_t processing_id(const json_t *part, const char *key, const char *where)
{
    const json_t *id = json_array_get(json_object_get(part, key), 1);
    if (json_is_integer(id) && json_integer_value(id) >= 0 &&
        json_integer_value(id) < LEVIN_VOCAB_MAX_ID)
        return (int32_t)json_integer_value(id);
    levin__error_set(LEVIN_EFORMAT, "%s: post_processor.%s must be a token and its id", where, key);
    return 0;
}

static void read_post_processor(levin_tokenizer *t, const json_t *part, const char *where)
{
    const char *type = part_type(part, where);
    levin__template_bare(&t->single, &t->pair);
    if (strcmp(type, "TemplateProcessing") == 0) {
        if (read_template(&t->single, part, false, where) == LEVIN_OK)
            read_template(&t->pair, part, true, where);
    } else if (strcmp(type, "BertProcessing") == 0) {
        int32_t cls = processing_id(part, "cls", where);
        levin__template_bert(&t->single, &t->pair, cls, processing_id(part, "sep", where));
    } else if (*type) {
        unsupported(where, "the post-processor", type, "TemplateProcessing and BertProcessing");
    }
}

static void read_decoder(levin_tokenizer *t, const json_t *part, const char *where)
{
    const char *type = part_type(part, where);
    if (!*type)
        return;
    if (strcmp(type, "WordPiece") != 0)
        unsupported(where, "the decoder", type, "WordPiece");
    t->decoder_cleanup = levin__json_bool(part, "cleanup", true, where);
    char *prefix = levin__strdup(levin__json_string(part, "prefix", "##", where));
    if (!prefix)
        return;
    levin__free(t->decoder_prefix);
    t->decoder_prefix = prefix;
}

int levin__tokenizer_add_json(levin_tokenizer *t, const json_t *token, bool special,
                              const char *where)
{
    const json_t *content = json_is_object(token) ? json_object_get(token, "content") : token;
    if (!json_is_string(content))
        return levin__error_set(LEVIN_EFORMAT, "%s: an added token without a string \"content\"",
                                where);
    levin_added_token added = { .content = json_string_value(content) };
    if (strlen(added.content) != json_string_length(content))
        return levin__error_set(LEVIN_EFORMAT, "%s: a NUL in the added token '%.60s'", where,
                                added.content);
    added.special = levin__json_bool(token, "special", special, where);
    added.single_word = levin__json_bool(token, "single_word", false, where);
    added.lstrip = levin__json_bool(token, "lstrip", false, where);
    added.rstrip = levin__json_bool(token, "rstrip", false, where);
    added.normalized = levin__json_bool(token, "normalized", !added.special, where);
    return levin_error() == LEVIN_OK ? levin__tokenizer_add(t, &added) : levin_error();
}

static void read_added_tokens(levin_tokenizer *t, const json_t *tokens, const char *where)
{
    for (size_t i = 0; i < json_array_size(tokens); i++)
        if (levin__tokenizer_add_json(t, json_array_get(tokens, i), false, where) != LEVIN_OK)
            return;
}

static levin_tokenizer *read_root(const source *file)
{
    const json_t *root = file->root;
    const char *where = file->where;
    const char *version = levin__json_string(root, "version", "1.0", where);
    if (strcmp(version, "1.0") != 0)
        levin__error_set(LEVIN_EVERSION, "%s: version %.60s, levin knows 1.0", where, version);
    levin_tokenizer *t = read_model(file);
    if (!t)
        return NULL;
    const char *splitter = part_type(json_object_get(root, "pre_tokenizer"), where);
    if (strcmp(splitter, "BertPreTokenizer") != 0)
        unsupported(where, "the pre-tokenizer", *splitter ? splitter : "none", "BertPreTokenizer");
    read_normalizer(t, json_object_get(root, "normalizer"), where);
    read_post_processor(t, json_object_get(root, "post_processor"), where);
    read_decoder(t, json_object_get(root, "decoder"), where);
    read_added_tokens(t, json_object_get(root, "added_tokens"), where);
    if (levin_error() == LEVIN_OK)
        return t;
    levin_tokenizer_free(t);
    return NULL;
}

/* Parses what is left of the file when model.vocab is made an empty object. */
static json_t *parse_rest(const source *file, size_t n)
{
    size_t start = file->vocab_start, stop = file->vocab_stop;
    levin_buffer rest = LEVIN_BUFFER(FILE_LIMIT);
    if (!stop)
        return levin__json_parse(file->text, n, file->where);
    levin__buffer_add(&rest, file->text, start);
    levin__buffer_add_text(&rest, "{}");
    bool ok = levin__buffer_add(&rest, file->text + stop, n - stop);
    json_t *root = ok ? levin__json_parse(rest.data, rest.size, file->where) : NULL;
    levin__buffer_free(&rest);
    return root;
}

levin_tokenizer *levin__tokenizer_parse(const char *text, size_t n, const char *where)
{
    source file = { .where = where, .text = text };
    if (!levin__vocab_json_find(text, n, &file.vocab_start, &file.vocab_stop))
        file.vocab_stop = 0;
    file.root = parse_rest(&file, n);
    levin_tokenizer *t = file.root ? read_root(&file) : NULL;
    json_decref(file.root);
    return t;
}

levin_tokenizer *levin__tokenizer_from_json(const char *path)
{
    size_t n;
    char *text = levin__file_read(path, FILE_LIMIT, &n);
    levin_tokenizer *t = text ? levin__tokenizer_parse(text, n, path) : NULL;
    levin__free(text);
    return t;
}
