/* lightning.c: a checkpoint of levin as one that PyTorch Lightning 2 loads: load_from_checkpoint
 * takes the weights, trainer.fit(ckpt_path=...) goes on at the same epoch and step. The moments of
 * the optimizer stay behind: Lightning numbers parameters as the user's module orders them, which
 * this file cannot know. */
#include "base/error.h"
#include "cli/convert/convert.h"
#include "formats/torch_save.h"

#include <string.h>

/* The layout of "loops" is that of all 2.x. */
static const char lightning_version[] = "2.0.0";

/* How the module names what we call bert and classifier: self.model, where it is a whole
 * Transformers model; the attributes themselves, where it is an encoder with parts of its own. */
static const char *prefix_of(const cli_conversion *c)
{
    if (c->prefix)
        return c->prefix;
    return cli_state_has(&c->state, "classifier.") && cli_state_has(&c->state, "bert.") ? "model."
                                                                                        : "";
}

static void put(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

/* What levin's checkpoint says of the run, under a key of its own: Lightning passes everything in
 * hyper_parameters to the module's constructor. */
static json_t *levin_facts(const json_t *header)
{
    json_t *out = json_object();
    put(out, "version", json_incref(json_object_get(header, "levin_version")));
    put(out, "hyper_parameters", json_incref(json_object_get(header, "hyper_parameters")));
    return out;
}

static json_t *make_object(const cli_source *s)
{
    const json_t *header = levin__checkpoint_header(s->checkpoint);
    const json_t *lightning = json_object_get(header, "lightning");
    json_t *given = json_object_get(lightning, "hyper_parameters"), *out = json_object();
    put(out, "epoch", json_incref(json_object_get(header, "epoch")));
    put(out, "global_step", json_incref(json_object_get(header, "global_step")));
    put(out, "pytorch-lightning_version", json_string(lightning_version));
    put(out, "loops", cli_lightning_loops(header, s->path));
    put(out, "callbacks", json_object());
    put(out, "optimizer_states", json_array());
    put(out, "lr_schedulers", json_array());
    if (json_object_size(given))
        put(out, "hyper_parameters", json_incref(given));
    put(out, "levin", levin_facts(header));
    return out;
}

void cli_convert_to_lightning(cli_conversion *c)
{
    int64_t n;
    levin_st_entry *entries = cli_state_entries(&c->state, prefix_of(c), &n);
    json_t *object = entries ? make_object(&c->source) : NULL;
    if (object && !levin_error())
        levin__torch_save(c->to, object, "state_dict", entries, n);
    json_decref(object);
    cli_entries_free(entries, n);
}
