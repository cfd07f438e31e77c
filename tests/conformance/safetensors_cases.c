/* safetensors_cases.c: reads every file of safetensors_cases.json, from memory and from disk, and
 * compares with what the safetensors package said: accepted or refused, keys, metadata, dtypes,
 * shapes and values. A refusal must come with one clear line. */
#include "base/file.h"
#include "base/json.h"

#include <levin/safetensors.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *complaint; // of the case at hand

static bool want(bool holds, const char *what)
{
    if (!holds && !complaint)
        complaint = what;
    return holds;
}

static size_t from_hex(const char *hex, unsigned char *out)
{
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        unsigned byte = 0;
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
            return 0;
        out[i] = (unsigned char)byte;
    }
    return n;
}

static double number_of(const json_t *v)
{
    const char *text = json_string_value(v);
    if (text)
        return strcmp(text, "NaN") == 0 ? (double)NAN : strtod(text, NULL);
    return json_is_boolean(v) ? json_is_true(v) : json_number_value(v);
}

static double element(const levin_st_tensor *t, uint64_t i)
{
    if (t->dtype == LEVIN_ST_I64 || t->dtype == LEVIN_ST_F64) {
        int64_t whole;
        double real;
        memcpy(&whole, (char *)t->data + 8 * i, 8);
        memcpy(&real, (char *)t->data + 8 * i, 8);
        return t->dtype == LEVIN_ST_I64 ? (double)whole : real;
    }
    float value = 0;
    want(levin_st_to_f32(t, i, 1, &value) == 0, "an element cannot be read");
    return (double)value;
}

static levin_st_dtype dtype_of(const char *numpy)
{
    static const struct {
        const char *numpy;
        levin_st_dtype dtype;
    } names[] = { { "float32", LEVIN_ST_F32 }, { "float64", LEVIN_ST_F64 },
                  { "float16", LEVIN_ST_F16 }, { "bool", LEVIN_ST_BOOL },
                  { "uint8", LEVIN_ST_U8 },    { "int8", LEVIN_ST_I8 },
                  { "int32", LEVIN_ST_I32 },   { "int64", LEVIN_ST_I64 } };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].numpy, numpy) == 0)
            return names[i].dtype;
    }
    return LEVIN_ST_DTYPES;
}

/* expected: [dtype, shape, flat values]; a text says that numpy could not show the tensor. */
static void check_tensor(const levin_st_tensor *t, const json_t *expected)
{
    if (!want(t != NULL, "a tensor is missing") || !json_is_array(expected))
        return;
    const json_t *shape = json_array_get(expected, 1), *values = json_array_get(expected, 2);
    want(t->dtype == dtype_of(json_string_value(json_array_get(expected, 0))), "dtype differs");
    if (!want(t->ndim == (int64_t)json_array_size(shape), "rank differs"))
        return;
    for (int64_t d = 0; d < t->ndim; d++)
        want(t->shape[d] == (uint64_t)json_integer_value(json_array_get(shape, (size_t)d)),
             "shape differs");
    if (!want(t->numel == json_array_size(values), "number of elements differs"))
        return;
    for (uint64_t i = 0; i < t->numel; i++) {
        double e = number_of(json_array_get(values, (size_t)i)), g = element(t, i);
        want((isnan(e) && isnan(g)) || (e == g && signbit(e) == signbit(g)), "a value differs");
    }
}

static void check_contents(const levin_safetensors *f, const json_t *c)
{
    const json_t *keys = json_object_get(c, "keys"), *value;
    want(levin_safetensors_count(f) == (int64_t)json_array_size(keys), "number of keys differs");
    size_t i;
    json_array_foreach(keys, i, value)
    {
        const char *key = json_string_value(value);
        check_tensor(levin_safetensors_find(f, key),
                     json_object_get(json_object_get(c, "tensors"), key));
    }
    json_t *metadata = json_object_get(c, "metadata");
    want(levin_safetensors_metadata_count(f) == (int64_t)json_object_size(metadata),
         "number of metadata entries differs");
    const char *key;
    json_object_foreach(metadata, key, value)
    {
        const char *got = levin_safetensors_metadata(f, key);
        want(got && strcmp(got, json_string_value(value)) == 0, "metadata differs");
    }
}

static void check_verdict(levin_safetensors *f, const json_t *c)
{
    bool accepted = strcmp(json_string_value(json_object_get(c, "safe_open")), "ok") == 0;
    want((f != NULL) == accepted,
         accepted ? "refused, but the package accepts it" : "accepted, but the package refuses it");
    if (f && accepted)
        check_contents(f, c);
    if (!f)
        want(levin_error() == LEVIN_EFORMAT && strstr(levin_error_message(), ": byte ") &&
                 !strchr(levin_error_message(), '\n'),
             "the message does not say in one line what is wrong and where");
    levin_safetensors_free(f);
    levin_error_clear();
}

static bool run_case(const json_t *c, const char *scratch)
{
    const char *hex = json_string_value(json_object_get(c, "hex"));
    size_t n = strlen(hex) / 2;
    unsigned char *bytes = malloc(n ? n : 1); // of exactly that size, so that asan sees overreads
    complaint = NULL;
    if (!want(bytes && from_hex(hex, bytes) == n, "the case's hex is malformed"))
        return false;
    check_verdict(levin_safetensors_parse(bytes, n, "case"), c);
    want(levin__file_write(scratch, bytes, n) == 0, "the scratch file cannot be written");
    check_verdict(levin_safetensors_open(scratch), c);
    unlink(scratch);
    free(bytes);
    return !complaint;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: safetensors_cases FILE\n");
        return 2;
    }
    json_t *golden = levin__json_load(argv[1], 1u << 26), *c;
    const json_t *cases = json_object_get(golden, "cases");
    if (!json_is_array(cases)) {
        levin_perror("safetensors_cases");
        return 2;
    }
    char scratch[64];
    snprintf(scratch, sizeof scratch, "/tmp/levin-cases.%ld.safetensors", (long)getpid());
    int passed = 0, failed = 0;
    size_t i;
    json_array_foreach(cases, i, c)
    {
        bool ok = run_case(c, scratch);
        passed += ok;
        failed += !ok;
        if (!ok)
            printf("%s: %s\n", json_string_value(json_object_get(c, "name")), complaint);
    }
    json_decref(golden);
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed ? 1 : 0;
}
