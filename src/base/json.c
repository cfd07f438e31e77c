/* json.c: see json.h. */
#include "base/json.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

json_t *levin__json_parse(const char *text, size_t n, const char *where)
{
    json_error_t error;
    json_t *value = json_loadb(text, n, JSON_ALLOW_NUL, &error);
    /* Hugging Face writes 10^30 as an integer where it means "no limit". */
    if (!value && json_error_code(&error) == json_error_numeric_overflow)
        value = json_loadb(text, n, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    if (!value)
        levin__error_set(LEVIN_EFORMAT, "%s:%d:%d: %s", where, error.line, error.column,
                         error.text);
    return value;
}

json_t *levin__json_load(const char *path, size_t max_bytes)
{
    size_t n;
    char *text = levin__file_read(path, max_bytes, &n);
    if (!text)
        return NULL;
    json_t *value = levin__json_parse(text, n, path);
    levin__free(text);
    return value;
}

static int add_to_buffer(const char *bytes, size_t n, void *buffer)
{
    return levin__buffer_add(buffer, bytes, n) ? 0 : -1;
}

bool levin__json_print(levin_buffer *out, const json_t *value)
{
    return json_dump_callback(value, add_to_buffer, out, JSON_ENCODE_ANY | JSON_COMPACT) == 0;
}

json_t *levin__json_real(double value)
{
    if (isfinite(value))
        return json_real(value);
    return json_string(isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
}

static int add_to_file(const char *bytes, size_t n, void *writer)
{
    return levin__writer_add(writer, bytes, n) ? 0 : -1;
}

int levin__json_save(const char *path, const json_t *value)
{
    levin_writer *w = levin__writer_open(path);
    if (!w)
        return levin_error();
    bool whole = json_dump_callback(value, add_to_file, w, JSON_INDENT(2) | JSON_ENCODE_ANY) == 0;
    if (levin__writer_add(w, "\n", 1) && !whole) { // not for want of room on the disk
        levin__writer_abort(w);
        return levin__error_set(LEVIN_EINVAL, "%s: a value that JSON cannot hold", path);
    }
    return levin__writer_commit(w);
}

static const json_t *member(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    return v && !json_is_null(v) ? v : NULL;
}

static void wrong_type(const char *where, const char *key, const char *wanted)
{
    levin__error_set(LEVIN_EFORMAT, "%s: \"%s\" must be %s", where, key, wanted);
}

int64_t levin__json_int(const json_t *object, const char *key, int64_t missing, const char *where)
{
    const json_t *v = member(object, key);
    if (!v)
        return missing;
    double real = json_is_real(v) ? json_real_value(v) : 0.5;
    if (real >= -0x1p53 && real <= 0x1p53 && real == (double)(int64_t)real)
        return (int64_t)real;
    if (!json_is_integer(v)) {
        wrong_type(where, key, "an integer");
        return missing;
    }
    return json_integer_value(v);
}

double levin__json_number(const json_t *object, const char *key, double missing, const char *where)
{
    const json_t *v = member(object, key);
    if (!v)
        return missing;
    if (!json_is_number(v)) {
        wrong_type(where, key, "a number");
        return missing;
    }
    return json_number_value(v);
}

bool levin__json_bool(const json_t *object, const char *key, bool missing, const char *where)
{
    const json_t *v = member(object, key);
    if (!v)
        return missing;
    if (!json_is_boolean(v)) {
        wrong_type(where, key, "true or false");
        return missing;
    }
    return json_is_true(v);
}

const char *levin__json_string(const json_t *object, const char *key, const char *missing,
                               const char *where)
{
    const json_t *v = member(object, key);
    if (!v)
        return missing;
    if (!json_is_string(v)) {
        wrong_type(where, key, "a string");
        return missing;
    }
    return json_string_value(v);
}
