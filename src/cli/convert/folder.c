/* folder.c: a model folder as Transformers loads it: config and tokenizer of a folder that has
 * them, the weights of the source. The encoder must be the one that the config describes: no tensor
 * missing, none too many, all of its shapes. */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/convert/convert.h"
#include "models/bert/bert.h"
#include "models/bert/config.h"

#include <levin/tokenizer.h>
#include <string.h>

enum { NAMES_SHOWN = 400 }; // bytes of a list in a message

static const levin_module_class root_class = { .name = "conversion", .size = sizeof(levin_module) };

/* The comparison of the state with what the config asks for. */
typedef struct {
    const cli_conversion *c;
    levin_buffer missing;
} comparison;

static void add_name(levin_buffer *list, const char *name)
{
    char shown[80];
    if (list->size < NAMES_SHOWN)
        levin__buffer_addf(list, "%s%s", list->size ? ", " : "",
                           levin__printable(shown, name, strlen(name)));
    else if (list->data[list->size - 1] != '.')
        levin__buffer_add_text(list, ", ...");
}

static int refuse_shape(const cli_conversion *c, const levin_st_entry *is, int64_t ndim,
                        const uint64_t *wanted)
{
    levin_buffer text = LEVIN_BUFFER(1 << 16);
    levin__buffer_addf(&text, "%s: %s is ", c->source.path, is->name);
    cli_add_shape(&text, is->ndim, is->shape);
    levin__buffer_addf(&text, ", but config.json of %s asks for ", c->base);
    cli_add_shape(&text, ndim, wanted);
    levin__error_set(LEVIN_ESHAPE, "%s", text.data ? text.data : "");
    levin__buffer_free(&text);
    return levin_error();
}

/* One tensor of the encoder. A pooler may be absent: not every model has one. */
static int compare(void *payload, const levin_state_entry *e)
{
    comparison *x = payload;
    uint64_t shape[LEVIN_MAX_DIMS];
    cli_state_entry *is = cli_state_find(&x->c->state, e->name);
    if (!is) {
        if (strncmp(e->name, "bert.pooler.", 12) != 0)
            add_name(&x->missing, e->name);
        return LEVIN_OK;
    }
    bool same = is->st.ndim == e->ndim;
    for (int i = 0; i < e->ndim; i++) {
        shape[i] = (uint64_t)e->shape[i];
        same = same && is->st.shape[i] == shape[i];
    }
    is->expected = true;
    return same ? LEVIN_OK : refuse_shape(x->c, &is->st, e->ndim, shape);
}

static bool compare_encoder(const cli_conversion *c, levin_bert *bert)
{
    comparison x = { .c = c, .missing = LEVIN_BUFFER(1 << 16) };
    levin_module *m = levin__module_root(&bert->base);
    if (levin_state_dict_visit(m, compare, &x) == LEVIN_OK && x.missing.size)
        levin__error_set(LEVIN_EFORMAT, "%s: weights of the encoder are missing: %s",
                         c->source.path, x.missing.data);
    levin__buffer_free(&x.missing);
    return !levin_error();
}

/* Numbers of labels that the classifier has; 0: there is none. */
static uint64_t classes(const cli_conversion *c)
{
    const cli_state_entry *w = cli_state_find(&c->state, "classifier.weight");
    return w && w->st.ndim == 2 ? w->st.shape[0] : 0;
}

static bool compare_classifier(const cli_conversion *c, const levin_bert *bert)
{
    const cli_state_entry *w = cli_state_find(&c->state, "classifier.weight");
    const cli_state_entry *b = cli_state_find(&c->state, "classifier.bias");
    uint64_t n = classes(c), shape[2] = { n ? n : 1, (uint64_t)bert->config.hidden_size };
    if (w && (w->st.ndim != 2 || w->st.shape[1] != shape[1] || !n || n > LEVIN_MAX_LABELS))
        return refuse_shape(c, &w->st, 2, shape) == LEVIN_OK;
    if (b && w && (b->st.ndim != 1 || b->st.shape[0] != n))
        return refuse_shape(c, &b->st, 1, shape) == LEVIN_OK;
    if (!w == !b)
        return true;
    levin__error_set(LEVIN_EFORMAT, "%s: classifier.%s is missing", c->source.path,
                     w ? "bias" : "weight");
    return false;
}

/* What is neither the encoder's nor a head's goes, if that was allowed. */
static bool leave_out_others(cli_conversion *c)
{
    levin_buffer list = LEVIN_BUFFER(1 << 16);
    for (size_t i = 0; i < c->state.n; i++) {
        cli_state_entry *e = &c->state.at[i];
        if (e->left_out || e->expected || e->part == CLI_PART_HEAD)
            continue;
        e->left_out = true;
        add_name(&list, e->st.name);
        json_array_append_new(c->left_out, json_string(e->st.name));
    }
    if (list.size && c->strict)
        levin__error_set(LEVIN_EINVAL,
                         "%s: not part of the model: %s; --strict false leaves them out",
                         c->source.path, list.data);
    levin__buffer_free(&list);
    return !levin_error();
}

static const char *architecture(const cli_state *s)
{
    if (cli_state_has(s, "classifier."))
        return cli_state_has(s, "bert.pooler.") ? "BertForSequenceClassification"
                                                : "BertForTokenClassification";
    if (cli_state_has(s, "cls.seq_relationship."))
        return "BertForPreTraining";
    if (cli_state_has(s, "cls."))
        return "BertForMaskedLM";
    return cli_state_has(s, "qa_outputs.") ? "BertForQuestionAnswering" : "BertModel";
}

static const char *dtype_word(const cli_state *s)
{
    levin_st_dtype dtype = LEVIN_ST_DTYPES;
    for (size_t i = 0; i < s->n; i++)
        if (!s->at[i].left_out) {
            if (dtype != LEVIN_ST_DTYPES && dtype != s->at[i].st.dtype)
                return "float32";
            dtype = s->at[i].st.dtype;
        }
    return dtype == LEVIN_ST_F16    ? "float16"
           : dtype == LEVIN_ST_BF16 ? "bfloat16"
           : dtype == LEVIN_ST_F64  ? "float64"
                                    : "float32";
}

/* Label names that the source knows: levin's own checkpoints keep them as a JSON list. */
static json_t *source_labels(const cli_source *s)
{
    const json_t *kept = json_object_get(s->facts, "hyper_parameters");
    const json_t *labels = json_object_get(kept, "labels");
    if (json_is_array(labels))
        return json_deep_copy(labels);
    const char *text = json_string_value(labels);
    return text ? json_loads(text, 0, NULL) : NULL;
}

static bool set_labels(json_t *config, const cli_conversion *c)
{
    int64_t n = (int64_t)classes(c), own = levin__config_num_labels(config, c->base);
    json_t *known = source_labels(&c->source);
    const char **names = levin__calloc((size_t)n, sizeof *names);
    char(*texts)[32] = levin__calloc((size_t)n, sizeof *texts);
    bool given = (int64_t)json_array_size(known) == n;
    for (int64_t i = 0; names && texts && i < n; i++) {
        snprintf(texts[i], sizeof texts[i], "LABEL_%lld", (long long)i);
        const char *name = json_string_value(json_array_get(known, (size_t)i));
        names[i] = given && name ? name : texts[i];
    }
    if (names && texts && (given || own != n))
        levin__config_set_labels(config, names, n);
    levin__free(names);
    levin__free(texts);
    json_decref(known);
    return !levin_error();
}

/* Which vector the head was trained on, where it is not the pooler's. */
static void set_pooling(json_t *config, const cli_source *s)
{
    const json_t *kept = json_object_get(s->facts, "hyper_parameters");
    const char *pooling = json_string_value(json_object_get(kept, "model.pooling"));
    if (s->form == CLI_FORM_LIGHTNING)
        json_object_del(config, "levin_pooling");
    else if (s->form == CLI_FORM_LEVIN && pooling && strcmp(pooling, "null") != 0)
        json_object_set_new(config, "levin_pooling", json_string(pooling));
}

static bool save_config(const cli_conversion *c, json_t *config, const char *folder)
{
    int64_t n = (int64_t)classes(c);
    json_object_set_new(config, "model_type", json_string("bert"));
    json_object_set_new(config, "architectures", json_pack("[s]", architecture(&c->state)));
    json_object_set_new(config, "dtype", json_string(dtype_word(&c->state)));
    json_object_del(config, "torch_dtype");
    set_pooling(config, &c->source);
    if (n && !set_labels(config, c))
        return false;
    if (n && cli_state_has(&c->state, "bert.pooler."))
        json_object_set_new(config, "problem_type",
                            json_string(n == 1 ? "regression" : "single_label_classification"));
    char *path = levin__path_join(folder, "config.json");
    if (path)
        levin__json_save(path, config);
    levin__free(path);
    return !levin_error();
}

static bool save_weights(const cli_conversion *c, const char *folder)
{
    char *path = levin__path_join(folder, "model.safetensors");
    bool ok = path && cli_save_safetensors(c, path);
    levin__free(path);
    return ok;
}

typedef struct {
    const cli_conversion *c;
    const levin_bert *bert;
} contents;

static int save_files(void *context, const char *folder)
{
    const contents *o = context;
    levin_tokenizer *tokenizer = levin_tokenizer_from_pretrained(o->c->base);
    json_t *config = json_deep_copy(o->bert->json);
    if (!config)
        levin__error_set(LEVIN_ENOMEM, "out of memory: a model's config");
    if (tokenizer && config && levin__make_dirs(folder) == LEVIN_OK && save_weights(o->c, folder) &&
        save_config(o->c, config, folder))
        levin_tokenizer_save(tokenizer, folder);
    json_decref(config);
    levin_tokenizer_free(tokenizer);
    return levin_error();
}

static bool can_begin(const cli_conversion *c)
{
    if (!c->base)
        levin__error_set(LEVIN_EINVAL,
                         "--model.name is missing: %s has no config and no tokenizer, a model "
                         "folder needs those of the model that was trained",
                         c->source.path);
    else if (!c->root.found)
        levin__error_set(LEVIN_EFORMAT,
                         "%s: no BERT in it: no tensor ends with embeddings.word_embeddings.weight",
                         c->source.path);
    return !levin_error();
}

void cli_convert_to_folder(cli_conversion *c)
{
    levin_module *m = can_begin(c) ? levin_module_new(&root_class) : NULL;
    levin_bert *bert = m ? levin__bert_declare_from(m, "bert", c->base) : NULL;
    if (bert && compare_encoder(c, bert) && compare_classifier(c, bert) && leave_out_others(c))
        levin__folder_write(c->to, save_files, &(contents){ c, bert });
    levin_module_free(m);
}
