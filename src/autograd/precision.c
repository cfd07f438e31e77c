/* precision.c: see precision.h. */
#include "autograd/precision.h"

#include "base/error.h"
#include "base/suggest.h"

#include <strings.h>

static const struct {
    const char *word;
    bool missing; // one of Lightning's that this build does not have
    levin_dtype autocast;
} precisions[] = {
    { .word = "32-true", .autocast = LEVIN_F32 },
    { .word = "32", .autocast = LEVIN_F32 },
    { .word = "bf16-mixed", .autocast = LEVIN_BF16 },
    { .word = "bf16", .autocast = LEVIN_BF16 },
    { .word = "16-mixed", .autocast = LEVIN_BF16 }, // as Lightning does on a CPU
    { .word = "16", .autocast = LEVIN_BF16 },
    { .word = "int8", .autocast = LEVIN_I8 },
    { .word = "64", .missing = true },
    { .word = "64-true", .missing = true },
    { .word = "bf16-true", .missing = true },
    { .word = "16-true", .missing = true },
};

int levin__precision_parse(const char *word, levin_dtype *out)
{
    static const char *const useful[] = { "32-true", "bf16-mixed", "int8", NULL };
    word = word ? word : useful[0];
    for (size_t i = 0; i < sizeof precisions / sizeof *precisions; i++) {
        if (strcasecmp(word, precisions[i].word) != 0)
            continue;
        *out = precisions[i].autocast;
        if (!precisions[i].missing)
            return LEVIN_OK;
        return levin__error_set(
            LEVIN_EINVAL, "precision: %s is not in this build, use 32-true or bf16-mixed", word);
    }
    return levin__unknown_word("precision", word, useful);
}
