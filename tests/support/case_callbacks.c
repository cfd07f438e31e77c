/* case_callbacks.c: see case_callbacks.h. */
#include "support/case_callbacks.h"

#include "base/error.h"
#include "base/memory.h"
#include "trainer/classes.h"
#include "trainer/number.h"

#include <string.h>

enum { MAX_ARGUMENTS = 16 };

const char *case_callbacks_need(const json_t *callbacks)
{
    size_t i;
    json_t *cb;
    json_array_foreach(callbacks, i, cb)
    {
        const char *class = json_string_value(json_object_get(cb, "class"));
        if (levin__class_find(LEVIN_CLASS_CALLBACK, class))
            continue;
        levin_error_clear();
        return class;
    }
    return NULL;
}

/* "{1: 2}" */
static char *schedule_text(const json_t *v)
{
    const char *epoch = json_object_iter_key(json_object_iter((json_t *)v));
    return levin__format("{%s: %lld}", epoch,
                         (long long)json_integer_value(json_object_get(v, epoch)));
}

char *case_text(const json_t *v)
{
    char number[LEVIN_NUMBER_SIZE];
    if (json_is_string(v))
        return levin__strdup(json_string_value(v));
    if (json_is_boolean(v))
        return levin__strdup(json_is_true(v) ? "true" : "false");
    if (json_is_integer(v))
        return levin__format("%lld", (long long)json_integer_value(v));
    if (json_is_real(v))
        return levin__strdup(levin__number_print(number, json_real_value(v)));
    if (json_object_get(v, "hours")) // of a timedelta
        return levin__format("00:%02lld:00:00",
                             (long long)json_integer_value(json_object_get(v, "hours")));
    if (json_is_object(v))
        return schedule_text(v);
    return levin__strdup("null");
}

/* Folders lie below root; a time is a number of seconds. */
static char *argument_text(const char *name, const json_t *value, const char *root)
{
    if (strcmp(name, "dirpath") == 0)
        return levin__format("%s/%s", root, json_string_value(value));
    if (strcmp(name, "train_time_interval") == 0)
        return levin__format("00:00:00:%02lld", (long long)json_integer_value(value));
    return case_text(value);
}

levin_callback *case_callback_new(const json_t *callback, const char *root)
{
    const levin_class *class = levin__class_find(
        LEVIN_CLASS_CALLBACK, json_string_value(json_object_get(callback, "class")));
    void *options = levin__class_options(class);
    char *texts[MAX_ARGUMENTS];
    int n = 0;
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(callback, "args"), name, value)
    {
        texts[n] = argument_text(name, value, root);
        levin__class_set(class, options, name, texts[n++]);
    }
    levin_callback *made = levin_error() ? NULL : class->make.callback(options);
    while (n > 0)
        levin__free(texts[--n]);
    levin__free(options);
    return made;
}
