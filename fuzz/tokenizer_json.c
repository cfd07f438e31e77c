/* tokenizer_json.c: any bytes as a tokenizer.json. What is accepted must be able to encode a text,
 * the same with offsets and without; what is refused is refused in one line. */
#include "fuzz.h"
#include "text/tokenizer.h"

#include <stdlib.h>
#include <string.h>

static void encode(const levin_tokenizer *t, const char *text, size_t n)
{
    levin_encode_opts opts = { .return_offsets = LEVIN_ON };
    levin_encoding a, b;
    FUZZ_CHECK(levin_tokenizer_encode(t, text, n, text, n, &opts, &a) == LEVIN_OK);
    opts.return_offsets = LEVIN_OFF;
    FUZZ_CHECK(levin_tokenizer_encode(t, text, n, text, n, &opts, &b) == LEVIN_OK);
    FUZZ_CHECK(a.n == b.n && memcmp(a.ids, b.ids, (size_t)a.n * sizeof *a.ids) == 0);
    for (int64_t i = 0; i < a.n; i++) {
        FUZZ_CHECK(levin_tokenizer_id_to_token(t, a.ids[i]) != NULL);
        FUZZ_CHECK(a.offsets[i][0] <= a.offsets[i][1] && a.offsets[i][1] <= (int32_t)n);
    }
    levin_free(levin_tokenizer_decode(t, a.ids, a.n, true));
    levin_encoding_free(&a);
    levin_encoding_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char TEXT[] = "Caf\xC3\xA9 [CLS] ab\xCC\x81"
                               "cab \xE4\xB8\xAD\xE6\x96\x87, <x>.";
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    levin_tokenizer *t = levin__tokenizer_parse(text, size, "fuzz");
    if (t && levin__tokenizer_finish(t, "fuzz") == LEVIN_OK)
        encode(t, TEXT, sizeof TEXT - 1);
    else
        FUZZ_CHECK(levin_error() != LEVIN_OK && !strchr(levin_error_message(), '\n'));
    levin_tokenizer_free(t);
    levin_error_clear();
    free(text);
    return 0;
}
