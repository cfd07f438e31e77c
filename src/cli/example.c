/* example.c: see example.h. */
#include "cli/example.h"

#include "base/error.h"

static int wrong(const cli_line *line, const char *name, const char *what)
{
    return levin__error_set(LEVIN_EFORMAT,
                            "%s:%lld: \"%s\" %s; a line looks like "
                            "{\"text\": \"...\", \"text_pair\": \"...\"}",
                            line->source, (long long)line->number, name, what);
}

/* A text of the object; absent is an error only if it is required. */
static int member(const cli_example *e, const cli_line *line, const char *name, bool required,
                  const char **text, size_t *n)
{
    const json_t *value = json_object_get(e->json, name);
    if (!value || json_is_null(value))
        return required ? wrong(line, name, "is missing") : LEVIN_OK;
    if (!json_is_string(value))
        return wrong(line, name, "is not a text");
    *text = json_string_value(value);
    *n = json_string_length(value);
    return LEVIN_OK;
}

int cli_example_parse(cli_example *out, const cli_line *line, const char *text_name,
                      const char *pair_name)
{
    json_error_t error;
    *out = (cli_example){ .json = json_loadb(line->text, line->n, JSON_ALLOW_NUL, &error) };
    if (!out->json)
        return levin__error_set(LEVIN_EFORMAT, "%s:%lld:%d: %s", line->source,
                                (long long)line->number, error.column, error.text);
    int result = LEVIN_OK;
    if (!json_is_object(out->json))
        result = wrong(line, text_name, "is missing");
    if (result == LEVIN_OK)
        result = member(out, line, text_name, true, &out->text, &out->n);
    if (result == LEVIN_OK)
        result = member(out, line, pair_name, false, &out->pair, &out->n_pair);
    if (result < 0)
        cli_example_free(out);
    return result;
}

void cli_example_free(cli_example *e)
{
    json_decref(e->json);
    *e = (cli_example){ 0 };
}
