/* results.c: see results.h. A metric that is not finite, for which JSON has no word, is kept as an
 * object with the word that C has, and becomes null where JSON is printed. */
#include "cli/results.h"

#include <math.h>
#include <stdio.h>

void cli_result_count(json_t *results, const char *name, int64_t value)
{
    json_object_set_new(results, name, json_integer(value));
}

void cli_result_number(json_t *results, const char *name, double value)
{
    json_object_set_new(results, name, isfinite(value) ? json_real(value) : json_null());
}

void cli_result_text(json_t *results, const char *name, const char *value)
{
    json_object_set_new(results, name, value && *value ? json_string(value) : json_null());
}

static void add_metric(json_t *results, const char *name, double x)
{
    const char *word = isnan(x) ? "nan" : x > 0 ? "inf" : "-inf"; // no minus before nan
    json_object_set_new(results, name,
                        isfinite(x) ? json_real(x) : json_pack("{s:s}", "word", word));
}

void cli_result_metrics(json_t *results, const levin_trainer *t, const char *const *names)
{
    for (; *names; names++)
        if (levin_trainer_has_metric(t, *names))
            add_metric(results, *names, levin_trainer_metric(t, *names));
}

static void print_json(const json_t *results)
{
    json_t *copy = json_copy((json_t *)results), *value;
    const char *name;
    json_object_foreach(copy, name, value)
    {
        if (json_is_object(value))
            json_object_set_new(copy, name, json_null());
    }
    json_dumpf(copy, stdout, JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(copy);
}

void cli_result_print(const json_t *results, bool as_json)
{
    const char *name;
    json_t *value;
    if (as_json) {
        print_json(results);
        return;
    }
    json_object_foreach((json_t *)results, name, value) // the macros of jansson know no const
    {
        if (json_is_integer(value))
            printf("%s %" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
        else if (json_is_real(value))
            printf("%s %.6g\n", name, json_real_value(value));
        else if (json_is_object(value))
            printf("%s %s\n", name, json_string_value(json_object_get(value, "word")));
        else if (json_is_string(value))
            printf("%s %s\n", name, json_string_value(value));
    }
}
