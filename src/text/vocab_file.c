/* vocab_file.c: vocab.txt, one token a line, the id being the number of the line from 0. White
 * space at the end of a line is no part of the token; a blank line uses up an id. */
#include "text/tokenizer.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "text/unicode.h"

static const size_t FILE_LIMIT = (size_t)256 << 20;

static size_t trimmed(const char *line, size_t n)
{
    while (n) {
        char bytes[4];
        uint32_t c = levin__utf8_before(line, n);
        if (!(levin__char(c)->flags & LEVIN_CHAR_SPACE))
            break;
        n -= levin__utf8_encode(bytes, c);
    }
    return n;
}

static int add_line(levin_vocab *v, char *line, size_t n, int64_t number, const char *path)
{
    size_t bad = levin__utf8_check(line, n);
    if (bad < n)
        return levin__error_set(LEVIN_EFORMAT, "%s:%lld: byte %zu is not valid UTF-8", path,
                                (long long)number + 1, bad + 1);
    if (memchr(line, '\0', n))
        return levin__error_set(LEVIN_EFORMAT, "%s:%lld: a NUL byte in a token", path,
                                (long long)number + 1);
    n = trimmed(line, n);
    line[n] = '\0'; // messages name the token; the line's end or the file's NUL stood here
    return levin__vocab_add(v, line, n, number, path);
}

levin_vocab *levin__vocab_from_text(const char *path)
{
    size_t n;
    char *text = levin__file_read(path, FILE_LIMIT, &n);
    levin_vocab *v = text ? levin__vocab_new("##") : NULL;
    int result = v ? LEVIN_OK : LEVIN_ENOMEM;
    int64_t number = 0;
    for (size_t at = 0; result == LEVIN_OK && at < n; number++) {
        char *end = memchr(text + at, '\n', n - at);
        size_t size = end ? (size_t)(end - text) - at : n - at;
        result = add_line(v, text + at, size, number, path);
        at += size + 1;
    }
    if (result == LEVIN_OK && !number)
        result = levin__error_set(LEVIN_EFORMAT, "%s: empty, one token a line is expected", path);
    if (result == LEVIN_OK)
        result = levin__vocab_finish(v);
    levin__free(text);
    if (result == LEVIN_OK)
        return v;
    levin__vocab_free(v);
    return NULL;
}

static int put_specials(levin_tokenizer *t, const char *path)
{
    for (int i = 0; i < LEVIN_SPECIALS; i++)
        if (levin__tokenizer_add_special(t, t->special[i]) != LEVIN_OK)
            return LEVIN_ENOMEM;
    return levin__tokenizer_bert_template(t, path);
}

static bool chosen(levin_switch s, bool missing) { return s.value ? s.value > 0 : missing; }

levin_tokenizer *levin_tokenizer_from_vocab(const char *path, const levin_tokenizer_opts *opts)
{
    levin_tokenizer_opts o = opts ? *opts : (levin_tokenizer_opts){ 0 };
    if (!path || levin_error() != LEVIN_OK)
        return NULL;
    if (o.max_input_chars_per_word < 0) {
        levin__error_set(LEVIN_EINVAL, "max_input_chars_per_word is %d, 1 or more is expected",
                         o.max_input_chars_per_word);
        return NULL;
    }
    levin_tokenizer *t = levin__tokenizer_new(levin__vocab_from_text(path));
    if (!t)
        return NULL;
    t->normalizer.lowercase = chosen(o.lowercase, true);
    t->normalizer.handle_chinese_chars = chosen(o.handle_chinese_chars, true);
    t->normalizer.clean_text = chosen(o.clean_text, true);
    t->strip_accents = o.strip_accents;
    if (o.max_input_chars_per_word)
        t->wordpiece.max_chars_per_word = (size_t)o.max_input_chars_per_word;
    if (put_specials(t, path) == LEVIN_OK && levin__tokenizer_finish(t, path) == LEVIN_OK)
        return t;
    levin_tokenizer_free(t);
    return NULL;
}
