/* lightning_cases.c: what Lightning was recorded to do, case by case. A case that needs what levin
 * does not have fails; where levin means to differ, support/case_differences.c says what is
 * expected instead. */
#include "base/json.h"
#include "support/case_differences.h"
#include "support/case_run.h"
#include "support/report.h"

#include <levin/levin.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_BYTES = 1 << 24 };

static bool is_zero_or_nan_text(const json_t *v, double *x)
{
    const char *text = json_string_value(v);
    if (json_is_number(v))
        *x = json_number_value(v);
    else if (text && strcmp(text, "nan") == 0)
        *x = (double)NAN;
    else
        return false;
    return true;
}

static bool same(const json_t *a, const json_t *b);

static bool same_numbers(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-6 * fmax(1, fabs(b));
}

static bool same_arrays(const json_t *a, const json_t *b)
{
    if (json_array_size(a) != json_array_size(b))
        return false;
    for (size_t i = 0; i < json_array_size(b); i++)
        if (!same(json_array_get(a, i), json_array_get(b, i)))
            return false;
    return true;
}

/* Names of Python classes and keys of a Python dictionary have no counterpart. */
static bool is_pythons(const char *key)
{
    return strcmp(key, "error") == 0 || strcmp(key, "top_level_keys") == 0;
}

/* Every member of b; a may have more unless exact. */
static bool same_objects(const json_t *a, const json_t *b, bool exact)
{
    const char *key;
    json_t *value;
    if (!json_is_object(a) || (exact && json_object_size(a) != json_object_size(b)))
        return false;
    json_object_foreach((json_t *)b, key,
                        value) if (!is_pythons(key) &&
                                   !same(json_object_get(a, key), value)) return false;
    return true;
}

static bool same(const json_t *a, const json_t *b)
{
    double x, y;
    if (is_zero_or_nan_text(a, &x) && is_zero_or_nan_text(b, &y))
        return same_numbers(x, y);
    if (json_is_array(b))
        return json_is_array(a) && same_arrays(a, b);
    if (json_is_object(b))
        return same_objects(a, b, false);
    return json_equal((json_t *)a, (json_t *)b);
}

static bool check_field(const char *name, const char *key, const json_t *got, const json_t *wanted)
{
    bool exact = strcmp(key, "callback_metrics") == 0;
    if (exact ? same_objects(got, wanted, true) : same(got, wanted))
        return true;
    char *a = json_dumps(got ? got : json_null(), JSON_ENCODE_ANY);
    char *b = json_dumps(wanted, JSON_ENCODE_ANY);
    printf("%s: %s is %s, Lightning has %s\n", name, key, a, b);
    free(a);
    free(b);
    return false;
}

static bool check_call(const char *name, const json_t *got, const json_t *wanted)
{
    const char *key;
    json_t *value;
    const char *error = json_string_value(json_object_get(got, "error"));
    bool passed = (error != NULL) == (json_object_get(wanted, "error") != NULL);
    if (!passed)
        printf("%s: %s\n", name, error ? error : "no error, where Lightning has one");
    json_object_foreach((json_t *)wanted, key, value) if (!is_pythons(key)) passed &=
        check_field(name, key, json_object_get(got, key), value);
    return passed;
}

/* Where the order of samples is ours, a resumed call must read what the first one read last. */
static void expect_rest(json_t *wanted, const json_t *first)
{
    const json_t *all = json_object_get(first, "samples");
    const json_t *batches = json_object_get(wanted, "train_batches");
    json_t *rest = json_array();
    size_t n = json_array_size(all), k = (size_t)json_integer_value(batches);
    for (size_t i = n > k ? n - k : 0; i < n; i++)
        json_array_append(rest, json_array_get(all, i));
    if (json_is_string(json_object_get(wanted, "samples")))
        json_object_set(wanted, "samples", rest);
    json_decref(rest);
}

static bool check_case(const char *name, const json_t *c)
{
    json_t *wanted = json_deep_copy(json_object_get(c, "expected"));
    json_t *got = case_run(c);
    bool passed = true;
    case_differences_apply(name, wanted);
    expect_rest(json_object_get(wanted, "second"), json_object_get(got, "first"));
    if (!json_object_get(wanted, "first"))
        passed = check_call(name, got, wanted);
    for (int i = 0; i < 2 && json_object_get(wanted, "first"); i++) {
        const char *part = i ? "second" : "first";
        passed &= check_call(name, json_object_get(got, part), json_object_get(wanted, part));
    }
    json_decref(got);
    json_decref(wanted);
    return passed;
}

int main(int argc, char **argv)
{
    const char *only = argc > 2 ? argv[2] : NULL; // one case
    json_t *golden = argc > 1 ? levin__json_load(argv[1], MAX_BYTES) : NULL;
    size_t i;
    json_t *c;
    if (!golden)
        return printf("usage: lightning_cases FILE [CASE]\n"), levin_perror("lightning_cases") | 1;
    json_array_foreach(json_object_get(golden, "cases"), i, c)
    {
        const char *name = json_string_value(json_object_get(c, "name"));
        const char *needs = case_needs(c);
        if (only && strcmp(only, name) != 0)
            continue;
        if (needs)
            report_check(false, "%s: needs %s", name, needs);
        else
            report_check(check_case(name, c), "%s", name);
    }
    json_decref(golden);
    return report_end();
}
