/* torch_file.c: any bytes as a file of torch.save: as they are, and as the pickle of an archive
 * that has two storages, so that most mutations get behind the archive. Tensors that are accepted
 * can be read from end to end. */
#include "formats/torch_file.h"
#include "../tests/support/archive.h"
#include "base/memory.h"
#include "fuzz.h"

#include <stdlib.h>

static void read_numbers(const levin_torch_table *t)
{
    float values[64];
    for (size_t i = 0; i < t->n; i++) {
        const levin_st_tensor *x = &t->at[i];
        FUZZ_CHECK(!i || strcmp(t->at[i - 1].name, x->name) < 0);
        for (uint64_t k = 0; k < x->numel; k += 64)
            if (levin_st_to_f32(x, k, x->numel - k < 64 ? x->numel - k : 64, values) != LEVIN_OK)
                break;
        levin_error_clear();
        memset(x->data, 0, x->bytes); // it may be written to
    }
}

static void read_file(void *bytes, size_t n)
{
    levin_torch *f = levin__torch_parse(bytes, n, "fuzz");
    const levin_value *root = levin__torch_root(f), *state = levin__value_get(root, "state_dict");
    levin_torch_table *t = f ? levin__torch_table(f, state ? state : root, true) : NULL;
    if (t)
        read_numbers(t);
    else
        FUZZ_CHECK(levin_error() != LEVIN_OK && strncmp(levin_error_message(), "fuzz: ", 6) == 0 &&
                   !strchr(levin_error_message(), '\n'));
    levin__torch_table_free(t);
    levin__torch_free(f);
    levin_error_clear();
}

static void read_pickle(const uint8_t *data, size_t size)
{
    static const unsigned char numbers[64] = { 1, 2, 3 };
    size_t n;
    archive a = archive_new();
    archive_add(&a, "fuzz/data.pkl", data, size);
    archive_add(&a, "fuzz/data/0", numbers, 24);
    archive_add(&a, "fuzz/data/1", numbers, sizeof numbers);
    char *bytes = archive_end(&a, &n);
    if (bytes)
        read_file(bytes, n);
    levin__free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *file = malloc(size ? size : 1);
    if (!file)
        return 0;
    if (size)
        memcpy(file, data, size);
    read_file(file, size);
    read_pickle(data, size);
    free(file);
    return 0;
}
