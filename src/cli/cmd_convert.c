/* cmd_convert.c: levin convert FROM TO. What FROM is, its contents say; what TO becomes, its name
 * does: a checkpoint becomes one of the other trainer, anything else one of levin. */
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/convert/convert.h"
#include "cli/output.h"
#include "cli/results.h"
#include "cli/signals.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const char *name;
    void (*write)(cli_conversion *c);
} target;

static const target *find_target(const cli_source *s, const char *to)
{
    static const target folder = { "model folder", cli_convert_to_folder },
                        levin = { "levin checkpoint", cli_convert_to_levin },
                        lightning = { "Lightning checkpoint", cli_convert_to_lightning },
                        safetensors = { "safetensors weights", cli_convert_to_safetensors };
    if (levin__ends_with(to, ".ckpt"))
        return s->form == CLI_FORM_LEVIN ? &lightning : &levin;
    return levin__ends_with(to, ".safetensors") ? &safetensors : &folder;
}

/* Names that people give to files, of which none is written. */
static bool check_target_name(const char *to)
{
    static const char *const others[] = { ".bin", ".pt",    ".pth", ".pkl",  ".h5",   ".npz",
                                          ".npy", ".index", ".zip", ".json", ".onnx", ".msgpack" };
    struct stat info;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (levin__ends_with(to, others[i]))
            levin__error_set(LEVIN_EINVAL,
                             "%s: levin writes no %s file; TO is a folder, or ends in .ckpt or "
                             ".safetensors",
                             to, others[i]);
    if (lstat(to, &info) == 0)
        levin__error_set(LEVIN_EINVAL, "%s: is there already; levin convert replaces nothing", to);
    return !levin_error();
}

static bool check_words(const cli_args *a)
{
    if (!a->words[0] || !a->words[1])
        levin__error_set(LEVIN_EINVAL, "%s is missing: levin convert FROM TO",
                         a->words[0] ? "TO" : "FROM");
    return !levin_error();
}

/* Whether a key of the one checkpoint has its place in the other. */
static bool is_carried(const char *key, const target *t)
{
    static const char *const carried[] = { "state_dict",
                                           "epoch",
                                           "global_step",
                                           "pytorch-lightning_version",
                                           "hyper_parameters",
                                           "levin_version",
                                           "hparams_name",
                                           "lightning",
                                           "levin" };
    for (size_t i = 0; i < sizeof carried / sizeof *carried; i++)
        if (strcmp(carried[i], key) == 0)
            return true;
    return strcmp(key, "loops") == 0 && t->write == cli_convert_to_lightning;
}

/* What stays behind of a checkpoint; that weights alone hold nothing else needs no word. */
static json_t *not_carried_over(const cli_conversion *c, const target *t)
{
    bool is_checkpoint = t->write == cli_convert_to_lightning || t->write == cli_convert_to_levin;
    json_t *list = json_array(), *key;
    size_t i;
    json_array_foreach(json_object_get(c->source.facts, "keys"), i, key)
    {
        if (is_checkpoint && !is_carried(json_string_value(key), t))
            json_array_append(list, key);
    }
    return list;
}

static json_t *report(const cli_conversion *c, const target *t)
{
    json_t *results = json_object();
    int64_t tensors = 0, parameters = 0;
    for (size_t i = 0; i < c->state.n; i++) {
        const levin_st_entry *e = &c->state.at[i].st;
        uint64_t numel = 1;
        for (int64_t d = 0; d < e->ndim; d++)
            numel *= e->shape[d];
        tensors += !c->state.at[i].left_out;
        parameters += c->state.at[i].left_out ? 0 : (int64_t)numel;
    }
    cli_result_text(results, "from", cli_source_kind(&c->source));
    cli_result_text(results, "to", t->name);
    cli_result_text(results, "path", c->to);
    cli_result_count(results, "tensors", tensors);
    cli_result_count(results, "parameters", parameters);
    json_object_set(results, "epoch", json_object_get(c->source.facts, "epoch"));
    json_object_set(results, "global_step", json_object_get(c->source.facts, "global_step"));
    json_object_set(results, "left_out", c->left_out);
    json_object_set_new(results, "not_carried_over", not_carried_over(c, t));
    return results;
}

/* One line on standard error for a list that is not empty. */
static void print_list(const json_t *results, const char *name, const char *words)
{
    size_t i;
    json_t *item;
    const json_t *list = json_object_get(results, name);
    json_array_foreach((json_t *)list, i, item)
    {
        fputs(i ? ", " : words, stderr);
        cli_print_text(stderr, json_string_value(item), json_string_length(item));
    }
    if (json_array_size(list))
        fputc('\n', stderr);
}

/* After a signal there is no TO, whenever it came; is_whole says that it stands already. */
static void withdraw(const cli_conversion *c, bool is_whole)
{
    if (is_whole && unlink(c->to) != 0)
        levin__remove_folder(c->to);
    levin_error_clear();
    levin__error_set(LEVIN_EINTERRUPTED, "interrupted: %s was not written", c->to);
}

static void convert(cli_conversion *c, const cli_args *a)
{
    const target *t = find_target(&c->source, c->to);
    if (!cli_root_find(&c->root, &c->source, c->prefix) ||
        !cli_state_take(&c->state, &c->source, &c->root))
        return;
    bool begun = !cli_interrupted();
    if (begun)
        t->write(c);
    if (cli_interrupted())
        withdraw(c, begun && !levin_error());
    if (levin_error())
        return;
    json_t *results = report(c, t);
    print_list(results, "left_out", "left out: ");
    print_list(results, "not_carried_over", "not carried over: ");
    cli_result_print(results, a->json);
    json_decref(results);
}

static int run(const levin_command *command, const cli_args *a)
{
    (void)command;
    if (!check_words(a) || !check_target_name(a->words[1]))
        return CLI_USAGE;
    cli_conversion c = { .to = a->words[1],
                         .base = a->model.name,
                         .prefix = a->convert.prefix,
                         .strict = strcmp(a->convert.strict, "true") == 0,
                         .left_out = json_array() };
    cli_catch_interrupts(true);
    levin__writers_ask(cli_interrupted);
    if (cli_source_open(&c.source, a->words[0], true)) {
        if (!c.base && c.source.form == CLI_FORM_FOLDER)
            c.base = a->words[0];
        convert(&c, a);
        cli_state_free(&c.state);
        cli_source_close(&c.source);
    }
    json_decref(c.left_out);
    return levin_error() ? CLI_FAILED : CLI_DONE;
}

static const cli_group *const groups[] = { &cli_convert_group, &cli_json_group, NULL };

const levin_command cli_cmd_convert = {
    .name = "convert",
    .help = "between checkpoints of levin and of Lightning, and model folders",
    .usage = "FROM TO [--model.name DIR] [--model.prefix TEXT] [--strict BOOL] [--json]",
    .about = "FROM is what it contains: a checkpoint of levin, one of PyTorch Lightning, a model "
             "folder, or a file of weights (.safetensors, pytorch_model.bin). Files of torch.save "
             "are read without running anything in them. TO is what it is called: x.ckpt is a "
             "checkpoint of the other trainer if FROM is one of levin, else one of levin; "
             "x.safetensors is the weights alone; any other name is a model folder, whose config "
             "and tokenizer come from --model.name. It must not be there yet.",
    .groups = groups,
    .n_words = 2,
    .run = run,
};
