/* names.c: see names.h. */
#include "cli/convert/names.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const char anchor[] = "embeddings.word_embeddings.weight";

/* What stands before the anchor, if the name ends with it as whole words. */
static bool before_anchor(const char *name, size_t *n)
{
    *n = levin__ends_with(name, anchor) ? strlen(name) - strlen(anchor) : 0;
    return levin__ends_with(name, anchor) && (!*n || name[*n - 1] == '.');
}

static bool refuse_several(const cli_source *s, const char *prefix)
{
    levin_buffer list = LEVIN_BUFFER(1 << 16);
    char shown[80];
    size_t n;
    for (size_t i = 0; i < s->n; i++)
        if (before_anchor(s->tensors[i].name, &n) &&
            strncmp(s->tensors[i].name, prefix, strlen(prefix)) == 0)
            levin__buffer_addf(&list, "%s%s", list.size ? ", " : "",
                               levin__printable(shown, s->tensors[i].name, n));
    levin__error_set(LEVIN_EINVAL, "%s: more than one BERT: %s; --model.prefix says which", s->path,
                     list.data ? list.data : "");
    levin__buffer_free(&list);
    return false;
}

static bool set_root(cli_root *out, const char *path, const char *name, size_t n)
{
    if (n >= sizeof out->encoder) {
        levin__error_set(LEVIN_EFORMAT, "%s: the name of a tensor is too long", path);
        return false;
    }
    snprintf(out->encoder, sizeof out->encoder, "%.*s", (int)n, name);
    snprintf(out->wrapper, sizeof out->wrapper, "%s", out->encoder);
    size_t m = n >= 5 && strcmp(out->encoder + n - 5, "bert.") == 0 ? n - 5 : n;
    if (m == 0 || out->encoder[m - 1] == '.')
        out->wrapper[m] = '\0';
    out->found = true;
    return true;
}

bool cli_root_find(cli_root *out, const cli_source *s, const char *prefix)
{
    *out = (cli_root){ .found = false };
    const char *wanted = prefix ? prefix : "";
    for (size_t i = 0; i < s->n; i++) {
        size_t n;
        const char *name = s->tensors[i].name;
        if (!before_anchor(name, &n) || strncmp(name, wanted, strlen(wanted)) != 0)
            continue;
        if (out->found)
            return refuse_several(s, wanted);
        if (!set_root(out, s->path, name, n))
            return false;
    }
    if (!out->found && prefix)
        levin__error_set(LEVIN_EINVAL,
                         "--model.prefix '%s': %s has no BERT under it: no tensor %s...%s", prefix,
                         s->path, prefix, anchor);
    return !levin_error();
}

static bool is_buffer(const char *name)
{
    return levin__ends_with(name, "embeddings.position_ids") ||
           levin__ends_with(name, "embeddings.token_type_ids");
}

/* The heads of Transformers' BERT classes. */
static bool is_head(const char *name)
{
    static const char *const heads[] = { "classifier.", "cls.", "qa_outputs." };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (strncmp(name, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

/* LayerNorm's parameters were gamma and beta in the first conversions from TensorFlow. */
static char *modernise(char *name)
{
    static const char *const endings[][2] = { { "LayerNorm.gamma", "LayerNorm.weight" },
                                              { "LayerNorm.beta", "LayerNorm.bias" } };
    for (int i = 0; name && i < 2; i++) {
        if (!levin__ends_with(name, endings[i][0]))
            continue;
        size_t n = strlen(name) - strlen(endings[i][0]);
        char *renamed = levin__format("%.*s%s", (int)n, name, endings[i][1]);
        levin__free(name);
        name = renamed;
    }
    return name;
}

/* Whether what follows the encoder's place is its own: under "bert." everything is. */
static bool is_encoders(const cli_root *r, const char *rest)
{
    static const char *const parts[] = { "embeddings.", "encoder.", "pooler." };
    bool own = strlen(r->encoder) > strlen(r->wrapper);
    for (int i = 0; !own && i < 3; i++)
        own = strncmp(rest, parts[i], strlen(parts[i])) == 0;
    return own;
}

cli_part cli_root_rename(const cli_root *r, const char *name, char **renamed)
{
    size_t n = strlen(r->encoder), m = strlen(r->wrapper);
    if (is_buffer(name)) {
        *renamed = levin__strdup(name);
        return CLI_PART_BUFFER;
    }
    if (r->found && strncmp(name, r->encoder, n) == 0 && is_encoders(r, name + n)) {
        *renamed = modernise(levin__format("bert.%s", name + n));
        return CLI_PART_ENCODER;
    }
    bool inside = r->found && strncmp(name, r->wrapper, m) == 0;
    if (inside && is_head(name + m)) {
        *renamed = modernise(levin__strdup(name + m));
        return CLI_PART_HEAD;
    }
    *renamed = levin__strdup(inside && m < n ? name + m : name);
    return CLI_PART_OTHER;
}
