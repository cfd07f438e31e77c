/* state.c: see state.h. */
#include "models/state.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "nn/module.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 512 };

typedef struct {
    levin_weights *w;
    const char *head;
    levin_load_report *report;
    bool copying; // the second pass
} loading;

static const levin_st_tensor *find_under(const levin_weights *w, const char *prefix,
                                         const char *name)
{
    char full[MAX_NAME];
    int n = snprintf(full, sizeof full, "%s%s", prefix, name);
    return n > 0 && (size_t)n < sizeof full ? levin__weights_find(w, full) : NULL;
}

static const levin_st_tensor *find_prefixed(const levin_weights *w, const char *name)
{
    static const char *const prefixes[] = { "", "bert.", "module.", "module.bert." };
    const levin_st_tensor *t = NULL;
    for (size_t i = 0; !t && i < sizeof prefixes / sizeof *prefixes; i++)
        t = find_under(w, prefixes[i], name);
    if (!t && strncmp(name, "bert.", 5) == 0)
        t = find_prefixed(w, name + 5);
    return t;
}

/* LayerNorm's parameters were gamma and beta in the first conversions from TensorFlow. */
static const levin_st_tensor *find(const levin_weights *w, const char *name)
{
    static const char *const endings[][2] = { { "LayerNorm.weight", "LayerNorm.gamma" },
                                              { "LayerNorm.bias", "LayerNorm.beta" } };
    const levin_st_tensor *t = find_prefixed(w, name);
    size_t n = strlen(name);
    for (int i = 0; !t && i < 2; i++) {
        size_t m = strlen(endings[i][0]);
        char old[MAX_NAME];
        if (n < m || n >= sizeof old || strcmp(name + n - m, endings[i][0]) != 0)
            continue;
        snprintf(old, sizeof old, "%.*s%s", (int)(n - m), name, endings[i][1]);
        t = find_prefixed(w, old);
    }
    return t;
}

static bool same_shape(const levin_state_entry *e, const levin_st_tensor *t)
{
    bool same = e->ndim == t->ndim;
    for (int i = 0; same && i < e->ndim; i++)
        same = (uint64_t)e->shape[i] == t->shape[i];
    return same;
}

static int shape_error(const levin_state_entry *e, const levin_st_tensor *t, const char *path)
{
    char text[2][96] = { "(", "(" };
    for (int which = 0; which < 2; which++) {
        size_t at = 1;
        int64_t n = which ? t->ndim : e->ndim;
        for (int64_t i = 0; i < n && at < sizeof text[0] - 24; i++)
            at += (size_t)snprintf(text[which] + at, sizeof text[0] - at, "%s%lld", i ? ", " : "",
                                   which ? (long long)t->shape[i] : (long long)e->shape[i]);
        snprintf(text[which] + at, sizeof text[0] - at, ")");
    }
    return levin__error_set(LEVIN_ESHAPE, "%s: %s has shape %s, the config asks for %s", path,
                            t->name, text[1], text[0]);
}

static void report_missing(levin_load_report *r, const char *name)
{
    levin__buffer_addf(&r->missing, "%s%s", r->missing.size ? ", " : "", name);
    r->n_missing++;
}

/* First pass: binds what can stay in the file and gives the rest room. Second pass: copies. */
static int load_entry(void *payload, const levin_state_entry *e)
{
    loading *l = payload;
    const levin_st_tensor *t = find(l->w, e->name);
    bool of_head = l->head && strncmp(e->name, l->head, strlen(l->head)) == 0;
    if (!t || (of_head && !same_shape(e, t))) {
        if (!l->copying)
            report_missing(l->report, e->name);
        return LEVIN_OK;
    }
    if (l->copying)
        return e->data == t->data ? LEVIN_OK : levin_st_to_f32(t, 0, t->numel, e->data);
    if (!same_shape(e, t))
        return shape_error(e, t, levin__weights_path(l->w));
    bool whole = (int64_t)t->numel == levin_tensor_numel(e->tensor);
    if (whole && t->dtype == LEVIN_ST_F32 && levin__parameter_bind(e->tensor, t->data))
        return LEVIN_OK;
    return levin__parameter_data(e->tensor) ? LEVIN_OK : LEVIN_ENOMEM;
}

static void release_weights(void *w) { levin__weights_free(w); }

int levin__state_load(levin_module *m, levin_weights *w, const char *head,
                      levin_load_report *report)
{
    if (!w)
        return levin_error();
    int result = levin__module_keep(m, w, release_weights);
    loading l = { .w = w, .head = head, .report = report };
    if (result == LEVIN_OK)
        result = levin_state_dict_visit(m, load_entry, &l);
    l.copying = true;
    if (result == LEVIN_OK)
        result = levin_state_dict_visit(m, load_entry, &l);
    return result;
}

typedef struct {
    levin_st_entry *entries;
    uint64_t (*shapes)[LEVIN_MAX_DIMS];
    int64_t n, room;
} listing;

static int count_entry(void *payload, const levin_state_entry *e)
{
    (void)e;
    (*(int64_t *)payload)++;
    return LEVIN_OK;
}

static int list_entry(void *payload, const levin_state_entry *e)
{
    listing *l = payload;
    char *name = levin__strdup(e->name);
    if (!name || l->n == l->room)
        return LEVIN_ENOMEM;
    for (int i = 0; i < e->ndim; i++)
        l->shapes[l->n][i] = (uint64_t)e->shape[i];
    l->entries[l->n] = (levin_st_entry){ .name = name,
                                         .dtype = LEVIN_ST_F32,
                                         .ndim = e->ndim,
                                         .shape = l->shapes[l->n],
                                         .data = e->data };
    l->n++;
    return LEVIN_OK;
}

int levin__state_save(levin_module *m, const char *folder)
{
    listing l = { .n = 0 };
    levin_state_dict_visit(m, count_entry, &l.room);
    size_t room = (size_t)(l.room ? l.room : 1);
    l.entries = levin__calloc(room, sizeof *l.entries);
    l.shapes = levin__calloc(room, sizeof *l.shapes);
    char *path = levin__path_join(folder, "model.safetensors");
    int result = l.entries && l.shapes && path ? LEVIN_OK : LEVIN_ENOMEM;
    if (result == LEVIN_OK)
        result = levin_state_dict_visit(m, list_entry, &l);
    static const char *const metadata[][2] = { { "format", "pt" } };
    if (result == LEVIN_OK)
        result = levin_safetensors_save(path, l.entries, l.n, metadata, 1);
    for (int64_t i = 0; i < l.n; i++)
        levin__free((char *)l.entries[i].name);
    levin__free(path);
    levin__free(l.shapes);
    levin__free(l.entries);
    return result;
}
