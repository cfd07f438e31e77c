/* levin.c: weights as a checkpoint of levin, to validate, to predict with, or to begin from: what
 * only a run of levin knows (its optimizer's moments, generators, position) is not in it.
 * Parameters are f32 there. */
#include "base/error.h"
#include "base/memory.h"
#include "cli/convert/convert.h"
#include "cli/labels.h"
#include "formats/safetensors_header.h"
#include "trainer/checkpoint.h"

#include <stdlib.h>

/* The numbers of an entry as f32, where they are others. */
static bool make_f32(levin_st_entry *e, void **made)
{
    levin_st_tensor t = { .name = e->name, .dtype = e->dtype, .data = (void *)e->data };
    uint64_t bytes;
    if (e->dtype == LEVIN_ST_F32)
        return true;
    for (t.name_size = 0; t.name[t.name_size];)
        t.name_size++;
    levin__st_size(e->shape, e->ndim, e->dtype, &t.numel, &bytes);
    *made = levin__calloc((size_t)t.numel, sizeof(float));
    if (!*made || levin_st_to_f32(&t, 0, t.numel, *made) < 0)
        return false;
    e->dtype = LEVIN_ST_F32;
    e->data = *made;
    return true;
}

/* Values as levin keeps them: texts, which are JSON where they are no words. */
static json_t *hyper_parameters(const cli_source *s)
{
    const json_t *given = json_object_get(s->facts, "hyper_parameters");
    const char *name;
    json_t *value, *texts = json_object();
    json_object_foreach((json_t *)given, name, value)
    {
        char *text =
            json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        json_object_set_new(texts, name, text ? json_string(text) : json_incref(value));
        free(text);
    }
    return texts;
}

/* A folder's labels go along, so that levin validate finds them. */
static void add_labels(json_t *texts, const cli_source *s)
{
    cli_labels labels;
    if (s->form != CLI_FORM_FOLDER || !cli_labels_of_folder(&labels, s->path))
        return;
    json_t *list = json_array();
    for (int64_t i = 0; i < labels.n; i++)
        json_array_append_new(list, json_string(labels.names[i]));
    char *text = json_dumps(list, 0);
    if (labels.n && text)
        json_object_set_new(texts, "labels", json_string(text));
    free(text);
    json_decref(list);
    cli_labels_free(&labels);
}

static json_t *copy_of(const cli_source *s, const char *fact)
{
    const json_t *value = json_object_get(s->facts, fact);
    return value ? json_deep_copy(value) : NULL;
}

static json_t *make_header(const cli_source *s)
{
    json_t *header = json_object(), *texts = hyper_parameters(s), *epoch = copy_of(s, "epoch");
    json_t *step = copy_of(s, "global_step");
    add_labels(texts, s);
    json_object_set_new(header, "levin_version", json_string(LEVIN_VERSION));
    json_object_set_new(header, "epoch", epoch ? epoch : json_integer(0));
    json_object_set_new(header, "global_step", step ? step : json_integer(0));
    json_object_set_new(header, "hyper_parameters", texts);
    if (s->form == CLI_FORM_LIGHTNING) {
        json_t *kept = json_object(), *given = copy_of(s, "hyper_parameters");
        json_t *version = copy_of(s, "lightning_version");
        json_object_set_new(kept, "version", version ? version : json_null());
        json_object_set_new(kept, "hyper_parameters", given ? given : json_object());
        json_object_set_new(header, "lightning", kept);
    }
    return header;
}

void cli_convert_to_levin(cli_conversion *c)
{
    int64_t n;
    levin_st_entry *entries = cli_state_entries(&c->state, LEVIN_CKPT_WEIGHT, &n);
    void **made = entries ? levin__calloc((size_t)n + 1, sizeof *made) : NULL;
    bool ok = made != NULL;
    for (int64_t i = 0; ok && i < n; i++)
        ok = make_f32(&entries[i], &made[i]);
    json_t *header = ok ? make_header(&c->source) : NULL;
    if (header && !levin_error())
        levin__checkpoint_save(c->to, header, entries, n);
    json_decref(header);
    for (int64_t i = 0; made && i < n; i++)
        levin__free(made[i]);
    levin__free(made);
    cli_entries_free(entries, n);
}
