/* checkpoint_options.c: see checkpoint_options.h. Lightning's command line lays all hyperparameters
 * of the file over the model's options; here what was said and contradicts them is refused. */
#include "cli/checkpoint_options.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/config.h"
#include "cli/objects.h"
#include "cli/values.h"
#include "trainer/checkpoint.h"

#include <string.h>
#include <strings.h>

/* The same weights may lie in another folder, but a head is trained for what it sees. */
static const struct {
    const char *name;
    bool must_agree;
} model_rows[] = { { "--model.name", false },
                   { "--model.head", true },
                   { "--model.pooling", true } };

/* The value that was saved as YAML, lent by args; NULL, maybe without an error, if there is none.
 */
static const char *saved(cli_args *a, const json_t *hyper_parameters, const char *key)
{
    const char *text = json_string_value(json_object_get(hyper_parameters, key));
    levin_yaml *y = text ? levin__yaml_parse(text, strlen(text), a->ckpt_path) : NULL;
    const char *word = y && y->kind != LEVIN_YAML_NULL ? cli_keep(a, y->text) : NULL;
    levin__yaml_free(y);
    return word;
}

static bool take(cli_args *a, const cli_row *row, int number, const char *value, bool must_agree)
{
    const char *said = a->texts[number];
    if (!said || (row->missing && strcmp(said, row->missing) == 0))
        return cli_row_set(a, row, number, value);
    if (must_agree && strcasecmp(said, value) != 0)
        levin__error_set(LEVIN_EINVAL, "%s: %s, but the model of %s has %s", row->name, said,
                         a->ckpt_path, value);
    return !levin_error();
}

static bool take_rows(const levin_command *c, cli_args *a, const json_t *hyper_parameters)
{
    for (size_t i = 0; i < sizeof model_rows / sizeof *model_rows; i++) {
        cli_row row;
        int number = cli_row_find(c, model_rows[i].name, &row);
        const char *value = number < 0 ? NULL : saved(a, hyper_parameters, row.name + 2);
        if (value && !take(a, &row, number, value, model_rows[i].must_agree))
            return false;
    }
    return !levin_error();
}

/* As a trainer with these options would look for it. NULL after an error too; the caller's. */
static char *find_word(const cli_args *a, bool goes_on)
{
    levin_callback *none[] = { NULL };
    levin_trainer *t = cli_make_trainer(a, none);
    char *path = t ? levin__checkpoint_of_runs(t, a->ckpt_path, goes_on) : NULL;
    levin_trainer_free(t);
    return path;
}

/* "last" and so on become a file, if there is one. */
static bool resolve(const levin_command *c, cli_args *a)
{
    char *path = levin__checkpoint_is_word(a->ckpt_path) ? find_word(a, c == &cli_cmd_fit) : NULL;
    if (path)
        a->ckpt_path = cli_keep(a, path);
    levin__free(path);
    return !levin_error();
}

bool cli_checkpoint_is_there(const cli_args *a, bool is_fit)
{
    const char *path = a->ckpt_path;
    bool word = path && levin__checkpoint_is_word(path);
    if (word && !is_fit)
        levin__error_set(LEVIN_ENOTFOUND, "--ckpt_path: no %s checkpoint was found; name a file",
                         path);
    else if (path && !word && !levin__is_file(path) && !levin__is_dir(path))
        levin__error_set(LEVIN_ENOTFOUND, "%s: there is no such checkpoint", path);
    return !levin_error();
}

bool cli_take_checkpoint_options(const levin_command *c, cli_args *a)
{
    if (!a->ckpt_path || !resolve(c, a))
        return !levin_error();
    json_t *header = levin__is_file(a->ckpt_path) ? levin__checkpoint_peek(a->ckpt_path) : NULL;
    levin_error_clear(); // whoever loads it says why
    bool good = !header || take_rows(c, a, json_object_get(header, "hyper_parameters"));
    json_decref(header);
    return good;
}
