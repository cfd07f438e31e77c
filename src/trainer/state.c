/* state.c: see state.h. */
#include "trainer/state.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double levin__json_real_value(const json_t *value, double missing)
{
    if (json_is_number(value))
        return json_number_value(value);
    const char *text = json_string_value(value);
    if (!text)
        return missing;
    if (strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0)
        return *text == '-' ? -(double)INFINITY : (double)INFINITY;
    return strcmp(text, "nan") == 0 ? (double)NAN : missing;
}

void levin__json_put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        levin__error_set(LEVIN_EINVAL, "checkpoint: '%s' cannot be written, it is not UTF-8", key);
}

static const json_t *need(const json_t *object, const char *key, const char *where)
{
    const json_t *value = json_object_get(object, key);
    if (!value)
        levin__error_set(LEVIN_EFORMAT, "%s: \"%s\" is missing", where, key);
    return value;
}

int64_t levin__json_need_int(const json_t *object, const char *key, const char *where)
{
    const json_t *value = need(object, key, where);
    int64_t n = json_integer_value(value);
    if (!value || (json_is_integer(value) && n >= 0 && n <= LEVIN_COUNT_MOST))
        return n;
    levin__error_set(LEVIN_EFORMAT, "%s: \"%s\" must be a whole number, at most 2^53", where, key);
    return 0;
}

double levin__json_need_real(const json_t *object, const char *key, const char *where)
{
    const json_t *value = need(object, key, where);
    if (value && !json_is_number(value) && !json_is_string(value))
        levin__error_set(LEVIN_EFORMAT, "%s: \"%s\" must be a number", where, key);
    return levin__json_real_value(value, 0);
}

int levin_state_set_number(levin_state *s, const char *key, double value)
{
    if (s && key)
        levin__json_put(s->object, key, levin__json_real(value));
    return levin_error();
}

int levin_state_set_text(levin_state *s, const char *key, const char *value)
{
    json_t *text = value ? json_string(value) : NULL;
    if (value && !text)
        return levin__error_set(LEVIN_EINVAL, "state: the text of '%s' is not UTF-8", key);
    if (s && key && text)
        levin__json_put(s->object, key, text);
    return levin_error();
}

double levin_state_number(const levin_state *s, const char *key, double missing)
{
    return s && key ? levin__json_real_value(json_object_get(s->object, key), missing) : missing;
}

int64_t levin__state_count(const levin_state *s, const char *key, int64_t least)
{
    const json_t *there = json_object_get(s->object, key);
    double value = there ? levin__json_real_value(there, (double)NAN) : (double)least;
    if (value >= (double)least && value <= (double)LEVIN_COUNT_MOST && value == floor(value))
        return (int64_t)value;
    levin__error_set(LEVIN_EFORMAT,
                     "checkpoint: %s%s must be a whole number from %lld to 2^53, not %g", s->prefix,
                     key, (long long)least, value);
    return least;
}

const char *levin_state_text(const levin_state *s, const char *key)
{
    return s && key ? json_string_value(json_object_get(s->object, key)) : NULL;
}

int levin_state_set_array(levin_state *s, const char *key, const float *data, int64_t n)
{
    if (!s || !key || levin_error())
        return levin_error();
    if (!s->add || !data || n < 0)
        return levin__error_set(LEVIN_EINVAL,
                                "state: '%s': an array can only be set while a "
                                "checkpoint is written",
                                key);
    return s->add(s->payload, s->prefix, key, data, n);
}

bool levin_state_array(const levin_state *s, const char *key, float *out, int64_t n)
{
    char name[512];
    if (!s || !key || !s->tensors || levin_error())
        return false;
    snprintf(name, sizeof name, "%s%s", s->prefix, key);
    const levin_st_tensor *t = levin_safetensors_find(s->tensors, name);
    return t && t->dtype == LEVIN_ST_F32 && t->numel == (uint64_t)n &&
           levin_st_to_f32(t, 0, t->numel, out) == LEVIN_OK;
}
