/* pickle.c: any bytes as a pickle. What the reader accepts must keep its promises: texts are
 * closed, tensors lie inside their storages, the value can be written as JSON; what it refuses it
 * refuses in one line that names the byte. */
#include "formats/pickle.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_VISITS = 10000 };

static void check_tensor(const levin_pickle_tensor *t)
{
    uint64_t size = (uint64_t)levin_st_dtype_bits(t->dtype) / 8, last = t->offset, numel = 1;
    for (int64_t d = 0; d < t->ndim; d++)
        numel *= t->shape[d];
    FUZZ_CHECK(numel == t->numel && t->bytes == numel * size);
    for (int64_t d = 0; numel && d < t->ndim; d++)
        last += (t->shape[d] - 1) * t->stride[d];
    FUZZ_CHECK(!numel || (last + 1) * size <= t->storage->bytes);
}

static void visit(const levin_value *v, int depth, int *visits)
{
    if (depth == LEVIN_PICKLE_MAX_DEPTH || ++*visits > MAX_VISITS)
        return;
    switch (v->kind) {
    case LEVIN_VALUE_TEXT:
    case LEVIN_VALUE_BYTES:
    case LEVIN_VALUE_LONG:
        FUZZ_CHECK(v->text.bytes[v->text.size] == '\0' || v->kind == LEVIN_VALUE_BYTES);
        break;
    case LEVIN_VALUE_LIST:
    case LEVIN_VALUE_TUPLE:
    case LEVIN_VALUE_SET:
    case LEVIN_VALUE_DICT:
        FUZZ_CHECK(v->kind != LEVIN_VALUE_DICT || v->items.n % 2 == 0);
        for (size_t i = 0; i < v->items.n; i++)
            visit(v->items.at[i], depth + 1, visits);
        break;
    case LEVIN_VALUE_TENSOR:
        check_tensor(v->tensor);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1); // of the exact size, for asan
    if (!exact)
        return 0;
    if (size)
        memcpy(exact, data, size);
    levin_pickle *p = levin__pickle_read(exact, size, 0, "fuzz");
    free(exact); // nothing of it is needed any more
    if (p) {
        int visits = 0;
        visit(levin__pickle_root(p), 0, &visits);
        json_decref(levin__value_json(levin__pickle_root(p)));
        FUZZ_CHECK(levin__pickle_size(p) <= size);
    } else {
        const char *message = levin_error_message();
        FUZZ_CHECK(strncmp(message, "fuzz: byte ", 11) == 0 && !strchr(message, '\n'));
    }
    levin__pickle_free(p);
    levin_error_clear();
    return 0;
}
