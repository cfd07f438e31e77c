/* labels.c: see labels.h. */
#include "cli/labels.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "formats/checkpoint.h"
#include "models/bert/config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void cli_labels_free(cli_labels *l)
{
    for (int64_t i = 0; l->names && i < l->n; i++)
        levin__free(l->names[i]);
    levin__free(l->names);
    *l = (cli_labels){ 0 };
}

bool cli_labels_copy(cli_labels *out, const char *const *names, int64_t n)
{
    *out = (cli_labels){ .names = levin__calloc((size_t)n + 1, sizeof *out->names), .n = n };
    for (int64_t i = 0; out->names && i < n; i++)
        out->names[i] = levin__strdup(names[i]);
    if (levin_error())
        cli_labels_free(out);
    return !levin_error();
}

static bool is_default_name(const char *name, int64_t label)
{
    char expected[32];
    snprintf(expected, sizeof expected, "LABEL_%lld", (long long)label);
    return strcmp(name, expected) == 0;
}

static bool from_config(cli_labels *out, const json_t *config, const char *where)
{
    int64_t n = levin__config_num_labels(config, where);
    const char **names = n ? levin__calloc((size_t)n, sizeof *names) : NULL;
    bool has_names = false;
    for (int64_t i = 0; names && i < n; i++) {
        names[i] = levin__config_label(config, i);
        has_names = has_names || !is_default_name(names[i], i);
    }
    if (has_names)
        cli_labels_copy(out, names, n);
    levin__free((void *)names);
    return !levin_error();
}

bool cli_labels_of_folder(cli_labels *out, const char *folder)
{
    *out = (cli_labels){ 0 };
    json_t *config = levin__config_load(folder);
    char *where = config ? levin__path_join(folder, "config.json") : NULL;
    bool good = where && from_config(out, config, where);
    levin__free(where);
    json_decref(config);
    return good;
}

static bool from_list(cli_labels *out, const json_t *list)
{
    size_t n = json_array_size(list);
    const char **names = n ? levin__calloc(n, sizeof *names) : NULL;
    bool good = names != NULL;
    for (size_t i = 0; good && i < n; i++) {
        names[i] = json_string_value(json_array_get(list, i));
        good = names[i] != NULL;
    }
    good = good && cli_labels_copy(out, names, (int64_t)n);
    levin__free((void *)names);
    return good;
}

bool cli_labels_of_checkpoint(cli_labels *out, const char *path)
{
    *out = (cli_labels){ 0 };
    json_t *header = levin__checkpoint_peek(path);
    const json_t *kept = json_object_get(header, "hyper_parameters");
    const char *text = json_string_value(json_object_get(kept, "labels"));
    json_t *list = text ? levin__json_parse(text, strlen(text), path) : NULL;
    if (text && !from_list(out, list))
        levin__error_set(LEVIN_EFORMAT, "%s: its labels are no list of names", path);
    json_decref(list);
    json_decref(header);
    return !levin_error();
}

/* The very name, or else one that differs in case. */
static int64_t find(const cli_labels *l, const char *name)
{
    for (int64_t i = 0; i < l->n; i++)
        if (strcmp(l->names[i], name) == 0)
            return i;
    for (int64_t i = 0; i < l->n; i++)
        if (strcasecmp(l->names[i], name) == 0)
            return i;
    return -1;
}

/* Where each of b's names stands in a, each once; false if that cannot be. */
static bool match(const cli_labels *a, const cli_labels *b, int64_t *place)
{
    for (int64_t i = 0; i < b->n; i++) {
        place[i] = find(a, b->names[i]);
        for (int64_t k = 0; k < i; k++)
            if (place[k] == place[i])
                return false;
        if (place[i] < 0)
            return false;
    }
    return a->n == b->n;
}

bool cli_labels_same(const cli_labels *a, const cli_labels *b)
{
    int64_t *place = levin__calloc((size_t)b->n + 1, sizeof *place);
    bool same = place && a->n == b->n && match(a, b, place);
    levin__free(place);
    return same;
}

bool cli_labels_order(cli_labels *data, const cli_labels *model)
{
    int64_t *place = levin__calloc((size_t)model->n + 1, sizeof *place);
    char **ordered = levin__calloc((size_t)model->n + 1, sizeof *ordered);
    bool good = place && ordered && match(data, model, place);
    for (int64_t i = 0; good && i < model->n; i++)
        ordered[i] = data->names[place[i]];
    levin__free(place);
    levin__free(good ? (void *)data->names : (void *)ordered);
    if (good)
        data->names = ordered;
    return good;
}
