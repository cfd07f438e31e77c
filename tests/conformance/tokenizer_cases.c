/* tokenizer_cases.c: runs a golden file of the form of golden/tokenizer_cases.json.
 *
 *     tokenizer_cases FILE [VOCAB]
 *
 * VOCAB is a vocab.txt, by default that of the folder LEVIN_MODEL; its SHA-256 must be the one that
 * the file names. Every text is encoded with and without offsets, which must give the same ids.
 * Only the group "cases" has offsets in bytes; those of the other groups are converted from code
 * points.
 */
#include "base/file.h"
#include "base/json.h"
#include "support/report.h"
#include "text/normalizer.h"
#include "text/unicode.h"

#include <levin/tokenizer.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *vocab;
static levin_tokenizer *tokenizer;

/* What the entry that is being checked got wrong first. */
static struct {
    bool bad;
    char message[512];
} now;

static void wrong(const char *fmt, ...) LEVIN_FORMAT(1, 2);
static void wrong(const char *fmt, ...)
{
    va_list args;
    if (now.bad)
        return;
    now.bad = true;
    va_start(args, fmt);
    vsnprintf(now.message, sizeof now.message, fmt, args);
    va_end(args);
}

/* SHA-256 (FIPS 180-4). */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
static const uint32_t H[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t rotated(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void expand_block(uint32_t w[64], const uint8_t *p)
{
    for (int i = 0; i < 16; i++, p += 4)
        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3) + w[i - 7] +
               (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10);
    }
}

static void sha256_block(uint32_t state[8], const uint8_t *p)
{
    uint32_t w[64], s[8];
    expand_block(w, p);
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t e = s[4], a = s[0];
        uint32_t t1 = s[7] + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) +
                      ((e & s[5]) ^ (~e & s[6])) + K[i] + w[i];
        uint32_t t2 = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) +
                      ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

static void sha256(const char *bytes, size_t n, char hex[65])
{
    uint32_t state[8];
    memcpy(state, H, sizeof state);
    size_t at = 0;
    for (; n - at >= 64; at += 64)
        sha256_block(state, (const uint8_t *)bytes + at);
    uint8_t last[128] = { 0 };
    size_t rest = n - at, size = rest < 56 ? 64 : 128;
    memcpy(last, bytes + at, rest);
    last[rest] = 0x80;
    for (size_t i = 0; i < 8; i++)
        last[size - 1 - i] = (uint8_t)((uint64_t)n * 8 >> (8 * i));
    for (at = 0; at < size; at += 64)
        sha256_block(state, last + at);
    for (int i = 0; i < 8; i++)
        snprintf(hex + 8 * i, 9, "%08x", state[i]);
}

static const char *text_of(const json_t *entry, const char *key, size_t *n)
{
    const json_t *value = json_object_get(entry, key);
    *n = json_string_length(value);
    return json_string_value(value); // NULL for null
}

/* Whether an array of numbers is expected; null counts as missing. */
static void check_ints(const json_t *expected, const char *what, const int32_t *got, int64_t n)
{
    if (!expected)
        return;
    if ((int64_t)json_array_size(expected) != n) {
        wrong("%s: %lld of them, %zu expected", what, (long long)n, json_array_size(expected));
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(expected, (size_t)i);
        int64_t want = json_is_null(v) ? -1 : json_integer_value(v);
        if (got[i] != want)
            wrong("%s[%lld] is %d, %lld expected", what, (long long)i, got[i], (long long)want);
    }
}

static void check_bytes(const json_t *expected, const char *what, const int8_t *got, int64_t n)
{
    if (!expected)
        return;
    if ((int64_t)json_array_size(expected) != n)
        wrong("%s: %lld of them, %zu expected", what, (long long)n, json_array_size(expected));
    for (int64_t i = 0; i < n && !now.bad; i++) {
        const json_t *v = json_array_get(expected, (size_t)i);
        int64_t want = json_is_null(v) ? -1 : json_integer_value(v);
        if (got[i] != want)
            wrong("%s[%lld] is %d, %lld expected", what, (long long)i, got[i], (long long)want);
    }
}

/* The byte where code point number c of text begins. */
static int64_t byte_of(const char *text, size_t n, int64_t c)
{
    size_t at = 0;
    uint32_t unused;
    for (; c > 0 && at < n; c--)
        at += levin__utf8_decode(text + at, n - at, &unused);
    return (int64_t)at;
}

/* Offsets in code points of the text that each token belongs to; texts[s] for sequence s, or
 * texts[w] for word w. */
static void check_offsets(const json_t *expected, const levin_encoding *e, const char *const *texts,
                          const size_t *sizes, bool words)
{
    if (!expected)
        return;
    if ((int64_t)json_array_size(expected) != e->n)
        wrong("offsets: %lld of them, %zu expected", (long long)e->n, json_array_size(expected));
    for (int64_t i = 0; i < e->n && !now.bad; i++) {
        const json_t *pair = json_array_get(expected, (size_t)i);
        int32_t whose = words ? e->word_ids[i] : e->sequence_ids[i];
        for (int side = 0; side < 2; side++) {
            int64_t want = json_integer_value(json_array_get(pair, (size_t)side));
            if (texts && whose >= 0)
                want = byte_of(texts[whose], sizes[whose], want);
            if (e->offsets[i][side] != want)
                wrong("offsets[%lld][%d] is %d, %lld expected (bytes)", (long long)i, side,
                      e->offsets[i][side], (long long)want);
        }
    }
}

/* Encodes with offsets into e, and again without; both must give the same ids. */
static bool encode(const levin_tokenizer *t, const char *text, size_t n, const char *pair,
                   size_t n_pair, levin_encode_opts opts, levin_encoding *e)
{
    levin_encoding plain;
    opts.return_offsets = LEVIN_ON;
    if (levin_tokenizer_encode(t, text, n, pair, n_pair, &opts, e) != LEVIN_OK)
        return false;
    opts.return_offsets = LEVIN_OFF;
    if (levin_tokenizer_encode(t, text, n, pair, n_pair, &opts, &plain) != LEVIN_OK) {
        wrong("without offsets: %s", levin_error_message());
        return false;
    }
    size_t bytes = (size_t)e->n * sizeof *e->ids;
    if (plain.n != e->n || memcmp(plain.ids, e->ids, bytes) != 0 ||
        memcmp(plain.type_ids, e->type_ids, bytes) != 0)
        wrong("other ids without offsets than with them");
    levin_encoding_free(&plain);
    return true;
}

static void check_tokens(const json_t *expected, const levin_encoding *e)
{
    for (int64_t i = 0; expected && i < e->n; i++) {
        const char *want = json_string_value(json_array_get(expected, (size_t)i));
        const char *got = levin_tokenizer_id_to_token(tokenizer, e->ids[i]);
        if (!want || !got || strcmp(want, got) != 0)
            wrong("tokens[%lld] is %s, %s expected", (long long)i, got, want);
    }
}

static void check_normalized(const json_t *entry, const levin_normalizer *z)
{
    size_t n, n_want;
    const char *text = text_of(entry, "text", &n), *want = text_of(entry, "normalized", &n_want);
    if (!want)
        return;
    levin_normalized out = { .bytes = malloc(LEVIN_CHAR_GROWTH * n + 1),
                             .origins = malloc((LEVIN_CHAR_GROWTH * n + 1) * sizeof(int32_t)) };
    levin__normalize(z, text, n, &out);
    if (out.n != n_want || memcmp(out.bytes, want, n_want) != 0)
        wrong("normalized: '%.*s', '%s' expected", (int)out.n, out.bytes, want);
    free(out.bytes);
    free(out.origins);
}

/* What groups have in common: a text, perhaps a second one, and what comes out. */
static void check_text(const json_t *entry, const levin_tokenizer *t, bool bytes)
{
    size_t n[2];
    const char *texts[2] = { text_of(entry, "text", &n[0]), text_of(entry, "text_pair", &n[1]) };
    levin_encoding e;
    if (!encode(t, texts[0], n[0], texts[1], n[1], (levin_encode_opts){ 0 }, &e)) {
        wrong("%s", levin_error_message());
        return;
    }
    check_ints(json_object_get(entry, "ids"), "ids", e.ids, e.n);
    check_ints(json_object_get(entry, "type_ids"), "type_ids", e.type_ids, e.n);
    check_ints(json_object_get(entry, "word_ids"), "word_ids", e.word_ids, e.n);
    check_bytes(json_object_get(entry, "sequence_ids"), "sequence_ids", e.sequence_ids, e.n);
    check_bytes(json_object_get(entry, "special_tokens_mask"), "special_tokens_mask",
                e.special_tokens_mask, e.n);
    check_tokens(json_object_get(entry, "tokens"), &e);
    check_offsets(json_object_get(entry, "offsets"), &e, texts, n, false);
    if (bytes)
        check_offsets(json_object_get(entry, "byte_offsets"), &e, NULL, NULL, false);
    levin_encoding_free(&e);
}

static void run_case(const json_t *entry)
{
    static const levin_normalizer STANDARD = { true, true, true, true, { 0 }, { 0 } };
    check_text(entry, tokenizer, true);
    check_normalized(entry, &STANDARD);
}

static void run_fuzz(const json_t *entry) { check_text(entry, tokenizer, false); }

static levin_switch switch_of(const json_t *entry, const char *key)
{
    const json_t *v = json_object_get(entry, key);
    return json_is_boolean(v) ? json_is_true(v) ? LEVIN_ON : LEVIN_OFF : (levin_switch){ 0 };
}

static void run_variant(const json_t *entry)
{
    levin_tokenizer_opts opts = { .lowercase = switch_of(entry, "lowercase"),
                                  .strip_accents = switch_of(entry, "strip_accents"),
                                  .handle_chinese_chars = switch_of(entry, "handle_chinese_chars"),
                                  .clean_text = switch_of(entry, "clean_text") };
    levin_tokenizer *t = levin_tokenizer_from_vocab(vocab, &opts);
    bool lowercase = opts.lowercase.value >= 0;
    levin_normalizer z = { .clean_text = opts.clean_text.value >= 0,
                           .handle_chinese_chars = opts.handle_chinese_chars.value >= 0,
                           .strip_accents =
                               opts.strip_accents.value ? opts.strip_accents.value > 0 : lowercase,
                           .lowercase = lowercase };
    if (!t)
        wrong("%s", levin_error_message());
    else
        check_text(entry, t, false);
    check_normalized(entry, &z);
    levin_tokenizer_free(t);
}

static void check_truncated(const json_t *entry, const levin_encoding *e)
{
    const json_t *parts = json_object_get(entry, "overflow");
    check_ints(json_object_get(entry, "ids"), "ids", e->ids, e->n);
    check_ints(json_object_get(entry, "type_ids"), "type_ids", e->type_ids, e->n);
    if ((int64_t)json_array_size(parts) != e->n_overflowing)
        wrong("%lld overflowing parts, %zu expected", (long long)e->n_overflowing,
              json_array_size(parts));
    for (int64_t i = 0; i < e->n_overflowing && !now.bad; i++)
        check_ints(json_array_get(parts, (size_t)i), "overflow", e->overflowing[i].ids,
                   e->overflowing[i].n);
}

static void run_truncation(const json_t *entry)
{
    static const char *const NAMES[] = { "longest_first", "only_first", "only_second" };
    const char *name = json_string_value(json_object_get(entry, "strategy"));
    const char *side = json_string_value(json_object_get(entry, "direction"));
    levin_encode_opts opts = { .return_overflowing_tokens = LEVIN_ON };
    size_t n[2];
    const char *text = text_of(entry, "text", &n[0]), *pair = text_of(entry, "text_pair", &n[1]);
    for (int i = 0; i < 3; i++)
        if (name && strcmp(name, NAMES[i]) == 0)
            opts.truncation = (levin_truncation)i;
    opts.max_length = (int)json_integer_value(json_object_get(entry, "max_length"));
    opts.stride = (int)json_integer_value(json_object_get(entry, "stride"));
    opts.truncate_left = side && strcmp(side, "left") == 0 ? LEVIN_ON : LEVIN_OFF;
    bool must_fail = json_object_get(entry, "error") != NULL;
    levin_encoding e;
    if (!encode(tokenizer, text, n[0], pair, n[1], opts, &e)) {
        if (!must_fail)
            wrong("%s", levin_error_message());
        return;
    }
    if (must_fail)
        wrong("worked, but tokenizers says: %s",
              json_string_value(json_object_get(entry, "error")));
    check_truncated(entry, &e);
    levin_encoding_free(&e);
}

static int option(const json_t *options, const char *key)
{
    return (int)json_integer_value(json_object_get(options, key));
}

static const json_t *row(const json_t *entry, const char *key, size_t i)
{
    return json_array_get(json_object_get(entry, key), i);
}

static void check_padded(const json_t *entry, levin_encoding *batch, size_t n)
{
    const json_t *options = json_object_get(entry, "options");
    const char *side = json_string_value(json_object_get(options, "direction"));
    levin_padding_opts opts = { .length = option(options, "length"),
                                .pad_to_multiple_of = option(options, "pad_to_multiple_of"),
                                .pad_left =
                                    side && strcmp(side, "left") == 0 ? LEVIN_ON : LEVIN_OFF,
                                .pad_id = option(options, "pad_id"),
                                .pad_type_id = option(options, "pad_type_id") };
    int8_t **masks = calloc(n + 1, sizeof *masks);
    if (levin_tokenizer_pad(tokenizer, batch, (int64_t)n, &opts, masks) != LEVIN_OK)
        wrong("%s", levin_error_message());
    for (size_t i = 0; i < n && !now.bad; i++) {
        levin_encoding *e = &batch[i];
        check_ints(row(entry, "ids", i), "ids", e->ids, e->n);
        check_ints(row(entry, "type_ids", i), "type_ids", e->type_ids, e->n);
        check_bytes(row(entry, "attention_mask", i), "attention_mask", masks[i], e->n);
        check_bytes(row(entry, "special_tokens_mask", i), "special_tokens_mask",
                    e->special_tokens_mask, e->n);
        size_t size;
        const json_t *text = row(entry, "batch", i);
        const char *texts[1] = { json_string_value(text) };
        size = json_string_length(text);
        check_offsets(row(entry, "offsets", i), e, texts, &size, false);
    }
    for (size_t i = 0; i < n; i++)
        levin_free(masks[i]);
    free(masks);
}

static void run_padding(const json_t *entry)
{
    size_t n = json_array_size(json_object_get(entry, "batch"));
    const char **texts = calloc(n + 1, sizeof *texts);
    levin_encoding *batch = calloc(n + 1, sizeof *batch);
    levin_encode_opts opts = { .return_offsets = LEVIN_ON };
    for (size_t i = 0; i < n; i++)
        texts[i] = json_string_value(row(entry, "batch", i));
    if (levin_tokenizer_encode_batch(tokenizer, texts, NULL, (int64_t)n, &opts, batch) != LEVIN_OK)
        wrong("%s", levin_error_message());
    else
        check_padded(entry, batch, n);
    for (size_t i = 0; i < n; i++)
        levin_encoding_free(&batch[i]);
    free(texts);
    free(batch);
}

static void run_words(const json_t *entry)
{
    const json_t *list = json_object_get(entry, "words");
    size_t n = json_array_size(list);
    const char **words = calloc(n + 1, sizeof *words);
    size_t *sizes = calloc(n + 1, sizeof *sizes);
    levin_encode_opts opts = { .return_offsets = LEVIN_ON };
    levin_encoding e;
    for (size_t i = 0; i < n; i++) {
        words[i] = json_string_value(json_array_get(list, i));
        sizes[i] = json_string_length(json_array_get(list, i));
    }
    if (levin_tokenizer_encode_words(tokenizer, words, (int64_t)n, &opts, &e) != LEVIN_OK) {
        wrong("%s", levin_error_message());
    } else {
        check_ints(json_object_get(entry, "ids"), "ids", e.ids, e.n);
        check_ints(json_object_get(entry, "word_ids"), "word_ids", e.word_ids, e.n);
        check_offsets(json_object_get(entry, "offsets"), &e, words, sizes, true);
        levin_encoding_free(&e);
    }
    free(words);
    free(sizes);
}

static void run_decode(const json_t *entry)
{
    const json_t *list = json_object_get(entry, "ids");
    size_t n = json_array_size(list);
    int32_t *ids = calloc(n + 1, sizeof *ids);
    for (size_t i = 0; i < n; i++)
        ids[i] = (int32_t)json_integer_value(json_array_get(list, i));
    for (int skip = 0; skip < 2; skip++) {
        const char *key = skip ? "decoded_skip" : "decoded_keep";
        const char *want = json_string_value(json_object_get(entry, key));
        char *got = levin_tokenizer_decode(tokenizer, ids, (int64_t)n, skip);
        if (want && (!got || strcmp(got, want) != 0))
            wrong("%s: '%s', '%s' expected", key, got ? got : levin_error_message(), want);
        levin_free(got);
    }
    free(ids);
    if (json_object_get(entry, "text"))
        check_text(entry, tokenizer, false);
}

/* A token is a string, special if the description says so, or an object. */
static levin_added_token added_of(const json_t *entry, const json_t *token)
{
    const char *about = json_string_value(json_object_get(entry, "desc"));
    if (json_is_string(token)) {
        bool special = about && strncmp(about, "special", 7) == 0;
        return (levin_added_token){ .content = json_string_value(token),
                                    .normalized = !special,
                                    .special = special };
    }
    return (levin_added_token){ .content = json_string_value(json_object_get(token, "content")),
                                .single_word = json_is_true(json_object_get(token, "single_word")),
                                .lstrip = json_is_true(json_object_get(token, "lstrip")),
                                .rstrip = json_is_true(json_object_get(token, "rstrip")),
                                .normalized = json_is_true(json_object_get(token, "normalized")),
                                .special = json_is_true(json_object_get(token, "special")) };
}

static void run_added(const json_t *entry)
{
    const json_t *list = json_object_get(entry, "tokens");
    size_t n = json_array_size(list);
    levin_added_token *tokens = calloc(n + 1, sizeof *tokens);
    for (size_t i = 0; i < n; i++)
        tokens[i] = added_of(entry, json_array_get(list, i));
    levin_tokenizer *t = levin_tokenizer_with_added(tokenizer, tokens, (int)n);
    json_t *plain = json_copy((json_t *)entry); // here "tokens" names what is added
    json_object_del(plain, "tokens");
    if (!t)
        wrong("%s", levin_error_message());
    else
        check_text(plain, t, false);
    json_decref(plain);
    levin_tokenizer_free(t);
    free(tokens);
}

static void run_invalid(const json_t *entry)
{
    size_t n;
    const char *hex = text_of(entry, "bytes_hex", &n);
    char *bytes = malloc(n / 2 + 1);
    levin_encoding e;
    for (size_t i = 0; i < n / 2; i++) {
        char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
        bytes[i] = (char)strtoul(pair, NULL, 16);
    }
    if (!encode(tokenizer, bytes, n / 2, NULL, 0, (levin_encode_opts){ 0 }, &e)) {
        wrong("%s", levin_error_message());
    } else {
        check_ints(json_object_get(entry, "ids_after_replace"), "ids", e.ids, e.n);
        levin_encoding_free(&e);
    }
    free(bytes);
}

static const struct {
    const char *name, *needs; // an entry without this member cannot be run
    void (*run)(const json_t *entry);
} GROUPS[] = {
    { "cases", "text", run_case },
    { "fuzz", "text", run_fuzz },
    { "normalizer_variants", "text", run_variant },
    { "truncation", "text", run_truncation },
    { "padding", "batch", run_padding },
    { "pretokenized", "words", run_words },
    { "decode", "ids", run_decode },
    { "added_tokens", "tokens", run_added },
    { "invalid_utf8", "bytes_hex", run_invalid }, // the others are about lone surrogates
};

static void run_group(const json_t *root, size_t g)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(root, GROUPS[g].name), i, entry)
    {
        if (!json_object_get(entry, GROUPS[g].needs)) {
            report_skip("%s[%zu]: no %s, %s", GROUPS[g].name, i, GROUPS[g].needs,
                        json_string_value(json_object_get(entry, "case")));
            continue;
        }
        now.bad = false;
        GROUPS[g].run(entry);
        levin_error_clear();
        report_check(!now.bad, "%s[%zu]: %s", GROUPS[g].name, i, now.message);
    }
}

static bool right_vocab(const json_t *root)
{
    const char *want = json_string_value(json_object_get(root, "vocab_sha256"));
    size_t n;
    char hex[65], *text = levin__file_read(vocab, (size_t)1 << 30, &n);
    if (!text) {
        report_check(false, "%s", levin_error_message());
        return false;
    }
    sha256(text, n, hex);
    levin_free(text);
    bool right = !want || strcmp(want, hex) == 0;
    if (!right)
        report_check(false, "%s: SHA-256 %s, the golden file was made with %s", vocab, hex, want);
    return right;
}

static void run_all(const json_t *root)
{
    if (!right_vocab(root))
        return;
    tokenizer = levin_tokenizer_from_vocab(vocab, NULL);
    if (!tokenizer)
        report_check(false, "%s", levin_error_message());
    for (size_t g = 0; tokenizer && g < sizeof GROUPS / sizeof *GROUPS; g++)
        run_group(root, g);
    levin_tokenizer_free(tokenizer);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return fprintf(stderr, "usage: tokenizer_cases FILE [VOCAB]\n"), 2;
    json_t *root = levin__json_load(argv[1], (size_t)1 << 30);
    if (!root)
        return levin_perror("tokenizer_cases");
    char *found = report_model() ? levin__path_join(report_model(), "vocab.txt") : NULL;
    vocab = argc > 2 ? argv[2] : found;
    if (vocab)
        run_all(root);
    else
        report_skip("%s: LEVIN_MODEL names no model", argv[1]);
    levin_free(found);
    json_decref(root);
    return report_end();
}
