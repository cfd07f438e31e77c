/* pretrained.c: an encoder from a folder. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "models/bert/bert.h"
#include "models/bert/config.h"
#include "models/state.h"

levin_bert *levin__bert_declare_from(levin_module *parent, const char *name, const char *folder)
{
    json_t *json = levin__config_load(folder);
    char *where = json ? levin__path_join(folder, "config.json") : NULL;
    levin_bert_config config;
    bool read = where && levin__config_parse(&config, json, where) == LEVIN_OK;
    levin__free(where);
    if (read)
        return levin__bert_declare(parent, name, &config, json);
    json_decref(json);
    return NULL;
}

int levin__bert_complete(levin_bert *bert, const char *folder)
{
    levin_buffer missing = LEVIN_BUFFER(4096);
    for (levin_module *m = &bert->base; m; m = levin__module_next(&bert->base, m))
        for (levin_parameter *p = m->node->first; p; p = p->next)
            if (!p->tensor.data && m != &bert->pooler->base && missing.size < 200) {
                levin__buffer_add_text(&missing, missing.size ? ", " : "");
                levin__module_path(&missing, m, &bert->base);
                levin__buffer_add_text(&missing, p->name);
            }
    int result = LEVIN_OK;
    if (missing.size)
        result = levin__error_set(LEVIN_EFORMAT, "%s: weights of the encoder are missing: %s%s",
                                  folder, missing.data, missing.size > 200 ? ", ..." : "");
    levin__buffer_free(&missing);
    return result == LEVIN_OK ? levin__bert_init(bert) : result;
}

levin_bert *levin_bert_from_pretrained(levin_module *parent, const char *name, const char *folder)
{
    if (!parent || !folder)
        return NULL;
    levin_bert *bert = levin__bert_declare_from(parent, name, folder);
    if (!bert)
        return NULL;
    levin_load_report report = { .missing = LEVIN_BUFFER(1 << 20) };
    int result = levin__state_load(&bert->base, levin__weights_open(folder), NULL, &report);
    levin__buffer_free(&report.missing);
    if (result == LEVIN_OK)
        result = levin__bert_complete(bert, folder);
    return result == LEVIN_OK ? bert : NULL;
}
