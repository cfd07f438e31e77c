/* encode.c: any bytes as a text, for a small tokenizer with added tokens of every kind. With
 * offsets and without must give the same ids; offsets must lie inside the text. */
#include "fuzz.h"
#include "text/tokenizer.h"

#include <stdlib.h>
#include <string.h>

static const char TOKENIZER[] =
    "{\"normalizer\":{\"type\":\"BertNormalizer\"},\"pre_tokenizer\":{\"type\":"
    "\"BertPreTokenizer\"},"
    "\"post_processor\":{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",2],\"cls\":[\"[CLS]\",1]},"
    "\"added_tokens\":[{\"id\":1,\"content\":\"[CLS]\",\"special\":true}],"
    "\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"a\":3,"
    "\"##a\":4,\"ab\":5,\"##ab\":6,\"\\u4e2d\":7,\".\":8,\"e\":9,\"##\\u1161\":10,\"\\u1112\":11,"
    "\"a23456789\":12,\"a234567890123456789\":13}}}";

static levin_tokenizer *make(bool with_normalized)
{
    static const levin_added_token ADDED[] = {
        { .content = "<x>", .single_word = true },
        { .content = "aba", .lstrip = true, .rstrip = true },
        { .content = "E.", .normalized = true, .lstrip = true },
        { .content = "\xC3\xA9", .normalized = true, .single_word = true, .rstrip = true },
    };
    levin_tokenizer *t = levin__tokenizer_parse(TOKENIZER, sizeof TOKENIZER - 1, "fuzz");
    FUZZ_CHECK(t && levin__tokenizer_finish(t, "fuzz") == LEVIN_OK);
    levin_tokenizer *more = levin_tokenizer_with_added(t, ADDED, with_normalized ? 4 : 2);
    levin_tokenizer_free(t);
    FUZZ_CHECK(more);
    return more;
}

static void check(const levin_tokenizer *t, const char *text, size_t n)
{
    levin_encode_opts opts = { .return_offsets = LEVIN_ON };
    levin_encoding a, b;
    FUZZ_CHECK(levin_tokenizer_encode(t, text, n, NULL, 0, &opts, &a) == LEVIN_OK);
    FUZZ_CHECK(levin_tokenizer_encode(t, text, n, NULL, 0, NULL, &b) == LEVIN_OK);
    FUZZ_CHECK(a.n == b.n && memcmp(a.ids, b.ids, (size_t)a.n * sizeof *a.ids) == 0);
    for (int64_t i = 1; i < a.n - 1; i++) {
        FUZZ_CHECK(a.offsets[i][0] < a.offsets[i][1] && a.offsets[i][1] <= (int32_t)n);
        FUZZ_CHECK(a.word_ids[i] >= a.word_ids[i - 1]);
    }
    levin_encoding_free(&a);
    levin_encoding_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static levin_tokenizer *tokenizers[2];
    char *text = malloc(size ? size : 1); // of the exact size, for asan
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    for (int i = 0; i < 2; i++) {
        if (!tokenizers[i])
            tokenizers[i] = make(i);
        check(tokenizers[i], text, size);
    }
    free(text);
    return 0;
}
