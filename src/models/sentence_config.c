/* sentence_config.c: see sentence_config.h. modules.json lists what a text passes through: a
 * Transformer, a Pooling and perhaps a Normalize, by class name and folder. */
#include "models/sentence_config.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/suggest.h"

#include <string.h>

static const size_t MAX_BYTES = (size_t)1 << 20;

/* What modules may be, in the only order that makes sense. */
enum { TRANSFORMER, POOLING, NORMALIZE, ROLES };
static const char *const roles[] = { "Transformer", "Pooling", "Normalize", NULL };

/* The JSON object of a file in a folder, or NULL: it is not there, or after an error. *where is its
 * path, the caller's. */
static json_t *load(const char *folder, const char *name, bool required, char **where)
{
    *where = levin__path_join(folder, name);
    if (!*where || (!required && !levin__is_file(*where)))
        return NULL;
    json_t *json = levin__json_load(*where, MAX_BYTES);
    if (!json || json_is_object(json))
        return json;
    json_decref(json);
    levin__error_set(LEVIN_EFORMAT, "%s: not a JSON object", *where);
    return NULL;
}

static int unknown_pooling(const char *word, const char *where)
{
    return levin__error_set(LEVIN_EUNSUPPORTED,
                            "%s: the pooling is \"%s\"; levin knows mean, cls and max", where,
                            word);
}

static int take_pooling_word(levin_sentence_config *out, const char *word, const char *where)
{
    int found = levin__find_word(word, levin__pooling_words);
    if (found < 0)
        return unknown_pooling(word, where);
    out->pooling = (levin_pooling)found;
    return LEVIN_OK;
}

/* One key for each way to pool, as it was up to version 5; the vectors of several stand side by
 * side, which levin does not do. */
static int take_pooling_keys(levin_sentence_config *out, const json_t *config, const char *where)
{
    static const struct {
        const char *key, *word;
    } modes[] = {
        { "pooling_mode_cls_token", "cls" },
        { "pooling_mode_max_tokens", "max" },
        { "pooling_mode_mean_tokens", "mean" },
        { "pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens" },
        { "pooling_mode_weightedmean_tokens", "weightedmean" },
        { "pooling_mode_lasttoken", "lasttoken" },
    };
    const char *word = NULL;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (!levin__json_bool(config, modes[i].key, false, where))
            continue;
        if (word)
            return levin__error_set(LEVIN_EUNSUPPORTED,
                                    "%s: the poolings %s and %s at once; levin takes one", where,
                                    word, modes[i].word);
        word = modes[i].word;
    }
    if (levin_error())
        return levin_error();
    return take_pooling_word(out, word ? word : "mean", where);
}

static int take_pooling(levin_sentence_config *out, const json_t *config, const char *where)
{
    const json_t *mode = json_object_get(config, "pooling_mode");
    if (json_is_array(mode) && json_array_size(mode) == 1)
        mode = json_array_get(mode, 0);
    if (json_is_array(mode))
        return levin__error_set(LEVIN_EUNSUPPORTED, "%s: %zu poolings at once; levin takes one",
                                where, json_array_size(mode));
    if (json_is_string(mode))
        return take_pooling_word(out, json_string_value(mode), where);
    if (mode && !json_is_null(mode))
        return levin__error_set(LEVIN_EFORMAT, "%s: \"pooling_mode\" must be a string", where);
    return take_pooling_keys(out, config, where);
}

/* A folder within the model's: a file must not lead out of it. */
static bool is_inside(const char *path)
{
    if (*path == '/')
        return false;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || !part[2]))
            return false;
    }
    return true;
}

/* The last part of "sentence_transformers.models.Pooling": older and newer versions agree on it. */
static int role_of(const char *type)
{
    const char *dot = strrchr(type, '.');
    for (int i = 0; i < ROLES; i++)
        if (strcmp(dot ? dot + 1 : type, roles[i]) == 0)
            return i;
    return ROLES;
}

static int enter_module(levin_sentence_config *out, int role, const char *folder)
{
    if (role == TRANSFORMER) {
        levin__free(out->encoder);
        out->encoder = levin__strdup(folder);
    } else if (role == POOLING) {
        char *where;
        json_t *config = load(folder, "config.json", true, &where);
        if (config)
            take_pooling(out, config, where);
        json_decref(config);
        levin__free(where);
    } else {
        out->normalize = true;
    }
    return levin_error();
}

/* Module i, whose role comes after the one before it; *last is moved on. */
static int take_module(levin_sentence_config *out, const json_t *module, size_t i, int *last,
                       const char *folder, const char *where)
{
    const char *type = levin__json_string(module, "type", NULL, where);
    const char *path = levin__json_string(module, "path", "", where);
    if (levin_error())
        return levin_error();
    if (!type)
        return levin__error_set(LEVIN_EFORMAT, "%s: module %zu has no \"type\"", where, i);
    int role = role_of(type);
    if (role == ROLES)
        return levin__error_set(LEVIN_EUNSUPPORTED,
                                "%s: module %zu is a %s; levin knows Transformer, Pooling and "
                                "Normalize",
                                where, i, type);
    if (role <= *last || (i == 0) != (role == TRANSFORMER))
        return levin__error_set(LEVIN_EUNSUPPORTED,
                                "%s: module %zu is a %s; the order should be Transformer, Pooling, "
                                "Normalize",
                                where, i, roles[role]);
    *last = role;
    if (!is_inside(path))
        return levin__error_set(LEVIN_EFORMAT, "%s: the path \"%s\" leads out of the folder", where,
                                path);
    char *inner = *path ? levin__path_join(folder, path) : levin__strdup(folder);
    int result = inner ? enter_module(out, role, inner) : LEVIN_ENOMEM;
    levin__free(inner);
    return result;
}

static int take_modules(levin_sentence_config *out, const char *folder, const char *where)
{
    json_t *modules = levin__json_load(where, MAX_BYTES);
    if (modules && !json_is_array(modules))
        levin__error_set(LEVIN_EFORMAT, "%s: not a JSON list", where);
    int last = -1;
    for (size_t i = 0; !levin_error() && i < json_array_size(modules); i++)
        take_module(out, json_array_get(modules, i), i, &last, folder, where);
    json_decref(modules);
    return levin_error();
}

static int take_limits(levin_sentence_config *out)
{
    char *where;
    json_t *config = load(out->encoder, "sentence_bert_config.json", false, &where);
    out->max_length = levin__json_int(config, "max_seq_length", 0, where);
    out->lowercase = levin__json_bool(config, "do_lower_case", false, where);
    bool given = config && json_is_number(json_object_get(config, "max_seq_length"));
    if (given && !levin_error() && out->max_length < 1)
        levin__error_set(LEVIN_EFORMAT, "%s: \"max_seq_length\" is %lld, it should be above 0",
                         where, (long long)out->max_length);
    json_decref(config);
    levin__free(where);
    return levin_error();
}

/* A text that the package would put before every text. */
static int refuse_prompt(const char *folder)
{
    char *where;
    json_t *config = load(folder, "config_sentence_transformers.json", false, &where);
    const char *name = levin__json_string(config, "default_prompt_name", NULL, where);
    const char *prompt =
        name ? json_string_value(json_object_get(json_object_get(config, "prompts"), name)) : NULL;
    if (prompt && *prompt)
        levin__error_set(LEVIN_EUNSUPPORTED,
                         "%s: default_prompt_name is \"%s\"; levin puts nothing before texts, so "
                         "set it to null and write \"%s\" before yours",
                         where, name, prompt);
    json_decref(config);
    levin__free(where);
    return levin_error();
}

int levin__sentence_config_read(levin_sentence_config *out, const char *folder)
{
    *out = (levin_sentence_config){ .encoder = levin__strdup(folder), .pooling = LEVIN_POOL_MEAN };
    char *where = levin__path_join(folder, "modules.json");
    if (where && levin__is_file(where))
        take_modules(out, folder, where);
    levin__free(where);
    if (levin_error() || take_limits(out) < 0)
        return levin_error();
    return refuse_prompt(folder);
}

void levin__sentence_config_free(levin_sentence_config *c)
{
    levin__free(c->encoder);
    *c = (levin_sentence_config){ 0 };
}
