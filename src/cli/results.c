/* results.c: see results.h. */
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

void cli_result_metrics(json_t *results, const levin_trainer *t, const char *const *names)
{
    for (; *names; names++)
        if (levin_trainer_has_metric(t, *names))
            cli_result_number(results, *names, levin_trainer_metric(t, *names));
}

void cli_result_print(const json_t *results, bool as_json)
{
    const char *name;
    json_t *value;
    if (as_json) {
        json_dumpf(results, stdout, JSON_REAL_PRECISION(9));
        putchar('\n');
        return;
    }
    json_object_foreach((json_t *)results, name, value) // the macros of jansson know no const
    {
        if (json_is_integer(value))
            printf("%s %" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
        else if (json_is_real(value))
            printf("%s %.6g\n", name, json_real_value(value));
        else if (json_is_string(value))
            printf("%s %s\n", name, json_string_value(value));
    }
}
