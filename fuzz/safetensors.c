/* safetensors.c: any bytes as a safetensors file. What the reader accepts must keep the reader's
 * promises: names in order and found again, data inside the file, one line for every refusal. Each
 * input is read twice, as a file and as a header alone, so that most mutations reach the grammar.
 */
#include "fuzz.h"

#include <levin/safetensors.h>
#include <stdlib.h>
#include <string.h>

static const levin_st_tensor *check_order(const levin_st_tensor *before, const levin_st_tensor *t)
{
    if (before) {
        size_t n = before->name_size < t->name_size ? before->name_size : t->name_size;
        int order = memcmp(before->name, t->name, n);
        FUZZ_CHECK(order < 0 || (order == 0 && before->name_size < t->name_size));
    }
    return t;
}

static void check_tensor(const levin_safetensors *f, const levin_st_tensor *t,
                         const unsigned char *file, size_t n)
{
    const unsigned char *data = t->data;
    FUZZ_CHECK(data >= file && data <= file + n && t->bytes <= (size_t)(file + n - data));
    FUZZ_CHECK(t->name[t->name_size] == '\0');
    if (strlen(t->name) == t->name_size)
        FUZZ_CHECK(levin_safetensors_find(f, t->name) == t);
    uint64_t numel = 1;
    for (int64_t d = 0; d < t->ndim; d++)
        numel *= t->shape[d];
    FUZZ_CHECK(numel == t->numel);
    float values[64];
    for (uint64_t i = 0; i < t->numel; i += 64) {
        if (levin_st_to_f32(t, i, t->numel - i < 64 ? t->numel - i : 64, values) != LEVIN_OK)
            break;
    }
    levin_error_clear();
}

static void check_metadata(const levin_safetensors *f)
{
    for (int64_t i = 0; i < levin_safetensors_metadata_count(f); i++)
        levin_safetensors_metadata(f, levin_safetensors_metadata_key(f, i));
}

static void read_file(unsigned char *file, size_t n)
{
    levin_safetensors *f = levin_safetensors_parse(file, n, "fuzz");
    if (!f) {
        const char *message = levin_error_message();
        FUZZ_CHECK(levin_error() == LEVIN_EFORMAT && !strchr(message, '\n'));
        FUZZ_CHECK(strncmp(message, "fuzz: byte ", 11) == 0);
        levin_error_clear();
        return;
    }
    const levin_st_tensor *before = NULL;
    for (int64_t i = 0; i < levin_safetensors_count(f); i++) {
        before = check_order(before, levin_safetensors_at(f, i));
        check_tensor(f, before, file, n);
    }
    check_metadata(f);
    levin_safetensors_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t length = size;
    unsigned char *copy = malloc(size + sizeof length); // of the exact size, for asan
    if (!copy)
        return 0;
    memcpy(copy, &length, sizeof length);
    if (size)
        memcpy(copy + sizeof length, data, size);
    read_file(copy, size + sizeof length);
    unsigned char *file = malloc(size ? size : 1);
    if (file && size)
        memcpy(file, data, size);
    if (file)
        read_file(file, size);
    free(file);
    free(copy);
    return 0;
}
